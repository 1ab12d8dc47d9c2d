/** What people and programs do all day: each piece of work says what went wrong, and how often it went well. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Tally {
  went: number
  failures: string[]
}

/** Several kinds of work at once, again and again until it is told to stop. */
export function startLoad(work: Readonly<Record<string, { workers: number; once: () => Promise<void> }>>): {
  stop(): Promise<Record<string, Tally>>
} {
  let isOn = true
  const tallies: Record<string, Tally> = {}
  const workers = Object.entries(work).flatMap(([name, { workers: count, once: doOnce }]) => {
    const tally: Tally = { went: 0, failures: [] }
    tallies[name] = tally
    return Array.from({ length: count }, async () => {
      while (isOn) {
        const begun = new Date().toISOString()
        try {
          await doOnce()
          tally.went++
        } catch (error) {
          tally.failures.push(`${begun} ${error instanceof Error ? error.message : error}`)
          // What fails at once must not fill the memory.
          await sleep(50)
        }
      }
    })
  })
  return {
    stop: async () => {
      isOn = false
      await Promise.all(workers)
      return tallies
    },
  }
}

/** A service that says who asked and how much came; `/wait/MS` takes so long; a websocket says everything again. */
export async function startBusyService(): Promise<{ port: number; server: Server }> {
  const server = createServer(async (incoming, response) => {
    const wait = /^\/wait\/(\d+)/.exec(incoming.url ?? '')?.[1]
    if (wait !== undefined) await sleep(Number(wait))
    let length = 0
    try {
      for await (const chunk of incoming) length += (chunk as Buffer).length
    } catch {
      return
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ who: incoming.headers['x-auth-request-preferred-username'] ?? null, length }))
  })
  server.on('upgrade', (_, socket) => {
    socket.on('error', () => {})
    // The answer to the key that all our websockets send (RFC 6455, 1.3).
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    )
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : 0, server }
}

export interface At {
  port: number
  host: string
  cookie: string
}

/** A gated request on a connection of its own; throws unless the service has answered alice. */
export async function askOnce({ port, host, cookie }: At, path: string): Promise<void> {
  const sent = request({ port, host: '127.0.0.1', path, agent: false, headers: { host, cookie } })
  sent.end()
  await expectAlice(sent, 0)
}

/** An upload in pieces, which takes about so many milliseconds. */
export async function uploadOnce({ port, host, cookie }: At, time: number): Promise<void> {
  const pieces = 10
  const piece = Buffer.alloc(8_192)
  const sent = request({ port, host: '127.0.0.1', path: '/', method: 'POST', agent: false, headers: { host, cookie } })
  const answered = expectAlice(sent, pieces * piece.length)
  answered.catch(() => {})
  for (let count = 0; count < pieces; count++) {
    sent.write(piece)
    await sleep(time / pieces)
  }
  sent.end()
  await answered
}

async function expectAlice(sent: ReturnType<typeof request>, length: number): Promise<void> {
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const body = await text(answer)
  if (answer.statusCode !== 200 || body !== JSON.stringify({ who: 'alice', length }))
    throw new Error(`${answer.statusCode} ${body.slice(0, 200)}`)
}

/** A websocket that hears its own words again and again for about so many milliseconds; says how it ended. */
export async function talk({ port, host, cookie }: At, time: number): Promise<'ended by us' | 'going away'> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const received: Buffer[] = []
  let heard = 0
  socket.on('data', (chunk: Buffer) => {
    received.push(chunk)
    heard += chunk.length
  })
  const closed = once(socket, 'close').then(() => true)
  const head = [
    'GET /ws HTTP/1.1',
    `Host: ${host}`,
    `Origin: http://${host}`,
    `Cookie: ${cookie}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n`)
  while (!Buffer.concat(received).includes('\r\n\r\n')) {
    if (await Promise.race([closed, sleep(10, false)])) throw new Error(`no handshake: ${Buffer.concat(received)}`)
  }
  const answer = Buffer.concat(received).toString('latin1')
  if (!answer.startsWith('HTTP/1.1 101 ')) throw new Error(answer.slice(0, 200))
  const before = heard
  const until = performance.now() + time
  let said = 0
  while (performance.now() < until) {
    // A masked text frame of one letter.
    said += socket.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61])) ? 7 : 7
    if (await Promise.race([closed, sleep(50, false)])) {
      const last = Buffer.concat(received).subarray(-4)
      if (last.equals(Buffer.from([0x88, 0x02, 0x03, 0xe9]))) return 'going away'
      throw new Error('a websocket broke off')
    }
  }
  for (let waited = 0; heard - before < said && waited < 2_000; waited += 10) await sleep(10)
  socket.destroy()
  if (heard - before < said) throw new Error(`a websocket heard ${heard - before} of ${said} bytes`)
  return 'ended by us'
}
