import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { type Dispatcher, Pool } from 'undici'
import { boundRest } from '../request-body.ts'
import { answeredHeaders } from './forwarded-headers.ts'
import type { LiveConnection, LiveConnections } from './live-connections.ts'
import { isSafe } from './request-head.ts'
import { upstreamIdentity } from './upstream-identity.ts'

/** A service that really answers. Its own file: undici is loaded when something is forwarded (upstream-on-demand.ts). */
export interface Upstream {
  forward(request: IncomingMessage, response: ServerResponse, onward: Onward): void
  close(): Promise<void>
}

export interface Onward extends LiveConnection {
  /** Where it stands until the answer is over. */
  live: Pick<LiveConnections, 'remove'>
  /** Path and query, judged. */
  target: string
  headers: string[]
  /** Names the request to whoever gets an answer without an id. */
  requestId?: string
  /** There once it has been sent. */
  sent?: SentRequest
  /** The upstream cannot be reached, gave up before it answered, or takes too long. Nothing has been sent to the client. */
  unreachable: (cause: Error) => void
}

/** A request on its way. */
export interface SentRequest {
  /** Gives up the request and its answer: nothing more of it reaches the client. */
  giveUp(): void
  /** Whether the answer that has begun is an event stream, which may end after any of its messages. */
  isEventStream(): boolean
}

const connectTimeout = 10_000

/** How a service is waited for, and whom it must be to be believed. */
export interface UpstreamLimits {
  /**
   * Milliseconds until an answer must begin, and in which an upload must move on. What flows may take as long as it likes: a client that leaves
   * ends it.
   */
  timeout: number
  /** Authorities (PEM) that are believed; absent: the public ones. */
  authorities?: readonly string[] | undefined
}

/** @param origin where it listens; a path in it is put before every target. */
export function createUpstream(origin: URL, { timeout, authorities }: UpstreamLimits): Upstream {
  const pool = new Pool(origin.origin, {
    connect: { timeout: connectTimeout, ...upstreamIdentity(origin, { authorities }) },
    headersTimeout: timeout,
    bodyTimeout: 0,
    allowH2: false,
    pipelining: 1,
  })
  const base = origin.pathname === '/' ? '' : origin.pathname

  return {
    forward(request, response, onward) {
      const body = hasBody(request) ? bodyOf(request, timeout) : null
      if (body) boundRest(request, response)
      new Forwarding(pool, { request, response, onward, path: base + onward.target, body }).send()
    },
    close: () => pool.destroy(),
  }
}

interface Parts {
  request: IncomingMessage
  response: ServerResponse
  onward: Onward
  path: string
  body: Readable | null
}

/** One request on its way up and its answer on the way down: no stream objects for the answer, back-pressure by `pause` and `drain`. */
class Forwarding implements Dispatcher.DispatchHandler, SentRequest {
  readonly #pool: Pool
  readonly #parts: Parts
  #controller: Dispatcher.DispatchController | undefined
  #retried = false
  #clientGone = false
  #begun = false
  #bytesSent = false
  #resume: (() => void) | undefined

