import { AppError } from '../errors.ts'
import { ConflictError, type Part } from '../store/engine.ts'
import type { Person, User, UserTable } from '../store/users.ts'
import { emailKey, readDisplayName, readOwnEmail } from '../username.ts'
import type { Names } from './names.ts'
import type { PasswordAttempts } from './password-attempts.ts'
import type { PasswordRule } from './password-rule.ts'
import { hashPassword, inTurn, verifyPassword } from './passwords.ts'
import type { AdminOptions, ChangeOptions, People } from './people.ts'

export interface NewLocalAccount {
  username: string
  password: string
  email?: string | undefined
  /** Somebody has verified that the address is theirs. Whoever only writes it down has not. */
  emailVerified?: boolean
  name?: string | undefined
  teams?: readonly string[]
  isAdmin?: boolean
}

export interface PasswordSignIn {
  username: string
  password: string
  /** Where the browser is: guesses are counted per network too. */
  network: string
  /** The browser, and who has signed in with it before. */
  device?: { id: string; users: readonly string[] } | undefined
}

export interface LocalAccounts {
  /**
   * Creates an account with a password. Throws `username-refused`, `account-exists`, `email-refused`, `email-taken`, `password-refused` and
   * `team-unknown`, and what `takes` throws: it gives statements that use something up in the same unit (people.ts).
   */
  add(account: NewLocalAccount, actor: string, takes?: () => Promise<readonly Part[]>): Promise<User>
  /** What `add` would refuse about a new account; undefined when nothing is wrong. */
  mistakeIn(account: Pick<NewLocalAccount, 'username' | 'password' | 'email'>): Promise<AppError | undefined>
  /** The rule for new passwords. */
  passwordRule: PasswordRule
  /**
   * The user with this name (or e-mail) and password, with the hash that it was verified against. Throws `invalid-credentials`,
   * `too-many-attempts`, `account-deactivated`.
   */
  signIn(input: PasswordSignIn): Promise<User>
  /**
   * Sets a password and ends every session of the user. An account of a provider gets its first one, and so a way in past the provider,
   * only when `local` says that it is meant. `takes` gives what is used up in the same unit. Throws `account-of-provider` and
   * `password-refused`.
   */
  setPassword(
    user: Pick<User, 'id'>,
    password: string,
    actor: string,
    options?: { local?: boolean; takes?: ChangeOptions['takes'] },
  ): Promise<void>
  /** Takes the password away and ends every session: the person signs in at a provider only. Throws `no-other-way-in`. */
  removePassword(user: Pick<User, 'id'>, actor: string): Promise<void>
  /** Deactivates (or activates) a user; deactivating ends every session and grant. Throws `last-administrator`. */
  setActive(user: Pick<User, 'id'>, active: boolean, actor: string, options?: AdminOptions): Promise<void>
}

type LocalUsers = Pick<UserTable, 'findByName' | 'findLocalByEmail' | 'accountsWithEmail'>

