import type { Clock } from '../clock.ts'
import type { Connector } from '../connectors/contract.ts'
import type { ServiceSession } from '../gate/identity.ts'
import type { Revocations } from '../sessions/revocations.ts'
import { randomId } from '../store/digest.ts'
import type { Store } from '../store/index.ts'
import type { Sealer } from '../store/sealing.ts'
import type { Session } from '../store/sessions.ts'
import { identityOf, type User } from '../store/users.ts'
import { type CookieSettings, loginCookieName, parseCookies, setCookie } from './cookies.ts'

/** Milliseconds that a sign-in lasts, whatever happens. */
const loginLifetime = 12 * 3_600_000
const handoffLifetime = 60_000
const signOutLifetime = 10 * 60_000

interface Handoff {
  service: string
  state: string
  returnTo: string
  sessionHash: string
}

/** Login sessions, what hangs on them, and how they end. */
export function createLoginSessions({
  store,
  sealer,
  revocations,
  connectors,
  clock,
  cookies,
  signedOutUrl,
}: {
  store: Store
  sealer: Sealer
  revocations: Revocations
  connectors: ReadonlyMap<string, Connector>
  clock: Clock
  cookies: CookieSettings
  /** Where providers send people back to after they signed out there. */
  signedOutUrl: string
}) {
  const cookieName = loginCookieName(cookies)

  const current = async (cookieHeader: string | undefined): Promise<{ session: Session; user: User } | undefined> => {
    const id = parseCookies(cookieHeader).get(cookieName)
    if (id === undefined || id.length !== 43) return undefined
    const session = await store.sessions.findLogin(id, clock.now())
    const user = session && (await store.users.find(session.userId))
    return session && user?.active ? { session, user } : undefined
  }

  const end = async (session: Session, actor: string): Promise<void> => {
    // Tokens hang on the provider's session, services on this one: both names are told to the caches.
    const { idHash, providerUid } = session
    const subjects = [idHash, ...(await store.sessions.childrenOf(idHash)), ...(providerUid ? [providerUid] : [])]
    await revocations.commit(
      subjects.map((subject) => ({ kind: 'session', subject })),
      [
        ...store.sessions.remove(session.idHash),
        ...(session.providerUid === undefined ? [] : await store.payloads.removeSession(session.providerUid)),
        store.audit.entry({ actor, action: 'session.ended', subject: session.userId }, clock.now()),
      ],
    )
  }

  /** Ends a session here. Answers with the address that ends it at the provider too, which then comes back to `returnTo`. */
  const signOut = async (session: Session, returnTo: string | undefined): Promise<string | undefined> => {
    await end(session, session.userId)
    const connector = connectors.get(session.authenticationClass)
    if (!connector) return undefined
    const idToken = session.sealedIdToken && (await sealer.open('id-token', session.sealedIdToken))
    const state = randomId()
    const url = await connector.endSessionUrl({
      idToken: idToken || undefined,
      postLogoutRedirectUri: signedOutUrl,
      state,
    })
    if (url && returnTo !== undefined) {
      await store.singleUse.put('sign-out', state, { returnTo }, clock.now() + signOutLifetime)
    }
    return url?.href
  }

  return {
    current,
    end,

    /**
     * A new session under a new id. One that the browser had before ends, with everything that hangs on it if it was somebody
     * else's. Answers with the cookie to set.
     */
    start: async (
      user: User,
      via: { authenticationClass: string; idToken?: string | undefined; signedInFor?: string | undefined },
      cookieHeader: string | undefined,
    ): Promise<{ session: Session; setCookie: string; replacedSomebodyElse: boolean }> => {
      const before = await current(cookieHeader)
      const replacedSomebodyElse = before !== undefined && before.user.id !== user.id
      if (replacedSomebodyElse) await end(before.session, before.user.id)
      const now = clock.now()
      const { id, session } = await store.sessions.create(
        {
          kind: 'login',
          service: undefined,
          parentHash: undefined,
          userId: user.id,
          authenticationClass: via.authenticationClass,
          authenticatedAt: now,
          expiresAt: now + loginLifetime,
          signedInFor: via.signedInFor,
          sealedIdToken: via.idToken === undefined ? undefined : await sealer.seal('id-token', via.idToken),
        },
        now,
      )
      if (before && !replacedSomebodyElse) {
        const { idHash, providerUid } = before.session
        await revocations.commit(
          [{ kind: 'session', subject: idHash }],
          store.sessions.replace(idHash, session.idHash, providerUid),
        )
      }
      const maxAge = loginLifetime / 1000
      return { session, replacedSomebodyElse, setCookie: setCookie(cookieName, id, { maxAge, secure: cookies.secure }) }
    },

    forgetCookie: () => setCookie(cookieName, '', { maxAge: 0, secure: cookies.secure }),

    signOut,

    /** Signs out from a service: ends the login session that the service session hangs on, and so the sessions at all services. */
    signOutFrom: async (serviceSessionHash: string, returnTo: string | undefined): Promise<string | undefined> => {
      const now = clock.now()
      const service = await store.sessions.findByHash('service', serviceSessionHash, now)
      const login = service?.parentHash && (await store.sessions.findByHash('login', service.parentHash, now))
      if (service && !login) await end(service, service.userId)
      return login ? signOut(login, returnTo) : undefined
    },

    /** Where somebody who signed out at the provider goes on to. */
    afterSignOut: async (state: string): Promise<string | undefined> =>
      (await store.singleUse.take<{ returnTo: string }>('sign-out', state, clock.now()))?.returnTo,

    /** A code that makes one session at one service, within a minute. */
    handOff: async (
      session: Session,
      target: { service: string; state: string; returnTo: string },
    ): Promise<string> => {
      const code = randomId()
      const handoff: Handoff = { ...target, sessionHash: session.idHash }
      await store.singleUse.put('handoff', code, handoff, clock.now() + handoffLifetime)
      return code
    },

    /** Redeems the code: for the service and the state that it was made for, while the login session lives. */
    redeem: async (code: string, service: string, state: string) => {
      const now = clock.now()
      const handoff = await store.singleUse.take<Handoff>('handoff', code, now)
      if (!handoff || handoff.service !== service || handoff.state !== state) return undefined
      const login = await store.sessions.findByHash('login', handoff.sessionHash, now)
      if (!login) return undefined
      const own = { kind: 'service', service, parentHash: login.idHash } as const
      const made = await store.sessions.create(
        { ...login, ...own, sealedIdToken: undefined, signedInFor: undefined },
        now,
      )
      const session = await serviceSession(made.session, service)
      return session && { sessionId: made.id, session, returnTo: handoff.returnTo }
    },

    /** The live session of that id at that service, with who it is. */
    findService: async (id: string, service: string): Promise<ServiceSession | undefined> => {
      const session = await store.sessions.findService(id, service, clock.now())
      return session && serviceSession(session, service)
    },
  }

  async function serviceSession(session: Session, service: string): Promise<ServiceSession | undefined> {
    const user = await store.users.find(session.userId)
    if (!user?.active) return undefined
    const identity = identityOf(user, await store.users.teams(user.id))
    return { key: session.idHash, service, identity, expiresAt: session.expiresAt }
  }
}
export type LoginSessions = ReturnType<typeof createLoginSessions>
