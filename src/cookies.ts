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
