import { hash } from 'node:crypto'
import { type ClientRequest, request as httpRequest, type IncomingMessage, STATUS_CODES } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { answeredHeaders } from './forwarded-headers.ts'
import type { EndReason } from './live-connections.ts'
import { upstreamIdentity } from './upstream-identity.ts'

/** A websocket on its way to an upstream. */
export interface TunnelRequest {
  upstream: URL
  /** The host name of the service. */
  service: string
  /** Authorities (PEM) that are believed there; absent: the public ones. */
  authorities?: readonly string[] | undefined
  /** Milliseconds that the upstream has for the handshake. */
  timeout: number
  target: string
  /** `Sec-WebSocket-*` among them, `Connection` and `Upgrade` not. */
  headers: string[]
  key: string
  socket: Duplex
  /** What the client sent right behind its request. */
  first: Buffer
  /** Called with the status of the answer. */
  answered: (status: number) => void
  /** Called before the upstream is asked: a revocation in the meantime counts. The result is called when it is over. */
  opened: (close: (why: EndReason) => void) => () => void
  unreachable: (cause: Error) => void
}

/** Close frames with a status of RFC 6455, 7.4.1: 1008, policy violation; 1001, going away. */
const closeFrames: Readonly<Record<EndReason, Buffer>> = {
  revoked: Buffer.from([0x88, 0x02, 0x03, 0xf0]),
  stopping: Buffer.from([0x88, 0x02, 0x03, 0xe9]),
}

/**
 * Asks the upstream for the upgrade and joins both sides once it has agreed to it for real (RFC 6455, 4.1): an answer that only looks
 * like a 101 opens nothing. Any other answer goes to the client, and the connection ends.
 */
export function tunnelWebsocket(tunnel: TunnelRequest): void {
  const { upstream, socket, unreachable } = tunnel
  const ask = askUpstream(tunnel)
  let far: Duplex | undefined
  const ended = tunnel.opened((why) => cutOff(socket, far, closeFrames[why]))
  const late = () =>
    Object.assign(new Error('the upstream did not answer the handshake'), { code: 'handshake-timeout' })
  const timer = setTimeout(() => ask.destroy(late()), tunnel.timeout)
  timer.unref()

  socket.on('error', () => socket.destroy())
  socket.once('close', () => {
    ended()
    ask.destroy()
    far?.destroy()
  })
  ask.once('close', () => clearTimeout(timer))
  let answered = false
  ask.on('error', (cause) => {
    if (!answered && !socket.destroyed) unreachable(cause)
    answered = true
  })
  ask.once('response', (answer) => {
    answered = true
    clearTimeout(timer)
    passRefusal(tunnel, answer)
  })
  ask.once('upgrade', (answer, upstreamSocket, farFirst) => {
    far = upstreamSocket
    answered = true
    clearTimeout(timer)
    upstreamSocket.on('error', () => upstreamSocket.destroy())
    if (!agrees(answer, tunnel.key)) {
      upstreamSocket.destroy()
      unreachable(new Error(`the upstream ${upstream.origin} gave a wrong answer to the websocket handshake`))
      return
    }
    join(tunnel, answer, upstreamSocket, farFirst)
  })
  ask.end()
}

function askUpstream({ upstream, authorities, service, target, headers }: TunnelRequest): ClientRequest {
  const send = upstream.protocol === 'https:' ? httpsRequest : httpRequest
  return send({
    hostname: upstream.hostname.replace(/^\[|\]$/g, ''),
    port: upstream.port,
    path: (upstream.pathname === '/' ? '' : upstream.pathname) + target,
    method: 'GET',
    headers: [...headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket'],
    agent: false,
    insecureHTTPParser: false,
    setHost: false,
    ...upstreamIdentity(upstream, { authorities, service }),
  })
}

function agrees(answer: IncomingMessage, key: string): boolean {
  const accept = hash('sha1', `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'base64')
  return (
    answer.statusCode === 101 &&
    answer.headers.upgrade?.toLowerCase() === 'websocket' &&
    answer.headers['sec-websocket-accept'] === accept
  )
}

/** Ends a websocket before its time: with a close frame when it stands, abruptly before. */
function cutOff(socket: Duplex, far: Duplex | undefined, frame: Buffer): void {
  if (far === undefined) {
    socket.destroy()
    return
  }
  far.unpipe(socket)
  far.destroy()
  // Whoever does not read it is cut off.
  socket.end(frame, () => socket.destroy())
  setTimeout(() => socket.destroy(), 500).unref()
}

function join(
  { socket, first, answered }: TunnelRequest,
  answer: IncomingMessage,
  far: Duplex,
  farFirst: Buffer,
): void {
  far.once('close', () => {
    if (!socket.writableEnded) socket.end()
  })

  answered(101)
  socket.write(rawHead(101, [...answeredHeaders(answer.rawHeaders), 'Connection', 'Upgrade', 'Upgrade', 'websocket']))
  if (farFirst.length > 0) socket.write(farFirst)
  if (first.length > 0) far.write(first)
  far.pipe(socket)
  socket.pipe(far)
}

function passRefusal({ socket, answered }: TunnelRequest, answer: IncomingMessage): void {
  answered(answer.statusCode ?? 502)
  socket.write(rawHead(answer.statusCode ?? 502, [...answeredHeaders(answer.rawHeaders), 'Connection', 'close']))
  answer.on('error', () => socket.destroy())
  answer.pipe(socket)
}

/** The head of an answer on a socket that Node has handed over. */
export function rawHead(status: number, headers: readonly string[]): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
  for (let at = 0; at + 1 < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`
  return `${head}\r\n`
}
