import type { IncomingMessage } from 'node:http'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { parseCookies, withoutCookies } from '../cookies.ts'
import type { Turns } from '../turns.ts'
import type { ProviderHost } from './contract.ts'

/**
 * The provider's own cookie is invalid without the login session of the same person. Before a product's request the session
 * behind it ends when somebody else, or nobody, is signed in; after a sign-in it is linked to the login session, to end with it.
 */
export function createSessionGuard({
  host,
  endSession,
  sessionCookie,
  findSession,
  turns,
}: {
  host: Pick<ProviderHost, 'login' | 'linkSession'>
  endSession: (uid: string) => Promise<void>
  /** Name of the cookie with the provider's session. */
  sessionCookie: string
  findSession: (id: string) => Promise<Record<string, unknown> | undefined>
  turns: Turns
}): (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void> {
  return async (ctx, next) => {
    const authorizing = ctx.path.startsWith('/authorize')
    await turns.pause()
    if (authorizing) await endSessionOfSomebodyElse(ctx.req)
    await next()
    const { uid, accountId } = ctx.oidc?.session ?? {}
    // After `resume` the provider has just signed the person in.
    if (authorizing && ctx.path !== '/authorize' && accountId !== undefined && uid !== undefined) {
      await host.linkSession(ctx.req, uid)
    }
  }

  async function endSessionOfSomebodyElse(request: IncomingMessage): Promise<void> {
    const id = parseCookies(request.headers.cookie).get(sessionCookie)
    const session = id === undefined ? undefined : await findSession(id)
    const account = session?.['accountId']
    if (account === undefined || account === (await host.login(request))?.userId) return
    await endSession(String(session?.['uid']))
    // oidc-provider reads the request later: without the cookie and its signature it finds no session.
    const mine = [`${sessionCookie}=`, `${sessionCookie}.sig=`]
    request.headers.cookie = withoutCookies(request.headers.cookie ?? '', mine)
  }
}
