/**
 * How sessions end: the one place that knows what depends on what. Sessions at services and at the OpenID Provider depend on a login;
 * grants and tokens depend on the provider's session. Every cache is told what has ended.
 */
import type { Clock } from '../clock.ts'
import type { AuditTable } from '../store/audit.ts'
import type { Part } from '../store/engine.ts'
import type { Dependent, PayloadTable } from '../store/payloads.ts'
import type { Session, SessionTable } from '../store/sessions.ts'
import type { Revocations } from './revocations.ts'

export interface SessionEnd {
  /** Ends a session here, with everything that depends on it. */
  end(session: Session, actor: string): Promise<void>
  /** Ends a session of the OpenID Provider, by its uid, with the grants that were given in it. */
  endProvider(uid: string): Promise<void>
}

export interface SessionEndTables {
  sessions: Pick<SessionTable, 'childrenOf' | 'statements'>
  payloads: Pick<PayloadTable, 'dependentOnSession' | 'dependentOnLogin' | 'statements'>
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
    end: async ({ idHash, userId }, actor) => {
      const dependent = await payloads.dependentOnLogin(idHash)
      // Caches know tokens by the login session, and sessions at services by their own names.
      const subjects = [idHash, ...(await sessions.childrenOf(idHash))]
      await revocations.commit(
        // Whatever else a cache holds of the person is asked for again: a token may have entered it since we looked.
        [...subjects.map((subject) => ({ kind: 'session', subject }) as const), { kind: 'profile', subject: userId }],
        [
          ...sessions.statements.remove(idHash),
          ...dependent.flatMap(endOf),
          audit.entry({ actor, action: 'session.ended', subject: userId }, clock.now()),
        ],
      )
    },

    endProvider: async (uid) => {
      const dependent = await payloads.dependentOnSession(uid)
      const logins = new Set(dependent.flatMap(({ loginHash }) => loginHash ?? []))
      await revocations.commit(
        [...logins].map((subject) => ({ kind: 'session', subject })),
        dependent.flatMap(endOf),
      )
    },
  }

  function endOf({ uid, grantIds }: Dependent): Part[] {
    const { removeGrant, removeSession } = payloads.statements
    return [removeSession(uid), ...grantIds.flatMap(removeGrant)]
  }
}

/**
 * Statements that end every session and grant of a user, for the unit of the change that takes access away,
 * together with the revocation of the user.
 */
export function endOfEverything(
  { sessions, payloads }: { sessions: Pick<SessionTable, 'statements'>; payloads: Pick<PayloadTable, 'statements'> },
  userId: string,
): Part[] {
  return [sessions.statements.removeOfUser(userId), ...payloads.statements.removeOfUser(userId)]
}
