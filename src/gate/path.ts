import { hidesPartingCharacters } from '../compatible-characters.ts'
import { isOddPath } from '../odd-path.ts'
import type { PathReader } from './readings.ts'

/** A request target, and the paths as which it is judged. */
export interface Target {
  /** The path that rules see, in the form in which they are compared. */
  path: string
  /** Other paths that servers may read in it (readings.ts): rules are asked about each. Undefined: it is read in one way only. */
  others: readonly string[] | undefined
  /** Path and query, which the upstream is asked for: as they came, but for escapes that nobody needs where there is one reading. */
  target: string
}

/**
 * Reads the target of a request. A path that everybody reads alike is judged in the form in which it is forwarded: unreserved characters
 * decoded, escapes in upper case (RFC 3986, 6.2.2). Any other is forwarded byte for byte, and judged in each of its readings.
 *
 * @param raw `/path?query`, or an absolute form (RFC 9112, 3.2.2) whose authority is `host`, written alike.
 * @param reader of the service.
 * @returns undefined for what is refused whatever the rules say: what is malformed, and dot segments.
 */
export function parseTarget(raw: string, host: string, reader: PathReader): Target | undefined {
  const origin = raw.charCodeAt(0) === slash ? raw : originForm(raw, host)
  if (origin === undefined) return undefined

  const question = origin.indexOf('?')
  const written = question < 0 ? origin : origin.slice(0, question)
  if (question >= 0 && queryTrap.test(origin)) return undefined
  const path = canonicalPath(written, reader.compared)
  if (path === undefined) return readInManyWays(written, origin, reader)
  if (question < 0) return { path, others: undefined, target: path }
  return { path, others: undefined, target: path === written ? origin : path + origin.slice(question) }
}

function readInManyWays(written: string, target: string, reader: PathReader): Target | undefined {
  const [path, ...others] = reader.readings(written) ?? []
  return path === undefined ? undefined : { path, others: others.length === 0 ? undefined : others, target }
}

/** The one form of a path that rules are compared with, or undefined when servers may read it in several ways. The input has no query. */
export function canonicalPath(written: string, compared?: number): string | undefined {
  if (written.charCodeAt(0) !== slash) return undefined
  if (pathTrap.test(written)) return undefined
  if (!written.includes('%')) return isOddPath(written, compared) ? undefined : written

  const decoded = written.replace(escapes, (triplet) => {
    const code = Number.parseInt(triplet.slice(1), 16)
    return isUnreserved(code) ? String.fromCharCode(code) : triplet.toUpperCase()
  })
  if (pathTrap.test(decoded) || encodedTrap.test(decoded)) return undefined
  const text = unescaped(decoded)
  if (text === undefined || hidesPartingCharacters(text)) return undefined
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

/** Overlong forms such as `%C0%AF` are a slash to lenient decoders: of what is no UTF-8 nothing is believed. */
function unescaped(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined // Only a URIError can come from a string: the path is then refused.
  }
}

function originForm(raw: string, host: string): string | undefined {
  const match = /^https?:\/\/([^/?#]*)(.*)$/is.exec(raw)
  if (!match || host === '' || match[1]?.toLowerCase() !== host.toLowerCase()) return undefined
  const rest = match[2] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}
