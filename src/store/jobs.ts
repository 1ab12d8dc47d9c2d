import type { CompiledQuery, Selectable } from 'kysely'
import type { Engine } from './engine.ts'
import { taking } from './row-locks.ts'
import type { JobsTable } from './schema.ts'

/** Work to do once, by the first server that takes it, now or later. */
export interface NewJob {
  /** An existing job with this id stays as it is. */
  id: string
  kind: string
  /** Contains no secret. */
  payload?: Record<string, unknown>
}

/** A job that one server holds, until it reports the outcome or its lease ends. */
export interface ClaimedJob {
  id: string
  kind: string
  payload: Record<string, unknown>
  /** 1 at the first try. It also identifies the claim: an outcome reported after the lease has ended is ignored. */
  attempt: number
}

const firstPause = 1_000
const longestPause = 3_600_000

/** Jobs, shared by all servers of a store. */
export function createJobTable(engine: Engine) {
  const db = engine.kysely
  const ours = ({ id, attempt }: ClaimedJob) =>
    db.updateTable('jobs').where('id', '=', id).where('attempts', '=', attempt).returning('id')
  const written = async (query: CompiledQuery<unknown>) => (await engine.write([query]))[0]?.length === 1

  const enqueue = ({ id, kind, payload = {} }: NewJob, runAt: number): CompiledQuery<unknown> =>
    db
      .insertInto('jobs')
      .values({ id, kind, payload: JSON.stringify(payload), run_at: runAt, attempts: 0, leased_until: 0 })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .compile()

  return {
    /** A statement for the unit whose change requires the work. */
    enqueue,

    /** Enqueues work that no change requires, such as a task for every minute. */
    ensure: async (job: NewJob, runAt: number): Promise<void> => {
      await engine.write([enqueue(job, runAt)])
    },

    /**
     * Takes the job of a kind that has been due longest, for `leaseFor`: if the server dies, another one takes it after that.
     * Undefined when there is nothing to do. Servers that ask at the same time get different jobs, without waiting for each other.
     */
    claim: async (kind: string, now: number, leaseFor: number): Promise<ClaimedJob | undefined> => {
      const due = db
        .selectFrom('jobs as due')
        .select('due.id')
        .where('due.kind', '=', kind)
        .where('due.run_at', '<=', now)
        .where('due.leased_until', '<=', now)
        .orderBy('due.run_at')
        .limit(1)
      const [rows] = await engine.write([
        db
          .updateTable('jobs')
          .set((row) => ({ attempts: row('attempts', '+', 1), leased_until: now + leaseFor }))
          .where('id', '=', taking(engine, due))
          .returningAll()
          .compile(),
      ])
      const [row] = (rows ?? []) as Selectable<JobsTable>[]
      return row && toJob(row)
    },

    /** The work is done. False if the lease had ended and another server has the job. */
    finish: ({ id, attempt }: ClaimedJob): Promise<boolean> =>
      written(db.deleteFrom('jobs').where('id', '=', id).where('attempts', '=', attempt).returning('id').compile()),

    /** The work is done, and must be done again later. */
    repeat: (job: ClaimedJob, runAt: number): Promise<boolean> =>
      written(ours(job).set({ run_at: runAt, attempts: 0, leased_until: 0 }).compile()),

    /** The work failed: it is retried after a pause that doubles each time, up to an hour. */
    retry: (job: ClaimedJob, now: number): Promise<boolean> => {
      const pause = Math.min(firstPause * 2 ** (job.attempt - 1), longestPause)
      return written(
        ours(job)
          .set({ run_at: now + pause, leased_until: 0 })
          .compile(),
      )
    },
  }
}
export type JobTable = ReturnType<typeof createJobTable>

function toJob({ id, kind, payload, attempts }: Selectable<JobsTable>): ClaimedJob {
  return { id, kind, payload: JSON.parse(payload) as Record<string, unknown>, attempt: attempts }
}
