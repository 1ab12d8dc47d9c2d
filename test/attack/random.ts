/** Draws of the fuzzer: fast, and the same for the same seed. */
export interface Random {
  /** From 0 up to, but without, `limit`. */
  below(limit: number): number
  /** Whether something happens that happens with this probability. */
  chance(probability: number): boolean
  pick<Item>(items: readonly Item[]): Item
  /** Bytes as a text of Latin-1; `from` and `to` are inclusive. */
  bytes(length: number, from?: number, to?: number): string
}

/** Mulberry32: 32 bits of state, good enough to scatter inputs. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)

  return {
    below,
    chance: (probability) => next() < probability,
    pick: <Item>(items: readonly Item[]) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
    bytes: (length, from = 0, to = 255) => {
      let text = ''
      for (let at = 0; at < length; at++) text += String.fromCharCode(from + below(to - from + 1))
      return text
    },
  }
}
