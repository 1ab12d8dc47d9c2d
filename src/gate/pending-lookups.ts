/**
 * What was revoked while look-ups were under way: an answer that left the store before the revocation must not enter a cache after it.
 * Empty whenever nothing is under way.
 */
export interface PendingLookups {
  /** Marks the beginning of a look-up; give the mark to `end`. */
  begin(): number
  end(): void
  /** Somebody's session or account was revoked. */
  revoked(name: string): void
  /** Whether one of the names was revoked after `mark`. */
  revokedSince(mark: number, names: readonly string[]): boolean
}

export function createPendingLookups(): PendingLookups {
  let underWay = 0
  let count = 0
  const noted = new Map<string, number>()
  return {
    begin() {
      underWay++
      return count
    },
    end() {
      underWay--
      if (underWay === 0) noted.clear()
    },
    revoked(name) {
      count++
      if (underWay > 0) noted.set(name, count)
    },
    revokedSince: (mark, names) => names.some((name) => (noted.get(name) ?? 0) > mark),
  }
}
