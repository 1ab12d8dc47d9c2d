import type { AuthenticationContext } from '../authentication-context.ts'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { AuditTable, Origin } from '../store/audit.ts'
import { ConflictError, StaleError } from '../store/engine.ts'
import type { Sealer } from '../store/sealing.ts'
import type { NewSession, Session, SessionTable } from '../store/sessions.ts'
import type { User, UserTable } from '../store/users.ts'
import { storedUsernameProblem } from '../username.ts'
import type { SessionEnd } from './end.ts'
import type { Revocations } from './revocations.ts'

/** Milliseconds that a sign-in lasts, whatever happens. */
export const loginLifetime = 12 * 3_600_000

/** A live session and its user. */
export interface Login {
  session: Session
  user: User
}

export interface SignedInBy extends AuthenticationContext {
  authenticationClass: string
  /** The provider's ID token, sealed: a hint for signing out there. */
  idToken?: string | undefined
  /** When the person proved who they are, if the provider says so; else it was now. */
  authenticatedAt?: number | undefined
  /** The authorization request that demanded this sign-in. */
  signedInFor?: string | undefined
  /** The hash that the person's password was verified against: the session is made only while it is the stored one. */
  verifiedHash?: string | undefined
  /** The passkey that was proved: the session is made only while it is there. */
  verifiedPasskey?: string | undefined
  origin?: Origin
}

/** What a browser holds: the id of its login session, and its own name, which proves nothing. */
export interface Browser {
  sessionId: string | undefined
  name: string
}

/** Sessions of people at Gatehouse itself. */
export interface LoginSessions {
  /** The live session with that id, of a user who may still sign in. */
  find(id: string): Promise<Login | undefined>
  /**
   * A new session under a new id: the only one of its browser. What depended on a live session of the same person moves to it. Every
   * other session of the browser ends in the same unit, expired ones too, with everything that depends on it. Throws `account-deactivated`,
   * and `invalid-credentials` when the password was changed meanwhile.
   */
  start(user: User, via: SignedInBy, browser: Browser): Promise<{ id: string; session: Session }>
  /** Ends every session of a browser, with everything that depends on it. */
  endOfBrowser(browser: Browser, origin?: Origin): Promise<void>
}

/** Sign-ins of one browser at the same time that may get into each other's way before one is refused. */
const mostAttempts = 100

export function createLoginSessions({
  store: { sessions, users, audit },
  ending,
  revocations,
  sealer,
  clock,
}: {
  store: {
    sessions: Pick<SessionTable, 'findLogin' | 'loginsOfBrowser' | 'statements'>
    users: Pick<UserTable, 'find'>
    audit: Pick<AuditTable, 'entry'>
  }
  ending: Pick<SessionEnd, 'end'>
  revocations: Pick<Revocations, 'commit'>
  sealer: Pick<Sealer, 'seal'>
  clock: Clock
}): LoginSessions {
  const sessionsOf = ({ sessionId = '', name }: Browser) => sessions.loginsOfBrowser(sessionId, name)

  /** One unit: the new session, and what becomes of those of before. */
  async function replace(session: NewSession, browser: Browser, origin: Origin | undefined) {
    const { userId, authenticationClass: way } = session
    const at = clock.now()
    const before = await sessionsOf(browser)
    const moves = (each: Session) => each.userId === userId && each.expiresAt > at
    const replaced = before.filter(moves).map(({ idHash }) => idHash)
    const ended = before.filter((each) => !moves(each))
    const { parts, ...made } = sessions.statements.start(session, {
      at,
      browser: browser.name,
      replaced,
      ended: ended.map(({ idHash }) => idHash),
    })
    const told = ended.map(({ userId: whose, authenticationClass }) =>
      audit.entry(
        { actor: whose, action: 'session.ended', subject: whose, details: { way: authenticationClass, ...origin } },
        at,
      ),
    )
    const signedIn = { actor: userId, action: 'session.started', subject: userId, details: { way, ...origin } }
    await revocations.commit([...parts, ...told, audit.entry(signedIn, at)])
    return made
  }

  /** Why there is no session: what it was to be built on has changed while the proof was being checked. */
  async function refusal({ id }: User, cause: Error): Promise<AppError> {
    const user = await users.find(id)
    if (!user?.active) return new AppError('account-deactivated', { user: id }, { cause })
    return new AppError(
      'invalid-credentials',
      { reason: 'the password, or the passkey, has just been changed' },
      { cause },
    )
  }

  return {
    find: async (id) => {
      if (id.length !== 43) return undefined
      const session = await sessions.findLogin(id, clock.now())
      const user = session && (await users.find(session.userId))
      const mayGoOn = user?.active && storedUsernameProblem(user.username) === undefined
      return session && mayGoOn ? { session, user } : undefined
    },

    start: async (user, via, browser) => {
      const now = clock.now()
      const session: NewSession = {
        kind: 'login',
        service: undefined,
        parentHash: undefined,
        userId: user.id,
        authenticationClass: via.authenticationClass,
        authenticatedAt: Math.min(via.authenticatedAt ?? now, now),
        expiresAt: now + loginLifetime,
        signedInFor: via.signedInFor,
        sealedIdToken: via.idToken === undefined ? undefined : await sealer.seal('id-token', via.idToken),
        verifiedHash: via.verifiedHash,
        verifiedPasskey: via.verifiedPasskey,
        acr: via.acr,
        amr: via.amr,
      }
      for (let attempt = 1; ; attempt++) {
        try {
          return await replace(session, browser, via.origin)
        } catch (error) {
          if (error instanceof StaleError) throw await refusal(user, error)
          // Another tab of the browser signed in meanwhile: replace that one too.
          if (!(error instanceof ConflictError) || attempt === mostAttempts) throw error
        }
      }
    },

    endOfBrowser: async (browser, origin) => {
      for (const session of await sessionsOf(browser)) await ending.end(session, session.userId, origin)
    },
  }
}
