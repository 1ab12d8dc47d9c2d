import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import { createBudget } from '../budget.ts'
import type { Clock } from '../clock.ts'
import { parseCookies, setCookie } from '../cookies.ts'
import { digest } from '../store/digest.ts'
import type { Sealer } from '../store/sealing.ts'
import { lifetimes } from './lifetimes.ts'

const minute = 60_000
/** What strangers of one network, and all of them, may store in a minute. A request of a product is about a kilobyte, for an hour. */
const rowBytes = { each: 100_000, all: 2_000_000, window: minute }
/** Its columns and its places in indexes. */
const rowOverhead = 250
const slots = 4
/** Browsers keep cookies of 4,096 bytes; all four of them fit into the headers that the server reads. */
const maxCookie = 3_400

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
}

/** What oidc-provider keeps for people who have not signed in: anybody can make it store something, and as often as he likes. */
export interface Strangers {
  /** Every request to the issuer is answered within it: the cookies of the browser are part of what is kept. */
  within<Result>(request: IncomingMessage, response: ServerResponse, work: () => Result): Result
  /** The adapters, bounded for strangers. */
  bound(adapterOf: (kind: string) => Adapter): (kind: string) => Adapter
}

/**
 * A product's request that waits for a stranger to sign in is a row, as long as the network has its share of rows. Beyond it, in a
 * flood, it is sealed into a cookie of the browser that asks, so that nothing is stored and people of that network still get in.
 */
export function createStrangers({
  sealer,
  networkOf,
  hasPublicClients,
  clock,
  secure,
}: {
  sealer: Pick<Sealer, 'seal' | 'open'>
  networkOf(request: IncomingMessage): string
  /** Without a secret anybody can push authorization requests (RFC 9126). */
  hasPublicClients: boolean
  clock: Clock
  /** The issuer is https. */
  secure: boolean
}): Strangers {
  const exchange = new AsyncLocalStorage<Exchange>()
  const rows = createBudget({ ...rowBytes, clock })
  const prefix = secure ? '__Host-gatehouse_asked_' : 'gatehouse_asked_'
  // Tabs that open at once must not fill the headers: a new one takes the place of an older one.
  const cookieOf = (id: string) =>
    `${prefix}${
      Number.parseInt(
        digest(id)
          .replace(/[^0-9]/g, '')
          .slice(0, 8) || '0',
        10,
      ) % slots
    }`

  return {
    within: (request, response, work) => exchange.run({ request, response }, work),
    bound: (adapterOf) => (kind) => {
      const adapter = adapterOf(kind)
      if (kind === 'Interaction')
        return bounded(adapter, ({ session, result }) => session === undefined && result === undefined)
      // Signing out asks strangers too: the question is kept in a session without a person.
      if (kind === 'Session') return bounded(adapter, ({ accountId }) => accountId === undefined)
      if (kind === 'PushedAuthorizationRequest' && hasPublicClients) return boundPushed(adapter)
      return adapter
    },
  }

  function mayStore(payload: AdapterPayload): boolean {
    const asking = exchange.getStore()
    return asking === undefined || rows.take(networkOf(asking.request), rowOverhead + JSON.stringify(payload).length)
  }

  function bounded(adapter: Adapter, isStrangers: (payload: AdapterPayload) => boolean): Adapter {
    return {
      ...adapter,
      upsert: async (id, payload, expiresIn) => {
        if (isStrangers(payload) && !mayStore(payload)) return seal(id, payload, expiresIn)
        return adapter.upsert(id, payload, expiresIn)
      },
      find: async (id) => (await adapter.find(id)) ?? (await sealed(id)),
      destroy: async (id) => {
        if (cookies().has(cookieOf(id)) && (await sealed(id))) answerWith(cookieOf(id), '', 0)
        await adapter.destroy(id)
      },
    }
  }

  function boundPushed(adapter: Adapter): Adapter {
    return {
      ...adapter,
      upsert: async (id, payload, expiresIn) => {
        if (!mayStore(payload)) throw new errors.TemporarilyUnavailable('too many requests from this network')
        return adapter.upsert(id, payload, expiresIn)
      },
    }
  }

  async function seal(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const value = await sealer.seal('asked', JSON.stringify({ ...payload, jti: id }))
    if (value.length > maxCookie) throw new errors.TemporarilyUnavailable('too many long requests from this network')
    answerWith(cookieOf(id), value, expiresIn ?? lifetimes.interaction)
  }

  /** oidc-provider checks the expiry, which is part of the payload. */
  async function sealed(id: string): Promise<AdapterPayload | undefined> {
    const value = cookies().get(cookieOf(id))
    const text = value === undefined ? undefined : await sealer.open('asked', value)
    const payload = text === undefined ? undefined : (JSON.parse(text) as AdapterPayload)
    return payload?.jti === id ? payload : undefined
  }

  function cookies(): ReadonlyMap<string, string> {
    return parseCookies(exchange.getStore()?.request.headers.cookie)
  }

  function answerWith(name: string, value: string, maxAge: number): void {
    exchange.getStore()?.response.appendHeader('set-cookie', setCookie({ name, value, maxAge, secure }))
  }
}
