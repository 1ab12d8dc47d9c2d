/**
 * The limit for a look-up: `node:http` and a Map, nothing else. Its one argument is JSON: the entries, and the head (raw header array)
 * and body of both answers, which are the bytes of ours.
 */
import { hash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface BareNode {
  /** `cookie`: by the value of this cookie. `token`: by the digest of a bearer token. `empty`: an empty 200, always. */
  by: 'cookie' | 'token' | 'empty'
  cookieName: string
  known: string[]
  allow: PreparedAnswer
  deny: PreparedAnswer
}

export interface PreparedAnswer {
  head: string[]
  body: string
}

const { by, cookieName, known, allow, deny } = JSON.parse(process.argv[2] ?? '{}') as BareNode
const entries = new Map(known.map((key) => [key, allow.head]))
const cookiePrefix = `${cookieName}=`

const answers = { cookie: answerCookie, token: answerToken, empty: answerEmpty }
const server = createServer({ keepAliveTimeout: 65_000 }, answers[by])
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`)
})

function answerCookie(request: IncomingMessage, response: ServerResponse): void {
  const { cookie } = request.headers
  const at = cookie?.indexOf(cookiePrefix) ?? -1
  if (cookie === undefined || at < 0) {
    refuse(response)
    return
  }
  const end = cookie.indexOf(';', at)
  answer(response, entries.get(cookie.slice(at + cookiePrefix.length, end < 0 ? undefined : end)))
}

function answerToken(request: IncomingMessage, response: ServerResponse): void {
  const { authorization } = request.headers
  if (authorization === undefined) {
    refuse(response)
    return
  }
  answer(response, entries.get(hash('sha256', authorization.slice(7), 'base64url')))
}

function answerEmpty(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, ['Content-Length', '0'])
  response.end()
}

function answer(response: ServerResponse, head: string[] | undefined): void {
  if (head === undefined) {
    refuse(response)
    return
  }
  response.writeHead(200, head)
  response.end()
}

function refuse(response: ServerResponse): void {
  response.writeHead(401, deny.head)
  response.end(deny.body)
}
