/** Calls to a provider: one way to make them, with the certificates that are believed and the proxy that they go by. */

import { withBoundedBody } from './bounded-answer.ts'
import { keptOnceMade } from './kept.ts'

export interface OutgoingOptions {
  /** Options of the TLS connection; without `ca` the public authorities are believed. */
  tls?: { ca?: string[]; rejectUnauthorized: boolean }
  /** The proxy for an address, if it goes by one: the endpoints of a provider may have several hosts. */
  proxyFor?: (url: string) => string | undefined
  /** Milliseconds for a whole exchange. */
  timeout?: number
}

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>

/**
 * A `fetch` that never follows a redirect, gives up after the timeout, body included, and reads no more than an answer of a provider has.
 * Rejects with AppError `provider-answer-refused` when it is larger.
 */
export function createFetch(options: OutgoingOptions = {}): Fetch {
  const { tls, proxyFor, timeout = 10_000 } = options
  const plain = proxyFor === undefined && tls?.ca === undefined && tls?.rejectUnauthorized !== false
  const dispatching = keptOnceMade(() => createDispatchingFetch(options))

  const bounded = (init: RequestInit = {}): RequestInit => ({
    ...init,
    redirect: 'manual',
    signal: init.signal ? AbortSignal.any([init.signal, AbortSignal.timeout(timeout)]) : AbortSignal.timeout(timeout),
  })
  return async (url, init) => {
    const ask = plain ? fetch : await dispatching()
    return withBoundedBody(await ask(url, bounded(init)), String(url))
  }
}

/**
 * Needs undici, which takes a tenth of a second to load: so only when there is an authority or a proxy to use. HTTP/1.1, as Node's own
 * `fetch` speaks it.
 */
async function createDispatchingFetch({ tls, proxyFor }: OutgoingOptions): Promise<Fetch> {
  const { Agent, ProxyAgent, fetch: undiciFetch } = await import('undici')
  const requestTls = tls ?? { rejectUnauthorized: true }
  const direct = new Agent({ connect: requestTls, allowH2: false })
  const proxied = new Map<string, InstanceType<typeof ProxyAgent>>()
  const dispatcherFor = (url: string) => {
    const uri = proxyFor?.(url)
    if (uri === undefined) return direct
    const agent = proxied.get(uri) ?? new ProxyAgent({ uri, requestTls, proxyTunnel: true, allowH2: false })
    proxied.set(uri, agent)
    return agent
  }
  return (url, init) => {
    const options = { ...init, dispatcher: dispatcherFor(String(url)) }
    return undiciFetch(url, options as Parameters<typeof undiciFetch>[1]) as unknown as Promise<Response>
  }
}
