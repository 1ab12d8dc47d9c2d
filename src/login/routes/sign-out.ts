import { go, show } from '../../web/answers.ts'
import type { Routes } from '../desk.ts'
import { signedOutPage } from '../pages/plain.ts'

/** Sign-out from the pages here, and the way back from a provider that was signed out of. */
export const signOutRoutes: Routes = (app, desk) => {
  const { base, options } = desk
  const { sessions, signOut } = options

  app.post('/login/sign-out', async (c) => {
    const login = await sessions.current(c.req.header('cookie'))
    const upstream = login && (await signOut.login(login.session, undefined))
    c.header('set-cookie', sessions.forgetCookie(), { append: true })
    return go(c, upstream ?? `${base}/login/signed-out`)
  })

  app.get('/login/signed-out', async (c) => {
    const state = new URL(c.req.url).searchParams.get('state')
    const returnTo = state === null ? undefined : await signOut.after(state)
    if (returnTo !== undefined) return go(c, returnTo)
    // Whoever comes here from a service has ended the session there; the cookie of this host may still be about.
    if (!(await sessions.current(c.req.header('cookie'))))
      c.header('set-cookie', sessions.forgetCookie(), { append: true })
    return show(c, signedOutPage({ signInHref: `${base}/login` }))
  })
}
