import type { Clock } from '../clock.ts'
import type { LoginChecks } from '../connectors/contract.ts'
import { parseCookies, setCookie } from '../cookies.ts'
import { digest, randomId } from '../store/digest.ts'
import type { Sealer } from '../store/sealing.ts'
import type { SingleUseTable } from '../store/single-use.ts'
import type { LoginDestination } from './destination.ts'

const lifetime = 10 * 60_000
/** Longer than an attempt is good for: who comes back too late still comes back to what they wanted. */
const cookieLifetime = 3 * lifetime
const maxOpen = 8
/** Characters of a sealed attempt that stays in the browser after its use; all cookies of a host share a head of 8 kB or 16 kB. */
const maxKept = 1500

/** An attempt whose answer has come. */
export interface TakenTransaction {
  transaction: Transaction
  /** `again`: it was used before (Back button, reload); `late`: its ten minutes are over. Then it proves nothing, but says where it led to. */
  use: 'first' | 'again' | 'late'
  setCookies: string[]
}

/** One attempt to sign in at a provider, from the click to the return. */
export interface Transaction {
  authenticationClass: string
  checks: LoginChecks
  destination: LoginDestination
  /** The provider was asked for a new proof of who the person is: decided when the attempt began, and checked when it ends. */
  fresh: boolean
  /** The sign-in is one that the product demands. Absent in attempts of older versions, where only a new proof could be demanded. */
  demanded?: boolean | undefined
  traceId: string
  startedAt: number
}

/**
 * Each attempt has its own sealed cookie, so that nothing is stored for people who never come back, and parallel tabs do
 * not interfere. Only a returning attempt is stored, so that it counts once.
 */
export function createTransactions({
  sealer,
  singleUse,
  clock,
  secure,
}: {
  sealer: Sealer
  singleUse: Pick<SingleUseTable, 'claim' | 'release'>
  clock: Clock
  /** The issuer is https: Secure, and `__Host-` names, so that a neighbour below the same domain cannot plant an attempt of his own. */
  secure: boolean
}) {
  const prefix = secure ? '__Host-gatehouse_tx_' : 'gatehouse_tx_'
  const nameFor = (state: string) => prefix + digest(state).slice(0, 16)

  return {
    /** Begins an attempt. The cookies bind it to this browser; at most eight stay open. */
    begin: async (
      input: Pick<Transaction, 'authenticationClass' | 'destination' | 'fresh' | 'demanded' | 'traceId'>,
      cookieHeader: string | undefined,
    ): Promise<{ transaction: Transaction; setCookies: string[] }> => {
      const checks = { state: randomId(), nonce: randomId(), codeVerifier: randomId() }
      const transaction: Transaction = { ...input, checks, startedAt: clock.now() }
      const sealed = await sealer.seal('login-transaction', JSON.stringify(transaction))
      const open = [...parseCookies(cookieHeader).keys()].filter((name) => name.startsWith(prefix))
      const surplus = open.slice(0, Math.max(0, open.length - maxOpen + 1))
      return {
        transaction,
        setCookies: [
          ...surplus.map((name) => setCookie({ name, value: '', maxAge: 0, secure })),
          setCookie({ name: nameFor(checks.state), value: sealed, maxAge: cookieLifetime / 1000, secure }),
        ],
      }
    },

    /** The attempt that a callback belongs to, in the browser that began it; undefined in any other. `first` is answered once. */
    take: async (state: string, cookieHeader: string | undefined): Promise<TakenTransaction | undefined> => {
      const name = nameFor(state)
      const sealed = parseCookies(cookieHeader).get(name)
      const text = sealed === undefined ? undefined : await sealer.open('login-transaction', sealed)
      if (sealed === undefined || text === undefined) return undefined
      const transaction = JSON.parse(text) as Transaction
      if (transaction.checks.state !== state) return undefined
      const expiresAt = transaction.startedAt + lifetime
      if (expiresAt <= clock.now()) return { transaction, use: 'late', setCookies: [] }
      if (!(await singleUse.claim('login-state', state, expiresAt)))
        return { transaction, use: 'again', setCookies: [] }
      const setCookies = sealed.length > maxKept ? [setCookie({ name, value: '', maxAge: 0, secure })] : []
      return { transaction, use: 'first', setCookies }
    },

    /** The provider did not confirm the attempt: nothing came of it, and nothing is kept of it. Anybody can make such attempts. */
    release: (state: string): Promise<void> => singleUse.release('login-state', state),
  }
}
export type Transactions = ReturnType<typeof createTransactions>
