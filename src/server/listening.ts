import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate/gate.ts'
import { BoundedRequest } from '../request-body.ts'
import { answerUnreadable, bareHeaders } from './bare-answer.ts'
import { type BodyTimes, bodyTimes, limitRestTime } from './body-time.ts'
import { createUnderWay, type Tenure } from './under-way.ts'

export interface TakenAddress {
  server: Server
  /**
   * From now on requests are answered there, and connections that change their protocol go to that gate; the first time those that came
   * early are answered as well. What was taken before goes on where it is: see `Tenure`.
   */
  open(gate: Pick<Gate, 'wantsUpgrade' | 'upgrade'>, answer: RequestListener): Tenure
  /** Accepts no more connections; open requests may finish, within a limit. Early requests that nobody will answer are dropped. */
  stop(): Promise<void>
}

interface Occupant {
  gate: Pick<Gate, 'wantsUpgrade' | 'upgrade'>
  answer: RequestListener
  tenure: Tenure
}

/**
 * Listens before the server can answer, so that a port that is taken is found before anything is created. Until `open`, requests wait:
 * a start takes a fraction of a second. Throws `address-in-use`.
 */
export async function takeAddress(
  { host, port }: { host: string; port: number },
  { rest }: Pick<BodyTimes, 'rest'> = bodyTimes,
): Promise<TakenAddress> {
  let occupant: Occupant | undefined
  const underWay = createUnderWay()
  const shouldUpgradeCallback: Gate['wantsUpgrade'] = (request) => occupant?.gate.wantsUpgrade(request) ?? false
  let early: [request: IncomingMessage, response: ServerResponse][] = []
  const take: RequestListener = (request, response) => {
    if (occupant === undefined) {
      early.push([request, response])
      return
    }
    limitRestTime(request, response, rest)
    const { answer, tenure } = occupant
    answer(request, response)
    if (!response.writableFinished) underWay.add(tenure, request, response)
  }
  const server = createServer(
    {
      IncomingMessage: BoundedRequest,
      keepAliveTimeout: 65_000,
      // Without it Node derives none from a requestTimeout of 0, and a head could drip for ever.
      headersTimeout: 60_000,
      // See body-time.ts.
      requestTimeout: 0,
      // Whatever NODE_OPTIONS say: what a lenient parser takes for one request another takes for two.
      insecureHTTPParser: false,
      // The router refuses a request without a host: Node's own answer has no headers.
      requireHostHeader: false,
      shouldUpgradeCallback,
    },
    take,
  )
  server.on('clientError', answerUnreadable)
  server.on('checkExpectation', (_request, response) => {
    response.writeHead(417, bareHeaders).end()
  })
  server.on('upgrade', (request, socket, head) => {
    if (!occupant?.gate.upgrade(request, socket, head)) socket.destroy()
    else underWay.addSocket(occupant.tenure, socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new AppError('address-in-use', { host, port }, { cause })))
    server.listen(port, host, resolve)
  })
  return {
    server,
    open: (gate, answer) => {
      const tenure = underWay.begin()
      occupant = { gate, answer, tenure }
      const waiting = early
      early = []
      for (const [request, response] of waiting) take(request, response)
      return tenure
    },
    stop: async () => {
      for (const [request] of early) request.destroy()
      await stopListening(server)
    },
  }
}

async function stopListening(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const impatience = setTimeout(() => server.closeAllConnections(), 5_000)
  await closed
  clearTimeout(impatience)
}
