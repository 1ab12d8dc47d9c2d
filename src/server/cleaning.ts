import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'

const every = 60_000

/** Deletes expired rows once a minute. Answers with a function that ends it. */
export function startCleaning({
  store,
  clock,
  log,
}: {
  store: { removeExpired(now: number): Promise<void> }
  clock: Clock
  log: Logger
}): () => void {
  const timer = setInterval(async () => {
    try {
      await store.removeExpired(clock.now())
    } catch (error) {
      log.error({ err: error }, 'expired rows could not be removed')
    }
  }, every)
  timer.unref()
  return () => clearInterval(timer)
}
