import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** Headers of an answer without a body. */
export const bareHeaders = {
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
export function answerUnreadable(error: Error & { code?: string }, socket: Duplex): void {
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
