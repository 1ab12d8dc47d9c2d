import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { Engine, Part } from '../store/engine.ts'
import type { Revocation, RevocationTable } from '../store/revocations.ts'

const followEvery = 500

/**
 * Takes access away, and tells every cache: those of this process at once, those of other processes within half a second. Nothing
 * that shrinks access is written in another way.
 */
export interface Revocations {
  /**
   * Commits the parts and the revocations as one unit, then tells the listeners of this process. Rejects as the engine's `write`
   * does; then nobody is told.
   */
  commit(revocations: readonly Revocation[], parts: readonly Part[]): Promise<unknown[][]>
  onRevoked(listener: (revocation: Revocation) => void): void
  /** Begins to follow what other processes revoke. */
  follow(): Promise<void>
  stop(): void
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
  let timer: NodeJS.Timeout | undefined
  let lastId = 0

  const look = async () => {
    try {
      for (const revocation of await store.revocations.since(lastId)) {
        lastId = revocation.id
        // Our own come by once more; forgetting twice does no harm.
        tell(revocation)
      }
    } catch (error) {
      log.error({ err: error }, 'revocations of other processes cannot be read')
    }
  }

  return {
    commit: async (revocations, parts) => {
      const entries = revocations.map((revocation) => store.revocations.entry(revocation, clock.now()))
      const rows = await store.engine.write([...parts, ...entries])
      revocations.forEach(tell)
      return rows
    },
    onRevoked: (listener) => listeners.push(listener),
    follow: async () => {
      lastId = await store.revocations.latestId()
      timer = setInterval(look, followEvery)
      timer.unref()
    },
    stop: () => clearInterval(timer),
  }
}
