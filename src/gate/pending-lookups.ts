/**
 * What was revoked while look-ups were under way: an answer that left the store before the revocation must not enter a cache after it.
 * Empty whenever nothing is under way.
 */
export interface Revocations {
  /** Marks the beginning of a look-up; give the mark to `end`. */
  begin(): number
  end(): void
  note(name: string): void
  /** Whether one of the names was revoked after `mark`. */
  since(mark: number, names: readonly string[]): boolean
}

export function createRevocations(): Revocations {
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
    note(name) {
      count++
      if (underWay > 0) noted.set(name, count)
    },
    since: (mark, names) => names.some((name) => (noted.get(name) ?? 0) > mark),
  }
}
