import type { IncomingMessage } from 'node:http'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Turns } from '../turns.ts'
import type { ProviderHost } from './contract.ts'

/**
 * The provider's own cookie is worth nothing without the login session of the same person. Before a product's request the session
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
    const id = cookieOf(request, sessionCookie)
    const session = id === undefined ? undefined : await findSession(id)
    const account = session?.['accountId']
    if (account === undefined || account === (await host.login(request))?.userId) return
    await endSession(String(session?.['uid']))
    dropCookie(request, sessionCookie)
  }
}

/** Value of the one cookie of that name; two of them are none. */
function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const values = (request.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return values.length === 1 ? values[0] : undefined
}

/** oidc-provider reads the request after us: without the cookie and its signature it finds no session. */
function dropCookie(request: IncomingMessage, name: string): void {
  const kept = (request.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => !pair.startsWith(`${name}=`) && !pair.startsWith(`${name}.sig=`))
  request.headers.cookie = kept.join('; ')
}
