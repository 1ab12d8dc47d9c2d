import { type Ending, unitOf } from '../../src/store/ending.ts'
import type { Part } from '../../src/store/engine.ts'
import type { Store } from '../../src/store/index.ts'

/** Commits endings in a test of the store alone, where there are no caches to tell. */
export function commit({ engine }: Pick<Store, 'engine'>, parts: readonly (Part | Ending)[]): Promise<unknown[][]> {
  return engine.write(unitOf(parts).parts)
}
