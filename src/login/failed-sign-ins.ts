import { createBudget } from '../budget.ts'
import type { Clock } from '../clock.ts'
import type { AppError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { AuditTable, Origin } from '../store/audit.ts'

const minute = 60_000

/** Writes sign-ins that failed to the audit log, so that somebody can ask later who tried. */
export interface FailedSignIns {
  note(failed: { error: AppError; way: string; network: string } & Origin): void
}

/**
 * Anybody can fail to sign in, as often as he likes: every network has a share of rows, all have one together, and a day has its most. The
 * log has those beyond. A name is kept when an account has it; anything else may be a password in the wrong field.
 */
export function createFailedSignIns({
  audit,
  failed = () => {},
  clock,
  log,
}: {
  audit: Pick<AuditTable, 'addFailure'>
  /** Hears of every one. */
  failed?: (way: string, code: AppError['code']) => void
  clock: Clock
  log: Logger
}): FailedSignIns {
  const share = createBudget({ each: 20, all: 200, window: minute, clock })
  const day = createBudget({ each: 10_000, all: 10_000, window: 1_440 * minute, clock })

  return {
    note: ({ error, way, network, from, requestId }) => {
      failed(way, error.code)
      if (!share.take(network) || !day.take('')) return
      const { account } = error.details
      const subject = typeof account === 'string' ? account : ''
      const details = { code: error.code, way, from, requestId }
      audit
        .addFailure({ subject, details }, clock.now())
        .catch((cause: unknown) => log.error({ err: cause, requestId }, 'the audit row could not be stored'))
    },
  }
}
