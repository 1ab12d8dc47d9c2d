import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppError } from './errors.ts'

/** Names a request on its page, in the log and in its trace. Hexadecimal: one that began with `-` would be an option on a command line. */
export function newRequestId(): string {
  if (given >= drawn.length) {
    drawn = randomBytes(4096).toString('hex')
    given = 0
  }
  given += 16
  return drawn.slice(given - 16, given)
}

/** Drawn many at a time: every request has one, those of the gate too. */
let drawn = ''
let given = 0

/** A whole answer, made before anything of it is sent. */
export interface Answer {
  status: number
  headers: Readonly<Record<string, string>>
  body: string
}

export function sendAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body)
}

/**
 * Lets browsers come back over https only (RFC 6797): the first request of a visit is then none that somebody between can answer. Of this
 * host alone: what is below it may be others'.
 */
export function demandHttps(response: ServerResponse): void {
  response.setHeader('Strict-Transport-Security', httpsForAYear)
}

export const httpsForAYear = 'max-age=31536000'

/** Answers with JSON. Never cached. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(body)
}

/** An error for programs: code, message, hint. Details stay in the log. */
export function sendError(response: ServerResponse, error: AppError, requestId: string): void {
  sendJson(response, error.status, { error: error.code, message: error.message, hint: error.hint, requestId })
}

/** Whether a person looks at the answer: a page was navigated to. Scripts and command lines get JSON. */
export function wantsPage(request: IncomingMessage): boolean {
  const mode = request.headers['sec-fetch-mode']
  if (mode !== undefined) return mode === 'navigate'
  return (request.headers.accept ?? '').includes('text/html')
}

/**
 * The first header of that name (in lower case), or nothing. Reads what Node keeps raw: `request.headers` makes an object of all of them,
 * which costs more than a short answer.
 */
export function rawHeader({ rawHeaders }: IncomingMessage, name: string): string | undefined {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const written = rawHeaders[at] ?? ''
    if (written.length === name.length && written.toLowerCase() === name) return rawHeaders[at + 1]
  }
  return undefined
}

/** All headers of that name (in lower case) as one list; '' when there is none. Also after the provider has taken away what clients forward. */
export function rawHeaderList({ rawHeaders }: IncomingMessage, name: string): string {
  let list: string | undefined
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const written = rawHeaders[at] ?? ''
    if (written.length !== name.length || written.toLowerCase() !== name) continue
    const value = rawHeaders[at + 1] ?? ''
    list = list === undefined ? value : `${list}, ${value}`
  }
  return list ?? ''
}

/** The path of a request target, without the query. */
export function pathOf(url: string): string {
  const question = url.indexOf('?')
  return question < 0 ? url : url.slice(0, question)
}
