import { AppError } from '../errors.ts'
import { ConflictError } from '../store/engine.ts'
import type { PasskeyTable } from '../store/passkeys.ts'
import type { SecondFactorTable } from '../store/second-factors.ts'
import type { Person, User, UserTable } from '../store/users.ts'
import { readDisplayName, readOwnEmail } from '../username.ts'
import type { ChangeOfPerson } from './changes.ts'
import type { IdentityToLink } from './linking.ts'
import { emailMistake, refuseTaken } from './local-accounts.ts'
import type { Names } from './names.ts'
import type { AdminOptions, People } from './people.ts'

/** What an administrator wants to be different about a person; omitted fields stay. */
export interface WantedChange {
  /** Empty: none. Only of accounts that are kept here: a provider says it anew at each sign-in. */
  email?: string | undefined
  /** The name that is shown; empty: none. The same holds for it. */
  name?: string | undefined
  /** Teams given here. */
  join?: readonly string[] | undefined
  /** Teams that were given here. */
  leave?: readonly string[] | undefined
  isAdmin?: boolean | undefined
}

/** What administrators do with a person who is there. Each is one unit with its audit row, and ends what it takes away. */
export interface Administration {
  /**
   * Changes what the wish names. Throws `account-of-provider`, `email-refused`, `email-taken`, `team-of-provider`, `team-unknown`,
   * `last-administrator`.
   */
  change(user: Pick<User, 'id'>, wanted: WantedChange, actor: string, options?: AdminOptions): Promise<User>
  /** Gives another name, under which rules, services and products know the person from now on. Throws `username-refused`, `account-exists`. */
  rename(user: Pick<User, 'id'>, username: string, actor: string): Promise<User>
  /** Says that an identity of a provider is this person. Answers with whoever had it before. */
  link(user: Pick<User, 'id'>, identity: IdentityToLink, actor: string): Promise<{ before: User | undefined }>
  /** Removes a person for good. Throws `last-administrator`. */
  remove(user: Pick<User, 'id'>, actor: string, options?: AdminOptions): Promise<User>
  /** Takes the second factor of a person away, who has lost it or somebody else has it, and ends every session. False: there was none. */
  removeSecondFactor(user: Pick<User, 'id'>, actor: string): Promise<boolean>
  /** Ends every session, and every grant and token of products. */
  endSessions(user: Pick<User, 'id'>, actor: string): Promise<void>
}

export function createAdministration({
  people,
  users,
  names,
  secondFactors,
  passkeys,
}: {
  people: People
  users: Pick<UserTable, 'findByName' | 'accountsWithEmail' | 'find' | 'identities'>
  names: Pick<Names, 'renamed'>
  secondFactors: SecondFactorTable
  passkeys: PasskeyTable
}): Administration {
  return {
    change: async ({ id }, wanted, actor, options) => {
      const mistake = emailMistake(wanted.email || undefined)
      if (mistake) throw mistake
      const user = await users.find(id)
      if (wanted.email && user) await refuseTaken({ id, username: '', email: wanted.email }, users)
      try {
        return await people.change(actor, id, (person) => changeOf(person, wanted), options)
      } catch (error) {
        if (error instanceof ConflictError) throw new AppError('email-taken', { email: wanted.email }, { cause: error })
        throw error
      }
    },

    rename: async ({ id }, wanted, actor) => {
      const classes = (await users.identities(id)).map(({ authenticationClass }) => authenticationClass)
      const { username, refused } = names.renamed(wanted, classes)
      if (refused) throw refused
      await refuseTaken({ id, username, email: undefined }, users)
      try {
        return await people.change(actor, id, { username })
      } catch (error) {
        if (error instanceof ConflictError) throw new AppError('account-exists', { username }, { cause: error })
        throw error
      }
    },

    link: async ({ id }, identity, actor) => {
      const { before } = await people.link(actor, id, identity)
      return { before }
    },

    remove: ({ id }, actor, options) => people.remove(actor, id, options),

    removeSecondFactor: async ({ id }, actor) => {
      const kept = [await secondFactors.appOf(id), ...(await passkeys.ofUser(id))].filter((each) => each !== undefined)
      if (kept.length + (await secondFactors.codesLeft(id)) === 0) return false
      await people.change(actor, id, {
        secondFactor: {
          action: 'user.second-factor-removed',
          after: { secondFactor: 'none' },
          parts: () => [...secondFactors.statements.removeApp(id), passkeys.statements.removeAll(id)],
          endsEverything: true,
        },
      })
      return true
    },

    endSessions: async ({ id }, actor) => {
      await people.change(actor, id, { endsEverything: true })
    },
  }
}

function changeOf(person: Person, { email, name, join = [], leave = [], isAdmin }: WantedChange): ChangeOfPerson {
  return {
    ...(email === undefined && name === undefined ? {} : { profile: profileOf(person, { email, name }) }),
    ...(join.length + leave.length === 0 ? {} : { teams: { local: teamsOf(person, { join, leave }) } }),
    ...(isAdmin === undefined ? {} : { isAdmin }),
  }
}

function profileOf(
  { user, identities }: Person,
  { email, name }: Pick<WantedChange, 'email' | 'name'>,
): NonNullable<ChangeOfPerson['profile']> {
  if (identities.length > 0) {
    const classes = identities.map(({ authenticationClass }) => authenticationClass)
    throw new AppError('account-of-provider', { username: user.username, authenticationClasses: classes })
  }
  const address = email === undefined ? user.email : readOwnEmail(email)?.address
  return {
    email: address,
    // Whoever writes an address down has not verified it.
    emailVerified: address === user.email ? user.emailVerified : undefined,
    name: name === undefined ? user.name : readDisplayName(name),
  }
}

function teamsOf(
  { user, memberships }: Person,
  { join, leave }: { join: readonly string[]; leave: readonly string[] },
) {
  const given = memberships.filter(({ source }) => source === 'local').map(({ team }) => team)
  for (const team of leave) {
    const elsewhere = memberships.filter((each) => each.team === team && each.source !== 'local')
    if (elsewhere.length === 0) continue
    const authenticationClasses = elsewhere.map(({ source }) => source)
    throw new AppError('team-of-provider', { username: user.username, team, authenticationClasses })
  }
  return [...given.filter((team) => !leave.includes(team)), ...join]
}
