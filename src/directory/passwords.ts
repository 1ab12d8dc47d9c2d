import { availableParallelism } from 'node:os'
import { keptOnceMade } from '../kept.ts'
import { createFairQueue, type Lane } from './fair-queue.ts'
import { maxPasswordLength, type PasswordOwner, type PasswordRule } from './password-rule.ts'

// OWASP's second recommended setting for argon2id: 19 MiB, two passes.
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

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

/** Hash of a new password (argon2id, PHC string). Throws `password-refused` for one that breaks the rule. */
export async function hashPassword(password: string, rule: PasswordRule, owner: PasswordOwner): Promise<string> {
  const mistake = await rule.mistakeIn(password, owner)
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
