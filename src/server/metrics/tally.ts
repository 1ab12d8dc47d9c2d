/** Counts as plain numbers: what is counted on a hot path costs a look-up, and is put into words when somebody reads it. */

/** A count for each pair of labels. */
export class Tally {
  readonly #counts = new Map<string, Map<string, number>>()
  #size = 0

  add(first: string, second: string): void {
    const row = this.#counts.get(first) ?? this.#row(first)
    const count = row.get(second)
    if (count !== undefined) row.set(second, count + 1)
    // Labels come from the configuration and from our own tables; should one ever not, it cannot fill the memory.
    else if (this.#size >= mostPairs) this.#other(row)
    else {
      this.#size++
      row.set(second, 1)
    }
  }

  #row(first: string): Map<string, number> {
    const name = this.#counts.size >= mostPairs ? other : first
    const row = this.#counts.get(name) ?? new Map<string, number>()
    this.#counts.set(name, row)
    return row
  }

  #other(row: Map<string, number>): void {
    row.set(other, (row.get(other) ?? 0) + 1)
  }

  *entries(): Generator<[first: string, second: string, count: number]> {
    for (const [first, row] of this.#counts) for (const [second, count] of row) yield [first, second, count]
  }
}

const mostPairs = 2_000
const other = 'other'

/** How many values were below each bound. */
export class Histogram {
  readonly bounds: readonly number[]
  /** Values in each bucket, not added up; the last is for those above all bounds. */
  readonly buckets: Float64Array
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.buckets = new Float64Array(bounds.length + 1)
  }

  observe(value: number): void {
    const { bounds, buckets } = this
    let index = 0
    while (index < bounds.length && value > (bounds[index] ?? 0)) index++
    buckets[index] = (buckets[index] ?? 0) + 1
    this.sum += value
  }
}
