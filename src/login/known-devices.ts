import type { Clock } from '../clock.ts'
import { parseCookies, setCookie } from '../cookies.ts'
import { randomId } from '../store/digest.ts'
import type { Sealer } from '../store/sealing.ts'

const lifetime = 180 * 24 * 3_600_000
const maxUsers = 8

/** A browser, and the users who have signed in with it by password. */
export interface KnownDevice {
  id: string
  users: readonly string[]
}

/**
 * Remembers, in a sealed cookie, who has signed in with a browser: guesses of others at the same account, or from the same network, do
 * not slow that person down. It gives no access, only a count of its own. Nothing is stored.
 */
export interface KnownDevices {
  /** The browser of a request, when somebody has signed in with it. */
  of(cookieHeader: string | undefined): Promise<KnownDevice | undefined>
  /** The cookie to set after a sign-in by password. */
  remember(userId: string, cookieHeader: string | undefined): Promise<string>
}

export function createKnownDevices({
  sealer,
  clock,
  secure,
}: {
  sealer: Pick<Sealer, 'seal' | 'open'>
  clock: Clock
  /** The issuer is https. */
  secure: boolean
}): KnownDevices {
  const name = secure ? '__Host-gatehouse_device' : 'gatehouse_device'

  const of: KnownDevices['of'] = async (cookieHeader) => {
    const sealed = parseCookies(cookieHeader).get(name)
    const text = sealed === undefined ? undefined : await sealer.open('known-device', sealed)
    if (text === undefined) return undefined
    const { id, users, until } = JSON.parse(text) as KnownDevice & { until: number }
    return until > clock.now() ? { id, users } : undefined
  }

  return {
    of,
    remember: async (userId, cookieHeader) => {
      const before = (await of(cookieHeader)) ?? { id: randomId(), users: [] }
      const users = [userId, ...before.users.filter((other) => other !== userId)].slice(0, maxUsers)
      const device = { id: before.id, users, until: clock.now() + lifetime }
      const value = await sealer.seal('known-device', JSON.stringify(device))
      return setCookie({ name, value, maxAge: lifetime / 1000, secure })
    },
  }
}
