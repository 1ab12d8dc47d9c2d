import { createServer } from 'node:http'
import { metricsAddress } from '../../config/metrics-address.ts'
import { bareHeaders } from '../bare-answer.ts'
import { listenError } from '../listening.ts'
import type { Exposition } from './exposition.ts'

/** Where metrics are read: a port of its own, so that no balancer shows them to the world. */
export interface MetricsAddress {
  /** Answers from now on; 503 before. */
  serve(exposition: Exposition | undefined): void
  stop(): Promise<void>
}

/**
 * Listens where `listen.metrics` says, before anything is created, so that a port that is taken is found in time. Undefined where it says
 * nothing. Throws what `listenError` makes.
 */
export async function takeMetricsAddress({
  host,
  metrics,
}: {
  host: string
  metrics?: number | string | undefined
}): Promise<MetricsAddress | undefined> {
  const address = metrics === undefined ? undefined : metricsAddress(metrics, host)
  if (address === undefined) return undefined
  let exposition: Exposition | undefined
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 10_000 }, (request, response) => {
    const path = request.url?.split('?')[0]
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (path !== '/metrics') response.writeHead(404, bareHeaders).end()
    else if (!isRead) response.writeHead(405, { ...bareHeaders, allow: 'GET, HEAD' }).end()
    else if (exposition === undefined) response.writeHead(503, bareHeaders).end()
    else {
      const { contentType, text } = exposition
      text().then(
        (body) => {
          response.writeHead(200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' }).end(body)
        },
        () => response.writeHead(500, bareHeaders).end(),
      )
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(cause, address)))
    server.listen(address.port, address.host, resolve)
  })
  return {
    serve: (made) => {
      exposition = made
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
