import type { CompiledQuery } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/index.ts'
import type { Revocation } from '../store/revocations.ts'

const followEvery = 500

/** Ends sessions, and tells every cache: those of this process at once, those of other processes within half a second. */
export interface Revocations {
  /** Commits the statements and the revocation as one unit, then tells the listeners of this process. */
  commit(revocations: readonly Revocation[], statements: readonly CompiledQuery<unknown>[]): Promise<unknown[][]>
  onRevoked(listener: (revocation: Revocation) => void): void
  /** Begins to follow what other processes revoke. */
  follow(): Promise<void>
  stop(): void
}

export function createRevocations({ store, clock, log }: { store: Store; clock: Clock; log: Logger }): Revocations {
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
    commit: async (revocations, statements) => {
      const entries = revocations.map((revocation) => store.revocations.entry(revocation, clock.now()))
      const rows = await store.engine.write([...statements, ...entries])
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
