/** How servers read the target of a request: the path that their routes are compared with. Deliberately plain, and apart from the gate's. */

export interface Reading {
  name: string
  /** The segments that the server goes by; undefined when it answers an error, so that nothing is served. */
  segments(target: string): readonly string[] | undefined
  /** Whether routes are compared without case. */
  ignoresCase?: boolean
  /** Only what the gate itself forwards can be held to it: `%61` and `a` are the same to proxies (RFC 3986, 6.2.2.2). */
  behindTheGate?: boolean
}

const withoutQuery = (target: string) => target.split('?')[0] ?? ''
const withoutFragment = (target: string) => target.split('#')[0] ?? ''

/** Percent-decoding that leaves alone what is no escape; bytes become characters of Latin-1. */
function decoded(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Escapes of what is not ASCII are the characters: they cannot be written otherwise. */
function outsideAscii(text: string): string {
  return text.replace(/%[89A-Fa-f][0-9A-Fa-f]/g, decoded)
}

/** Decoding that fails for a bad escape, as Go and Java do. */
function strictlyDecoded(text: string): string | undefined {
  return /%(?![0-9A-Fa-f]{2})/.test(text) ? undefined : decoded(text)
}

/** Overlong UTF-8 of ASCII (`%C0%AF` for a slash), as lenient decoders read it. */
function overlongDecoded(text: string): string {
  return decoded(text).replace(/[\xc0\xc1]([\x80-\xbf])/g, (pair) =>
    String.fromCharCode(((pair.charCodeAt(0) & 1) << 6) | (pair.charCodeAt(1) & 0x3f)),
  )
}

/** Segments without empty ones, with `.` and `..` resolved (RFC 3986, 5.2.4); undefined when `..` leads above the root. */
function resolved(path: string): string[] | undefined {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment !== '..') kept.push(segment)
    else if (kept.pop() === undefined) return undefined
  }
  return kept
}

/** The same, where `..` above the root stays there. */
function resolvedWithin(path: string): string[] {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(segment)
  }
  return kept
}

const plain = (path: string) => path.split('/').filter((segment) => segment !== '')

/** What everybody reads in a target that is written plainly. */
export function plainSegments(target: string): readonly string[] {
  return plain(decoded(withoutQuery(target)))
}

export const readings: readonly Reading[] = [
  { name: 'nginx', segments: (target) => resolved(decoded(withoutFragment(withoutQuery(target)))) },
  {
    name: 'Go',
    segments: (target) => {
      const path = strictlyDecoded(withoutQuery(target))
      return path === undefined ? undefined : resolvedWithin(path)
    },
  },
  { name: 'Flask', segments: plainSegments },
  { name: 'one that splits before it decodes', segments: (target) => plain(withoutQuery(target)).map(decoded) },
  {
    name: 'one for which an empty segment is a segment',
    segments: (target) => withoutQuery(target).slice(1).split('/').map(decoded),
  },
  {
    name: 'one that compares escapes as they are',
    segments: (target) => plain(withoutQuery(target)).map(outsideAscii),
    behindTheGate: true,
  },
  // `new URL(request.url, base)`: what follows two slashes is a host.
  {
    name: 'Node',
    segments: (target) =>
      resolvedWithin(
        withoutQuery(target)
          .replaceAll('\\', '/')
          .replace(/^\/\/[^/]*/, ''),
      ).map(decoded),
  },
  { name: 'Express', segments: plainSegments, ignoresCase: true },
  {
    name: 'Java servlets',
    segments: (target) => {
      const path = withoutQuery(target)
        .split('/')
        .map((segment) => segment.split(';')[0] ?? '')
        .join('/')
      const read = strictlyDecoded(path)
      return read === undefined ? undefined : resolved(read)
    },
  },
  {
    name: 'Java servlets that decode first',
    segments: (target) =>
      resolvedWithin(
        decoded(withoutQuery(target))
          .split('/')
          .map((segment) => segment.split(';')[0] ?? '')
          .join('/'),
      ),
  },
  {
    name: 'Windows',
    segments: (target) =>
      resolvedWithin(decoded(withoutQuery(target)).replaceAll('\\', '/'))
        // The file system drops blanks and dots at the end of a name; `::$DATA` is the file itself, `:$i30:...` the folder.
        .map((segment) => segment.replace(/:(\$i30)?:\$(DATA|INDEX_ALLOCATION)$/i, '').replace(/[. ]+$/, ''))
        .filter((segment) => segment !== ''),
    ignoresCase: true,
  },
  { name: 'one that decodes twice', segments: (target) => resolvedWithin(decoded(decoded(withoutQuery(target)))) },
  {
    name: 'one that decodes before it looks for the query',
    segments: (target) => resolvedWithin(withoutFragment(withoutQuery(decoded(target)))),
  },
  {
    name: 'one for which a backslash is a slash',
    segments: (target) => resolvedWithin(decoded(withoutQuery(target)).replaceAll('\\', '/')),
  },
  {
    name: 'one that reads overlong UTF-8',
    segments: (target) => resolvedWithin(overlongDecoded(withoutQuery(target))),
  },
  {
    name: 'one that stops at a NUL',
    segments: (target) => resolvedWithin(decoded(withoutQuery(target)).split('\0')[0] ?? ''),
  },
  {
    name: 'one for which a semicolon ends the path',
    segments: (target) => resolvedWithin(decoded(withoutQuery(target)).split(';')[0] ?? ''),
    ignoresCase: true,
  },
]
