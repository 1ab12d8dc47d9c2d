/**
 * How sessions, grants and tokens end. What depends on what is said by the tables (their foreign keys): sessions at services, the
 * provider's session and its grants depend on a login; codes and tokens depend on their grant. Every cache is told what has ended.
 */
import type { Clock } from '../clock.ts'
import type { AuditTable, Origin } from '../store/audit.ts'
import type { PayloadTable } from '../store/payloads.ts'
import type { Session, SessionTable } from '../store/sessions.ts'
import type { Revocations } from './revocations.ts'

export interface SessionEnd {
  /** Ends a session here, with everything that depends on it. */
  end(session: Session, actor: string, origin?: Origin): Promise<void>
  /** Ends a session of the OpenID Provider, by its uid, with the grants that were given in it. */
  endProvider(uid: string): Promise<void>
  /** The same, by the id that the browser holds. */
  endProviderWithId(id: string): Promise<void>
  /** Ends a grant, with its codes and tokens. */
  endGrant(grantId: string): Promise<void>
  /** The same because a code or a refresh token under it came a second time (RFC 9700 section 4.14). */
  endReusedGrant(grantId: string): Promise<void>
  /** Ends a JWT until it expires by itself. */
  endJwt(token: { jti: string; expiresAt: number }): Promise<void>
  /** Ends one record of the provider that gives access by itself: a token. */
  endToken(kind: string, id: string): Promise<void>
}

export interface SessionEndTables {
  sessions: Pick<SessionTable, 'statements'>
  payloads: Pick<PayloadTable, 'statements'>
  audit: Pick<AuditTable, 'entry'>
}

export function createSessionEnd({
  store: { sessions, payloads, audit },
  revocations,
  clock,
}: {
  store: SessionEndTables
  revocations: Pick<Revocations, 'commit'>
  clock: Clock
}): SessionEnd {
  return {
    end: async ({ idHash, userId, service, authenticationClass: way }, actor, origin) => {
      const details = { ...(service === undefined ? { way } : { service }), ...origin }
      const now = clock.now()
      await revocations.commit([
        sessions.statements.remove(idHash, now),
        audit.entry({ actor, action: 'session.ended', subject: userId, details }, now),
      ])
    },
    endProvider: async (uid) => {
      await revocations.commit([payloads.statements.removeSession(uid, clock.now())])
    },
    endProviderWithId: async (id) => {
      await revocations.commit([payloads.statements.removeSessionWithId(id, clock.now())])
    },
    endGrant: async (grantId) => {
      await revocations.commit([payloads.statements.removeGrant(grantId, clock.now())])
    },
    endReusedGrant: async (grantId) => {
      await revocations.commit([payloads.statements.removeReusedGrant(grantId, clock.now())])
    },
    endJwt: async (token) => {
      await revocations.commit([payloads.statements.revokeJwt(token, clock.now())])
    },
    endToken: async (kind, id) => {
      await revocations.commit([payloads.statements.removeToken(kind, id, clock.now())])
    },
  }
}
