/**
 * Shares the event loop between logins and everything that is answered at once. A login is a chain of slices of a fraction of a
 * millisecond; when an fsync or a burst of packets makes many of them ready together, running them back to back would hold up the
 * gate. So while others are waiting they run one per turn of the event loop, and all together when nobody else is there.
 */
export interface Turns {
  run(task: () => void): void
  /** For the middle of a long slice: a promise of a later turn while others are waiting, else undefined. */
  pause(): Promise<void> | undefined
  /** Something was answered in this turn that should not have to wait for logins. */
  noteOthers(): void
}

export function createTurns(): Turns {
  const queue: (() => void)[] = []
  let others = false
  const next = () => {
    const alone = !others
    others = false
    const tasks = alone ? queue.splice(0) : queue.splice(0, 1)
    if (queue.length > 0) setImmediate(next)
    for (const task of tasks) task()
  }
  const run = (task: () => void) => {
    if (queue.push(task) === 1) setImmediate(next)
  }
  return {
    run,
    pause: () => (others || queue.length > 0 ? new Promise((resolve) => run(resolve)) : undefined),
    noteOthers: () => {
      others = true
    },
  }
}

/** For a program that serves nobody: a task runs where it stands. */
export const noTurns: Turns = { run: (task) => task(), pause: () => undefined, noteOthers: () => {} }
