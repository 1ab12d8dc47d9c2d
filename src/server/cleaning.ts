import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/index.ts'

const every = 60_000

/** Deletes expired rows once a minute. Answers with a function that ends it. */
export function startCleaning({
  store,
  clock,
  log,
}: {
  store: Pick<Store, 'removeExpired'>
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
