/**
 * Passwords that are checked somewhere else. Attempts at them are counted here, as those at accounts that are kept here are; a
 * refusal takes as long for a name that nobody has as for a wrong password; and a directory that hangs keeps its own people waiting only.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { PasswordConnector, PasswordLookup } from '../connectors/contract.ts'
import { AppError } from '../errors.ts'
import type { UserTable } from '../store/users.ts'
import { createFairQueue } from './fair-queue.ts'
import type { PasswordAttempts } from './password-attempts.ts'

/** Sign-ins that ask one directory at once, those of a network that wait, and all that wait. */
const slots = 16
const maxPerLane = 64
const maxWaiting = 256

export function createRemotePasswords({
  attempts,
  users,
}: {
  attempts: PasswordAttempts
  users: Pick<UserTable, 'findByIdentity'>
}): (lookup: PasswordLookup) => PasswordConnector {
  return (lookup) => {
    const { name, look, broken } = lookup
    const queue = createFairQueue({ slots, maxPerLane, maxWaiting })
    const pace = createRefusalPace()
    return {
      kind: 'password',
      name,
      ...(look ? { look } : {}),
      ...(broken ? { broken } : {}),
      verify: async ({ username, password, network, device }) => {
        if (device === undefined) await attempts.refuseWaiting(network)
        // Whose browser it is is known when the name has been looked up: one in which somebody has signed in before waits less.
        const lane = device === undefined ? { name: network } : { name: device.id, first: true }
        let began = performance.now()
        try {
          return await queue.run(lane, () => {
            began = performance.now()
            return lookup.verify({ username, password }, async (key, check) => {
              const user = key && (await users.findByIdentity(key.issuer, key.subject))
              return attempts.counted(
                {
                  // The person and not what was typed: a directory knows many spellings of a name. `users show` looks for the id.
                  userId: user?.id ?? (key && `${name}/${key.subject}`),
                  username: `${name}/${username}`,
                  network,
                  knownDevice: user && device?.users.includes(user.id) ? device.id : undefined,
                },
                () => pace.measured(key !== undefined, check),
              )
            })
          })
        } catch (error) {
          if (error instanceof AppError && error.status < 500 && error.code !== 'too-many-attempts')
            await pace.until(began)
          throw error
        }
      },
    }
  }
}

/** Milliseconds. */
const step = 100
const longest = 3_000
const remembered = 32

/** How long a refusal takes: longer than the slowest of the last passwords that were tried. */
interface RefusalPace {
  /** Makes an attempt, and remembers how long it took if there was a password to try. */
  measured(isReal: boolean, check: () => Promise<boolean>): Promise<boolean>
  /** Waits until a refusal of what began then may be told. */
  until(began: number): Promise<void>
}

function createRefusalPace(): RefusalPace {
  const durations: number[] = []
  return {
    measured: async (isReal, check) => {
      const started = performance.now()
      const right = await check()
      if (isReal) {
        durations.push(performance.now() - started)
        if (durations.length > remembered) durations.shift()
      }
      return right
    },
    until: async (began) => {
      // In whole steps, so that what differs by milliseconds ends at the same time.
      const wanted = Math.min(longest, Math.ceil(Math.max(0, ...durations) / step) * step + 2 * step)
      const left = began + wanted - performance.now()
      if (left > 0) await sleep(left)
    },
  }
}
