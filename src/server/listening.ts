import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import type { Duplex } from 'node:stream'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate/gate.ts'

export interface TakenAddress {
  server: Server
  /** From now on, answers requests, the early ones first; connections that change their protocol go to the gate. */
  open(gate: Pick<Gate, 'wantsUpgrade' | 'upgrade'>, answer: RequestListener): void
  /** Accepts no more connections; open requests may finish, within a limit. Early requests that nobody will answer are dropped. */
  stop(): Promise<void>
}

/**
 * Listens before the server can answer, so that a port that is taken is found before anything is created. Until `open`, requests wait:
 * a start takes a fraction of a second. Throws `address-in-use`.
 */
export async function takeAddress({ host, port }: { host: string; port: number }): Promise<TakenAddress> {
  let gate: Pick<Gate, 'wantsUpgrade' | 'upgrade'> | undefined
  const shouldUpgradeCallback: Gate['wantsUpgrade'] = (request) => gate?.wantsUpgrade(request) ?? false
  let early: [request: IncomingMessage, response: ServerResponse][] = []
  const wait: RequestListener = (request, response) => early.push([request, response])
  // The router refuses a request without a host: Node's own answer has no headers.
  const server = createServer({ keepAliveTimeout: 65_000, requireHostHeader: false, shouldUpgradeCallback }, wait)
  server.on('clientError', answerUnreadable)
  server.on('checkExpectation', (_request, response) => {
    response.writeHead(417, bareHeaders).end()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(new AppError('address-in-use', { host, port }, { cause })))
    server.listen(port, host, resolve)
  })
  return {
    server,
    open: (mounted, answer) => {
      gate = mounted
      server.on('upgrade', (request, socket, head) => {
        if (!mounted.upgrade(request, socket, head)) socket.destroy()
      })
      server.off('request', wait).on('request', answer)
      const waiting = early
      early = []
      for (const [request, response] of waiting) answer(request, response)
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

/** Headers of an answer without a body. */
const bareHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'content-length': '0',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  connection: 'close',
} as const

/** What Node tells apart; everything else that cannot be read is a 400. */
const statusOfCode: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** Answers bytes that are no request, with headers (Node's own answer has none), unless another answer has begun. */
function answerUnreadable(error: Error & { code?: string }, socket: Duplex): void {
  // Node keeps the answer under way there, and its own handler looks there too: bytes of ours in the middle of it would be read as its body.
  const { _httpMessage: underWay } = socket as { _httpMessage?: ServerResponse | null }
  if (!socket.writable || underWay?.headersSent || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const status = statusOfCode[error.code ?? ''] ?? 400
  const lines = Object.entries(bareHeaders).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`)
  socket.destroy()
}
