/**
 * Who people are, and who may change that: people, their teams, accounts with a password, users that appear at their first
 * sign-in. Every change goes through people.ts. Sessions, and what ends them, belong to sessions/.
 */
import type { Clock } from '../clock.ts'
import type { Naming } from '../config/names.ts'
import type { Config } from '../config/schema.ts'
import { createLogger, type Logger } from '../log.ts'
import type { Revocations } from '../sessions/revocations.ts'
import type { Store } from '../store/index.ts'
import { type Administration, createAdministration } from './administration.ts'
import { createJustInTime, type JustInTime } from './just-in-time.ts'
import { createLocalAccounts, type LocalAccounts } from './local-accounts.ts'
import { createNames } from './names.ts'
import { createPasswordAttempts } from './password-attempts.ts'
import { createPasswordRule } from './password-rule.ts'
import { createPeople, type People } from './people.ts'
import { createRemotePasswords } from './remote-passwords.ts'
import { createTeams, type Teams } from './teams.ts'

export interface Directory {
  people: People
  teams: Teams
  accounts: LocalAccounts
  justInTime: JustInTime
  administration: Administration
  /** A way in with passwords that are checked somewhere else. */
  remotePasswords: ReturnType<typeof createRemotePasswords>
}

export function createDirectory({
  store,
  teams: configured,
  naming,
  revocations,
  clock,
  localAccounts = {},
  log = createLogger({ level: 'silent' }),
}: {
  store: Store
  /** The teams of the configuration. */
  teams: Config['teams']
  naming: Naming
  revocations: Pick<Revocations, 'commit'>
  clock: Clock
  /** The rules for accounts that are kept here; those of a configuration that says nothing when absent. */
  localAccounts?: Partial<Config['localAccounts']>
  log?: Pick<Logger, 'warn'>
}): Directory {
  const { loginAttempts, users } = store
  const names = createNames(naming)
  const people = createPeople({ store, revocations, clock })
  const attempts = createPasswordAttempts({ loginAttempts, clock })
  return {
    people,
    teams: createTeams({ people, store, revocations, clock }),
    accounts: createLocalAccounts({
      people,
      users,
      names,
      attempts,
      passwordRule: createPasswordRule({ minLength: localAccounts.passwordLength }),
    }),
    remotePasswords: createRemotePasswords({ attempts, users }),
    justInTime: createJustInTime({ people, users, names, existingTeams: store.teams.existing, teams: configured, log }),
    administration: createAdministration({
      people,
      users,
      names,
      secondFactors: store.secondFactors,
      passkeys: store.passkeys,
    }),
  }
}