  constructor(pool: Pool, parts: Parts) {
    this.#pool = pool
    this.#parts = parts
    parts.response.once('close', () => this.#onClientClose())
    parts.onward.sent = this
  }

  send(): void {
    const { request, onward, path, body } = this.#parts
    try {
      this.#pool.dispatch({ path, method: request.method ?? 'GET', headers: onward.headers, body }, this)
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #onClientClose(): void {
    this.#parts.onward.live.remove(this.#parts.onward)
    if (!this.#parts.response.writableFinished) this.giveUp()
  }

  giveUp(): void {
    this.#clientGone = true
    this.#controller?.abort(clientLeft())
  }

  isEventStream(): boolean {
    const raw = this.#begun ? this.#controller?.rawHeaders : undefined
    return (
      raw !== undefined && raw !== null && /\ncontent-type\ntext\/event-stream\b/i.test(`\n${wordsOf(raw).join('\n')}`)
    )
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // It left while the request was waiting for a connection.
    if (this.#clientGone) controller.abort(clientLeft())
  }

  onResponseStart(
    { rawHeaders }: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText = '',
  ): void {
    // 100 and 103 are of this hop; Node answers `Expect` by itself.
    if (status < 200) return
    const { response, onward } = this.#parts
    const headers = answeredHeaders(wordsOf(rawHeaders), status)
    const { requestId } = onward
    if (requestId !== undefined && !names(headers, 'x-request-id')) headers.push('X-Request-Id', requestId)
    this.#begun = true
    response.writeHead(status, /^[ -~]*$/.test(statusText) ? statusText : '', headers)
    // An answer whose body is not there yet must not wait for it: event streams begin with silence.
    queueMicrotask(() => {
      if (!this.#bytesSent && !response.writableEnded && !response.destroyed) response.flushHeaders()
    })
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytesSent = true
    const { response } = this.#parts
    if (response.write(chunk)) return
    controller.pause()
    this.#resume ??= () => controller.resume()
    response.once('drain', this.#resume)
  }

  onResponseEnd(): void {
    this.#parts.response.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error)
  }

  #fail(error: Error): void {
    const { request, response, onward, body } = this.#parts
    if (this.#clientGone) return
    if (this.#begun || response.headersSent) {
      response.destroy()
      return
    }
    // A kept connection that the upstream closed at the same moment: nothing was answered, and asking twice is harmless.
    if (!this.#retried && body === null && isSafe(request.method) && wasClosed(error)) {
      this.#retried = true
      this.send()
      return
    }
    onward.unreachable(error)
  }
}

function names(headers: readonly string[], name: string): boolean {
  return headers.some((word, at) => at % 2 === 0 && word.length === name.length && word.toLowerCase() === name)
}

function clientLeft(): Error {
  return new Error('the client left')
}

/** Names and values as they came, a character for each byte: the parsed headers of undici lose order and spelling. */
function wordsOf(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  // The names of HTTP/2 come in another form, but that is switched off.
  if (!Array.isArray(raw)) throw new TypeError('undici gave no raw headers')
  return raw.map((word) => (typeof word === 'string' ? word : word.toString('latin1')))
}

function hasBody({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true
  const length = headers['content-length']
  return length !== undefined && length !== '0'
}

/**
 * The body as a stream of its own. undici destroys what it sends when the answer comes early (413), and that would take the client's
 * connection with it, answer and all.
 */
function bodyOf(request: IncomingMessage, timeout: number): Readable {
  const body = new Readable({
    read: () => {
      request.resume()
      patience.refresh()
    },
    destroy(error, callback) {
      clearTimeout(patience)
      request.off('data', onData).off('end', onEnd).off('error', onError)
      request.resume()
      callback(error)
    },
  })
  const onData = (chunk: Buffer) => {
    patience.refresh()
    if (!body.push(chunk)) request.pause()
  }
  const onEnd = () => {
    clearTimeout(patience)
    body.push(null)
  }
  const onError = (error: Error) => body.destroy(error)
  request.on('data', onData).on('end', onEnd).on('error', onError)
  // While it is paused it is the service that takes nothing: undici's own limit.
  const patience = setTimeout(() => {
    if (!request.isPaused()) body.destroy(new UploadStandsStill())
  }, timeout).unref()
  // undici listens while it sends; before that and after it nobody does, and an error without a listener ends the process.
  body.on('error', () => {})
  request.pause()
  return body
}

/** The client sends nothing more of a body that is not whole. */
export class UploadStandsStill extends Error {
  readonly code = 'upload-stands-still'
  constructor() {
    super('the client sends no more of its upload')
  }
}

function wasClosed(error: Error): boolean {
  const code = 'code' in error ? error.code : ''
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}
