import { titleOfProduct } from '../../config/product-titles.ts'
import type { Product, ProductKind } from '../../config/schema.ts'
import { recordOf } from '../../request-record.ts'
import { show } from '../../web/answers.ts'
import type { Routes } from '../desk.ts'
import { type Place, portalPage } from '../pages/portal.ts'

/** What signed-in people see at the address of Gatehouse itself: what they may open, and nothing else. */
export const homeRoutes: Routes = (app, desk) => {
  const { base, options } = desk
  const { config, sessions, signOutOrigins } = options

  app.get('/', async (c) => {
    const signedIn = await sessions.current(c.req.header('cookie'))
    if (!signedIn) return c.redirect(`${base}/login`, 303)
    const { id, username } = signedIn.user
    recordOf(c.env.incoming).user = username
    const places = [...(await servicesOf(id)), ...products]
    const page = portalPage(c.get('look'), { user: username, places, signOutAction: `${base}/login/sign-out` })
    return show(c, page, { formTargets: signOutOrigins })
  })

  const products: Place[] = Object.entries(config.products).flatMap(([name, product]) =>
    hasPages(product) ? [{ title: titleOfProduct(name, product), url: product.url, kind: product.product }] : [],
  )

  async function servicesOf(userId: string): Promise<Place[]> {
    const services = Object.entries(config.services)
    const open = await Promise.all(services.map(([name]) => options.mayOpen(userId, name)))
    return services.filter((_, index) => open[index]).map(([name, { title, url }]) => ({ title: title ?? name, url }))
  }
}

/** Kinds whose `url` is no page. */
const withoutPages: ReadonlySet<ProductKind> = new Set(['kafka', 'kubernetes', 'polaris'])

/** Whether people open it in a browser: a program with tokens of its own alone has nobody to send back. */
function hasPages({ product, redirectUris }: Product): boolean {
  return product === 'oidc' ? redirectUris.length > 0 : !withoutPages.has(product)
}
