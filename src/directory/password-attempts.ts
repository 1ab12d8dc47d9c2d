import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { AttemptLimit, LoginAttemptTable } from '../store/login-attempts.ts'
import { usernameKey } from '../store/users.ts'
import { emailKey } from '../username.ts'

const minute = 60_000
const maxRemembered = 10_000
/** Milliseconds, and how many answers wait at once. */
const heldFor = 200
const maxHeld = 1_000

/** Five wrong passwords are free; then pauses of 1, 2, 4 ... seconds, at most 8.5 minutes. */
const ofOneGuesser = { free: 5, window: 15 * minute, pause: 1_000, doublings: 9 }
/** Over all names from one network, and over all networks at one name: a hundred, then one every ten seconds. */
const ofMany = { free: 100, window: 15 * minute, pause: 10_000, doublings: 0 }

/** Wrong codes of somebody whose password was right. Six digits are few, so they are counted for a day. */
const day = 24 * 60 * minute
const ofOneCodeGuesser = { free: 5, window: day, pause: 1_000, doublings: 9 }
/** Over all networks at one account: twenty, then pauses of 1, 2, 4 ... minutes, at most an hour: some fifty guesses a day. */
const ofManyCodeGuessers = { free: 20, window: day, pause: minute, doublings: 6 }

/** Where a guess comes from. */
export type Guesser = Pick<Attempt, 'network' | 'knownDevice'>

/** Who tries, at what. */
export interface Attempt {
  /** The user whose password it would be; undefined when nobody has that name. */
  userId: string | undefined
  /** The name as typed: counted instead, when nobody has it. */
  username: string
  network: string
  /** A browser in which this user has signed in before. */
  knownDevice: string | undefined
}

/** Counts attempts at passwords. The directory does it for accounts here; a connector whose passwords are checked elsewhere may too. */
export interface PasswordAttempts {
  /**
   * Whether strangers of this network have to wait, as far as is known without asking the store. Throws `too-many-attempts`, after a
   * moment: whoever floods sends his next attempt when he has the answer.
   */
  refuseWaiting(network: string): Promise<void>
  /**
   * Counts the attempt, makes it, and gives it back when it was right or could not be made. Throws `too-many-attempts` with
   * `secondsLeft` instead of making it, and what `check` throws.
   */
  counted(attempt: Attempt, check: () => Promise<boolean>): Promise<boolean>
}

export function createPasswordAttempts({
  loginAttempts,
  clock,
  limitsOf = limitsOfPasswords,
}: {
  loginAttempts: Pick<LoginAttemptTable, 'claim' | 'giveBack'>
  clock: Clock
  limitsOf?: (attempt: Attempt) => AttemptLimit[]
}): PasswordAttempts {
  // In a flood most attempts are refused; those of a network that waits anyway need not write to the store.
  const waiting = new Map<string, number>()
  let held = 0

  return {
    refuseWaiting: async (network) => {
      const until = waiting.get(network)
      if (until === undefined) return
      if (until <= clock.now()) {
        waiting.delete(network)
        return
      }
      if (held < maxHeld) {
        held++
        await sleep(heldFor)
        held--
      }
      throw tooMany(until, clock.now())
    },

    counted: async (attempt, check) => {
      const limits = limitsOf(attempt)
      const now = clock.now()
      const refused = await loginAttempts.claim(limits, now)
      if (refused) {
        if (refused.limit.key === networkKey(attempt.network)) remember(attempt.network, refused.lockedUntil)
        throw tooMany(refused.lockedUntil, now)
      }
      const keys = limits.map(({ key }) => key)
      const [own = '', ...shared] = keys
      try {
        const right = await check()
        // The guesses of others at this name, and of this network at other names, still count.
        if (right) await loginAttempts.giveBack({ clear: [own], keys: shared })
        return right
      } catch (error) {
        await loginAttempts.giveBack({ keys })
        throw error
      }
    },
  }

  function remember(network: string, until: number): void {
    if (waiting.size >= maxRemembered) waiting.delete(waiting.keys().next().value ?? '')
    waiting.set(network, until)
  }
}

/**
 * The first is the guesser's own. A known browser has only that one: whoever guesses at an account, or from the same network, cannot
 * keep its owner out. Every other is limited by account and network, by network, and by account.
 */
function limitsOfPasswords({ userId, username, network, knownDevice }: Attempt): AttemptLimit[] {
  if (userId !== undefined && knownDevice !== undefined)
    return [{ key: `${userId}|device ${knownDevice}`, ...ofOneGuesser }]
  const name = userId ?? `?${canonical(username)}`
  return [
    { key: `${name}|${network}`, ...ofOneGuesser },
    { key: networkKey(network), ...ofMany },
    ...(userId === undefined ? [] : [{ key: `${userId}|everywhere`, ...ofMany }]),
  ]
}

/** The same for codes: whoever guesses has the password already, and does not keep the owner out of a browser that is known. */
export function limitsOfCodes({ userId, network, knownDevice }: Attempt): AttemptLimit[] {
  if (knownDevice !== undefined) return [{ key: `${userId}|codes device ${knownDevice}`, ...ofOneCodeGuesser }]
  return [
    { key: `${userId}|codes ${network}`, ...ofOneCodeGuesser },
    { key: `${userId}|codes everywhere`, ...ofManyCodeGuessers },
  ]
}

function networkKey(network: string): string {
  return `|${network}`
}

/** One form for all spellings of a name that nobody has. */
function canonical(username: string): string {
  return (emailKey(username) ?? usernameKey(username)).trim().replace(/\s+/g, ' ').slice(0, 100)
}

function tooMany(until: number, now: number): AppError {
  return new AppError('too-many-attempts', { secondsLeft: Math.max(1, Math.ceil((until - now) / 1000)) })
}
