/** Starts a task when its turn comes, and settles as the task does. */
export type Bound = <Result>(task: () => Promise<Result>) => Promise<Result>

/**
 * At most `limit` tasks run at once; the others wait in the order in which they came. A waiting task has not begun, so a time limit
 * inside it does not run yet.
 */
export function createBound(limit: number): Bound {
  let running = 0
  const waiting: (() => void)[] = []
  return async (task) => {
    if (running < limit) running++
    // A task that ends hands its place to the next one, so `running` stays the same.
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
