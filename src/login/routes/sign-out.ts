import { go, type PageContext, show } from '../../web/answers.ts'
import type { Routes } from '../desk.ts'
import { signedOutPage, stillSignedInPage } from '../pages/plain.ts'

/** Sign-out from the pages here, and the return from sign-out at a provider or a service. */
export const signOutRoutes: Routes = (app, desk) => {
  const { base, options, originOf } = desk
  const { sessions, signOut, signOutOrigins } = options

  app.post('/login/sign-out', async (c) => {
    const returnTo = returnAddress(c)
    const login = await sessions.current(c.req.header('cookie'))
    const origin = originOf(c)
    const upstream = login && (await signOut.login(login.session, returnTo, { user: login.user.username, ...origin }))
    await sessions.end(c.req.header('cookie'), origin)
    c.header('set-cookie', sessions.forgetCookie(), { append: true })
    desk.showWays(c)
    return go(c, upstream ?? returnTo ?? `${base}/login/signed-out`)
  })

  app.get('/login/signed-out', async (c) => {
    const state = new URL(c.req.url).searchParams.get('state')
    const after = state === null ? undefined : await signOut.after(state)
    if (after !== undefined) return go(c, after)
    const returnTo = returnAddress(c)
    const login = await sessions.current(c.req.header('cookie'))
    // A service sends people here whose session there had ended before, by itself: what they wanted to end is still alive.
    if (login) {
      const query = returnTo === undefined ? '' : `?${new URLSearchParams({ return_to: returnTo })}`
      const page = stillSignedInPage(c.get('look'), {
        user: login.user.username,
        action: `${base}/login/sign-out${query}`,
      })
      const targets = returnTo === undefined ? [] : [new URL(returnTo).origin]
      return show(c, page, { formTargets: [...signOutOrigins, ...targets] })
    }
    c.header('set-cookie', sessions.forgetCookie(), { append: true })
    return returnTo === undefined
      ? show(c, signedOutPage(c.get('look'), { signInHref: `${base}/login` }))
      : go(c, returnTo)
  })

  /** An address of a service or of the issuer, to which people go afterwards. */
  function returnAddress(c: PageContext): string | undefined {
    const returnTo = new URL(c.req.url).searchParams.get('return_to')
    return returnTo === null ? undefined : options.allowedReturn(returnTo)
  }
}
