import { connect, type Socket } from 'node:net'

/** An answer as it came, in Latin-1. */
export interface RawAnswer {
  status: number
  /** Status line and headers, without the empty line. */
  head: string
  body: string
}

/** Milliseconds after which a request that gets no answer is given up: it promised a body that never comes. */
const patience = 4_000

/**
 * One connection that is kept and opened anew when it has been closed. It sends bytes as they are, one request after the other: no client
 * library repairs them.
 */
export class RawConnection {
  readonly #port: number
  readonly #from: string
  #socket: Socket | undefined
  #received = ''
  #waiting: { settle: (answer: RawAnswer | undefined) => void; hasBody: boolean } | undefined

  /** @param from the address on loopback that the server sees. */
  constructor(port: number, from = '127.0.0.1') {
    this.#port = port
    this.#from = from
  }

  /**
   * Sends one request.
   *
   * @param options.hasBody false for HEAD, whose answer has a length and no body.
   * @returns undefined when the connection is closed without an answer, or nothing comes.
   */
  ask(bytes: string, { hasBody = true }: { hasBody?: boolean } = {}): Promise<RawAnswer | undefined> {
    return new Promise((resolve) => {
      this.#received = ''
      this.#waiting = { settle: resolve, hasBody }
      const socket = this.#socket ?? this.#open()
      socket.write(bytes, 'latin1')
    })
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', localAddress: this.#from })
    this.#socket = socket
    socket.setEncoding('latin1').setNoDelay(true).setTimeout(patience)
    socket.on('data', (chunk: string) => {
      if (socket !== this.#socket) return
      this.#received += chunk
      this.#read(false)
    })
    socket.on('timeout', () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      if (socket !== this.#socket) return
      this.#socket = undefined
      this.#read(true)
    })
    return socket
  }

  #read(isEnd: boolean): void {
    if (!this.#waiting) {
      // Nobody asked: what is left of an answer, or of a connection that the server gives up.
      this.close()
      return
    }
    const { settle, hasBody } = this.#waiting
    const answer = answerIn(this.#received, { hasBody, isEnd })
    if (answer === undefined && !isEnd) return
    this.#waiting = undefined
    if (answer?.closes) this.close()
    settle(answer)
  }
}

const closing = /\r\nconnection: *close\b/i
const lengthOf = /\r\ncontent-length: *(\d+)/i
const chunked = /\r\ntransfer-encoding: *chunked/i

/** The answer at the beginning of the text; undefined while it is not whole. */
function answerIn(
  text: string,
  { hasBody, isEnd }: { hasBody: boolean; isEnd: boolean },
): (RawAnswer & { closes: boolean }) | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const status = Number(head.slice(9, 12))
  if (status === 100 || status === 103) return answerIn(text.slice(end + 4), { hasBody, isEnd })
  const closes = status === 101 || closing.test(head)
  if (!hasBody || status === 101 || status === 204 || status === 304) return { status, head, body: '', closes }

  const rest = text.slice(end + 4)
  const length = lengthOf.exec(head)?.[1]
  if (length !== undefined) {
    return rest.length >= Number(length) ? { status, head, body: rest.slice(0, Number(length)), closes } : undefined
  }
  if (chunked.test(head)) {
    const body = unchunked(rest)
    return body === undefined ? undefined : { status, head, body, closes }
  }
  return isEnd ? { status, head, body: rest, closes: true } : undefined
}

/** The body of a chunked answer (RFC 9112, 7.1); undefined while the last chunk has not come. */
function unchunked(text: string): string | undefined {
  let body = ''
  let at = 0
  for (;;) {
    const line = text.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(text.slice(at, line), 16)
    if (size === 0) return text.indexOf('\r\n', line + 2) < 0 ? undefined : body
    if (text.length < line + 2 + size + 2) return undefined
    body += text.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
  }
}
