import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { randomId } from '../store/digest.ts'
import type { Part } from '../store/engine.ts'
import type { SingleUseTable } from '../store/single-use.ts'
import type { UserTable } from '../store/users.ts'

const lifetime = 24 * 3_600_000

/** The link that creates the first administrator. It works once, and only while there is no user. */
export interface SetupLink {
  /** Whether a link can work: there is no user yet. */
  isOpen(): Promise<boolean>
  /** The token of a new link; undefined when there is a user. */
  make(): Promise<string | undefined>
  /**
   * Statements that use up the link, and every other one, in the unit that creates the administrator. Throws `setup-link-used` when it
   * does not work, or not any more.
   */
  toTake(token: string): Promise<readonly Part[]>
}

export function createSetupLink({
  users,
  singleUse,
  clock,
}: {
  users: Pick<UserTable, 'count'>
  singleUse: Pick<SingleUseTable, 'find' | 'put' | 'toTake' | 'toTakeAll'>
  clock: Clock
}): SetupLink {
  const isOpen = async () => (await users.count()) === 0

  return {
    isOpen,
    make: async () => {
      if (!(await isOpen())) return undefined
      const token = randomId()
      await singleUse.put('setup-link', token, { for: 'first administrator' }, clock.now() + lifetime)
      return token
    },
    toTake: async (token) => {
      const now = clock.now()
      const works = (await isOpen()) && (await singleUse.find('setup-link', token, now)) !== undefined
      if (!works) throw new AppError('setup-link-used')
      return [singleUse.toTake('setup-link', token, now), singleUse.toTakeAll('setup-link')]
    },
  }
}
