import type { Refusal } from '../../vendors/contract.ts'
import { vendors } from '../../vendors/index.ts'
import { pageText } from './page-text.ts'

/** What a provider answers to an authorization request with a redirect URI, judged without logging in. */
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

/**
 * RFC 6749 section 4.1.2.1: a provider must not send anyone to an address that it does not know. A redirect to ours, with whatever
 * error, therefore means that it is registered; a page with an error means that the address or the client is not.
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
  // A redirect to a login page: the provider checks the redirect URI before it asks for a password.
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
