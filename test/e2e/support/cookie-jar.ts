export interface Cookie {
  name: string
  value: string
  /** The host that set it, or the Domain it asked for. Never a port: cookies do not know ports. */
  host: string
  /** Without a Domain attribute only the very host gets it back. */
  hostOnly: boolean
  path: string
  secure: boolean
  httpOnly: boolean
  sameSite: string | undefined
  expires: number | undefined
}

/**
 * The cookies of one scripted browser. Like Chromium it sends Secure cookies to http on loopback names too (Keycloak
 * sets such ones on http://localhost). SameSite is kept for tests to look at, not enforced.
 */
export class CookieJar {
  #cookies: Cookie[] = []

  /** All cookies that have not expired. */
  get cookies(): readonly Cookie[] {
    return this.#cookies.filter((cookie) => !isExpired(cookie))
  }

  /** The newest cookie of this name, for any host or for this one. */
  find(name: string, host?: string): Cookie | undefined {
    return this.cookies.findLast((cookie) => cookie.name === name && (host === undefined || cookie.host === host))
  }

  /** Takes the Set-Cookie lines of an answer from this URL. */
  store(url: string, setCookieLines: readonly string[]): void {
    for (const line of setCookieLines) {
      const cookie = parseSetCookie(new URL(url), line)
      if (!cookie) continue
      this.#cookies = this.#cookies.filter((other) => !isSameCookie(other, cookie))
      if (!isExpired(cookie)) this.#cookies.push(cookie)
    }
  }

  /** The Cookie header for a request to this URL; undefined when there is nothing to send. */
  header(url: string): string | undefined {
    const target = new URL(url)
    const matching = this.cookies.filter((cookie) => isFor(cookie, target))
    // RFC 6265 section 5.4: longer paths first; equal ones stay in the order in which they were set.
    matching.sort((a, b) => b.path.length - a.path.length)
    return matching.map(({ name, value }) => `${name}=${value}`).join('; ') || undefined
  }
}

function parseSetCookie(url: URL, line: string): Cookie | undefined {
  const [pair = '', ...attributeParts] = line.split(';')
  const [name, value] = split(pair)
  if (name === '') return undefined
  const attributes = new Map(
    attributeParts.map(split).map(([key, attribute]): [string, string] => [key.toLowerCase(), attribute]),
  )
  const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase() || undefined
  // A site cannot set cookies for a stranger.
  if (domain !== undefined && !isWithin(url.hostname, domain)) return undefined
  const path = attributes.get('path')
  return {
    name,
    value,
    host: domain ?? url.hostname,
    hostOnly: domain === undefined,
    path: path?.startsWith('/') ? path : defaultPath(url.pathname),
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    sameSite: attributes.get('samesite'),
    expires: expiry(attributes),
  }
}

function split(text: string): [string, string] {
  const at = text.indexOf('=')
  return at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

function expiry(attributes: ReadonlyMap<string, string>): number | undefined {
  const maxAge = attributes.get('max-age')
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Date.now() + Number(maxAge) * 1000
  const expires = Date.parse(attributes.get('expires') ?? '')
  return Number.isNaN(expires) ? undefined : expires
}

function isExpired({ expires }: Cookie): boolean {
  return expires !== undefined && expires <= Date.now()
}

function defaultPath(pathname: string): string {
  return pathname.slice(0, pathname.lastIndexOf('/')) || '/'
}

function isSameCookie(a: Cookie, b: Cookie): boolean {
  return a.name === b.name && a.host === b.host && a.path === b.path && a.hostOnly === b.hostOnly
}

function isFor(cookie: Cookie, url: URL): boolean {
  if (cookie.secure && url.protocol !== 'https:' && !isLoopbackName(url.hostname)) return false
  if (cookie.hostOnly ? url.hostname !== cookie.host : !isWithin(url.hostname, cookie.host)) return false
  if (url.pathname === cookie.path) return true
  return url.pathname.startsWith(cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`)
}

function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`)
}

function isLoopbackName(host: string): boolean {
  return host === '127.0.0.1' || host === '[::1]' || isWithin(host, 'localhost')
}
