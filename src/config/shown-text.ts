/** Texts of a configuration as messages may show them: what can be part of a secret is left out, wherever it stands. */

/** Texts that are secrets under any name: keys, credentials of HTTP, `password=...`, hashes, addresses with a user. */
const secretTexts = [
  /-----BEGIN/,
  /\S:\S*@|\/\/[^/\s]*@/,
  /\b(?:bearer|basic)\s+\S/i,
  /(?:secret|passw\w*|pwd|token|key|sig)\s*[=:]/i,
  /^\$2[aby]\$/,
]
const opaque = /^(?=.*\d)[A-Za-z0-9+/_=-]{32,}$/
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether a text may be a secret by itself, whatever the name of its setting. Better one too many: people can look up a hidden value. */
export function looksSecret(text: string): boolean {
  return secretTexts.some((pattern) => pattern.test(text)) || (opaque.test(text) && !uuid.test(text))
}

/** An address as messages and files may show it: the part before the `@` may be a password, even if the text is not an address at all. */
export function withoutUserinfo(address: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? URL.parse(address) : null
  if (url !== null && url.username === '' && url.password === '') return address
  const shown = address.replace(/^([^/]*:\/\/)[^/?#]*@/, '$1')
  return url === null || shown === address ? address.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1') : shown
}

/** A text without the parts of an address that hold secrets: user name and password, query, fragment. */
export function shownAddress(text: string): string {
  const address = withoutUserinfo(text)
  return /^[a-z][a-z0-9+.-]*:/i.test(address) ? address.replace(/[?#].*$/s, '?…') : address
}

/** A text of a setting that is no secret, cut to what messages may show; undefined when nothing of it may be shown. */
export function shownText(text: string): string | undefined {
  const shown = shownAddress(text)
  if (looksSecret(shown)) return undefined
  return shown.length > 78 ? `${shown.slice(0, 75)}...` : shown
}
