import type { Clock } from './clock.ts'

/** How much may be used in a window of time: each sender has a share of its own, so that one cannot use up those of others. */
export interface Budget {
  /** Whether that much more may be used; if so, it is. */
  take(sender: string, amount?: number): boolean
}

const maxSenders = 10_000

export function createBudget({
  each,
  all,
  window,
  clock,
}: {
  /** Per sender and window. */
  each: number
  /** Over all senders. */
  all: number
  /** Milliseconds. */
  window: number
  clock: Clock
}): Budget {
  const taken = new Map<string, number>()
  let began = 0
  let total = 0

  return {
    take: (sender, amount = 1) => {
      if (clock.now() - began >= window) {
        taken.clear()
        began = clock.now()
        total = 0
      }
      // More senders than can be told apart share one place.
      const name = taken.size >= maxSenders && !taken.has(sender) ? '' : sender
      const before = taken.get(name) ?? 0
      if (before + amount > each || total + amount > all) return false
      taken.set(name, before + amount)
      total += amount
      return true
    },
  }
}
