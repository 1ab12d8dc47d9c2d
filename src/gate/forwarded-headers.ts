import { withoutCookies } from '../cookies.ts'

/** Meant for the next hop only (RFC 9110, 7.6.1), or made anew for it. */
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

/** Names under which upstreams of all kinds are told who it is, what was asked for or from where. Folded: lower case, only hyphens. */
const identityNames = new Set([
  'auth-user',
  'client-ip',
  'fastly-client-ip',
  'forwarded',
  'gap-auth',
  'gap-signature',
  'kubeflow-groups',
  'kubeflow-userid',
  'oidc-access-token',
  'proxy',
  'proxy-user',
  'true-client-ip',
  'x-client-cert',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-email',
  'x-envoy-original-path',
  'x-groups',
  'x-id-token',
  'x-original-forwarded-for',
  'x-original-host',
  'x-original-method',
  'x-original-uri',
  'x-original-url',
  'x-presto-user',
  'x-proxiedentitieschain',
  'x-proxied-entities-chain',
  'x-real-ip',
  'x-rewrite-url',
  'x-roles',
  'x-trino-original-user',
  'x-trino-user',
  'x-user',
  'x-user-email',
  'x-user-id',
  'x-user-name',
  'x-userid',
  'x-username',
])

const identityPrefixes = [
  'cf-access-',
  'impersonate-',
  'oidc-claim-',
  'remote-',
  'ssl-client-',
  'tailscale-user-',
  'x-amzn-oidc-',
  'x-auth-request-',
  'x-authenticated-',
  'x-authentik-',
  'x-forwarded-',
  'x-goog-authenticated-user-',
  'x-goog-iap-',
  'x-ms-client-principal',
  'x-ms-token-',
  'x-pomerium-',
  'x-remote-',
  'x-ssl-client-',
  'x-vouch-',
  'x-webauth-',
]

/** They make a POST a DELETE behind rules that let only POST pass. */
const methodOverrides = new Set(['x-http-method', 'x-http-method-override', 'x-method-override'])

type Kind = 'pass' | 'hop' | 'identity' | 'override' | 'connection' | 'cookie' | 'authorization'

/** What becomes of a header of that name. CGI, WSGI and PHP read `_`, `.` and `-` alike, so they are one here. */
function kindOf(name: string): Kind {
  const lower = name.toLowerCase()
  if (lower === 'connection') return 'connection'
  if (lower === 'cookie') return 'cookie'
  if (lower === 'authorization') return 'authorization'
  if (hopByHop.has(lower)) return 'hop'

  const folded = lower.replace(/[_.]/g, '-')
  if (identityNames.has(folded) || identityPrefixes.some((prefix) => folded.startsWith(prefix))) return 'identity'
  if (methodOverrides.has(folded)) return 'override'
  // `Content_Length`, `Transfer_Encoding` and `Cookie_` folded would be read as the real one by CGI.
  if (
    folded !== lower &&
    (hopByHop.has(folded) || folded === 'content-length' || folded === 'cookie' || folded === 'authorization')
  )
    return 'hop'
  return 'pass'
}

/** Names come again and again; clients can invent them, so the memory is bounded. */
const kinds = new Map<string, Kind>()

function knownKind(name: string): Kind {
  const known = kinds.get(name)
  if (known !== undefined) return known
  const kind = kindOf(name)
  if (kinds.size < 1024) kinds.set(name, kind)
  return kind
}

export interface ForwardedRequest {
  /** As they came. */
  raw: readonly string[]
  /** Those that tell who it is, and where it came from; set last, so nothing of the client's can remove them. */
  own: readonly (readonly string[])[]
  ownCookies: readonly string[]
  /** Whether `Authorization` is a token that was for us. */
  dropAuthorization: boolean
  dropMethodOverrides: boolean
}

/** The headers with which a request goes upstream, as a raw array. */
export function forwardedHeaders({
  raw,
  own,
  ownCookies,
  dropAuthorization,
  dropMethodOverrides,
}: ForwardedRequest): string[] {
  const headers: string[] = []
  const named = namedByConnection(raw)
  let cookie = ''
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    const kind = knownKind(name)
    if (kind === 'cookie') {
      // Joined before our own are taken out: no half of a pair may hide in another line.
      cookie = cookie === '' ? value : `${cookie}; ${value}`
      continue
    }
    if (kind === 'hop' || kind === 'identity' || kind === 'connection') continue
    if (kind === 'authorization' && dropAuthorization) continue
    if (kind === 'override' && dropMethodOverrides) continue
    if (named?.has(name.toLowerCase())) continue
    headers.push(name, value)
  }
  const rest = cookie === '' ? '' : withoutCookies(cookie, ownCookies)
  if (rest !== '') headers.push('Cookie', rest)
  for (const list of own) for (const word of list) headers.push(word)
  return headers
}

/** The headers of an upstream's answer, as a raw array: without those for one hop, and without cookies in our name. */
export function answeredHeaders(raw: readonly string[], ownCookies: readonly string[]): string[] {
  const headers: string[] = []
  const named = namedByConnection(raw)
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    const lower = name.toLowerCase()
    if (hopByHop.has(lower) || named?.has(lower)) continue
    if (lower === 'set-cookie' && ownCookies.some((prefix) => value.trimStart().startsWith(prefix))) continue
    headers.push(name, value)
  }
  return headers
}

/** Undefined for the usual `keep-alive`, `close` and `upgrade`. `Content-Length` frames the body: it is not for the client to drop. */
function namedByConnection(raw: readonly string[]): Set<string> | undefined {
  let named: Set<string> | undefined
  for (let at = 0; at + 1 < raw.length; at += 2) {
    if (raw[at]?.length !== 10 || raw[at]?.toLowerCase() !== 'connection') continue
    for (const word of (raw[at + 1] ?? '').toLowerCase().split(',')) {
      const name = word.trim()
      if (name === '' || name === 'keep-alive' || name === 'close' || name === 'upgrade' || name === 'content-length')
        continue
      named ??= new Set()
      named.add(name)
    }
  }
  return named
}