/** Accounts whose password Gatehouse stores itself. */
export function createLocalAccounts({
  people,
  users,
  names,
  attempts,
  passwordRule,
}: {
  people: People
  users: LocalUsers
  names: Pick<Names, 'local'>
  passwordRule: PasswordRule
  attempts: PasswordAttempts
}): LocalAccounts {
  return {
    add: async (
      { username: wanted, password, email, emailVerified, name, teams = [], isAdmin = false },
      actor,
      takes,
    ) => {
      const { username, refused } = names.local(wanted)
      if (refused) throw refused
      const mistake = emailMistake(email)
      if (mistake) throw mistake
      await refuseTaken({ username, email }, users)
      const passwordHash = await hashPassword(password, passwordRule, { username, email })
      try {
        const profile = {
          email: readOwnEmail(email ?? '')?.address,
          emailVerified: email !== undefined && emailVerified ? true : undefined,
          name: readDisplayName(name ?? ''),
        }
        const account = { username, ...profile, passwordHash, isAdmin, ownsEmail: true, teams: { local: teams } }
        return await people.create(actor, account, takes)
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error
        await refuseTaken({ username, email }, users)
        throw new AppError('account-exists', { username }, { cause: error })
      }
    },

    mistakeIn: (account) => accountMistake(account, names, passwordRule),
    passwordRule,

    signIn: async ({ username, password, network, device }) => {
      if (device === undefined) await attempts.refuseWaiting(network)
      const user = await accountOf(username, users)
      const knownDevice = user && device?.users.includes(user.id) ? device.id : undefined
      const lane = knownDevice === undefined ? { name: network } : { name: knownDevice, first: true }
      const attempt = { userId: user?.id, username, network, knownDevice }
      const check = async () => (await verifyPassword(user?.passwordHash, password)) && user !== undefined
      // Counted in its turn: of attempts that come at once only those that run count, so right ones do not get in each other's way.
      const right = await inTurn(lane, () => attempts.counted(attempt, check))
      if (!user || !right)
        throw new AppError('invalid-credentials', user ? { account: user.id, name: user.username } : {})
      if (!user.active) throw new AppError('account-deactivated', { user: user.id })
      return user
    },

    setPassword: async ({ id }, password, actor, { local = false, takes } = {}) => {
      const mayHaveOne = ({ user, identities }: Person) => {
        if (user.passwordHash !== undefined || identities.length === 0 || local) return
        const classes = identities.map(({ authenticationClass }) => authenticationClass)
        throw new AppError('account-of-provider', { username: user.username, authenticationClasses: classes })
      }
      // First without the hash: a refusal costs nothing.
      const owner = await people.change(actor, id, (person) => {
        mayHaveOne(person)
        return {}
      })
      const passwordHash = await hashPassword(password, passwordRule, owner)
      const decision = (person: Person) => {
        mayHaveOne(person)
        return { passwordHash }
      }
      const change = people.change(actor, id, decision, takes ? { takes } : {})
      await change.catch((error: unknown) => {
        throw error instanceof ConflictError ? new AppError('email-taken', { user: id }, { cause: error }) : error
      })
    },

    removePassword: async ({ id }, actor) => {
      await people.change(actor, id, ({ user, identities }) => {
        if (identities.length === 0) throw new AppError('no-other-way-in', { username: user.username })
        return { passwordHash: null }
      })
    },

    setActive: async ({ id }, active, actor, options) => {
      await people.change(actor, id, { active }, options)
    },
  }
}

/** What is wrong with a new account, as `add` throws it; undefined when nothing is. */
export async function accountMistake(
  { username, password, email }: Pick<NewLocalAccount, 'username' | 'password' | 'email'>,
  names: Pick<Names, 'local'>,
  rule: PasswordRule,
): Promise<AppError | undefined> {
  const named = names.local(username)
  return named.refused ?? emailMistake(email) ?? (await rule.mistakeIn(password, { username: named.username, email }))
}

/** Why a text is no address of an account; undefined for one that is, and for none. */
export function emailMistake(email: string | undefined): AppError | undefined {
  return email === undefined || readOwnEmail(email) ? undefined : new AppError('email-refused')
}

/**
 * Refuses what another account that is kept here signs in with: two with one address would keep each other out. Throws `email-taken` and
 * `account-exists`.
 */
export async function refuseTaken(
  { id, username, email }: { id?: string; username: string; email: string | undefined },
  users: Pick<UserTable, 'findByName' | 'accountsWithEmail'>,
): Promise<void> {
  const others = async (key: string | undefined) =>
    key === undefined ? [] : (await users.accountsWithEmail(key)).filter((other) => other.id !== id)
  const [sameAddress] = await others(emailKey(email ?? ''))
  if (sameAddress) throw new AppError('email-taken', { email, username: sameAddress.username })
  const called = email === undefined ? undefined : await users.findByName(email.trim())
  if (called && called.id !== id && called.passwordHash !== undefined)
    throw new AppError('email-taken', { email, username: called.username })
  const [namedSo] = await others(emailKey(username))
  if (namedSo) throw new AppError('account-exists', { username, emailOf: namedSo.username })
}

/** Whose password a text at the form asks for: a name, or else an address, without the blanks that phones add. */
async function accountOf(text: string, users: LocalUsers): Promise<User | undefined> {
  const named = await users.findByName(text.trim())
  if (named?.passwordHash !== undefined) return named
  const key = emailKey(text)
  // Somebody of a provider may be called like the address of an account.
  return (key === undefined ? undefined : await users.findLocalByEmail(key)) ?? named
}
