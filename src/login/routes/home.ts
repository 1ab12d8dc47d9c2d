import { titleOfProduct } from '../../config/product-titles.ts'
import { recordOf } from '../../request-record.ts'
import { show } from '../../web/answers.ts'
import type { Routes } from '../desk.ts'
import { homePage } from '../pages/plain.ts'

/** What signed-in people see at the address of Gatehouse itself. */
export const homeRoutes: Routes = (app, desk) => {
  const { base, options } = desk
  const { config, sessions, signOutOrigins } = options

  app.get('/', async (c) => {
    const signedIn = await sessions.current(c.req.header('cookie'))
    if (!signedIn) return c.redirect(`${base}/login`, 303)
    recordOf(c.env.incoming).user = signedIn.user.username
    const services = Object.entries(config.services).map(([name, { title, url }]) => ({ title: title ?? name, url }))
    const products = Object.entries(config.products).map(([name, product]) => ({
      title: titleOfProduct(name, product),
      url: product.url,
    }))
    return show(
      c,
      homePage({
        user: signedIn.user.username,
        places: [...services, ...products],
        signOutAction: `${base}/login/sign-out`,
      }),
      { formTargets: signOutOrigins },
    )
  })
}
