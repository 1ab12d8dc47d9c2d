import type { Refusal } from '../../vendors/contract.ts'
import { vendors } from '../../vendors/index.ts'
import { pageText } from './page-text.ts'

/** What a provider answers to an authorization request with a redirect URI, judged without logging in. */
export type Verdict =
  | { kind: 'accepted'; error?: string }
  | { kind: 'redirect-uri-not-registered'; said: string }
  | { kind: 'client-unknown'; said: string }
  | { kind: 'scope-refused'; said: string }
  /** It knows the address and lets nobody in at this client: `error` is its code (RFC 6749 section 4.1.2.1, or AADSTS and a number). */
  | { kind: 'refused'; error: string; said: string }
  | { kind: 'unclear'; said: string }

export interface AuthorizationAnswer {
  status: number
  location: string | undefined
  body: string
}

/** The words of single vendors, then those of several. We search a page for them and never show it: it may hold what others typed. */
const redirectRefusals: readonly Refusal[] = [
  ...Object.values(vendors).flatMap(({ refusals }) => refusals?.redirectUri ?? []),
  [/redirect_uri.{0,40}(did not match|does not match|not registered|not allowed|invalid)/is, 'redirect_uri refused'],
  [/invalid_redirect_uri/i, 'redirect-uri-not-registered'], // oidc-provider
]

const clientRefusals: readonly Refusal[] = [
  ...Object.values(vendors).flatMap(({ refusals }) => refusals?.client ?? []),
  [/invalid_client|unauthorized_client/i, 'client not known'], // Okta, Google, oidc-provider
]

/** Nobody is signed in and nobody may be asked (`prompt=none`): all else was fine (OpenID Connect Core 1.0 section 3.1.2.6). */
const nobodySignedIn = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
])

/** Codes with which a provider ends the request of a client that it knows (RFC 6749 section 4.1.2.1; OpenID Connect Core 1.0). */
const refusals = new Set([
  'unauthorized_client',
  'access_denied',
  'invalid_request',
  'unsupported_response_type',
  'server_error',
  'temporarily_unavailable',
  'request_not_supported',
  'registration_not_supported',
])

/** Microsoft: no session, several sessions, consent or a second factor needed. Somebody who signs in gets on. */
const microsoftAsks = new Set(['AADSTS50058', 'AADSTS16000', 'AADSTS50076', 'AADSTS50079', 'AADSTS65001'])

/**
 * RFC 6749 section 4.1.2.1: a provider must not send anyone to an address that it does not know. A redirect to ours therefore means
 * that it is registered; its error says whether the client may begin a sign-in. A page with an error means that the address or the
 * client is not known.
 */
export function judgeAuthorizationAnswer(answer: AuthorizationAnswer, redirectUri: string): Verdict {
  const { status, location } = answer
  if (status >= 300 && status < 400 && location !== undefined) return judgeRedirect(location, redirectUri)
  return judgePage(pageText(answer.body), status)
}

function judgePage(body: string, status: number): Verdict {
  const refused = find(redirectRefusals, body)
  if (refused !== undefined) return { kind: 'redirect-uri-not-registered', said: `${status} ${refused}` }
  const isForm = status < 400 && asksForAccount(body)
  // The scripts of a page that asks for a password may contain every word.
  const unknown = isForm ? undefined : find(clientRefusals, body)
  if (unknown !== undefined) return { kind: 'client-unknown', said: `${status} ${unknown}` }
  const microsoft = /\bAADSTS\d{4,8}\b/.exec(body)?.[0]
  if (microsoft !== undefined && !microsoftAsks.has(microsoft))
    return microsoft === 'AADSTS700016'
      ? { kind: 'client-unknown', said: `${status} ${microsoft}` }
      : { kind: 'refused', error: microsoft, said: `${status} ${microsoft}` }
  if (status < 400) return { kind: 'accepted' }
  if (/invalid_scope/.test(body)) return { kind: 'scope-refused', said: `${status} invalid_scope` } // Google
  return { kind: 'unclear', said: `status ${status} and no redirect` }
}

function asksForAccount(body: string): boolean {
  return /<input[^>]{1,300}type\s*=\s*["']?(?:password|email)\b/i.test(body)
}

function judgeRedirect(location: string, redirectUri: string): Verdict {
  const target = URL.parse(location)
  const ours = URL.parse(redirectUri)
  if (target && ours && target.origin === ours.origin && target.pathname === ours.pathname) return judgeReturn(target)
  const decoded = decode(location)
  const refused = find(redirectRefusals, decoded)
  if (refused !== undefined)
    return { kind: 'redirect-uri-not-registered', said: `redirect to an error page: ${refused}` }
  const unknown = find(clientRefusals, decoded)
  if (unknown !== undefined) return { kind: 'client-unknown', said: `redirect to an error page: ${unknown}` }
  const error = URL.parse(location, 'http://relative.invalid')?.searchParams.get('error') ?? ''
  if (refusals.has(error)) return { kind: 'refused', error, said: `redirect to an error page: ${error}` }
  // A redirect to a login page: the provider checks the redirect URI before it asks for a password.
  return { kind: 'accepted' }
}

/** The browser would be back at the client. */
function judgeReturn(target: URL): Verdict {
  const inFragment = new URLSearchParams(target.hash.slice(1))
  const value = (name: string) => target.searchParams.get(name) ?? inFragment.get(name)
  const error = value('error')
  if (error === null) return { kind: 'accepted' }
  if (nobodySignedIn.has(error) || error === 'invalid_scope') return { kind: 'accepted', error }
  const description = value('error_description')
  const said = description ? `${error}: ${description.slice(0, 200)}` : error.slice(0, 200)
  if (error === 'invalid_client' || description?.includes('AADSTS700016')) return { kind: 'client-unknown', said }
  return { kind: 'refused', error, said }
}

/** Google packs its error into base64. */
function decode(location: string): string {
  const packed = URL.parse(location)?.searchParams.get('authError') ?? ''
  return `${location} ${Buffer.from(packed, 'base64').toString('latin1')}`
}

function find(table: readonly Refusal[], text: string): string | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1]
}
