import type { IncomingMessage, ServerResponse } from 'node:http'
import { entityTag } from './signing-keys.ts'

/** Bytes made once: discovery and JWKS are asked for by every product, and never change while the server runs. */
export interface Document {
  answer(request: IncomingMessage, response: ServerResponse): void
}

/** A JSON document with an entity tag, readable from any origin (it is public). */
export function createDocument(value: unknown): Document {
  const body = Buffer.from(JSON.stringify(value))
  const tag = entityTag(body.toString())
  const headers = [
    ['content-type', 'application/json; charset=utf-8'],
    ['content-length', String(body.length)],
    ['cache-control', 'public, max-age=300'],
    ['etag', tag],
    ['access-control-allow-origin', '*'],
    ['x-content-type-options', 'nosniff'],
  ].flat()
  const unchanged = ['etag', tag, 'cache-control', 'public, max-age=300', 'access-control-allow-origin', '*']

  return {
    answer: (request, response) => {
      if (request.headers['if-none-match'] === tag) response.writeHead(304, unchanged).end()
      else if (request.method === 'HEAD') response.writeHead(200, headers).end()
      else response.writeHead(200, headers).end(body)
    },
  }
}
