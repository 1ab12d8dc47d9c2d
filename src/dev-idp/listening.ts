/** Where a look-alike listens, and what it does to each request that a fault is for. */
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers'
import type { KeyAndCertificate } from './certificate.ts'
import type { Faults } from './contract.ts'

export interface Listening {
  /** As browsers write it. */
  origin: string
  close(): Promise<void>
}

/** Resolves when the server is ready. */
export async function listen(
  listener: RequestListener,
  { host, port, tls }: { host: string; port: number; tls: KeyAndCertificate | undefined },
): Promise<Listening> {
  const server = tls
    ? createHttpsServer({ cert: tls.certificate, key: tls.privateKey }, listener)
    : createHttpServer(listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo
  return {
    // Without the port where it is the usual one of its scheme.
    origin: new URL(`${tls ? 'https' : 'http'}://${publicHostOf(host)}:${bound}`).origin,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Hands requests on, unless a fault of this moment keeps them from an answer. */
export function failing(faults: () => Faults, listener: RequestListener): RequestListener {
  return (request, response) => {
    const { unreachable, slow = 0, serverError, clock = 0 } = faults()
    if (unreachable) {
      request.socket.destroy()
      return
    }
    response.setHeader('date', new Date(Date.now() + clock * 1000).toUTCString())
    const answer = () => {
      if (serverError === undefined) return listener(request, response)
      response.writeHead(serverError, { 'content-type': 'text/html' }).end('<h1>Service Unavailable</h1>')
    }
    if (slow === 0) return answer()
    const timer = setTimeout(answer, slow * 1000)
    request.socket.once('close', () => clearTimeout(timer))
  }
}

/** Browsers and products treat `localhost` as secure without TLS, and Keycloak's own guide uses it. */
export function publicHostOf(host: string): string {
  if (host === '127.0.0.1' || host === '::1' || host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
