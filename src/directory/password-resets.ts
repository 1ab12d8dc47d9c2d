/**
 * Links with which the owner of an account chooses a new password: by e-mail, or from an administrator. A link works once, for a short
 * time, and only while the account has the password and the address that it had: the first that is used ends all others.
 */
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { Revocations } from '../sessions/revocations.ts'
import type { AuditTable } from '../store/audit.ts'
import { digest, randomId } from '../store/digest.ts'
import type { AttemptLimit, LoginAttemptTable } from '../store/login-attempts.ts'
import type { SingleUseTable } from '../store/single-use.ts'
import type { User, UserTable } from '../store/users.ts'
import { emailKey } from '../username.ts'
import type { LocalAccounts } from './local-accounts.ts'

const minute = 60_000
const hour = 60 * minute
const lifetimes = { mail: hour, administrator: 24 * hour }

/** Letters to one account: three, then pauses of 5, 10, 20, 40 minutes. A link of the last letter is still good then. */
const lettersToOne = { free: 3, window: hour, pause: 5 * minute, doublings: 3 }
/** Questions from one network, whoever they are about: twenty, then one a minute. */
const questionsOfNetwork = { free: 20, window: 15 * minute, pause: minute, doublings: 0 }

/** What is stored with a link. */
interface LinkedAccount {
  userId: string
  /** Digest of the password and the address for which it was made. */
  state: string
}

export interface PasswordResets {
  /** Refuses who asks too often. It is the same for every name. Throws `too-many-attempts`. */
  countQuestion(network: string): Promise<void>
  /**
   * The account that signs in with that name or address, with a link for it, if it may have one by e-mail: it is active, has a password and
   * an address, and has not had many letters just now. Undefined otherwise, and nobody outside learns why.
   */
  byMail(nameOrAddress: string): Promise<{ user: User; address: string; token: string } | undefined>
  /** A link that an administrator hands over. Throws `account-of-provider` unless `local`, and `account-deactivated`. */
  byAdministrator(user: Pick<User, 'id'>, actor: string, options?: { local?: boolean }): Promise<string>
  /** Whose link it is. Throws `reset-link-used` when it does not work, or not any more. */
  ownerOf(token: string): Promise<User>
  /** Sets the password and uses the link up, in one unit; every session ends. Throws `reset-link-used`, `password-refused`. */
  use(token: string, password: string): Promise<User>
}

export function createPasswordResets({
  accounts,
  users,
  singleUse,
  loginAttempts,
  audit,
  revocations,
  clock,
}: {
  accounts: Pick<LocalAccounts, 'setPassword'>
  users: Pick<UserTable, 'find' | 'findByName' | 'findLocalByEmail' | 'identities'>
  singleUse: Pick<SingleUseTable, 'find' | 'toPut' | 'toTake'>
  loginAttempts: Pick<LoginAttemptTable, 'claim'>
  audit: Pick<AuditTable, 'entry'>
  revocations: Pick<Revocations, 'commit'>
  clock: Clock
}): PasswordResets {
  const purpose = 'password-reset'

  const ownerOf = async (token: string): Promise<User> => {
    const linked = await singleUse.find<LinkedAccount>(purpose, token, clock.now())
    const user = linked && (await users.find(linked.userId))
    if (!user?.active || stateOf(user) !== linked?.state) throw new AppError('reset-link-used')
    return user
  }
  const linkPart = (user: User, token: string, lifetime: number) => {
    const linked: LinkedAccount = { userId: user.id, state: stateOf(user) }
    return singleUse.toPut(purpose, token, linked, clock.now() + lifetime)
  }

  return {
    countQuestion: async (network) => {
      const refused = await claim({ key: `reset|${network}`, ...questionsOfNetwork })
      if (refused === undefined) return
      const secondsLeft = Math.max(1, Math.ceil((refused.lockedUntil - clock.now()) / 1000))
      throw new AppError('too-many-attempts', { secondsLeft })
    },

    byMail: async (text) => {
      const user = await accountOf(text)
      if (!user?.active || user.passwordHash === undefined || user.email === undefined) return undefined
      if (await claim({ key: `reset|${user.id}`, ...lettersToOne })) return undefined
      const token = randomId()
      await revocations.commit([linkPart(user, token, lifetimes.mail)])
      return { user, address: user.email, token }
    },

    byAdministrator: async ({ id }, actor, { local = false } = {}) => {
      const user = await users.find(id)
      if (!user) throw new AppError('user-unknown', { user: id })
      if (!user.active) throw new AppError('account-deactivated', { user: id })
      const classes = (await users.identities(id)).map(({ authenticationClass }) => authenticationClass)
      if (user.passwordHash === undefined && classes.length > 0 && !local)
        throw new AppError('account-of-provider', { username: user.username, authenticationClasses: classes })
      const token = randomId()
      const told = { actor, action: 'user.reset-link-made', subject: id }
      await revocations.commit([linkPart(user, token, lifetimes.administrator), audit.entry(told, clock.now())])
      return token
    },

    ownerOf,

    use: async (token, password) => {
      const user = await ownerOf(token)
      await accounts.setPassword(user, password, 'reset-link', {
        // Whoever made the link has said that it is meant.
        local: true,
        takes: async () => {
          await ownerOf(token)
          return [singleUse.toTake(purpose, token, clock.now())]
        },
      })
      const changed = await users.find(user.id)
      if (!changed?.active) throw new AppError('account-deactivated', { user: user.id })
      return changed
    },
  }

  function claim(limit: AttemptLimit) {
    return loginAttempts.claim([limit], clock.now())
  }

  async function accountOf(text: string): Promise<User | undefined> {
    const named = await users.findByName(text.trim())
    if (named?.passwordHash !== undefined) return named
    const key = emailKey(text)
    return key === undefined ? undefined : users.findLocalByEmail(key)
  }
}

/** What a link depends on, without saying it. */
function stateOf({ passwordHash, email }: User): string {
  return digest(JSON.stringify([passwordHash ?? null, email ?? null]))
}
