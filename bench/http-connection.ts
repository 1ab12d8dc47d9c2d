import { connect, type Socket } from 'node:net'

export interface Answer {
  status: number
  /** Status line and headers, without the empty line. */
  head: string
  body: string
}

interface Waiting {
  resolve(answer: Answer): void
  reject(error: Error): void
}

/**
 * One keep-alive HTTP/1.1 connection with one request in flight. It parses no more than it must (status line, content-length or chunked),
 * so that one core of it keeps one core of a server busy; `fetch` costs more than the servers measured here.
 */
export class HttpConnection {
  readonly #socket: Socket
  #waiting: Waiting | undefined
  #text = ''

  private constructor(port: number, opened: Waiting) {
    this.#waiting = opened
    const received = Buffer.allocUnsafe(65_536)
    this.#socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      // One buffer for all reads instead of a new one for each.
      onread: {
        buffer: received,
        callback: (length) => {
          this.#take(received.toString('latin1', 0, length))
          return true
        },
      },
    })
    this.#socket.on('connect', () => this.#settle({ status: 0, head: '', body: '' }))
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error(`the server on port ${port} closed the connection`)))
  }

  static async open(port: number): Promise<HttpConnection> {
    let connection: HttpConnection | undefined
    await new Promise<Answer>((resolve, reject) => {
      connection = new HttpConnection(port, { resolve, reject })
    })
    if (!connection) throw new Error('no connection')
    return connection
  }

  exchange(request: string | Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('the connection is closed'))
      this.#waiting = { resolve, reject }
      if (typeof request === 'string') this.#socket.write(request, 'latin1')
      else this.#socket.write(request)
    })
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #take(chunk: string): void {
    this.#text = this.#text === '' ? chunk : this.#text + chunk
    const headEnd = this.#text.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const head = this.#text.slice(0, headEnd)
    const body = bodyOf(head, this.#text, headEnd + 4)
    if (body === undefined) return
    this.#text = ''
    this.#settle({ status: Number(head.slice(9, 12)), head, body })
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve(answer)
  }

  #fail(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(error)
  }
}

const contentLength = /\r\ncontent-length: *(\d+)/i
const chunked = /\r\ntransfer-encoding: *chunked/i

/** The body, or undefined while it is incomplete. */
function bodyOf(head: string, text: string, start: number): string | undefined {
  const length = contentLength.exec(head)
  if (length) {
    const end = start + Number(length[1])
    return text.length < end ? undefined : text.slice(start, end)
  }
  if (!chunked.test(head)) return ''
  return text.endsWith('0\r\n\r\n') ? unchunk(text.slice(start)) : undefined
}

function unchunk(text: string): string {
  let body = ''
  for (let at = 0; at < text.length; ) {
    const lineEnd = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    if (!(size > 0)) break
    body += text.slice(lineEnd + 2, lineEnd + 2 + size)
    at = lineEnd + 2 + size + 2
  }
  return body
}

/** Values of a header, in the order in which they came. */
export function headerValues({ head }: Answer, name: string): string[] {
  const prefix = `${name.toLowerCase()}:`
  return head
    .split('\r\n')
    .filter((line) => line.toLowerCase().startsWith(prefix))
    .map((line) => line.slice(prefix.length).trim())
}
