/**
 * Second factors of accounts that are kept here: an authenticator app (TOTP, RFC 6238) and recovery codes. The secret is sealed in the store;
 * a code is taken once, by one statement, in whichever process. Whoever has an identity at a provider has the provider's second factor there.
 */
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { LoginAttemptTable } from '../store/login-attempts.ts'
import type { Sealer } from '../store/sealing.ts'
import type { SecondFactorTable } from '../store/second-factors.ts'
import type { User } from '../store/users.ts'
import { createPasswordAttempts, type Guesser, limitsOfCodes } from './password-attempts.ts'
import type { People } from './people.ts'
import { newRecoveryCodes, recoveryCodeHash } from './recovery-codes.ts'

/** Whether accounts have a second factor: they must, they may, or nobody is asked for one. */
export type SecondFactorPolicy = 'required' | 'optional' | 'off'

/** What a person has. */
export interface HeldFactors {
  /** When the app was added, in milliseconds; undefined: there is none. */
  appSince: number | undefined
  recoveryCodes: number
}

/** What comes after a right password. */
export type SecondStep = 'none' | 'code' | 'passkey' | 'enrolment'

/** A secret that is shown to the person, and counts when a code of it has come back. */
export interface Enrolment {
  secret: string
  /** What the picture for the app says. */
  address: string
  /** The same, sealed, for the form: nothing is stored for people who never come back. */
  sealed: string
}

export interface SecondFactors {
  policy: SecondFactorPolicy
  of(userId: string): Promise<HeldFactors>
  /** What a person whose password was right must do next. */
  stepFor(userId: string): Promise<SecondStep>
  /** Begins to add an app. */
  begin(user: Pick<User, 'id' | 'username'>): Promise<Enrolment>
  /** The enrolment again, for a form that failed; undefined when it is too old or another's. */
  resume(user: Pick<User, 'id' | 'username'>, sealed: string): Promise<Enrolment | undefined>
  /**
   * Adds the app, in the place of the one before, if the code is of it. Answers with new recovery codes, which are shown once. Throws
   * `second-factor-refused`, `too-many-attempts`.
   */
  enrol(
    user: Pick<User, 'id' | 'username'>,
    typed: { sealed: string; code: string },
    guesser: Guesser,
  ): Promise<string[]>
  /** Takes a code of the app, or a recovery code. Throws `second-factor-refused`, `too-many-attempts`. */
  take(userId: string, code: string, guesser: Guesser): Promise<'app' | 'recovery code'>
  /** New recovery codes, in the place of all that there were. Throws `second-factor-refused` for somebody without an app. */
  renewCodes(user: Pick<User, 'id'>): Promise<string[]>
  /** Takes the app and the codes away, as the person wishes. */
  removeOwn(user: Pick<User, 'id'>): Promise<void>
}

/** Milliseconds in which the code of a new app must come back. */
const enrolmentLifetime = 30 * 60_000

