import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError, asAppError } from '../errors.ts'
import { escapeHtml } from '../escape-html.ts'
import { recordOf } from '../request-record.ts'
import type { GatedService } from './gated-service.ts'

/** How a refusal reaches whoever asked. */
export interface Answers {
  /** A page for people, JSON for programs. Never cached. */
  fail(exchange: Exchange, failure: Failure): void
  /** For what nobody expected to be thrown. */
  broken(exchange: Exchange, error: unknown): void
}

export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
}

export interface Failure {
  error: AppError
  /** Whether a person opened a page. */
  page: boolean
  /** `WWW-Authenticate`, with a 401. */
  challenge?: string
  /** Instead of the status of the error, where a proxy understands only some. */
  status?: number
  /** Where a sign-in begins that comes back to what the person asked for. */
  signInHref?: string
}

export type ErrorPage = (input: {
  error: AppError
  request: IncomingMessage
  response: ServerResponse
  signInHref: string | undefined
}) => void

export function createAnswers({
  errorPage,
  requestId,
}: {
  errorPage: ErrorPage
  requestId: (request: IncomingMessage) => string
}): Answers {
  function fail(
    { request, response }: Exchange,
    { error, page, challenge, signInHref, status = error.status }: Failure,
  ): void {
    recordOf(request).refusal = error
    if (response.headersSent) {
      response.destroy()
      return
    }
    response.setHeader('Cache-Control', 'no-store')
    response.setHeader('X-Request-Id', requestId(request))
    if (challenge !== undefined) response.setHeader('WWW-Authenticate', challenge)
    if (page && status === error.status) {
      errorPage({ error, request, response, signInHref })
      return
    }
    const body = errorBody(error, requestId(request))
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      'X-Content-Type-Options': 'nosniff',
    })
    response.end(body)
  }

  return { fail, broken: (exchange, error) => fail(exchange, { error: asAppError(error), page: false }) }
}

/** The JSON of an error: `{"error","message","hint","requestId"}`. Details stay in the log. */
export function errorBody(error: AppError, requestId: string): string {
  return JSON.stringify({ error: error.code, message: error.message, hint: error.hint, requestId })
}

/** Its code is all that the log needs of it. */
const signInRequired = new AppError('sign-in-required')

/** The 401 of somebody unknown: prebuilt, but for the id. `head` is more that it says. */
export function denyAtOnce(
  { request, response }: Exchange,
  service: GatedService,
  requestId: string,
  head: readonly string[] = [],
): void {
  recordOf(request).refusal = signInRequired
  response.writeHead(401, [...service.deniedHead, 'X-Request-Id', requestId, ...head])
  response.end(service.deniedBody)
}

/** The 401 of a preflight: no browser shows it to a page, but whoever looks into it should learn what to do. */
export function preflightRefused({ name, challenge }: GatedService): Failure {
  return { error: new AppError('preflight-refused', { service: name }), page: false, challenge }
}

/** A redirect that nobody may cache: a cached one would skip the state cookie the next time. */
export function redirect(response: ServerResponse, location: string, cookies: readonly string[] = []): void {
  // The body is for nginx files that answer 403 with it (`error_page 401 =403 /oauth2/sign_in`).
  leadOn(response, { status: 302, location, cookies, head: { Location: location } })
}

/** The same by its body alone, for an address that is longer than the heads that proxies read (nginx: 4 kB, then 502). */
export function redirectByPage(response: ServerResponse, location: string, cookies: readonly string[]): void {
  leadOn(response, { status: 200, location, cookies, head: {} })
}

function leadOn(
  response: ServerResponse,
  { status, location, cookies, head }: { status: number; location: string; cookies: readonly string[]; head: object },
): void {
  const body = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${escapeHtml(location)}"><a href="${escapeHtml(location)}">Continue</a>`
  response.writeHead(status, {
    ...head,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    ...(cookies.length > 0 ? { 'Set-Cookie': [...cookies] } : {}),
  })
  response.end(body)
}
