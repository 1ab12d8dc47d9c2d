import type { CompiledQuery } from 'kysely'
import type { Engine } from './engine.ts'

export interface AuditEntry {
  /** Who did it: a user id, `cli`, or `system`. */
  actor: string
  /** What was done, such as `user.created`. */
  action: string
  subject: string
  /** Never holds a secret. */
  details?: Record<string, unknown>
}

/** One row per change, written in the same unit as the change. */
export function createAuditTable(engine: Engine) {
  const db = engine.kysely
  return {
    entry: ({ actor, action, subject, details = {} }: AuditEntry, at: number): CompiledQuery<unknown> =>
      db
        .insertInto('audit')
        .values({ at, actor, action, subject, details: JSON.stringify(details) })
        .compile(),

    list: (limit = 100) => db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit).execute(),
  }
}
export type AuditTable = ReturnType<typeof createAuditTable>
