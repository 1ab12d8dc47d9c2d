import { AppError } from '../errors.ts'
import { ConflictError, type Part } from '../store/engine.ts'
import type { User, UserTable } from '../store/users.ts'
import { readDisplayName, readEmail } from '../username.ts'
import type { Names } from './names.ts'
import type { PasswordAttempts } from './password-attempts.ts'
import { hashPassword, inTurn, passwordMistake, verifyPassword } from './passwords.ts'
import type { People } from './people.ts'

export interface NewLocalAccount {
  username: string
  password: string
  email?: string | undefined
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
   * Creates an account with a password. Throws `username-refused`, `account-exists`, `team-unknown` or `invalid-request`, and what `takes` throws: it gives
   * statements that use something up in the same unit (people.ts).
   */
  add(account: NewLocalAccount, actor: string, takes?: () => Promise<readonly Part[]>): Promise<User>
  /** What `add` would refuse about a new account; undefined when nothing is wrong. */
  mistakeIn(account: Pick<NewLocalAccount, 'username' | 'password' | 'email'>): AppError | undefined
  /**
   * The user with this name (or e-mail) and password, with the hash that it was verified against. Throws `invalid-credentials`,
   * `too-many-attempts`, `account-deactivated`.
   */
  signIn(input: PasswordSignIn): Promise<User>
  /** Sets a password and ends every session of the user. */
  setPassword(user: User, password: string, actor: string): Promise<void>
  /** Deactivates (or activates) a user; deactivating ends every session and grant. */
  setActive(user: User, active: boolean, actor: string): Promise<void>
}

type LocalUsers = Pick<UserTable, 'findByName' | 'findLocalByEmail'>

/** Accounts whose password Gatehouse stores itself. */
export function createLocalAccounts({
  people,
  users,
  names,
  attempts,
}: {
  people: People
  users: LocalUsers
  names: Pick<Names, 'local'>
  attempts: PasswordAttempts
}): LocalAccounts {
  return {
    add: async ({ username: wanted, password, email, name, teams = [], isAdmin = false }, actor, takes) => {
      const { username, refused } = names.local(wanted)
      if (refused) throw refused
      const mistake = emailMistake(email)
      if (mistake) throw mistake
      const passwordHash = await hashPassword(password)
      try {
        const profile = {
          email: readEmail(email ?? '')?.address,
          emailVerified: email !== undefined,
          name: readDisplayName(name ?? ''),
        }
        const account = { username, ...profile, passwordHash, isAdmin, teams: { local: teams } }
        return await people.create(actor, account, takes)
      } catch (error) {
        if (error instanceof ConflictError) throw new AppError('account-exists', { username }, { cause: error })
        throw error
      }
    },

    mistakeIn: (account) => accountMistake(account, names),

    signIn: async ({ username, password, network, device }) => {
      if (device === undefined) await attempts.refuseWaiting(network)
      const user = (await users.findByName(username)) ?? (await findByVerifiedEmail(users, username))
      const knownDevice = user && device?.users.includes(user.id) ? device.id : undefined
      const lane = knownDevice === undefined ? { name: network } : { name: knownDevice, first: true }
      const attempt = { userId: user?.id, username, network, knownDevice }
      const check = async () => (await verifyPassword(user?.passwordHash, password)) && user !== undefined
      // Counted in its turn: of attempts that come at once only those that run count, so right ones do not get in each other's way.
      const right = await inTurn(lane, () => attempts.counted(attempt, check))
      if (!user || !right) throw new AppError('invalid-credentials', user ? { account: user.id } : {})
      if (!user.active) throw new AppError('account-deactivated', { user: user.id })
      return user
    },

    setPassword: async (user, password, actor) => {
      await people.change(actor, user.id, { passwordHash: await hashPassword(password) })
    },

    setActive: async (user, active, actor) => {
      await people.change(actor, user.id, { active })
    },
  }
}

/** What is wrong with a new account, as `add` throws it; undefined when nothing is. */
export function accountMistake(
  { username, password, email }: Pick<NewLocalAccount, 'username' | 'password' | 'email'>,
  names: Pick<Names, 'local'>,
): AppError | undefined {
  return names.local(username).refused ?? emailMistake(email) ?? passwordMistake(password)
}

function emailMistake(email: string | undefined): AppError | undefined {
  if (email === undefined || readEmail(email)) return undefined
  return new AppError('invalid-request', { email: 'must be an e-mail address such as alice@example.com' })
}

async function findByVerifiedEmail(users: LocalUsers, text: string): Promise<User | undefined> {
  if (!text.includes('@')) return undefined
  const { address = text } = readEmail(text) ?? {}
  // Older versions stored an address as it was written.
  return (await users.findLocalByEmail(address)) ?? (address === text ? undefined : users.findLocalByEmail(text))
}
