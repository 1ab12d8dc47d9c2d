/**
 * Calls to a provider. An answer is read here before the library gets it, so that one that no provider would give is named with its address,
 * its status and what is wrong with it, whichever endpoint gave it.
 */
import { AppError, type IncidentCode } from '../errors.ts'
import { own } from '../maps.ts'
import type { Fetch } from '../outgoing.ts'

export type EndpointName = 'discovery document' | 'keys' | 'token endpoint' | 'userinfo endpoint' | 'API'

export interface ProviderCalls {
  fetch: Fetch
  /** What is at an address of the provider, as its discovery document says. */
  endpointAt: (address: string) => EndpointName
  /** Checks the signature of an answer of the userinfo endpoint that has one. Throws AppError. */
  verify: (signed: string) => Promise<void>
}

/**
 * A fetch that gives the library answers of providers alone. It rejects with AppError: `provider-unreachable` and `certificate-...` without an
 * answer, `client-credentials-rejected` and what `codeOfRefusal` says for errors of RFC 6749 section 5.2, `provider-answer-unusable` for
 * anything else. Details have no query and no body.
 */
export function readingAnswers({ fetch: ask, endpointAt, verify }: ProviderCalls): Fetch {
  return async (url, init) => {
    const { origin, pathname, href } = new URL(url)
    const where = { endpoint: endpointAt(href), address: origin + pathname }
    const answer = await ask(url, init).catch((error: unknown) => {
      throw withoutAnswer(error, where)
    })
    const { status, headers } = answer
    const text = await answer.text()
    const refused = refusalIn(answer, text, where)
    if (refused) throw refused
    if (isSigned(headers, where)) await verify(text)
    return new Response(text, { status, headers })
  }
}

/** What an error of the provider means (RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core 1.0 section 3.1.2.6). */
export function codeOfRefusal(error: string): IncidentCode {
  return own(codes, error) ?? 'provider-refused'
}

const codes: Readonly<Record<string, IncidentCode>> = {
  access_denied: 'sign-in-cancelled',
  account_selection_required: 'sign-in-incomplete',
  consent_required: 'sign-in-incomplete',
  interaction_required: 'sign-in-incomplete',
  invalid_client: 'client-credentials-rejected',
  invalid_scope: 'scope-not-supported',
  login_required: 'sign-in-incomplete',
  server_error: 'provider-unavailable',
  temporarily_unavailable: 'provider-unavailable',
  // Not of any RFC: what providers in front of others hand on.
  ...Object.fromEntries(
    ['user_cancelled_login', 'user_cancelled_authorize', 'user_denied', 'cancelled', 'canceled', 'consent_denied'].map(
      (word) => [word, 'sign-in-cancelled' as const],
    ),
  ),
}

/** The provider's own words, cut to a length that fits a log line. */
export function wordsOf({ error, error_description: description }: Record<string, unknown>): Record<string, string> {
  return {
    ...(typeof error === 'string' ? { error: error.slice(0, 100) } : {}),
    ...(typeof description === 'string' && description !== '' ? { description: description.slice(0, 500) } : {}),
  }
}

/** Which call it was. */
export interface Where {
  endpoint: EndpointName
  /** Without a query. */
  address: string
}

function refusalIn({ status, headers }: Response, text: string, where: Where): AppError | undefined {
  if (status !== 200) return errorAnswer(status, headers, text, where)
  if (isSigned(headers, where)) return undefined
  const problem = problemWith(text, headers, where)
  return problem === undefined ? undefined : unusable({ ...where, status, problem })
}

function errorAnswer(status: number, headers: Headers, text: string, where: Where): AppError {
  const words = wordsOf({ ...challengeOf(headers), ...objectIn(text) })
  const details = { ...where, status, ...words }
  // With client_secret_basic a wrong secret is a challenge (RFC 6749 section 5.2), whatever the body is.
  if (where.endpoint === 'token endpoint' && (status === 401 || words['error'] === 'unauthorized_client'))
    return new AppError('client-credentials-rejected', details)
  if (where.endpoint === 'token endpoint' && status < 500 && words['error'] !== undefined)
    return new AppError(codeOfRefusal(words['error']), details)
  if (where.endpoint === 'userinfo endpoint' && (status === 401 || status === 403))
    return new AppError('provider-refused', {
      ...details,
      problem: 'refuses the access token that the provider has just issued',
    })
  const location = headers.get('location')
  const to = location === null ? null : URL.parse(location, where.address)
  const problem = to ? `redirects to ${to.origin}${to.pathname}, which is not followed` : `is status ${status}, not 200`
  return unusable({ ...details, problem })
}

/** At the address of the discovery document there is no provider at all. */
function unusable(details: Where & { status: number; problem: string }): AppError {
  const isDocument = details.endpoint === 'discovery document'
  return new AppError(isDocument ? 'provider-unreachable' : 'provider-answer-unusable', { ...details })
}

function problemWith(text: string, headers: Headers, { endpoint }: Where): string | undefined {
  const type = headers.get('content-type') ?? 'nothing'
  if (text.trim() === '') return 'is empty'
  if (!/\bjson\b/i.test(type)) return `calls itself ${type.slice(0, 100)}, not application/json`
  const answer = objectIn(text)
  if (answer === undefined) return 'is no JSON object'
  const { keys, issuer } = answer
  if (endpoint === 'discovery document' && typeof issuer !== 'string') return 'names no issuer'
  if (endpoint === 'keys' && !Array.isArray(keys)) return 'is no set of keys'
  return endpoint === 'keys' && Array.isArray(keys) && keys.length === 0 ? 'has no keys' : undefined
}

/** Only what is said about people may be signed (Core 1.0 section 5.3.2). */
function isSigned(headers: Headers, { endpoint }: Where): boolean {
  return endpoint === 'userinfo endpoint' && /^application\/jwt\b/i.test(headers.get('content-type') ?? '')
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** `error` and `error_description` of a challenge (RFC 6750 section 3). */
function challengeOf(headers: Headers): Record<string, string> {
  const challenge = (headers.get('www-authenticate') ?? '').slice(0, 2000)
  return Object.fromEntries(
    [...challenge.matchAll(/\b(error|error_description)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  )
}

/** What it means that a call to a provider got no answer at all. */
export function withoutAnswer(error: unknown, where: Where): AppError {
  if (error instanceof AppError) {
    return error.code === 'config-invalid'
      ? error
      : new AppError(error.code, { ...error.details, ...where }, { cause: error.cause })
  }
  const causes = causesOf(error)
  const certificate = causes.map(({ code }) => own(certificateCodes, code)).find((code) => code !== undefined)
  const reason = causes.map(({ message, name }) => (waited.has(name) ? 'no answer in time' : message)).join(' <- ')
  return new AppError(certificate ?? 'provider-unreachable', { ...where, reason }, { cause: error })
}

const waited: ReadonlySet<string> = new Set(['AbortError', 'TimeoutError'])

function causesOf(error: unknown): { message: string; name: string; code: string }[] {
  const causes: { message: string; name: string; code: string }[] = []
  for (let at = error; at instanceof Error && causes.length < 6; at = at.cause) {
    causes.push({ message: at.message, name: at.name, code: 'code' in at ? String(at.code) : '' })
  }
  return causes
}

/** What a failed handshake says about a certificate, by the code of Node.js or OpenSSL. */
export const certificateCodes: Readonly<Record<string, IncidentCode>> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-hostname-mismatch',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-untrusted',
}
