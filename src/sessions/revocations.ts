import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { Engine, Part } from '../store/engine.ts'
import type { Revocation, RevocationTable } from '../store/revocations.ts'

/**
 * Takes access away, and tells every cache: those of this process at once, those of other processes within a second. All code
 * that shrinks access goes through here.
 */
export interface Revocations {
  /**
   * Commits the parts and the revocations as one unit, then tells the listeners of this process. Rejects as the engine's `write`
   * does; then no cache is told.
   */
  commit(revocations: readonly Revocation[], parts: readonly Part[]): Promise<unknown[][]>
  onRevoked(listener: (revocation: Revocation) => void): void
  /** Begins to follow what other processes revoke. */
  follow(): Promise<void>
  stop(): Promise<void>
}

export function createRevocations({
  store,
  clock,
  log,
}: {
  store: { revocations: RevocationTable; engine: Pick<Engine, 'write'> }
  clock: Clock
  log: Logger
}): Revocations {
  const listeners: ((revocation: Revocation) => void)[] = []
  const tell = (revocation: Revocation) => {
    for (const listener of listeners) listener(revocation)
  }
  let following: { stop(): Promise<void> } | undefined

  return {
    commit: async (revocations, parts) => {
      const entries = revocations.map((revocation) => store.revocations.entry(revocation, clock.now()))
      const rows = await store.engine.write([...parts, ...entries])
      revocations.forEach(tell)
      return rows
    },
    onRevoked: (listener) => listeners.push(listener),
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
