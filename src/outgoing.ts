/** Calls to other machines: one way to make them, with the certificate authorities and the proxy that the configuration names. */

export interface OutgoingOptions {
  /** Certificate authorities (PEM) believed in addition to the public ones, for this destination alone. */
  ca?: readonly string[]
  /** Proxy for https and http destinations. */
  proxy?: string
  /** Host names, or suffixes beginning with a dot, that are called directly. */
  noProxy?: readonly string[]
  /** Accept any certificate. Only where the configuration says `verification: none`. */
  insecureTls?: boolean
  /** Milliseconds for a whole exchange. */
  timeout?: number
}

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>

/** A `fetch` that never follows a redirect, gives up after the timeout, and knows the authorities and the proxy. */
export function createFetch(options: OutgoingOptions = {}): Fetch {
  const timeout = options.timeout ?? 10_000
  const plain = !options.ca?.length && options.proxy === undefined && !options.insecureTls
  let dispatching: Promise<Fetch> | undefined

  const bounded = (init: RequestInit = {}): RequestInit => ({
    ...init,
    redirect: 'manual',
    signal: init.signal ? AbortSignal.any([init.signal, AbortSignal.timeout(timeout)]) : AbortSignal.timeout(timeout),
  })
  if (plain) return (url, init) => fetch(url, bounded(init))
  return async (url, init) => {
    dispatching ??= createDispatchingFetch(options)
    return (await dispatching)(url, bounded(init))
  }
}

/** Needs undici, which takes a tenth of a second to load: so only when there is an authority or a proxy to use. */
async function createDispatchingFetch({ ca, proxy, noProxy = [], insecureTls }: OutgoingOptions): Promise<Fetch> {
  const [{ Agent, ProxyAgent, fetch: undiciFetch }, { rootCertificates }] = await Promise.all([
    import('undici'),
    import('node:tls'),
  ])
  const tls = {
    ...(ca?.length ? { ca: [...rootCertificates, ...ca] } : {}),
    ...(insecureTls ? { rejectUnauthorized: false } : {}),
  }
  const direct = new Agent({ connect: tls })
  const proxied = proxy === undefined ? direct : new ProxyAgent({ uri: proxy, requestTls: tls })
  return (url, init) => {
    const { hostname } = new URL(url)
    const dispatcher = noProxy.some((entry) => matches(hostname, entry)) ? direct : proxied
    return undiciFetch(url, { ...init, dispatcher } as Parameters<
      typeof undiciFetch
    >[1]) as unknown as Promise<Response>
  }
}

function matches(hostname: string, entry: string): boolean {
  return entry.startsWith('.') ? hostname.endsWith(entry) : hostname === entry
}
