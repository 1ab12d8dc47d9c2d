/** Blanks as Unicode has them, escaped: U+0020, U+0085, U+00A0, U+1680, U+2000 to U+200B, U+2028, U+2029, U+202F, U+205F, U+3000, U+FEFF. */
const blank = '%20|%C2%85|%C2%A0|%E1%9A%80|%E2%80%8[0-9AB]|%E2%80%A[89F]|%E2%81%9F|%E3%80%80|%EF%BB%BF'

/**
 * Segments that some servers take for another one. Windows, and so IIS, drops dots and blanks at the end (`/admin.`, `/admin%20`), reads
 * `admin::$DATA` and `admin:` as `admin` and knows it by a short name (`ADMINI~1`, `ADMINI~1.HTM`); Java and .NET trim blanks at both ends.
 */
const oddTrap = new RegExp(
  `(?:\\.|:|%3A|${blank})(?:/|$)|/(?:${blank})|(?::|%3A)(?:\\$|%24)|/[^/~]{1,6}~[0-9]{1,6}(?:\\.[^/.]{0,3})?(?:/|$)`,
)

/** A segment that may be read as none or as `..`, which moves all that follow it. */
const movingTrap = new RegExp(`/(?:\\.|${blank})+(?:/|$)`)
/** Of those, what leads out of a folder where blanks are trimmed: dots, and a blank among them. */
const leadingOutTrap = new RegExp(`/(?=[^/]*%)(?=[^/]*\\.)(?:\\.|${blank})+(?:/|$)`)

/**
 * Whether some server takes a part of the path for another one.
 *
 * @param path without a query; unreserved characters are not escaped, and escapes are in upper case.
 * @param compared how many segments from the first one rules are compared with: however those below are read, the same rule decides.
 */
export function isOddPath(path: string, compared = Number.POSITIVE_INFINITY): boolean {
  // What is not escaped has no blank.
  if (compared === 0) return path.includes('%') && leadingOutTrap.test(path)
  if (compared < 0 || !hasOddSegment(path)) return false
  if (compared === Number.POSITIVE_INFINITY || movingTrap.test(path)) return true
  return hasOddSegment(
    path
      .split('/')
      .slice(0, compared + 1)
      .join('/'),
  )
}

function hasOddSegment(path: string): boolean {
  if (path.includes('%') || path.includes('~')) return oddTrap.test(path)
  // What is left of the expression for most paths, at a tenth of its price.
  return path.includes('./') || path.endsWith('.') || path.includes(':/') || path.endsWith(':') || path.includes(':$')
}
