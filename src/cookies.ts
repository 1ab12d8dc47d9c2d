/** Cookies of the issuer's host. */

export interface CookieSettings {
  /** The issuer is https: Secure, and `__Host-` names. */
  secure: boolean
  /** Path of the issuer, `/` without one. */
  path: string
}

/** Name of the cookie with the login session. */
export function loginCookieName({ secure }: CookieSettings): string {
  return secure ? '__Host-gatehouse_login' : 'gatehouse_login'
}

/** A `Set-Cookie` value: HttpOnly, SameSite=Lax, for this host alone. `maxAge` in seconds; 0 deletes. */
export function setCookie(
  name: string,
  value: string,
  { maxAge, secure, path = '/' }: { maxAge: number | undefined; secure: boolean; path?: string },
): string {
  const age = maxAge === undefined ? '' : `; Max-Age=${maxAge}`
  return `${name}=${value}; Path=${path}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}${age}`
}

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
