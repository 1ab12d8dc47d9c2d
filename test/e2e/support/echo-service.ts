import { once } from 'node:events'
import { createServer } from 'node:http'
import { freePort } from './ports.ts'

export interface EchoService {
  /** http://127.0.0.1:<port> */
  url: string
  stop(): Promise<void>
}

/** What the service saw of one request. */
export interface Echo {
  path: string
  headers: Record<string, string>
}

/** A service without its own login: answers every request with its path and headers, as JSON. */
export async function startEchoService(): Promise<EchoService> {
  const server = createServer((request, response) => {
    const echo = { path: request.url, headers: request.headers }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(echo, undefined, 2))
  })
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
