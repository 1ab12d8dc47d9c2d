import { isUtf8 } from 'node:buffer'
import { asCompatible } from '../compatible-characters.ts'

/**
 * The paths as which servers may read one that is not written plainly: `/a%2Fb` is `/a/b` to those who decode before they split, `//a/b`
 * is `/b` to those who take `a` for a host. Each reading of one server is a step; servers stand behind one another (a proxy, a framework,
 * a file system), so every step is taken after every other.
 */
export interface PathReader {
  /** In how many segments odd names matter (odd-path.ts): as many as the rules compare; negative where the service allows them. */
  compared: number
  /**
   * @param written the path of a target that starts with a slash, without its query; characters are bytes.
   * @returns every path that rules must be asked about, in the form in which they are compared, the literal one first. Where no rule looks
   *   at the path that is one. Undefined: it is refused whatever the rules say, because it is none (RFC 3986, 3.3), has a dot segment in
   *   one of its readings, or too many readings.
   */
  readings(written: string): readonly string[] | undefined
}

/** Every reading is judged, so there must be an end to them: by number, and by the characters of all. */
const maxReadings = 128
const maxLength = 2048
const maxCharacters = 65_536

/** @param paths of the rules, canonical. */
export function createPathReader({
  paths,
  allowOdd = false,
}: {
  paths: readonly string[]
  allowOdd?: boolean
}): PathReader {
  const namesAt = segmentsByDepth(paths)
  const tellApart = paths.some((path) => path !== '/')
  const steps = allowOdd ? plainSteps : [...plainSteps, ...oddSteps, longNames(namesAt)]

  return {
    compared: allowOdd ? -1 : namesAt.length,
    readings: (written) => {
      if (isMalformed(written) || leadsOut(written, allowOdd)) return undefined
      if (!tellApart) return [canonical(written.replace(beyondAscii, byte))]
      if (written.length > maxLength) return undefined
      const texts = everyReading(written.replace(beyondAscii, byte), steps)
      if (texts === undefined || texts.some((text) => dotSegment.test(text))) return undefined
      return [...new Set(texts.map(canonical))]
    },
  }
}

type Step = (text: string) => readonly string[]

function everyReading(written: string, steps: readonly Step[]): string[] | undefined {
  const found = new Set([written])
  // A set is walked to the end of what was added on the way.
  for (const text of found) {
    for (const step of steps) for (const reading of step(text)) found.add(reading)
    if (found.size > maxReadings || found.size * written.length > maxCharacters) return undefined
  }
  return [...found]
}

/**
 * What is no path of a URI, and escapes of control characters and of what is no UTF-8: no honest client sends them, and no two servers
 * agree about them. A backslash is none either, but some clients send it.
 */
const malformed = /[^!-~]|#|%(?![0-9A-Fa-f]{2})|%[01][0-9A-Fa-f]|%7[Ff]/

function isMalformed(written: string): boolean {
  if (malformed.test(written)) return true
  return written.includes('%') && !isUtf8(Buffer.from(written.replace(escaped, byte), 'latin1'))
}

const separator = String.raw`(?:[/\\]|%(?:25)*(?:2f|5c))`
const dot = String.raw`(?:\.|%(?:25)*2e)`
/**
 * Segments of one or two dots, as everybody writes them who wants out of a folder. No browser sends one (WHATWG URL removes them, escaped
 * ones too), and behind an upstream with a path, or a `location` of nginx, they lead out of it: no rule can allow that.
 */
const dotTrap = new RegExp(`${separator}${dot}{1,2}(?:$|${separator}|;|%(?:25)*(?:3b|3f|23))`, 'i')
const dotSegment = /(?:^|\/)\.{1,2}(?:\/|$)/

/** Blanks as Unicode has them (odd-path.ts), as bytes of UTF-8. */
const blank = String.raw`\x20|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8b\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80|\xef\xbb\xbf`
const dotsAndBlanks = new RegExp(`^(?:\\.|${blank})+$`)

