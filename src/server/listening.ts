import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate/gate.ts'
import { announcesBody, boundUntouchedBody } from '../request-body.ts'
import { answerUnreadable, bareHeaders } from './bare-answer.ts'
import { type BodyTimes, bodyTimes, limitRestTime } from './body-time.ts'
import { createUnderWay, type Tenure, type UnderWay } from './under-way.ts'

export interface TakenAddress {
  server: Server
  /**
   * From now on requests are answered there, and connections that change their protocol go to that gate; the first time those that came
   * early are answered as well. What was taken before goes on where it is: see `Tenure`.
   */
  open(gate: Pick<Gate, 'wantsUpgrade' | 'upgrade'>, answer: RequestListener): Tenure
  /** Answers a request anew, of which nothing has been answered: what has taken it may have been replaced since. */
  answerAnew(request: IncomingMessage, response: ServerResponse): void
  underWay: Pick<UnderWay, 'count' | 'described' | 'responses'>
  /** From now on every answer says that its connection ends with it, and new connections are still taken. */
  announceEnd(): void
  /** Accepts no more connections. Resolves when nothing is under way. */
  finish(): Promise<void>
  /** Accepts no more connections, and ends those that are open. Early requests that nobody will answer are dropped. */
  stop(): Promise<void>
}

interface Occupant {
  gate: Pick<Gate, 'wantsUpgrade' | 'upgrade'>
  answer: RequestListener
  tenure: Tenure
}

/**
 * Listens before the server can answer, so that a port that is taken is found before anything is created. Until `open`, requests wait:
 * a start takes a fraction of a second. Throws what `listenError` makes.
 */
export async function takeAddress(
  { host, port }: { host: string; port: number },
  { rest }: Pick<BodyTimes, 'rest'> = bodyTimes,
): Promise<TakenAddress> {
  let occupant: Occupant | undefined
  let ending = false
  const underWay = createUnderWay()
  const shouldUpgradeCallback: Gate['wantsUpgrade'] = (request) => occupant?.gate.wantsUpgrade(request) ?? false
  let early: [request: IncomingMessage, response: ServerResponse][] = []
  const take: RequestListener = (request, response) => {
    if (occupant === undefined) {
      early.push([request, response])
      return
    }
    if (ending) response.setHeader('connection', 'close')
    if (announcesBody(request)) {
      boundUntouchedBody(request)
      limitRestTime(request, response, rest)
    }
    const { answer, tenure } = occupant
    answer(request, response)
    if (!isHandedOver(response)) underWay.add(tenure, request, response)
  }
  const server = createServer(
    {
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
    server.once('error', (cause) => reject(listenError(cause, { host, port })))
    server.listen(port, host, resolve)
  })
  let closed: Promise<void> | undefined
  /** Stops listening, and ends connections that wait for a request. Resolves when every connection has ended. */
  const closing = () => {
    closed ??= new Promise<void>((resolve) => server.close(() => resolve()))
    return closed
  }
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
    answerAnew: (request, response) => {
      if (occupant === undefined) return
      underWay.move(occupant.tenure, response)
      occupant.answer(request, response)
    },
    underWay,
    announceEnd: () => {
      ending = true
      // Clients that keep their connection would send the next request into its end.
      for (const response of underWay.responses()) if (!response.headersSent) response.setHeader('connection', 'close')
    },
    finish: async () => {
      ending = true
      const closed = closing()
      // A connection that was taken a moment ago may still be sending its request; one that a browser has opened in advance sends nothing.
      await Promise.race([closed, sleep(unsentRequest, undefined, { ref: false })])
      await Promise.race([closed, underWay.quiet()])
    },
    stop: async () => {
      for (const [request] of early) request.destroy()
      const closed = closing()
      server.closeAllConnections()
      underWay.destroyAll()
      await closed
    },
  }
}

/** Milliseconds in which a request must follow its connection when the server stops. */
const unsentRequest = 1_000

/** Why an address cannot be listened on: `address-in-use`, `address-not-permitted` or `address-not-available`. */
export function listenError(cause: Error, address: { host: string; port: number }): AppError {
  const code = 'code' in cause ? cause.code : undefined
  if (code === 'EACCES' || code === 'EPERM') return new AppError('address-not-permitted', { ...address }, { cause })
  const isUnknown = code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAFNOSUPPORT' || code === 'EINVAL'
  return new AppError(isUnknown ? 'address-not-available' : 'address-in-use', { ...address }, { cause })
}

/** Whether the last byte of an answer is with the operating system: Node says that it is finished only a turn later. */
function isHandedOver({ writableEnded, writableLength }: ServerResponse): boolean {
  return writableEnded && writableLength === 0
}
