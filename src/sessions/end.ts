/**
 * How sessions end: the one place that knows what depends on what. Sessions at services and at the OpenID Provider depend on a login;
 * grants and tokens depend on the provider's session. Every cache is told what has ended.
 */
import type { Clock } from '../clock.ts'
import type { AuditTable } from '../store/audit.ts'
import type { Part } from '../store/engine.ts'
import type { PayloadTable } from '../store/payloads.ts'
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
  payloads: Pick<PayloadTable, 'grantsOfSession' | 'statements'>
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
    end: async ({ idHash, providerUid, userId }, actor) => {
      // Tokens depend on the provider's session, services on this one: the caches are told both names.
      const subjects = [idHash, ...(await sessions.childrenOf(idHash)), ...(providerUid ? [providerUid] : [])]
      await revocations.commit(
        subjects.map((subject) => ({ kind: 'session', subject })),
        [
          ...sessions.statements.remove(idHash),
          ...(providerUid === undefined ? [] : await endOfProviderSession(providerUid)),
          audit.entry({ actor, action: 'session.ended', subject: userId }, clock.now()),
        ],
      )
    },

    endProvider: async (uid) => {
      await revocations.commit([{ kind: 'session', subject: uid }], await endOfProviderSession(uid))
    },
  }

  async function endOfProviderSession(uid: string): Promise<Part[]> {
    const found = await payloads.grantsOfSession(uid)
    if (!found) return []
    const { removeGrant, removeSession } = payloads.statements
    return [removeSession(found.sessionId), ...found.grantIds.flatMap(removeGrant)]
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
