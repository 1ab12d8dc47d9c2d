/**
 * Where someone may be sent after sign-in or sign-out. The only reader of such addresses in the gate: every route that takes one uses it,
 * and a stored one is read again just before the redirect.
 *
 * @param text what the request gave: an absolute URL, or a path of the service.
 * @param base the URL of the service: relative addresses are resolved against it.
 * @param origins the allow list: scheme, host and port as `URL.origin` writes them.
 * @returns the href as the WHATWG parser writes it, so that browser and gate agree about where it leads; undefined when it is not ours.
 */
export function parseReturnTo(text: string, base: string, origins: ReadonlySet<string>): string | undefined {
  if (text.length > 2048) return undefined
  // The parser drops tabs and line breaks and trims blanks: no honest address has them.
  if (traps.test(text)) return undefined

  // `https:evil.test` is a path to a parser with an https base, and a host to one without.
  if (/^https?:(?!\/\/)/i.test(text)) return undefined

  const url = URL.parse(text, base)
  if (url === null) return undefined
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  if (url.username !== '' || url.password !== '') return undefined
  if (!origins.has(url.origin)) return undefined
  // `/..//evil.test` is resolved to `//evil.test`, a host name for whoever joins it to something later.
  if (url.pathname.startsWith('//')) return undefined
  return url.href
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const traps = /[\u0000-\u0020\u007f-\u00a0\u2028\u2029\\]/
