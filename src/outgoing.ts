/** Calls to a provider: one way to make them, with the certificates that are believed and the proxy that they go by. */

import { withBoundedBody } from './bounded-answer.ts'
import type { Route } from './dispatching-fetch.ts'
import { keptOnceMade } from './kept.ts'
import { type Retrying, retryingFetch } from './retrying-fetch.ts'

export interface OutgoingOptions extends Route {
  /** Milliseconds for a whole exchange, further attempts included; 10,000 when absent. */
  timeout?: number
  retrying?: Retrying
}

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>

/**
 * A `fetch` that never follows a redirect, gives up after the timeout, body included, and reads no more than an answer of a provider has.
 * What failed by chance is asked again, if that can do no harm. Rejects with AppError `provider-answer-refused` when an answer is larger, and
 * with `proxy-unreachable` and `proxy-refused` where the proxy is in the way.
 */
export function createFetch(options: OutgoingOptions = {}): Fetch {
  const { tls, proxyFor, timeout = 10_000 } = options
  const plain =
    proxyFor === undefined && tls?.ca === undefined && tls?.cert === undefined && tls?.rejectUnauthorized !== false
  const dispatching = keptOnceMade(async () => {
    // It loads undici, which takes a tenth of a second: so only when there is an authority or a proxy to use.
    const { createDispatchingFetch } = await import('./dispatching-fetch.ts')
    return createDispatchingFetch(options)
  })

  const bounded = (init: RequestInit = {}): RequestInit => ({
    ...init,
    redirect: 'manual',
    signal: init.signal ? AbortSignal.any([init.signal, AbortSignal.timeout(timeout)]) : AbortSignal.timeout(timeout),
  })
  const once = async (url: string | URL, init: RequestInit) => {
    const ask = plain ? fetch : await dispatching()
    return withBoundedBody(await ask(url, init), String(url))
  }
  const ask = retryingFetch(once, options.retrying)
  return async (url, init) => ask(url, bounded(init))
}
