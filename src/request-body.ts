/**
 * The one reader of request bodies. It counts while it reads, so that neither a missing nor a false Content-Length makes the server
 * keep more than the limit, and a rest that nobody wants is read only for a moment before the connection closes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { AppError } from './errors.ts'

/** How much, and how long, a client may send what nobody wants, so that it can read its answer (RFC 9112 section 9.6). */
const unwantedBytes = 4 * 1024 * 1024
const unwantedFor = 1_000

/** How long a body may take: a page's form is a few packets. */
const readingLimit = 20_000

/**
 * The whole body, of at most `maxBytes`. Throws `request-too-large` as soon as there is more, `request-too-slow`, and
 * `invalid-request` for a body that is compressed or ends too early. After an error the rest is left unread: see `boundRest`.
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  refuseCodings(request)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw new AppError('request-too-large', { maxBytes })
  if (request.destroyed) throw new AppError('invalid-request', { body: 'ended too early' })

  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const timer = setTimeout(
      () => fail(new AppError('request-too-slow', { seconds: readingLimit / 1000 })),
      readingLimit,
    )
    const onData = (chunk: Buffer) => {
      length += chunk.length
      if (length > maxBytes) fail(new AppError('request-too-large', { maxBytes }))
      else chunks.push(chunk)
    }
    const onEnd = () => {
      settle()
      resolve(Buffer.concat(chunks, length))
    }
    const onBroken = (cause?: unknown) => fail(new AppError('invalid-request', { body: 'ended too early' }, { cause }))

    function settle(): void {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onBroken).off('error', onBroken)
    }
    function fail(error: AppError): void {
      settle()
      request.pause()
      // A stream that breaks later would throw without a listener.
      request.on('error', () => {})
      reject(error)
    }
    request.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken)
  })
}

/** A compressed body would be small to count and large to read (RFC 9110 section 8.4: 415 and 400 are both allowed). */
function refuseCodings({ headers }: IncomingMessage): void {
  const content = headers['content-encoding'] ?? 'identity'
  if (content.toLowerCase() !== 'identity')
    throw new AppError('invalid-request', { contentEncoding: 'is not accepted' })
  const transfer = headers['transfer-encoding'] ?? 'chunked'
  if (transfer.toLowerCase() !== 'chunked')
    throw new AppError('invalid-request', { transferEncoding: 'must be chunked' })
}

/** After an answer that was given before the body had been read, the rest is read for a moment only. */
export function boundRest(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => dropRest(request))
}

/**
 * Node reads an unwanted body to its end, however long it is, when nobody has touched it. Of a request that was told here it is read for
 * a moment only, as after `boundRest`.
 */
export function boundUntouchedBody(request: IncomingMessage): void {
  // Called by Node when the answer is out (`resOnFinish` of _http_server.js). An own class of requests would slow down all of them.
  Object.assign(request, { _dump: dumpBounded })
}

function dumpBounded(this: IncomingMessage): void {
  if (this.complete) this.resume()
  else dropRest(this)
}

/** Whether a body comes. Looks at lengths first: this is asked of every request. */
export function announcesBody({ rawHeaders }: IncomingMessage): boolean {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length === contentLength.length && name.toLowerCase() === contentLength) return rawHeaders[at + 1] !== '0'
    if (name.length === transferEncoding.length && name.toLowerCase() === transferEncoding) return true
  }
  return false
}
const contentLength = 'content-length'
const transferEncoding = 'transfer-encoding'

const dropping = new WeakSet<IncomingMessage>()

/** Throws away what still comes. A short rest leaves the connection open for the next request; a long or slow one closes it. */
function dropRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed || dropping.has(request)) return
  dropping.add(request)
  const { socket } = request
  let length = 0
  const close = () => socket.destroy()
  const timer = setTimeout(close, unwantedFor).unref()
  const done = () => clearTimeout(timer)
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > unwantedBytes) close()
  })
  request.on('error', done).once('end', done).once('close', done)
  request.resume()
}
