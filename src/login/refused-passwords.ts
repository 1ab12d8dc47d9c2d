import { createHmac } from 'node:crypto'
import { createBudget } from '../budget.ts'
import type { Clock } from '../clock.ts'
import type { AppError } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Sealer } from '../store/sealing.ts'

const window = 60_000

/** Writes to the log that a password was refused, so that an attack can be seen, and says when it leaves lines out. */
export interface RefusedPasswords {
  note(refused: {
    error: AppError
    username: string
    network: string
    address: string
    way: string
    requestId: string
  }): void
}

export function createRefusedPasswords({
  sealer,
  clock,
  log,
}: {
  sealer: Pick<Sealer, 'derive'>
  clock: Clock
  log: Logger
}): RefusedPasswords {
  const budget = createBudget({ each: 20, all: 600, window, clock })
  const summaries = createBudget({ each: 1, all: 1, window: 10_000, clock })
  // People type their password into the field of the name: without the key nobody can try words against the digest.
  const key = sealer.derive('names-in-the-log')
  let leftOut = 0

  return {
    note: ({ error, username, network, address, way, requestId }) => {
      if (!budget.take(network)) {
        leftOut++
        if (!summaries.take('')) return
        log.warn(
          { event: 'password.refused-often', leftOut, network, address },
          'passwords were refused more often than is written here',
        )
        leftOut = 0
        return
      }
      const { account } = error.details
      const nameDigest = createHmac('sha256', key).update(username).digest('hex').slice(0, 12)
      const { name } = error.details
      const user = typeof name === 'string' ? { user: name } : {}
      const who = typeof account === 'string' ? { ...user, account } : { nameDigest }
      const event = error.code === 'too-many-attempts' ? 'password.limited' : 'password.refused'
      log.warn({ event, requestId, code: error.code, way, network, address, ...who }, 'a password was refused')
    },
  }
}
