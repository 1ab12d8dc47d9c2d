import type { AppError } from '../errors.ts'
import { ConflictError, type Engine, StaleError } from './engine.ts'

/** Hears of every read and of every write that is over. */
export type StoreCounter = (
  operation: 'read' | 'write',
  outcome: 'done' | 'stale' | 'failed',
  milliseconds: number,
) => void

/** The engine, with everything counted that goes through it. */
export function measured(engine: Engine, count: StoreCounter): Engine {
  const fail = (operation: 'read' | 'write', begun: number) => (error: unknown) => {
    const outcome = error instanceof StaleError || error instanceof ConflictError ? 'stale' : 'failed'
    count(operation, outcome, performance.now() - begun)
    throw error as AppError
  }
  return {
    ...engine,
    read: (query) => {
      const begun = performance.now()
      const rows = engine.read(query)
      if (rows instanceof Promise) {
        return rows.then(
          (read) => {
            count('read', 'done', performance.now() - begun)
            return read
          },
          fail('read', begun),
        )
      }
      count('read', 'done', performance.now() - begun)
      return rows
    },
    write: (parts) => {
      const begun = performance.now()
      return engine.write(parts).then(
        (rows) => {
          count('write', 'done', performance.now() - begun)
          return rows
        },
        fail('write', begun),
      )
    },
  }
}
