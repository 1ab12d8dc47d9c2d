/**
 * Scripts of pages on another origin (Fetch, CORS protocol). The gate lets them read why a call was refused, when their origin is one of the
 * configuration: without that they see a network error for every 401. What a service answers is the service's own affair.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { namesOtherMethod } from './forwarded-headers.ts'
import type { GatedService } from './gated-service.ts'
import type { RequestHead } from './request-head.ts'

/** Before a refusal is written: says which page may read it. Any other origin learns not even whether somebody is signed in. */
export function letPageRead(response: ServerResponse, service: GatedService, { origin }: RequestHead): void {
  if (origin === '') return
  response.setHeader('Vary', 'Origin')
  if (!service.readers.has(origin)) return
  response.setHeader('Access-Control-Allow-Origin', origin)
  response.setHeader('Access-Control-Allow-Credentials', 'true')
  response.setHeader('Access-Control-Expose-Headers', 'WWW-Authenticate')
}

/** A browser asks whether a page may send what it wants to send: never with credentials, never with a body. */
export function isPreflight(method: string, head: RequestHead): boolean {
  return method === 'OPTIONS' && head.preflightMethod !== '' && head.origin !== ''
}

/**
 * Whether a preflight may reach the service without a sign-in: the configuration names its origin. The service decides what it answers.
 * With credentials, a body or another method in a header it is no preflight of a browser, and is judged like any other request.
 */
export function passesAsPreflight(request: IncomingMessage, service: GatedService, head: RequestHead): boolean {
  if (head.cookie !== '' || head.authorization !== '' || !service.callers.has(head.origin)) return false
  if (namesOtherMethod(request.rawHeaders, { kindOf: service.headerKind, method: 'OPTIONS' })) return false
  const { headers } = request
  return headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0'
}