/** The same where blanks are trimmed: a segment of dots with blanks around or between them. */
function isOddlyDotted(text: string): boolean {
  return text.split(/[/\\]/).some((segment) => {
    const [name = ''] = segment.split(/[;?#]/, 1)
    return name.includes('.') && /[^.]/.test(name) && dotsAndBlanks.test(name)
  })
}

/** How often an honest path may be encoded; nobody sends one that is encoded more often. */
const mostDecodings = 8

/** Whether it has a segment of dots, for whoever decodes it however often: the digits of an escape may be escaped themselves. */
function leadsOut(written: string, allowOdd: boolean): boolean {
  let text = written
  for (let times = 0; times < mostDecodings; times++) {
    if (dotTrap.test(text) || (!allowOdd && isOddlyDotted(text))) return true
    const decoded = compatible(text.replace(escaped, byte).replace(overlong, shortest))
    if (decoded === text) return false
    text = decoded
  }
  return true
}

const one =
  (step: (text: string) => string): Step =>
  (text) => [step(text)]

/** A path that ends at the first of these characters. */
const upTo = (end: string): Step =>
  one((text) => {
    const at = text.indexOf(end)
    return at < 0 ? text : text.slice(0, at) || '/'
  })

const inSegments = (step: (segment: string) => string): Step => one((text) => text.split('/').map(step).join('/'))

/** Nobody means two names by `é` and its escape, whoever decodes. */
const beyondAscii = /%([89a-f][0-9a-f])/gi

const escaped = /%([0-9A-Fa-f]{2})/g

const byte = (_: string, hex: string): string => String.fromCharCode(Number.parseInt(hex, 16))

/** Two and three bytes for one of ASCII: lenient decoders read the character. */
const overlong = /[\xc0\xc1]([\x80-\xbf])|\xe0[\x80\x81]([\x80-\xbf])/g

function shortest(bytes: string, two: string | undefined, three: string | undefined): string {
  const last = (two ?? three ?? '').charCodeAt(0) & 0x3f
  return String.fromCharCode(((bytes.charCodeAt(two === undefined ? 1 : 0) & 1) << 6) | last)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what is not ASCII
const beyondAsciiByte = /[^\u0000-\u007f]/

/** Compatible characters as one (compatible-characters.ts); bytes that are no UTF-8 are none. */
function compatible(bytes: string): string {
  if (!beyondAsciiByte.test(bytes)) return bytes
  const buffer = Buffer.from(bytes, 'latin1')
  return isUtf8(buffer) ? Buffer.from(asCompatible(buffer.toString())).toString('latin1') : bytes
}

const plainSteps: readonly Step[] = [
  // Taken again, it reads what is encoded twice.
  one((text) => (text.includes('%') ? text.replace(escaped, byte) : text)),
  // Split first, then decoded.
  one((text) => (text.includes('%') ? text.replace(/%(?!2f)([0-9a-f]{2})/gi, byte) : text)),
  one((text) => text.replace(overlong, shortest)),
  one(compatible),
  one((text) => text.replaceAll('\\', '/')),
  upTo(';'),
  upTo('?'),
  upTo('#'),
  inSegments((segment) => segment.split(';', 1)[0] ?? ''),
  one((text) => (text.includes('//') ? text.replace(/\/+/g, '/') : text)),
  // What `new URL(request.url, base)` of Node makes of it.
  one((text) => text.replace(/^\/\/[^/]*/, '') || '/'),
]

// What stands before a run is none of it: each run is tried once, from its beginning.
const leading = new RegExp(`^(?:${blank})+`)
const trailing = new RegExp(`(?<!${blank})(?:${blank})+$`)
const trailingDots = new RegExp(String.raw`(?<!\.|${blank})(?:\.|${blank})+$`)

/** What Windows, IIS, .NET and Java read in names of files. */
const oddSteps: readonly Step[] = [
  inSegments((segment) => segment.replace(leading, '')),
  inSegments((segment) => segment.replace(trailing, '')),
  inSegments((segment) => (isDots(segment) ? '' : segment.replace(trailingDots, ''))),
  inSegments(withoutStream),
]

/** One or two dots are a dot segment, more of them are none to Windows. */
function isDots(segment: string): boolean {
  return segment.length > 2 && /^\.+$/.test(segment)
}

/** `admin::$DATA` and `admin:` are `admin`. */
function withoutStream(segment: string): string {
  const colon = segment.indexOf(':')
  if (colon < 0 || !(segment.endsWith(':') || segment.includes(':$', colon))) return segment
  return segment.slice(0, colon)
}

const shortName = /^[^~]{1,6}~[0-9]{1,6}(?:\.[^.]{0,3})?$/

/** `ADMINI~1` may be any name that begins alike; the rules name the ones that matter. */
function longNames(namesAt: readonly ReadonlySet<string>[]): Step {
  return (text) => {
    if (!text.includes('~')) return []
    const segments = text.split('/')
    let depth = -1
    return segments.flatMap((segment, at) => {
      if (segment !== '') depth++
      if (!shortName.test(segment)) return []
      const alike = [...(namesAt[depth] ?? [])].filter((name) => begins(name) === begins(segment))
      return alike.map((name) => segments.with(at, name).join('/'))
    })
  }
}

function begins(name: string): string {
  return name.charAt(0).toLowerCase()
}

/** What rules name as their first segment, their second, and so on; as bytes. */
function segmentsByDepth(paths: readonly string[]): Set<string>[] {
  const split = paths.map((path) => path.split('/').filter((segment) => segment !== ''))
  const depth = Math.max(0, ...split.map(({ length }) => length))
  return Array.from({ length: depth }, (_, at) => {
    const named = split.flatMap((segments) => segments[at] ?? [])
    return new Set(named.map((name) => name.replace(/%([0-9A-F]{2})/g, byte)))
  })
}

/** The form in which rules are compared: all but plain ASCII is escaped. What is no UTF-8 is Latin-1 to lenient servers. */
function canonical(text: string): string {
  const bytes = isUtf8(Buffer.from(text, 'latin1')) ? text : Buffer.from(text).toString('latin1')
  return bytes.replace(/[^!-~]|[%\\;?#]/g, (character) => {
    const hex = character.charCodeAt(0).toString(16).toUpperCase()
    return `%${hex.padStart(2, '0')}`
  })
}
