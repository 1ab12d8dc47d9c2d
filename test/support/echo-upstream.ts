import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Echo {
  method: string
  url: string
  headers: Record<string, string | string[]>
}

/** A service without a login that answers with what reached it. */
export async function startEchoUpstream(): Promise<{ port: number; requests: Echo[]; close(): Promise<void> }> {
  const requests: Echo[] = []
  const server = createServer((request, response) => {
    const echo = { method: request.method ?? '', url: request.url ?? '', headers: request.headers as Echo['headers'] }
    requests.push(echo)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(echo))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
