import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { ConflictError } from '../store/engine.ts'
import type { LoginAttemptTable } from '../store/login-attempts.ts'
import type { User, UserTable } from '../store/users.ts'
import { hashPassword, passwordMistake, verifyPassword } from './passwords.ts'
import type { People } from './people.ts'

const freeAttempts = 5
const attemptWindow = 15 * 60_000
const maxLock = 15 * 60_000

export interface NewLocalAccount {
  username: string
  password: string
  email?: string | undefined
  name?: string | undefined
  teams?: readonly string[]
  isAdmin?: boolean
}

export interface LocalAccounts {
  /** Creates an account with a password. Throws `account-exists`, `team-unknown` or `invalid-request`. */
  add(account: NewLocalAccount, actor: string): Promise<User>
  /** The user with this name (or e-mail) and password. Throws `invalid-credentials`, `too-many-attempts`, `account-deactivated`. */
  signIn(input: { username: string; password: string; network: string }): Promise<User>
  /** Sets a password and ends every session of the user. */
  setPassword(user: User, password: string, actor: string): Promise<void>
  /** Deactivates (or activates) a user; deactivating ends every session and grant. */
  setActive(user: User, active: boolean, actor: string): Promise<void>
}

type LocalUsers = Pick<UserTable, 'findByName' | 'findByEmail'>

/** Accounts whose password Gatehouse stores itself. */
export function createLocalAccounts({
  people,
  users,
  loginAttempts,
  clock,
}: {
  people: People
  users: LocalUsers
  loginAttempts: LoginAttemptTable
  clock: Clock
}): LocalAccounts {
  return {
    add: async ({ username, password, email, name, teams = [], isAdmin = false }, actor) => {
      const mistake = accountMistake({ username, password })
      if (mistake) throw mistake
      const passwordHash = await hashPassword(password)
      try {
        const profile = { email, emailVerified: email !== undefined, name }
        return await people.create(actor, { username, ...profile, passwordHash, isAdmin, teams: { local: teams } })
      } catch (error) {
        if (error instanceof ConflictError) throw new AppError('account-exists', { username }, { cause: error })
        throw error
      }
    },

    signIn: async ({ username, password, network }) => {
      const now = clock.now()
      const user = (await users.findByName(username)) ?? (await findByVerifiedEmail(users, username))
      // Counted per account, so that five spellings of a name do not allow five times as many guesses.
      const key = `${user?.id ?? `?${username.normalize('NFKC').toLowerCase().slice(0, 100)}`}|${network}`
      const attempts = await loginAttempts.find(key)
      if (attempts && attempts.locked_until > now) {
        throw new AppError('too-many-attempts', { secondsLeft: Math.ceil((attempts.locked_until - now) / 1000) })
      }

      if (!(await verifyPassword(user?.passwordHash, password)) || !user) {
        const failures = await loginAttempts.fail(key, now, now - attemptWindow)
        if (failures >= freeAttempts) await loginAttempts.lock(key, now + lockFor(failures))
        throw new AppError('invalid-credentials', { failures })
      }
      if (!user.active) throw new AppError('account-deactivated', { user: user.id })
      if (attempts) await loginAttempts.clear(key)
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

/** 1, 2, 4 ... seconds from the fifth failure on, at most a quarter of an hour: it recovers by itself, so nobody can be locked out with it. */
function lockFor(failures: number): number {
  return Math.min(1000 * 2 ** (failures - freeAttempts), maxLock)
}

/** What is wrong with a new account, as `add` throws it; undefined when name and password are fine. */
export function accountMistake({ username, password }: { username: string; password: string }): AppError | undefined {
  if (isUsername(username)) return passwordMistake(password)
  return new AppError('invalid-request', {
    username: 'must be 1 to 64 letters, digits, dots, hyphens, underscores, + or @',
  })
}

/** Whether a local account may have this name. */
export function isUsername(username: string): boolean {
  return /^[\p{L}\p{N}._+@-]{1,64}$/u.test(username)
}

async function findByVerifiedEmail(users: LocalUsers, text: string): Promise<User | undefined> {
  if (!text.includes('@')) return undefined
  const user = await users.findByEmail(text)
  return user?.emailVerified && user.passwordHash !== undefined ? user : undefined
}
