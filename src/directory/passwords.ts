import { availableParallelism } from 'node:os'
import { AppError } from '../errors.ts'
import { keptOnceMade } from '../kept.ts'
import { createFairQueue, type Lane } from './fair-queue.ts'

// OWASP's second recommended setting for argon2id: 19 MiB, two passes.
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
/** Characters at least: the floor of NIST SP 800-63B (section 3.1.1.2), wherever a password is chosen. */
export const minPasswordLength = 8
/** Bytes of a new password at most, and characters of one that somebody tries. */
const maxPasswordLength = 1024

// The addon is loaded at the first password: a server that only brokers never needs it.
const argon2 = () => import('@node-rs/argon2')

/**
 * Hashing uses a core for about 30 ms on the thread pool. A flood of passwords must neither starve the gate nor the pool (which
 * also looks up host names), nor queue forever, nor keep others waiting: a core and a thread stay free, the queue is bounded, and
 * networks take turns.
 */
const queue = createFairQueue({
  slots: Math.max(1, Math.min(3, availableParallelism() - 1)),
  maxPerLane: 64,
  maxWaiting: 256,
})
/** Runs work with a password when it is its turn. Throws `too-many-attempts` when too much waits already. */
export function inTurn<Result>(lane: Lane, work: () => Promise<Result>): Promise<Result> {
  return queue.run(lane, work)
}

/** How many passwords are being checked, and how many wait. */
export const passwordLoad = queue.load

const dummyHash = keptOnceMade(async () => (await argon2()).hash('no such user', options))

/** What is wrong with a new password, in words that continue after its name; undefined when nothing is. The one rule for all ways to choose one. */
export function passwordProblem(password: string): string | undefined {
  // A line break is what a pipe brought along, and nobody can type it into the form again.
  if (/\p{Cc}/u.test(password) || !password.isWellFormed())
    return 'must have no line breaks or other control characters'
  if ([...password].length < minPasswordLength) return `needs at least ${minPasswordLength} characters`
  if (Buffer.byteLength(password) > maxPasswordLength) return 'must have at most 1,024 bytes'
  return undefined
}

/** The same as an error; it never holds the password. */
export function passwordMistake(password: string): AppError | undefined {
  const problem = passwordProblem(password)
  return problem === undefined ? undefined : new AppError('password-refused', { password: problem })
}

/** Hash of a new password (argon2id, PHC string). Throws `password-refused` for one that breaks the rule. */
export async function hashPassword(password: string): Promise<string> {
  const mistake = passwordMistake(password)
  if (mistake) throw mistake
  return queue.run({ name: 'new passwords', first: true }, async () => (await argon2()).hash(password, options))
}

/**
 * Whether the password belongs to the hash. Without a hash (no such user) it takes just as long and says no, so that names
 * cannot be guessed from the time it takes. Only in a turn: see `inTurn`.
 */
export async function verifyPassword(hash: string | undefined, password: string): Promise<boolean> {
  if (password.length === 0 || password.length > maxPasswordLength) return false
  const { verify } = await argon2()
  const matches = await verify(hash ?? (await dummyHash()), password)
  return hash !== undefined && matches
}
