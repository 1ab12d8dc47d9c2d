import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { AuditTable, Origin } from '../store/audit.ts'
import { randomId } from '../store/digest.ts'
import type { Session, SessionTable } from '../store/sessions.ts'
import type { SingleUseTable } from '../store/single-use.ts'
import type { FindIdentity, KnownIdentity } from './identity.ts'

const handoffLifetime = 60_000

/** A live session at one service, with its user. */
export interface ServiceSession {
  /** The key for revoking it. */
  key: string
  service: string
  identity: KnownIdentity
  /** Milliseconds since the epoch. */
  expiresAt: number
}

interface Handoff {
  service: string
  state: string
  returnTo: string
  sessionHash: string
}

/** Sessions at services behind the gate. Each is valid at its service only, and depends on a login session. */
export interface ServiceSessions {
  /** A code that creates one session at one service, within a minute. Throws `login-expired` when the login has just ended. */
  handOff(login: Session, target: { service: string; state: string; returnTo: string }): Promise<string>
  /** Redeems the code, for the service and the state for which it was made, while the login session lives. */
  redeem(input: {
    code: string
    service: string
    state: string
    origin?: Origin
  }): Promise<{ sessionId: string; session: ServiceSession; returnTo: string } | undefined>
  /** The live session of that id at that service. */
  find(id: string, service: string): Promise<ServiceSession | undefined>
  /** The service session under a key, and the login session on which it depends. */
  withLogin(key: string): Promise<{ service: Session | undefined; login: Session | undefined }>
}

export function createServiceSessions({
  store: { sessions, singleUse, audit },
  findIdentity,
  clock,
}: {
  store: {
    sessions: Pick<SessionTable, 'create' | 'findByHash' | 'findService'>
    singleUse: Pick<SingleUseTable, 'find' | 'putUnderLogin' | 'take' | 'toTake'>
    audit: Pick<AuditTable, 'entry'>
  }
  findIdentity: FindIdentity
  clock: Clock
}): ServiceSessions {
  return {
    handOff: async (login, target) => {
      const code = randomId()
      const now = clock.now()
      const handoff: Handoff = { ...target, sessionHash: login.idHash }
      const kept = await singleUse.putUnderLogin('handoff', code, handoff, {
        login,
        at: now,
        expiresAt: now + handoffLifetime,
      })
      if (!kept) throw new AppError('login-expired', { reason: 'the sign-in has just ended' })
      return code
    },

    redeem: async ({ code, service, state, origin }) => {
      const now = clock.now()
      const handoff = await singleUse.find<Handoff>('handoff', code, now)
      if (!handoff) return undefined
      if (handoff.service !== service || handoff.state !== state) {
        // Whoever shows it elsewhere has seen it: nobody may use it any more.
        await singleUse.take('handoff', code, now)
        return undefined
      }
      const login = await sessions.findByHash('login', handoff.sessionHash, now)
      if (!login) return undefined
      const own = { kind: 'service', service, parentHash: login.idHash } as const
      const made = await sessions.create({ ...login, ...own, sealedIdToken: undefined, signedInFor: undefined }, now, [
        singleUse.toTake('handoff', code, now),
        audit.entry(
          { actor: login.userId, action: 'session.started', subject: login.userId, details: { service, ...origin } },
          now,
        ),
      ])
      const session = made && (await known(made.session, service))
      return session && { sessionId: made.id, session, returnTo: handoff.returnTo }
    },

    find: async (id, service) => {
      const session = await sessions.findService(id, service, clock.now())
      return session && known(session, service)
    },

    withLogin: async (key) => {
      const now = clock.now()
      const service = await sessions.findByHash('service', key, now)
      const login = service?.parentHash && (await sessions.findByHash('login', service.parentHash, now))
      return { service, login: login || undefined }
    },
  }

  async function known({ userId, idHash, expiresAt }: Session, service: string): Promise<ServiceSession | undefined> {
    const identity = await findIdentity(userId)
    return identity && { key: idHash, service, identity, expiresAt }
  }
}
