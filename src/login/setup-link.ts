import type { Clock } from '../clock.ts'
import { randomId } from '../store/digest.ts'
import type { SingleUseTable } from '../store/single-use.ts'
import type { UserTable } from '../store/users.ts'

const lifetime = 24 * 3_600_000

/** The link that creates the first administrator. It works once, and only while there is no user. */
export interface SetupLink {
  /** Whether the link works: there is no user yet. */
  isOpen(): Promise<boolean>
  /** The token of a new link; undefined when there is a user. */
  make(): Promise<string | undefined>
  /** Uses up a link. Answers whether it was valid. */
  take(token: string): Promise<boolean>
}

export function createSetupLink({
  users,
  singleUse,
  clock,
}: {
  users: Pick<UserTable, 'count'>
  singleUse: Pick<SingleUseTable, 'put' | 'take'>
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
    take: async (token) => (await singleUse.take('setup-link', token, clock.now())) !== undefined,
  }
}
