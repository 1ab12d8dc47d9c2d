import { go, show } from '../../web/answers.ts'
import type { Routes } from '../desk.ts'
import { signedOutPage } from '../pages/plain.ts'

/** Sign-out from the pages here, and the return from sign-out at a provider. */
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
    // People who come from a service have ended the session there; this host's cookie may still exist.
    if (!(await sessions.current(c.req.header('cookie'))))
      c.header('set-cookie', sessions.forgetCookie(), { append: true })
    return show(c, signedOutPage({ signInHref: `${base}/login` }))
  })
}
