/**
 * Where someone may be sent after sign-in or sign-out. The only reader of such addresses in the gate: every route that takes one uses it,
 * and a stored one is read again just before the redirect.
 *
 * Only what stands before the query can lead elsewhere. In the query, and behind a `#`, whatever a parser would drop or read in its own way
 * is escaped: browsers send `?re=\d+` as it is.
 *
 * @param text what the request gave: an absolute URL, or a path of the service. Of one that is too long the query is left out.
 * @param base the URL of the service: relative addresses are resolved against it.
 * @param origins the allow list: scheme, host and port as `URL.origin` writes them.
 * @returns the href as the WHATWG parser writes it, so that browser and gate agree about where it leads; undefined when it is not ours.
 */
export function parseReturnTo(text: string, base: string, origins: ReadonlySet<string>): string | undefined {
  const path = withoutQuery(text)
  if (path.length > maxPath) return undefined
  // The parser drops tabs and line breaks and trims blanks: no honest address has them.
  if (traps.test(path)) return undefined

  // `https:evil.test` is a path to a parser with an https base, and a host to one without.
  if (/^https?:(?!\/\/)/i.test(path)) return undefined

  const query = isTooLong(text) ? '' : text.slice(path.length).replace(everyTrap, encodeURIComponent)
  const url = URL.parse(path + query, base)
  if (url === null) return undefined
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  if (url.username !== '' || url.password !== '') return undefined
  if (!origins.has(url.origin)) return undefined
  // `/..//evil.test` is resolved to `//evil.test`, a host name for whoever joins it to something later.
  if (url.pathname.startsWith('//')) return undefined
  return url.href
}

const maxPath = 2048
/** As long as the longest links of Superset and Kibana, and short enough for the head of a request, in which it is escaped once more. */
const maxAddress = 8192

/** Whether an address is too long to come back to; its path may not be. */
export function isTooLong(address: string): boolean {
  return address.length > maxAddress
}

/** What stands before the query and the fragment. */
export function withoutQuery(address: string): string {
  const end = address.search(/[?#]/)
  return end < 0 ? address : address.slice(0, end)
}

/** The target of a request as a browser would write it in its address bar: what it got from a program, or from a mistyped link. */
export function addressOfTarget(target: string): string {
  // Two slashes begin a host name.
  return target.replace(/^\/[/\\]+/, '/').replace(/[^!-~]|\\/g, (character) => {
    const hex = character.charCodeAt(0).toString(16).toUpperCase()
    return `%${hex.padStart(2, '0')}`
  })
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const traps = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029\\]/
const everyTrap = new RegExp(traps, 'g')
