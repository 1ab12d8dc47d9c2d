/** Where clients are answered: what kinds of address there are, and what each may be used for. Pure. */

/** The hosts of loopback redirect URIs (RFC 8252 section 7.3). */
const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** An app on the person's own machine is answered there: by a scheme that the system gives to it, or at a loopback address. */
export function isNativeAddress(uri: string): boolean {
  const url = URL.parse(uri)
  if (!url) return false
  return isPrivateUseUri(uri) || (url.protocol === 'http:' && loopbackHosts.has(url.hostname))
}

/**
 * RFC 8252 section 7.1: the scheme is a domain name of the maker in reverse, so that no two apps have the same. With its dot it is none that
 * browsers know (`javascript:`, `data:`).
 */
export function isPrivateUseUri(uri: string): boolean {
  const url = URL.parse(uri)
  if (!url || !/^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+:/.test(uri)) return false
  return url.username === '' && url.password === '' && /^[^:]+:(?:\/|\/\/[^/])/.test(uri)
}

/** Whether the address is loopback by https, for which nobody has a certificate that counts elsewhere. */
export function isLoopbackByHttps(uri: string): boolean {
  const url = URL.parse(uri)
  return url?.protocol === 'https:' && loopbackHosts.has(url.hostname)
}

/**
 * How a Content-Security-Policy names the place to which an address leads: its origin. Apps with a scheme of their own have none, and an IPv6
 * address cannot be written there (CSP Level 3 section 2.3.1): the scheme stands for both.
 */
export function policySourceOf(uri: string): string {
  const { origin, protocol, hostname } = new URL(uri)
  return origin === 'null' || hostname.startsWith('[') ? protocol : origin
}

/** The origin of pages that call from there; undefined: pages of nobody, or of everybody who has an opaque origin. */
export function pageOriginOf(uri: string): string | undefined {
  const origin = URL.parse(uri)?.origin
  return origin === undefined || origin === 'null' ? undefined : origin
}
