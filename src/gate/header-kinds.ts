import { foldHeaderName, headerList, isMethodOverride, isOddHeaderName, isTrustedHeader } from '../trusted-headers.ts'

/**
 * What becomes of a header of a client. `odd`: servers read its name differently, so the request is refused. `hop`: for the next hop
 * only (RFC 9110, 7.6.1), or made anew for it. `removed`: the configuration of the service says so.
 */
export type HeaderKind =
  | 'pass'
  | 'hop'
  | 'identity'
  | 'removed'
  | 'override'
  | 'odd'
  | 'connection'
  | 'cookie'
  | 'authorization'

export type HeaderKinds = (name: string) => HeaderKind

const hopByHop = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What is left of hop-by-hop names when they are written in another way, and other names that only their own spelling may have. */
const onlyAsWritten = new Set([...hopByHop, 'authorization', 'content-length', 'cookie'])

export function isHopByHop(lower: string): boolean {
  return hopByHop.has(lower)
}

export interface HeaderChoices {
  /** Names that are removed besides those of the table; with `*` at the end, all that begin so. */
  remove?: readonly string[] | undefined
  /** Names of the table that pass. */
  keep?: readonly string[] | undefined
  /** Whether names that servers read differently pass. */
  allowOdd?: boolean | undefined
}

/** How many names are remembered, twice over, and how long they may be: clients can invent as many as they like. */
const memory = { names: 512, length: 64 }

/**
 * Classifies names of headers for one service. Names come again and again, so the answers are remembered: in two generations, so that
 * names in use survive a flood of invented ones, and those of browsers for good.
 */
export function createHeaderKinds(choices: HeaderChoices = {}): HeaderKinds {
  const kindOf = createClassifier(choices)
  const usual = byLength(spellingsOf(sentByBrowsers).map((name) => ({ name, kind: kindOf(name) })))
  let young = new Map<string, HeaderKind>()
  let old = young

  return (name) => {
    const known = usual[name.length]?.find((header) => header.name === name)?.kind ?? young.get(name)
    if (known !== undefined) return known
    const kind = old.get(name) ?? kindOf(name)
    if (name.length > memory.length) return kind
    if (young.size >= memory.names) {
      old = young
      young = new Map()
    }
    young.set(name, kind)
    return kind
  }
}

/** A name comes as a new string each time: a Map would have to hash all of it first. */
function byLength(headers: readonly KnownHeader[]): readonly (readonly KnownHeader[] | undefined)[] {
  const longest = Math.max(...headers.map(({ name }) => name.length))
  return Array.from({ length: longest + 1 }, (_, length) => headers.filter(({ name }) => name.length === length))
}

interface KnownHeader {
  name: string
  kind: HeaderKind
}

function createClassifier({ remove = [], keep = [], allowOdd = false }: HeaderChoices): HeaderKinds {
  const kept = new Set(keep.map(foldHeaderName))
  const isRemoved = headerList(remove)

  return (name) => {
    const lower = name.toLowerCase()
    if (lower === 'connection') return 'connection'
    if (hopByHop.has(lower)) return 'hop'
    if (!allowOdd && isOddHeaderName(name)) return 'odd'
    const folded = foldHeaderName(withoutCarrier(lower))
    if (folded !== lower && onlyAsWritten.has(folded)) return 'hop'
    if (isTrustedHeader(folded)) return kept.has(folded) ? 'pass' : 'identity'
    if (lower === 'cookie' || lower === 'authorization') return isRemoved(folded) ? 'identity' : lower
    if (isRemoved(folded)) return 'removed'
    return isMethodOverride(folded) ? 'override' : 'pass'
  }
}

/** gRPC gateways hand `Grpc-Metadata-X` on as `X`. */
function withoutCarrier(lower: string): string {
  return lower.replace(/^(?:grpc[-_.]metadata[-_.])+/, '')
}

const sentByBrowsers = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Authorization',
  'Cache-Control',
  'Connection',
  'Content-Length',
  'Content-Type',
  'Cookie',
  'DNT',
  'Host',
  'If-Modified-Since',
  'If-None-Match',
  'Origin',
  'Pragma',
  'Priority',
  'Range',
  'Referer',
  'Sec-CH-UA',
  'Sec-CH-UA-Mobile',
  'Sec-CH-UA-Platform',
  'Sec-Fetch-Dest',
  'Sec-Fetch-Mode',
  'Sec-Fetch-Site',
  'Sec-Fetch-User',
  'Sec-GPC',
  'Sec-WebSocket-Extensions',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Version',
  'Transfer-Encoding',
  'Upgrade',
  'Upgrade-Insecure-Requests',
  'User-Agent',
  'X-CSRF-Token',
  'X-CSRFToken',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Proto',
  'X-Real-IP',
  'X-Request-Id',
  'X-Requested-With',
]

/** As written, and as HTTP/2 and many clients write it. */
function spellingsOf(names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => [name, name.toLowerCase()]))]
}
