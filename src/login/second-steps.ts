import type { Clock } from '../clock.ts'
import { parseCookies, setCookie } from '../cookies.ts'
import type { Sealer } from '../store/sealing.ts'

const lifetime = 10 * 60_000

/** Somebody whose password was right, and who is asked for more. Nobody is signed in yet. */
export interface WaitingPerson {
  userId: string
  /** The name of the connector. */
  way: string
  /** The hash that the password was verified against: no session is made when it is another by then. */
  verifiedHash: string | undefined
  traceId: string
}

/** Who waits for the second step, in a sealed cookie of the browser that has sent the password. Nothing is stored. */
export interface SecondSteps {
  /** The cookie to set. */
  begin(person: WaitingPerson): Promise<string>
  /** Who waits in the browser of a request; undefined after ten minutes. */
  of(cookieHeader: string | undefined): Promise<WaitingPerson | undefined>
  /** The cookie that ends the wait. */
  forget(): string
}

export function createSecondSteps({
  sealer,
  clock,
  secure,
}: {
  sealer: Pick<Sealer, 'seal' | 'open'>
  clock: Clock
  /** The issuer is https. */
  secure: boolean
}): SecondSteps {
  const name = secure ? '__Host-gatehouse_step' : 'gatehouse_step'
  return {
    begin: async (person) => {
      const value = await sealer.seal('second-step', JSON.stringify({ ...person, until: clock.now() + lifetime }))
      return setCookie({ name, value, maxAge: lifetime / 1000, secure })
    },
    of: async (cookieHeader) => {
      const sealed = parseCookies(cookieHeader).get(name)
      const text = sealed === undefined ? undefined : await sealer.open('second-step', sealed)
      if (text === undefined) return undefined
      const { until, ...person } = JSON.parse(text) as WaitingPerson & { until: number }
      return until > clock.now() ? person : undefined
    },
    forget: () => setCookie({ name, value: '', maxAge: 0, secure }),
  }
}
