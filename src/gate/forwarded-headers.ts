import { isOwnCookie, withoutOwnCookies } from '../cookies.ts'
import { type HeaderKinds, isHopByHop } from './header-kinds.ts'

export interface ForwardedRequest {
  /** As they came. */
  raw: readonly string[]
  /** Those that tell who it is, and where it came from; set last, so nothing of the client's can remove them. */
  own: readonly (readonly string[])[]
  kindOf: HeaderKinds
  /** Whether `Authorization` is a token that was for us. */
  dropAuthorization: boolean
  dropMethodOverrides: boolean
}

/** The headers with which a request goes upstream, as a raw array. Undefined: one of its names can be read differently, so none goes. */
export function forwardedHeaders({
  raw,
  own,
  kindOf,
  dropAuthorization,
  dropMethodOverrides,
}: ForwardedRequest): string[] | undefined {
  const headers: string[] = []
  const named = namedByConnection(raw)
  let cookie = ''
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    const kind = kindOf(name)
    if (kind === 'odd') return undefined
    if (kind === 'cookie') {
      // Joined before our own are taken out: no half of a pair may hide in another line.
      cookie = cookie === '' ? value : `${cookie}; ${value}`
      continue
    }
    if (kind === 'hop' || kind === 'identity' || kind === 'removed' || kind === 'connection') continue
    if (kind === 'authorization' && dropAuthorization) continue
    if (kind === 'override' && dropMethodOverrides) continue
    if (named?.has(name.toLowerCase())) continue
    headers.push(name, value)
  }
  const rest = cookie === '' ? '' : withoutOwnCookies(cookie)
  if (rest !== '') headers.push('Cookie', rest)
  for (const list of own) for (const word of list) headers.push(word)
  return headers
}

/**
 * The headers of an upstream's answer, as a raw array: without those for one hop, and without cookies in our name; a 204 has no length
 * (RFC 9110, 8.6).
 */
export function answeredHeaders(raw: readonly string[], status = 200): string[] {
  const headers: string[] = []
  const named = namedByConnection(raw)
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    const lower = name.toLowerCase()
    if (isHopByHop(lower) || named?.has(lower)) continue
    if (status === 204 && lower === 'content-length') continue
    if (lower === 'set-cookie' && isOwnCookie(value)) continue
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

/**
 * Whether a request that another proxy forwards has a header that this gate would not let through as it is, and cannot remove there:
 * a name that servers read differently or that no client may send, or a method override that says something else than the method that the rules judged.
 *
 * @param method undefined when no rule depends on the method.
 */
export function isUnfitToForward(
  raw: readonly string[],
  { kindOf, method }: { kindOf: HeaderKinds; method: string | undefined },
): boolean {
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const kind = kindOf(raw[at] ?? '')
    if (kind === 'odd' || kind === 'removed') return true
    if (kind === 'override' && method !== undefined && overrides(raw[at + 1] ?? '', method)) return true
  }
  return false
}

/** Whether a header says another method than the one that is judged, to services that heed such headers. */
export function namesOtherMethod(
  raw: readonly string[],
  { kindOf, method }: { kindOf: HeaderKinds; method: string },
): boolean {
  return raw.some((name, at) => at % 2 === 0 && kindOf(name) === 'override' && overrides(raw[at + 1] ?? '', method))
}

function overrides(value: string, method: string): boolean {
  const other = value.trim().toUpperCase()
  return other !== '' && other !== method
}
