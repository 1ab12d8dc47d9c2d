/** Cookies as they are read and written. The gate, which looks for one of them only, has a reader of its own. */

/** All cookies of a request. A name that comes twice is left out: somebody else set one of them. */
export function parseCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>()
  const twice = new Set<string>()
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals < 1) continue
    const name = pair.slice(0, equals).trim()
    if (cookies.has(name)) twice.add(name)
    cookies.set(name, pair.slice(equals + 1).trim())
  }
  for (const name of twice) cookies.delete(name)
  return cookies
}

/** The header without the cookies whose names begin with one of `prefixes`; '' when nothing is left. */
export function withoutCookies(header: string, prefixes: readonly string[]): string {
  if (!prefixes.some((prefix) => header.includes(prefix))) return header
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && !prefixes.some((prefix) => pair.startsWith(prefix)))
    .join('; ')
}

/** The beginning of the names of all our cookies, behind the prefixes that browsers know (RFC 6265bis, 4.1.3; case does not count). */
const ownName = /^(?:(?:secure|host|http|host-?http)-)?gatehouse_/

/**
 * Whether browsers, or a server that reads them leniently, would take a cookie for one of ours. Browsers drop blanks around a name, send a
 * cookie without a name as its value alone (`=gatehouse_x=v`; RFC 6265bis, 5.6), and old servers read quotes and commas.
 *
 * @param text a value of `Set-Cookie`, or one pair of `Cookie`.
 */
export function isOwnCookie(text: string): boolean {
  const lower = text.toLowerCase()
  if (!lower.includes('gatehouse_')) return false
  return lower.split(/[;,]/).some((piece) => ownName.test(piece.replace(/^[^a-z0-9]+/, '')))
}

/** The `Cookie` header without our own; '' when nothing is left. */
export function withoutOwnCookies(header: string): string {
  if (!/gatehouse_/i.test(header)) return header
  return header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && !isOwnCookie(pair))
    .join('; ')
}

/** A cookie for this host only (RFC 6265bis, 4.1.3.2 for the `__Host-` names). `maxAge` in seconds; 0 removes it. */
export function setCookie({
  name,
  value,
  secure,
  maxAge,
}: {
  name: string
  value: string
  secure: boolean
  maxAge?: number
}): string {
  const age = maxAge === undefined ? '' : `; Max-Age=${maxAge}`
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}${age}`
}
