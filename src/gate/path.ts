import { isOddPath } from '../odd-path.ts'

/** A request target whose path can be read in one way only. */
export interface Target {
  /** The path that rules see and that is forwarded: unreserved characters decoded, escapes in upper case (RFC 3986, 6.2.2). */
  path: string
  /** `path` and the query as it came: what the upstream is asked for. */
  target: string
}

/**
 * Reads the target of a request. What is judged is exactly what is forwarded, so whatever servers are known to read differently is
 * refused rather than repaired.
 *
 * @param raw `/path?query`, or an absolute form (RFC 9112, 3.2.2) whose authority is `host`, written alike.
 * @returns undefined when the target is ambiguous: dot segments, empty segments, encoded slashes, backslashes, path parameters,
 *   fragments, encoded `?` and `#`, control bytes, unescaped bytes outside ASCII, double encoding, escapes that are no UTF-8; and, in
 *   the `compared` segments that rules look at, what Windows and lenient servers read as another name (odd-path.ts).
 */
export function parseTarget(raw: string, host = '', compared?: number): Target | undefined {
  const origin = raw.charCodeAt(0) === slash ? raw : originForm(raw, host)
  if (origin === undefined) return undefined

  const question = origin.indexOf('?')
  const written = question < 0 ? origin : origin.slice(0, question)
  const path = canonicalPath(written, compared)
  if (path === undefined) return undefined
  if (question < 0) return { path, target: path }
  if (queryTrap.test(origin)) return undefined
  return { path, target: path === written ? origin : path + origin.slice(question) }
}

/** The one form of a path that rules are compared with, or undefined when it is ambiguous. The input has no query. */
export function canonicalPath(written: string, compared?: number): string | undefined {
  if (written.charCodeAt(0) !== slash) return undefined
  if (pathTrap.test(written)) return undefined
  if (!written.includes('%')) return isOddPath(written, compared) ? undefined : written

  const decoded = written.replace(escapes, (triplet) => {
    const code = Number.parseInt(triplet.slice(1), 16)
    return isUnreserved(code) ? String.fromCharCode(code) : triplet.toUpperCase()
  })
  if (pathTrap.test(decoded) || encodedTrap.test(decoded) || !isUtf8(decoded)) return undefined
  if (isOddPath(decoded, compared)) return undefined
  return decoded
}

const slash = 0x2f
const escapes = /%[0-9A-Fa-f]{2}/g

/** Anything but printable ASCII; the characters that some servers read as separators; `//`; a segment of one or two dots. */
const pathTrap = /[^!-~]|[\\;?#]|\/\/|\/\.{1,2}(?:\/|$)/

/**
 * Escapes of control bytes, slash, backslash, semicolon, DEL, of `?` and `#`, at which a server that decodes before it splits would end
 * the path, and of a per cent sign before two hex digits: a server behind that decodes twice would see another path. A bare `%` is no
 * escape at all.
 */
const encodedTrap = /%(?![0-9A-F]{2})|%[01][0-9A-F]|%2F|%5C|%3B|%3F|%23|%7F|%25[0-9A-Fa-f]{2}/

/** Blanks and control bytes would end the request line; nothing after `#` belongs to a request (RFC 9112, 3.2). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it looks for
const queryTrap = /[\u0000-\u0020\u007f#]|[^\u0000-\u00ff]/

function isUnreserved(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x5f ||
    code === 0x7e
  )
}

/** Overlong forms such as `%C0%AF` are a slash to lenient decoders. */
function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false // Only a URIError can come from a string: the path is then refused.
  }
}

function originForm(raw: string, host: string): string | undefined {
  const match = /^https?:\/\/([^/?#]*)(.*)$/is.exec(raw)
  if (!match || host === '' || match[1]?.toLowerCase() !== host.toLowerCase()) return undefined
  const rest = match[2] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}
