import type { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { parseCookies, withoutCookies } from '../cookies.ts'
import type { ProviderSession } from '../store/payloads.ts'
import type { Turns } from '../turns.ts'
import type { CurrentLogin } from './adapter.ts'
import type { ProviderHost } from './contract.ts'

/** Paths at which oidc-provider reads or renews the session of a browser. */
const withSession = /^\/(authorize|logout)(\/|$)/
const resuming = /^\/authorize\/([^/]+)$/

/**
 * The provider's session is one of the login session of the same browser, or it ends: before a request is answered, a session of
 * another login (signed out, expired, replaced, or of somebody else) is ended and its cookie ignored. While the request is answered
 * the adapter knows the login, and stores and finds sessions under no other.
 */
export function createSessionGuard({
  host,
  endSession,
  sessionCookie,
  resumeCookie,
  findSession,
  finishedFor,
  interactionUrl,
  logins,
  turns,
}: {
  host: Pick<ProviderHost, 'login'>
  endSession: (uid: string) => Promise<void>
  /** Name of the cookie with the provider's session. */
  sessionCookie: string
  /** Name of the cookie that belongs to the way back from an interaction. */
  resumeCookie: string
  findSession: (id: string) => Promise<ProviderSession | undefined>
  /** The login session with which the person finished an interaction. */
  finishedFor: (request: IncomingMessage, uid: string) => Promise<string | undefined>
  interactionUrl: (uid: string) => string
  logins: AsyncLocalStorage<CurrentLogin | undefined>
  turns: Turns
}): (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void> {
  const oneAfterAnother = createQueues()

  return async (ctx, next) => {
    await turns.pause()
    if (!withSession.test(ctx.path)) return next()
    const login = await host.login(ctx.req)
    const session = await sessionOf(ctx.req, login)
    const uid = resuming.exec(ctx.path)?.[1]
    // oidc-provider goes by the cookie alone: one that was planted with a shorter path would finish another request at this address.
    if (uid !== undefined && firstCookie(ctx.req, resumeCookie) !== uid) withoutCookie(ctx.req, resumeCookie)
    const owner = uid === undefined ? undefined : await finishedFor(ctx.req, uid)
    // What was finished with another login session is finished again with this one, or by signing in.
    if (uid !== undefined && owner !== undefined && owner !== login?.idHash) return startAgain(ctx, uid)
    const answer = () => logins.run(login, next)
    // The grants of a session are read, changed and written: tabs that products open at once would lose each other's.
    return session !== undefined && ctx.path === '/authorize' ? oneAfterAnother(session, answer) : answer()
  }

  /** The id of the session of that login in this browser. One of another login is ended. */
  async function sessionOf(request: IncomingMessage, login: CurrentLogin | undefined): Promise<string | undefined> {
    const id = parseCookies(request.headers.cookie).get(sessionCookie)
    const session = id === undefined ? undefined : await findSession(id)
    if (session?.accountId === undefined) return undefined
    if (session.login !== undefined && session.login.idHash === login?.idHash) return id
    await endSession(session.uid)
    withoutCookie(request, sessionCookie)
    return undefined
  }

  function startAgain(ctx: KoaContextWithOIDC, uid: string): void {
    ctx.status = 303
    ctx.set('cache-control', 'no-store')
    ctx.redirect(interactionUrl(uid))
  }
}

/** The value of the first cookie of that name, as oidc-provider reads it: the one with the longest path (RFC 6265 section 5.4). */
function firstCookie({ headers }: IncomingMessage, name: string): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** oidc-provider reads the request later: without the cookie and its signature it finds nothing. */
function withoutCookie({ headers }: IncomingMessage, name: string): void {
  headers.cookie = withoutCookies(headers.cookie ?? '', [`${name}=`, `${name}.sig=`])
}

/** Runs the tasks of one key one after another, whatever becomes of them. */
function createQueues(): (key: string, task: () => Promise<void>) => Promise<void> {
  const last = new Map<string, Promise<void>>()
  return async (key, task) => {
    const mine = (last.get(key) ?? Promise.resolve()).then(task, task)
    last.set(key, mine)
    try {
      await mine
    } finally {
      if (last.get(key) === mine) last.delete(key)
    }
  }
}
