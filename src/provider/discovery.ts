import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { AppError } from '../errors.ts'

/** Where the document is (Discovery 1.0 section 4, RFC 8414 section 3). */
const path = '/.well-known/openid-configuration'

/**
 * The discovery document as oidc-provider makes it: its own handler is given a request that came by no connection.
 * Throws `internal-error` when it does not answer with a document.
 */
export async function readDiscovery(
  handle: (...exchange: Parameters<RequestListener>) => Promise<void>,
): Promise<unknown> {
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: path })
  const response = new ServerResponse(request)
  let body = ''
  // Koa hands over the whole body with `end`.
  response.end = (text: unknown) => {
    body = String(text)
    return response
  }
  await handle(request, response)
  if (response.statusCode !== 200) throw new AppError('internal-error', { status: response.statusCode, body })
  return JSON.parse(body)
}
