import { Agent, ProxyAgent, fetch as undiciFetch } from 'undici'

/** How an address is reached. */
export interface Route {
  /** Options of the TLS connection; without `ca` the public authorities are believed. */
  tls?: { ca?: string[]; rejectUnauthorized: boolean }
  /** The proxy for an address, if it goes by one: the endpoints of a provider may have several hosts. */
  proxyFor?: (url: string) => string | undefined
}

/** A `fetch` with the certificates that are believed and the proxy that it goes by. HTTP/1.1, as Node's own `fetch` speaks it. */
export function createDispatchingFetch({
  tls,
  proxyFor,
}: Route): (url: string | URL, init?: RequestInit) => Promise<Response> {
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
