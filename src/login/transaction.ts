import type { Clock } from '../clock.ts'
import type { LoginChecks } from '../connectors/contract.ts'
import { parseCookies, setCookie } from '../cookies.ts'
import { AppError } from '../errors.ts'
import { digest, randomId } from '../store/digest.ts'
import type { Sealer } from '../store/sealing.ts'
import type { SingleUseTable } from '../store/single-use.ts'
import type { LoginDestination } from './destination.ts'

const lifetime = 10 * 60_000
const maxOpen = 8

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
          setCookie({ name: nameFor(checks.state), value: sealed, maxAge: lifetime / 1000, secure }),
        ],
      }
    },

    /** The attempt that a callback belongs to, in the browser that began it, once. Throws `login-expired` or `login-replayed`. */
    take: async (
      state: string,
      cookieHeader: string | undefined,
    ): Promise<{ transaction: Transaction; setCookies: string[] }> => {
      const name = nameFor(state)
      const sealed = parseCookies(cookieHeader).get(name)
      const text = sealed === undefined ? undefined : await sealer.open('login-transaction', sealed)
      if (text === undefined) throw new AppError('login-expired', { reason: 'no cookie of this sign-in came back' })
      const transaction = JSON.parse(text) as Transaction
      const expiresAt = transaction.startedAt + lifetime
      if (transaction.checks.state !== state || expiresAt <= clock.now()) {
        throw new AppError('login-expired', { reason: 'the sign-in took longer than ten minutes' })
      }
      if (!(await singleUse.claim('login-state', state, expiresAt))) throw new AppError('login-replayed')
      return { transaction, setCookies: [setCookie({ name, value: '', maxAge: 0, secure })] }
    },

    /** The provider did not confirm the attempt: nothing came of it, and nothing is kept of it. Anybody can make such attempts. */
    release: (state: string): Promise<void> => singleUse.release('login-state', state),
  }
}
export type Transactions = ReturnType<typeof createTransactions>
