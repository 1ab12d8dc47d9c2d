import type { IncomingMessage } from 'node:http'

/**
 * Sets the host and the scheme of a request to the issuer's: absolute addresses depend on the issuer alone, and what a client
 * writes into Host or X-Forwarded-* does not count.
 */
export function addressedTo(issuer: string): (request: IncomingMessage) => void {
  const { protocol, host } = new URL(issuer)
  return ({ headers }) => {
    for (const name of Object.keys(headers)) {
      if (name.startsWith('x-forwarded-') || name === 'forwarded') delete headers[name]
    }
    headers.host = host
    headers['x-forwarded-proto'] = protocol.slice(0, -1)
  }
}
