import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { AppError } from '../errors.ts'

/** The paths of the document (Discovery 1.0 section 4, RFC 8414 section 3). */
const path = '/.well-known/openid-configuration'

/**
 * The discovery document as oidc-provider builds it: its own handler gets a request without a connection.
 * Throws `internal-error` when it does not answer with a document.
 */
export async function readDiscovery(
  handle: (...exchange: Parameters<RequestListener>) => Promise<void>,
): Promise<unknown> {
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: path })
  const response = new ServerResponse(request)
  let body = ''
  // Koa passes the whole body to `end`.
  response.end = (text: unknown) => {
    body = String(text)
    return response
  }
  await handle(request, response)
  if (response.statusCode !== 200) throw new AppError('internal-error', { status: response.statusCode, body })
  return JSON.parse(body)
}
