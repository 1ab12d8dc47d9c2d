import { Agent, Pool, ProxyAgent, fetch as undiciFetch } from 'undici'
import { AppError } from './errors.ts'

/** How an address is reached. */
export interface Route {
  /** Options of the TLS connection; without `ca` the public authorities are believed. `cert` and `key` say who we are. */
  tls?: { ca?: string[]; rejectUnauthorized: boolean; cert?: string; key?: string }
  /** The proxy for an address, if it goes by one: the endpoints of a provider may have several hosts. */
  proxyFor?: (url: string) => string | undefined
  /** Milliseconds for a connection, and for the proxy to make one. */
  timeout?: number
  /** The authorities that are believed at a proxy which is called over TLS; absent: the public ones. */
  proxyCa?: readonly string[]
}

/**
 * A `fetch` with the certificates that are believed, the one that is shown, and the proxy that it goes by. HTTP/1.1, as Node's own `fetch`
 * speaks it. Rejects with AppError `proxy-unreachable` or `proxy-refused` where the proxy is in the way, and with `provider-unreachable` where
 * it was in time and the provider behind it was not; none of them has the credentials of the proxy.
 */
export function createDispatchingFetch({
  tls,
  proxyFor,
  proxyCa,
  timeout = 10_000,
}: Route): (url: string | URL, init?: RequestInit) => Promise<Response> {
  const requestTls = { ...(tls ?? { rejectUnauthorized: true }), timeout }
  const direct = new Agent({ connect: requestTls, allowH2: false })
  const proxied = new Map<string, InstanceType<typeof ProxyAgent>>()
  const agentOf = (uri: string) => {
    const agent = proxied.get(uri) ?? createProxyAgent(uri, { requestTls, proxyCa, timeout })
    proxied.set(uri, agent)
    return agent
  }
  return async (url, init) => {
    const uri = proxyFor?.(String(url))
    const options = { ...init, dispatcher: uri === undefined ? direct : agentOf(uri) }
    try {
      return (await undiciFetch(url, options as Parameters<typeof undiciFetch>[1])) as unknown as Response
    } catch (error) {
      throw uri === undefined ? error : explained(error, new URL(uri).host)
    }
  }
}

/** The certificate that we show is for the provider alone, and what is said about its certificate is not about that of the proxy. */
function createProxyAgent(
  uri: string,
  { requestTls, proxyCa, timeout }: { requestTls: object; proxyCa: readonly string[] | undefined; timeout: number },
): ProxyAgent {
  return new ProxyAgent({
    uri,
    requestTls,
    proxyTls: { ...(proxyCa ? { ca: [...proxyCa] } : {}), rejectUnauthorized: true, timeout },
    proxyTunnel: true,
    allowH2: false,
    // Whoever gives up does not end the question to the proxy: it has a time of its own.
    clientFactory: (origin, { connect }: { connect?: unknown }) =>
      new Pool(origin, { connect: marking(connect as Connect), headersTimeout: timeout }),
  })
}

type Connect = (options: object, done: (error: Error | null, socket: unknown) => void) => unknown

/** Its message stays the cause: that of the provider would look the same. */
class ProxyAway extends Error {
  override readonly name = 'ProxyAway'
}

function marking(connect: Connect): never {
  const marked: Connect = (options, done) =>
    connect(options, (error, socket) =>
      done(error === null ? null : new ProxyAway('the proxy cannot be reached', { cause: error }), socket),
    )
  // undici's type of a connector names its own classes.
  return marked as never
}

function explained(error: unknown, proxy: string): unknown {
  const causes: Error[] = []
  for (let at = error; at instanceof Error && causes.length < 6; at = at.cause) causes.push(at)
  const reason = causes.at(-1)?.message ?? ''
  if (causes.some((cause) => cause instanceof ProxyAway))
    return new AppError('proxy-unreachable', { proxy, reason }, { cause: error })
  const status = causes.map(({ message }) => /Proxy response \((\d{3})\)/.exec(message)?.[1]).find(Boolean)
  if (status !== undefined)
    return new AppError('proxy-refused', { proxy, proxyStatus: Number(status) }, { cause: error })
  if (causes.some(({ name }) => name === 'TimeoutError' || name === 'AbortError'))
    return new AppError('provider-unreachable', { proxy, reason: 'no answer in time' }, { cause: error })
  return error
}
