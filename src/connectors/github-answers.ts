/**
 * Calls to GitHub, read before anybody uses their answers. Its token endpoint says errors with status 200; its API says what it holds back in
 * headers.
 */
import { AppError, type IncidentCode } from '../errors.ts'
import { isMap, own } from '../maps.ts'
import type { Fetch } from '../outgoing.ts'
import { codeOfRefusal, type Where, withoutAnswer, wordsOf } from './provider-answers.ts'

/**
 * A fetch that gives answers of use alone. It rejects with AppError; details have no query and no body, but for GitHub's own words about an
 * error.
 *
 * @param token address of the token endpoint; everything else is the API.
 */
export function readingGitHub({ fetch: ask, token }: { fetch: Fetch; token: string }): Fetch {
  return async (url, init) => {
    const { origin, pathname } = new URL(url)
    const address = origin + pathname
    const where: Where = { endpoint: address === token ? 'token endpoint' : 'API', address }
    const answer = await ask(url, init).catch((error: unknown) => {
      throw withoutAnswer(error, where)
    })
    const { status, headers } = answer
    const text = await answer.text()
    const refused = refusalIn({ status, headers, body: parsed(text) }, where)
    if (refused) throw refused
    return new Response(text, { status, headers })
  }
}

/** GitHub's errors ("Troubleshooting OAuth app access token request errors", and those of authorization requests) that RFC 6749 does not know. */
const codes: Readonly<Record<string, IncidentCode>> = {
  incorrect_client_credentials: 'client-credentials-rejected',
  redirect_uri_mismatch: 'redirect-uri-not-registered',
  unverified_user_email: 'sign-in-incomplete',
}

/** What an error of GitHub means, from its token endpoint or by the browser. */
export function codeOfGitHubError(error: string): IncidentCode {
  return own(codes, error) ?? codeOfRefusal(error)
}

interface Received {
  status: number
  headers: Headers
  /** Undefined: no JSON. */
  body: unknown
}

function refusalIn(received: Received, where: Where): AppError | undefined {
  const { status, headers, body } = received
  const said = isMap(body) ? body : {}
  const { error, message } = said
  const details = { ...where, status, ...wordsOf(said), ...(message === undefined ? {} : { says: shown(message) }) }
  if (where.endpoint === 'token endpoint' && typeof error === 'string')
    return new AppError(codeOfGitHubError(error), details)
  // An id that GitHub does not know has no token endpoint.
  if (where.endpoint === 'token endpoint' && (status === 401 || status === 404))
    return new AppError('client-credentials-rejected', details)
  if (status !== 200) return apiRefusal(received, details)
  if (body !== undefined) return undefined
  const type = headers.get('content-type') ?? 'nothing'
  return unusable(details, `calls itself ${type.slice(0, 100)}, and is no JSON`)
}

function apiRefusal({ status, headers }: Received, details: Record<string, unknown>): AppError {
  const until = limitedUntil(status, headers)
  if (until !== undefined)
    return new AppError('provider-unavailable', { ...details, problem: 'has had too many calls', until })
  const sso = headers.get('x-github-sso')
  if (status === 403 && sso !== null) {
    const problem = 'an organisation asks for a sign-in of its own (SAML)'
    return new AppError('sign-in-incomplete', { ...details, problem, 'x-github-sso': ssoWithoutQuery(sso) })
  }
  if (status === 401 || status === 403) {
    const problem =
      'refuses the access token that it has just issued: the authorisation was revoked, or has too few scopes'
    return new AppError('provider-refused', { ...details, problem })
  }
  if (status === 429 || status === 503) return new AppError('provider-unavailable', details)
  const location = headers.get('location')
  const to = location === null ? null : URL.parse(location, String(details['address']))
  return unusable(
    details,
    to ? `redirects to ${to.origin}${to.pathname}, which is not followed` : `is status ${status}, not 200`,
  )
}

/** When calls count again, if there were too many ("Rate limits for the REST API"); undefined: that is not why. */
function limitedUntil(status: number, headers: Headers): string | undefined {
  if (status !== 403 && status !== 429) return undefined
  const seconds = numberIn(headers, 'retry-after')
  if (seconds !== undefined) return `${seconds} s from then`
  if (numberIn(headers, 'x-ratelimit-remaining') !== 0) return undefined
  const reset = numberIn(headers, 'x-ratelimit-reset')
  return reset === undefined ? 'it does not say when' : new Date(reset * 1000).toISOString()
}

function numberIn(headers: Headers, name: string): number | undefined {
  const text = headers.get(name) ?? ''
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined
}

/** `required; url=https://github.com/orgs/acme/sso?authorization_request=...`: what follows the question mark is for one person. */
function ssoWithoutQuery(header: string): string {
  return shown(header.replace(/\?[^;,\s]*/g, ''))
}

function unusable(details: Record<string, unknown>, problem: string): AppError {
  return new AppError('provider-answer-unusable', { ...details, problem })
}

function shown(value: unknown): string {
  return String(value).slice(0, 300)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
