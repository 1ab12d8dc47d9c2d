import type { Engine } from './engine.ts'

export interface TraceStep {
  /** Milliseconds since the epoch. */
  at: number
  /** Who acted. */
  hop: 'browser' | 'gatehouse' | 'provider' | 'product'
  /** What happened, such as `callback received`. */
  event: string
  status?: number
  /** Code of the error, when this step went wrong. */
  code?: string
  /** Names and short values; never a token, a code, a cookie or a password. */
  evidence?: Record<string, string>
}

/** The recorded steps of one login. */
export interface Trace {
  id: string
  startedAt: number
  steps: TraceStep[]
}

const keptFor = 7 * 24 * 60 * 60 * 1000

/** Traces of logins, found by the trace id or by the id of any of their requests. */
export function createTraceTable(engine: Engine) {
  const db = engine.kysely
  return {
    save: async (trace: Trace, requestIds: readonly string[], now: number): Promise<void> => {
      const expiresAt = now + keptFor
      const steps = JSON.stringify(trace.steps)
      await engine.write([
        db
          .insertInto('traces')
          .values({ id: trace.id, started_at: trace.startedAt, steps, expires_at: expiresAt })
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ steps }))
          .compile(),
        ...(requestIds.length === 0
          ? []
          : [
              db
                .insertInto('trace_requests')
                .values(requestIds.map((id) => ({ request_id: id, trace_id: trace.id, expires_at: expiresAt })))
                .onConflict((conflict) => conflict.doNothing())
                .compile(),
            ]),
      ])
    },

    find: async (id: string): Promise<Trace | undefined> => {
      const [request] = await db.selectFrom('trace_requests').select('trace_id').where('request_id', '=', id).execute()
      const [row] = await db
        .selectFrom('traces')
        .selectAll()
        .where('id', '=', request?.trace_id ?? id)
        .execute()
      return row && { id: row.id, startedAt: row.started_at, steps: JSON.parse(row.steps) as TraceStep[] }
    },
  }
}
export type TraceTable = ReturnType<typeof createTraceTable>
