import { systemClock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { createLocalAccounts, type LocalAccounts } from '../directory/local-accounts.ts'
import { AppError } from '../errors.ts'
import { createLogger } from '../log.ts'
import { openConfiguredStore } from '../server/state.ts'
import { createRevocations } from '../sessions/revocations.ts'
import type { Store } from '../store/index.ts'
import type { Sealer } from '../store/sealing.ts'
import { loadOrExplain } from './configured.ts'
import { explainError } from './explain-error.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export interface Directory {
  config: Config
  baseDir: string
  store: Store
  sealer: Sealer
  accounts: LocalAccounts
}

/** Runs a command on the store of the configuration, beside a running server if there is one. Errors are explained, not thrown. */
export async function withDirectory(
  file: string,
  surroundings: Surroundings,
  work: (directory: Directory) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  const loaded = loadOrExplain([file], surroundings)
  if (!loaded) return 2
  const { config, baseDir } = loaded
  try {
    const { store, sealer } = await openConfiguredStore({ config, baseDir, env: surroundings.env })
    try {
      const revocations = createRevocations({ store, clock: systemClock, log: createLogger({ level: 'warn' }) })
      const accounts = createLocalAccounts({ store, revocations, clock: systemClock })
      return await work({ config, baseDir, store, sealer, accounts })
    } finally {
      await store.close()
    }
  } catch (error) {
    explainError(error, surroundings)
    return 1
  }
}

/** The user of a name. Throws `user-unknown`. */
export async function userNamed(username: string, { store }: Directory) {
  const user = await store.users.findByName(username)
  if (!user) throw new AppError('user-unknown', { username })
  return user
}
