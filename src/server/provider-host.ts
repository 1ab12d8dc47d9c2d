import type { IncomingMessage } from 'node:http'
import type { BrowserSessions } from '../login/browser-sessions.ts'
import { confirmSignOutPage } from '../login/pages/plain.ts'
import type { SignOut } from '../login/sign-out.ts'
import type { ProviderHost } from '../provider/contract.ts'
import type { Origin } from '../store/audit.ts'
import { pageHeaders } from '../web/headers.ts'
import type { Looks } from '../web/look.ts'
import { selfSendingPage } from '../web/self-sending.ts'

/** What the provider needs from sessions and pages. */
export function createProviderHost({
  browser,
  looks,
  signOut,
  errorPage,
  originOf,
  told,
  signOutOrigins,
  signedOutUrl,
}: {
  browser: BrowserSessions
  looks: Pick<Looks, 'of'>
  signOut: Pick<SignOut, 'login'>
  errorPage: ProviderHost['errorPage']
  originOf: (request: IncomingMessage) => Origin
  told: ProviderHost['told']
  /** Where the sign-out form may lead: providers at which people are signed out too. */
  signOutOrigins: readonly string[]
  signedOutUrl: string
}): ProviderHost {
  return {
    login: async (request) => (await browser.current(request.headers.cookie))?.session,
    errorPage,
    selfSendingPage: ({ request, ...form }) => selfSendingPage(looks.of(request), form),
    signOutOrigins,
    confirmSignOutPage: async ({ form, title, request }) => {
      const user = (await browser.current(request.headers.cookie))?.user.username ?? 'somebody'
      const look = looks.of(request)
      const body = confirmSignOutPage(look, { form, product: title, user })
      return { status: 200, headers: pageHeaders(look, { formTargets: signOutOrigins }), body }
    },
    signOut: async (request, returnTo) => {
      const login = await browser.current(request.headers.cookie)
      const origin = originOf(request)
      const upstream = login && (await signOut.login(login.session, returnTo, { user: login.user.username, ...origin }))
      await browser.end(request.headers.cookie, origin)
      return { setCookie: browser.forgetCookie(), upstream }
    },
    signedOutUrl,
    told,
  }
}
