import { systemClock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { createDirectory } from '../directory/index.ts'
import type { LocalAccounts } from '../directory/local-accounts.ts'
import type { Teams } from '../directory/teams.ts'
import { AppError } from '../errors.ts'
import { createLogger } from '../log.ts'
import { openConfiguredStore } from '../server/state.ts'
import { createRevocations } from '../sessions/revocations.ts'
import type { Sealer } from '../store/sealing.ts'
import type { UserTable } from '../store/users.ts'
import { loadOrExplain } from './configured.ts'
import { explainError } from './explain-error.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export interface Directory {
  config: Config
  baseDir: string
  sealer: Sealer
  users: Pick<UserTable, 'findByName' | 'list' | 'teams'>
  accounts: LocalAccounts
  teams: Teams
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
      const directory = createDirectory({ store, teams: config.teams, revocations, clock: systemClock })
      const { accounts, teams } = directory
      return await work({ config, baseDir, sealer, users: store.users, accounts, teams })
    } finally {
      await store.close()
    }
  } catch (error) {
    explainError(error, surroundings)
    return 1
  }
}

/** The user of a name. Throws `user-unknown`. */
export async function userNamed(username: string, { users }: Directory) {
  const user = await users.findByName(username)
  if (!user) throw new AppError('user-unknown', { username })
  return user
}
