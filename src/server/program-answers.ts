/** Answers of the addresses for programs, which are JSON as their RFCs say, whatever `Accept` prefers: Java's own client prefers HTML. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AppError, asAppError } from '../errors.ts'
import { sendJson } from '../http.ts'
import { recordOf, requestIdOf } from '../request-record.ts'

/** Everything at and below these is for programs. */
const forPrograms = [
  '/.well-known',
  '/device',
  '/introspect',
  '/jwks',
  '/par',
  '/protocol',
  '/register',
  '/revoke',
  '/token',
  '/userinfo',
]

/** `path` is below the issuer's. */
export function isForPrograms(path: string): boolean {
  return forPrograms.some((each) => path === each || path.startsWith(`${each}/`))
}

/** Says no in the form of RFC 6749 section 5.2. Details stay in the log. */
export function refuseProgram(request: IncomingMessage, response: ServerResponse, cause: unknown): void {
  const error = asAppError(cause)
  recordOf(request).refusal = error
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.setHeader('x-request-id', requestIdOf(request))
  sendJson(response, error.status, { error: oauthCode(error), error_description: error.message })
}

function oauthCode({ status }: AppError): string {
  if (status === 503) return 'temporarily_unavailable'
  return status >= 500 ? 'server_error' : 'invalid_request'
}
