import type { Refusal } from '../../vendors/contract.ts'
import { vendors } from '../../vendors/index.ts'
import { pageText } from './page-text.ts'

/** What a provider says to an authorization request with a redirect URI, told apart without logging in. */
export type Verdict =
  | { kind: 'accepted'; error?: string }
  | { kind: 'redirect-uri-not-registered'; said: string }
  | { kind: 'client-unknown'; said: string }
  | { kind: 'scope-refused'; said: string }
  | { kind: 'unclear'; said: string }

export interface AuthorizationAnswer {
  status: number
  location: string | undefined
  body: string
}

/** Words of vendors, then those of several. A page is searched for them, never shown: it may hold what other people typed. */
const redirectRefusals: readonly Refusal[] = [
  ...Object.values(vendors).flatMap(({ refusals }) => refusals?.redirectUri ?? []),
  [/redirect_uri.{0,40}(did not match|does not match|not registered|not allowed|invalid)/is, 'redirect_uri refused'],
  [/invalid_redirect_uri/i, 'redirect-uri-not-registered'], // oidc-provider
]

const clientRefusals: readonly Refusal[] = [
  ...Object.values(vendors).flatMap(({ refusals }) => refusals?.client ?? []),
  [/invalid_client|unauthorized_client/i, 'client not known'], // Okta, Google, oidc-provider
]

/**
 * RFC 6749 section 4.1.2.1: a provider must not send anybody to an address that it does not know, so a redirect to ours, with whatever
 * error, means that it is registered; a page with an error means that address or client is not.
 */
export function judgeAuthorizationAnswer(answer: AuthorizationAnswer, redirectUri: string): Verdict {
  const { status, location } = answer
  if (status >= 300 && status < 400 && location !== undefined) return judgeRedirect(location, redirectUri)
  const body = pageText(answer.body)
  const refused = find(redirectRefusals, body)
  if (refused !== undefined) return { kind: 'redirect-uri-not-registered', said: `${status} ${refused}` }
  if (status < 400) return { kind: 'accepted' }
  const unknown = find(clientRefusals, body)
  if (unknown !== undefined) return { kind: 'client-unknown', said: `${status} ${unknown}` }
  if (/invalid_scope/.test(body)) return { kind: 'scope-refused', said: `${status} invalid_scope` } // Google
  return { kind: 'unclear', said: `status ${status} and no redirect` }
}

function judgeRedirect(location: string, redirectUri: string): Verdict {
  const target = URL.parse(location)
  const ours = URL.parse(redirectUri)
  if (target && ours && target.origin === ours.origin && target.pathname === ours.pathname) {
    const error = target.searchParams.get('error') ?? new URLSearchParams(target.hash.slice(1)).get('error')
    return error === null ? { kind: 'accepted' } : { kind: 'accepted', error }
  }
  const decoded = decode(location)
  const refused = find(redirectRefusals, decoded)
  if (refused !== undefined)
    return { kind: 'redirect-uri-not-registered', said: `redirect to an error page: ${refused}` }
  const unknown = find(clientRefusals, decoded)
  if (unknown !== undefined) return { kind: 'client-unknown', said: `redirect to an error page: ${unknown}` }
  // To a login page elsewhere: the provider looks at the redirect URI before it asks anybody for a password.
  return { kind: 'accepted' }
}

/** Google packs its error into base64. */
function decode(location: string): string {
  const packed = URL.parse(location)?.searchParams.get('authError') ?? ''
  return `${location} ${Buffer.from(packed, 'base64').toString('latin1')}`
}

function find(table: readonly Refusal[], text: string): string | undefined {
  return table.find(([pattern]) => pattern.test(text))?.[1]
}
