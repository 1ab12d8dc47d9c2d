import type { Logger } from '../log.ts'
import { type Ending, unitOf } from '../store/ending.ts'
import type { Engine, Part } from '../store/engine.ts'
import type { Revocation, RevocationTable } from '../store/revocations.ts'

/**
 * Takes access away, and tells every cache: those of this process at once, those of other processes within a second. All code
 * that shrinks access goes through here: nobody else can commit an `Ending`.
 */
export interface Revocations {
  /**
   * Commits the parts as one unit, then tells the listeners of this process what has ended. Rejects as the engine's `write` does; then no
   * cache is told.
   */
  commit(parts: readonly (Part | Ending)[]): Promise<unknown[][]>
  /** Tells a cache of this process from now on. Answers with a function that ends it. */
  onRevoked(listener: (revocation: Revocation) => void): () => void
  /** Begins to follow what other processes revoke. */
  follow(): Promise<void>
  stop(): Promise<void>
}

export function createRevocations({
  store,
  log,
}: {
  store: { revocations: Pick<RevocationTable, 'follow'>; engine: Pick<Engine, 'write'> }
  log: Logger
}): Revocations {
  const listeners = new Set<(revocation: Revocation) => void>()
  const tell = (revocation: Revocation) => {
    for (const listener of listeners) listener(revocation)
  }
  let following: { stop(): Promise<void> } | undefined

  return {
    commit: async (steps) => {
      const { parts, telling } = unitOf(steps)
      const rows = await store.engine.write(parts)
      for (const index of telling) {
        for (const { kind, subject } of (rows[index] ?? []) as Revocation[]) tell({ kind, subject })
      }
      return rows
    },
    onRevoked: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    follow: async () => {
      following = await store.revocations.follow({
        // Our own revocations come back here; forgetting twice does no harm.
        revoked: tell,
        failed: (error) => log.error({ err: error }, 'revocations of other processes cannot be read'),
      })
    },
    stop: async () => following?.stop(),
  }
}
