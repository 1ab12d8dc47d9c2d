/** Starts a task when it is its turn, and settles as the task does. */
export type Bound = <Result>(task: () => Promise<Result>) => Promise<Result>

/**
 * At most `limit` tasks run at once; the others wait in the order in which they came. A task has not begun while it waits, so a time
 * limit inside of it does not run either.
 */
export function createBound(limit: number): Bound {
  let running = 0
  const waiting: (() => void)[] = []
  return async (task) => {
    if (running < limit) running++
    // Whoever ends gives the place to the next one, so `running` stays as it is.
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