export function createSecondFactors({
  policy,
  issuer,
  people,
  table,
  hasPasskeys,
  loginAttempts,
  sealer,
  clock,
}: {
  policy: SecondFactorPolicy
  /** The name that apps show: the host of the issuer. */
  issuer: string
  people: Pick<People, 'change'>
  table: SecondFactorTable
  /** Whether the person has passkeys that can be used here. */
  hasPasskeys: (userId: string) => Promise<boolean>
  loginAttempts: Pick<LoginAttemptTable, 'claim' | 'giveBack'>
  sealer: Pick<Sealer, 'seal' | 'open' | 'derive'>
  clock: Clock
}): SecondFactors {
  const attempts = createPasswordAttempts({ loginAttempts, clock, limitsOf: limitsOfCodes })
  const hashKey = sealer.derive('recovery-codes')
  const hashOf = (userId: string, code: string) => recoveryCodeHash(hashKey, userId, code)

  /** Refuses a wrong code, and counts it. */
  const guarded = async (userId: string, guesser: Guesser, check: () => Promise<boolean>): Promise<void> => {
    const right = await attempts.counted({ userId, username: '', ...guesser }, check)
    if (!right) throw new AppError('second-factor-refused', { account: userId })
  }

  return {
    policy,
    of: async (userId) => {
      const app = await table.appOf(userId)
      return { appSince: app?.createdAt, recoveryCodes: await table.codesLeft(userId) }
    },

    stepFor: async (userId) => {
      if (policy === 'off') return 'none'
      if (await table.appOf(userId)) return 'code'
      if (await hasPasskeys(userId)) return 'passkey'
      return policy === 'required' ? 'enrolment' : 'none'
    },

    begin: async ({ id, username }) => {
      const { newSecret } = await import('./one-time-codes.ts')
      return enrolmentOf({ id, username }, newSecret(), clock.now())
    },

    resume: async (user, sealed) => {
      const opened = await opening(user, sealed)
      return opened && enrolmentOf(user, opened.secret, opened.at)
    },

    enrol: async (user, { sealed, code }, guesser) => {
      const { stepOf } = await import('./one-time-codes.ts')
      const opened = await opening(user, sealed)
      if (!opened) throw new AppError('second-factor-refused', { reason: 'the page was open for too long' })
      let step: number | undefined
      await guarded(user.id, guesser, async () => {
        step = await stepOf(opened.secret, digitsOf(code), clock.now())
        return step !== undefined
      })
      const sealedSecret = await sealer.seal('totp-secret', opened.secret)
      const codes = newRecoveryCodes()
      const hashes = codes.map((each) => hashOf(user.id, each))
      await people.change(user.id, user.id, {
        secondFactor: {
          action: 'user.second-factor-added',
          after: { secondFactor: 'app', recoveryCodes: codes.length },
          parts: (now) => [
            ...table.statements.putApp(user.id, sealedSecret, step ?? 0, now),
            ...table.statements.putCodes(user.id, hashes),
          ],
        },
      })
      return codes
    },

    take: async (userId, code, guesser) => {
      let taken: 'app' | 'recovery code' = 'app'
      await guarded(userId, guesser, async () => {
        const digits = digitsOf(code)
        if (/^\d{6}$/.test(digits)) return takeOfApp(userId, digits)
        taken = 'recovery code'
        return table.takeCode(userId, hashOf(userId, code))
      })
      return taken
    },

    renewCodes: async ({ id }) => {
      if (!(await table.appOf(id))) throw new AppError('second-factor-refused', { reason: 'there is no app' })
      const codes = newRecoveryCodes()
      const hashes = codes.map((each) => hashOf(id, each))
      await people.change(id, id, {
        secondFactor: {
          action: 'user.recovery-codes-made',
          after: { recoveryCodes: codes.length },
          parts: () => table.statements.putCodes(id, hashes),
        },
      })
      return codes
    },

    removeOwn: async ({ id }) => {
      await people.change(id, id, {
        secondFactor: {
          action: 'user.second-factor-removed',
          after: { secondFactor: 'none' },
          parts: () => table.statements.removeApp(id),
        },
      })
    },
  }

  async function takeOfApp(userId: string, digits: string): Promise<boolean> {
    const app = await table.appOf(userId)
    const secret = app && (await sealer.open('totp-secret', app.sealedSecret))
    if (!app || secret === undefined) return false
    const { stepOf } = await import('./one-time-codes.ts')
    const step = await stepOf(secret, digits, clock.now())
    return step !== undefined && table.takeStep(userId, app, step)
  }

  async function enrolmentOf({ id, username }: Pick<User, 'id' | 'username'>, secret: string, at: number) {
    const { appAddress } = await import('./one-time-codes.ts')
    const sealed = await sealer.seal('totp-enrolment', JSON.stringify({ userId: id, secret, at }))
    return { secret, address: appAddress({ secret, issuer, account: username }), sealed }
  }

  async function opening({ id }: Pick<User, 'id'>, sealed: string) {
    const text = await sealer.open('totp-enrolment', sealed)
    if (text === undefined) return undefined
    const opened = JSON.parse(text) as { userId: string; secret: string; at: number }
    return opened.userId === id && opened.at + enrolmentLifetime > clock.now() ? opened : undefined
  }
}

/** Six digits, however they were typed: with blanks between, or in wide digits. */
function digitsOf(code: string): string {
  return code.normalize('NFKC').replace(/[\s-]/g, '')
}
