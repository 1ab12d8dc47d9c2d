import { systemClock } from '../clock.ts'
import { didYouMean } from '../config/did-you-mean.ts'
import type { LoadedConfig } from '../config/load.ts'
import { namingOf } from '../config/names.ts'
import type { Config } from '../config/schema.ts'
import { createDirectory, type Directory } from '../directory/index.ts'
import { createPasswordResets, type PasswordResets } from '../directory/password-resets.ts'
import { AppError } from '../errors.ts'
import { createLogger } from '../log.ts'
import { openStoreTo } from '../server/state.ts'
import { createSessionEnd, type SessionEnd } from '../sessions/end.ts'
import { createRevocations } from '../sessions/revocations.ts'
import type { Store } from '../store/index.ts'
import type { User } from '../store/users.ts'
import { loadOrExplain } from './configured.ts'
import { explainError } from './explain-error.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

/** What the work does with the store; see `openStoreTo`. */
type Purpose = Parameters<typeof openStoreTo>[0]

/**
 * Runs a command on the store of a configuration, beside a running server if there is one. Errors are explained, not thrown: 1,
 * also when there is no store yet and the command creates none.
 */
export async function withStore(
  purpose: Purpose,
  loaded: Pick<LoadedConfig, 'baseDir'> & { config: Config },
  { env, stderr }: Pick<Surroundings, 'env' | 'stderr'>,
  work: (store: Store) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  try {
    const store = await openStoreTo(purpose, { ...loaded, env })
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  } catch (error) {
    explainError(error, { stderr })
    return 1
  }
}

/** The people and teams of a store; a running server learns about changes that shrink access. */
export function directoryOf(store: Store, config: Config): Directory {
  const revocations = createRevocations({ store, log: createLogger({ level: 'warn' }) })
  return createDirectory({
    store,
    teams: config.teams,
    naming: namingOf(config),
    revocations,
    clock: systemClock,
    localAccounts: config.localAccounts,
  })
}

/** Links for new passwords, beside a running server. */
export function passwordResetsOf(store: Store, { accounts }: Pick<Directory, 'accounts'>): PasswordResets {
  const { users, singleUse, loginAttempts, audit } = store
  const revocations = createRevocations({ store, log: createLogger({ level: 'warn' }) })
  return createPasswordResets({ accounts, users, singleUse, loginAttempts, audit, revocations, clock: systemClock })
}

/** Ends sessions of a store; a running server hears of it. */
export function sessionEndOf(store: Store): SessionEnd {
  const revocations = createRevocations({ store, log: createLogger({ level: 'warn' }) })
  return createSessionEnd({ store, revocations, clock: systemClock })
}

/** A person of a store, and who may change people. */
export interface PersonWork {
  user: User
  store: Store
  directory: Directory
  config: Config
}

/** Runs a command about the person with a name. 2 when the configuration is wrong; else as `withStore`, also for `user-unknown`. */
export async function withPerson(
  purpose: Purpose,
  { files, username }: { files: readonly string[]; username: string },
  surroundings: Pick<Surroundings, 'env' | 'stderr'>,
  work: (person: PersonWork) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  const loaded = loadOrExplain(files, surroundings)
  if (!loaded) return 2
  const { config } = loaded
  return withStore(purpose, loaded, surroundings, async (store) => {
    const user = await store.users.findByName(username.trim())
    if (!user) throw new AppError('user-unknown', { username: username + nearest(username, await store.users.list()) })
    return work({ user, store, directory: directoryOf(store, config), config })
  })
}

function nearest(username: string, users: readonly User[]): string {
  return didYouMean(
    username,
    users.map((user) => user.username),
  )
}
