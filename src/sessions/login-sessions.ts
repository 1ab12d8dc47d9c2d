import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { Sealer } from '../store/sealing.ts'
import type { Session, SessionTable } from '../store/sessions.ts'
import type { User, UserTable } from '../store/users.ts'
import type { SessionEnd } from './end.ts'
import type { Revocations } from './revocations.ts'

/** Milliseconds that a sign-in lasts, whatever happens. */
export const loginLifetime = 12 * 3_600_000

/** A live session and its user. */
export interface Login {
  session: Session
  user: User
}

export interface SignedInBy {
  authenticationClass: string
  /** The provider's ID token, sealed: a hint for signing out there. */
  idToken?: string | undefined
  /** The authorization request that the person signed in for. */
  signedInFor?: string | undefined
}

/** Sessions of people at Gatehouse itself. */
export interface LoginSessions {
  /** The live session with that id, of a user who may still sign in. */
  find(id: string): Promise<Login | undefined>
  /**
   * A new session under a new id. The browser's previous session ends, with everything that depends on it if it was
   * somebody else's; what depended on the same person's session moves to the new one.
   */
  start(user: User, via: SignedInBy, before: Login | undefined): Promise<{ id: string; session: Session }>
  /** Remembers the OpenID Provider's session that began with a login, to end with it. */
  linkProvider(session: Session, providerUid: string): Promise<void>
}

export function createLoginSessions({
  store: { sessions, users },
  ending,
  revocations,
  sealer,
  clock,
}: {
  store: {
    sessions: Pick<SessionTable, 'findLogin' | 'create' | 'linkProvider' | 'statements'>
    users: Pick<UserTable, 'find'>
  }
  ending: Pick<SessionEnd, 'end'>
  revocations: Pick<Revocations, 'commit'>
  sealer: Pick<Sealer, 'seal'>
  clock: Clock
}): LoginSessions {
  return {
    find: async (id) => {
      if (id.length !== 43) return undefined
      const session = await sessions.findLogin(id, clock.now())
      const user = session && (await users.find(session.userId))
      return session && user?.active ? { session, user } : undefined
    },

    start: async (user, via, before) => {
      const replacesSomebodyElse = before !== undefined && before.user.id !== user.id
      if (replacesSomebodyElse) await ending.end(before.session, before.user.id)
      const now = clock.now()
      const made = await sessions.create(
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
      // Somebody deactivated the user while the proof was being checked.
      if (!made) throw new AppError('account-deactivated', { user: user.username })
      if (before && !replacesSomebodyElse) {
        const { idHash, providerUid } = before.session
        await revocations.commit(
          [{ kind: 'session', subject: idHash }],
          sessions.statements.replace(idHash, made.session.idHash, providerUid),
        )
      }
      return made
    },

    linkProvider: async (session, providerUid) => {
      if (session.providerUid !== providerUid) await sessions.linkProvider(session.idHash, providerUid)
    },
  }
}
