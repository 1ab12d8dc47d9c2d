/** How the sessions and grants end that belong to something that the configuration names no more. */
import type { Clock } from '../clock.ts'
import type { AuditTable } from '../store/audit.ts'
import type { PayloadTable } from '../store/payloads.ts'
import type { SessionTable } from '../store/sessions.ts'
import type { Revocations } from './revocations.ts'

export interface Removals {
  /** Ends every session at a service. */
  service(name: string): Promise<void>
  /** Ends every grant that people gave to a client, with its codes and tokens. */
  client(clientId: string): Promise<void>
}

/** Grants that end in one unit. */
const atOnce = 100

export function createRemovals({
  store: { sessions, payloads, audit },
  revocations,
  clock,
}: {
  store: {
    sessions: Pick<SessionTable, 'statements'>
    payloads: Pick<PayloadTable, 'statements' | 'grantsOfClient'>
    audit: Pick<AuditTable, 'entry'>
  }
  revocations: Pick<Revocations, 'commit'>
  clock: Clock
}): Removals {
  const noted = (action: string, subject: string) => audit.entry({ actor: 'system', action, subject }, clock.now())

  return {
    service: async (name) => {
      const now = clock.now()
      await revocations.commit([
        sessions.statements.removeAtService(name, now),
        noted('service.removed', `service:${name}`),
      ])
    },
    client: async (clientId) => {
      for await (const grants of payloads.grantsOfClient(clientId, atOnce)) {
        const now = clock.now()
        await revocations.commit(grants.map((grant) => payloads.statements.removeGrant(grant, now)))
      }
      await revocations.commit([noted('client.removed', `client:${clientId}`)])
    },
  }
}
