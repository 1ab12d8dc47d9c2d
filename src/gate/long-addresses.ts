import { createBudget } from '../budget.ts'
import type { Clock } from '../clock.ts'

/**
 * Addresses that are too long to travel with a sign-in: heads of answers have 4 kB behind many a proxy, and a cookie has 4 kB everywhere.
 * They wait in the memory of this process. When one is gone (a restart, another replica, a flood) people come back to its path.
 */
export interface LongAddresses {
  /**
   * Keeps an address for as long as a sign-in may take.
   *
   * @param key nobody can guess it: whoever knows it learns the address.
   * @param network of the client: each has a share.
   * @returns false when there is no room.
   */
  keep(key: string, address: string, network: string): boolean
  find(key: string): string | undefined
}

/** Characters that wait at most, for one network and for all, in twice the lifetime. */
const limits = { each: 262_144, all: 4_194_304 }

export function createLongAddresses({ clock, lifetime }: { clock: Clock; lifetime: number }): LongAddresses {
  const budget = createBudget({ ...limits, window: lifetime, clock })
  const kept = new Map<string, { address: string; until: number }>()

  function forgetOld(): void {
    const now = clock.now()
    // The oldest stand first.
    for (const [key, { until }] of kept) {
      if (until > now) return
      kept.delete(key)
    }
  }

  return {
    keep: (key, address, network) => {
      forgetOld()
      if (!budget.take(network, address.length)) return false
      kept.set(key, { address, until: clock.now() + lifetime })
      return true
    },
    find: (key) => {
      forgetOld()
      return kept.get(key)?.address
    },
  }
}
