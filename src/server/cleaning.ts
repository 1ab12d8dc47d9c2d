import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { AuditTable } from '../store/audit.ts'
import type { JobTable } from '../store/jobs.ts'

const every = 60_000
/** Less than a minute, so that the next look finds it due. */
const dueAgainAfter = 50_000
const lease = 300_000
const day = 24 * 3_600_000
/** Strangers fill that table. */
const failureDays = 30

export interface Cleanable {
  removeExpired(now: number): Promise<void>
  audit: Pick<AuditTable, 'removeBefore'>
  jobs: Pick<JobTable, 'ensure' | 'claim' | 'repeat' | 'retry'>
}

/** Deletes expired rows once a minute; one of many servers does it. Answers with a function that stops it. */
export function startCleaning({
  store,
  auditDays,
  clock,
  log,
}: {
  store: Cleanable
  /** Days for which changes stay in the audit log; a function, because a new configuration may change it. */
  auditDays: () => number
  clock: Clock
  log: Logger
}): () => void {
  const timer = setInterval(async () => {
    try {
      await cleanUp(store, clock, auditDays())
    } catch (error) {
      log.error({ err: error }, 'expired rows could not be removed')
    }
  }, every)
  timer.unref()
  return () => clearInterval(timer)
}

/** Deletes expired rows, unless another server is doing it or has just done it. */
export async function cleanUp({ removeExpired, audit, jobs }: Cleanable, clock: Clock, auditDays = 365): Promise<void> {
  await jobs.ensure({ id: 'clean-up', kind: 'clean-up' }, clock.now())
  const job = await jobs.claim('clean-up', clock.now(), lease)
  if (!job) return
  try {
    const now = clock.now()
    await removeExpired(now)
    await audit.removeBefore({ changes: now - auditDays * day, failures: now - Math.min(auditDays, failureDays) * day })
    await jobs.repeat(job, clock.now() + dueAgainAfter)
  } catch (error) {
    await jobs.retry(job, clock.now())
    throw error
  }
}
