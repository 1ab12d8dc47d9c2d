import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'

/** What the service was asked, by path: the test answers when it likes. */
const asked = new Map<string, { request: IncomingMessage; response: ServerResponse }>()
const service = createServer((incoming, response) => {
  asked.set(incoming.url ?? '', { request: incoming, response })
  service.emit('asked')
})
service.on('upgrade', (incoming, socket) => {
  const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  asked.set(incoming.url ?? '', { request: incoming, response: undefined as unknown as ServerResponse })
  service.emit('asked')
})
const drain = 1_000
const deadline = 3_500
let gatehouse: Gatehouse
let host: string

before(async () => {
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port}, drain: ${drain}ms, drainDeadline: ${deadline}ms }
services:
  app:
    url: http://app.localhost:${port}
    upstream: http://127.0.0.1:${(service.address() as AddressInfo).port}
    rules: [{ path: /, allow: everyone }]
`,
  })
  host = `app.localhost:${gatehouse.port}`
})
after(async () => {
  await gatehouse.stop()
  service.closeAllConnections()
  service.close()
})

async function reached(path: string) {
  for (;;) {
    const found = asked.get(path)
    if (found) return found
    await once(service, 'asked')
  }
}

function ask(path: string, { method = 'GET', agent }: { method?: string; agent?: Agent } = {}) {
  const sent = request({
    host: '127.0.0.1',
    port: gatehouse.port,
    path,
    method,
    agent: agent ?? false,
    headers: { host },
  })
  const answer = once(sent, 'response').then(async ([incoming]: IncomingMessage[]) => {
    if (!incoming) throw new Error('no answer')
    const body = await text(incoming).catch((error: Error) => error)
    return { status: incoming.statusCode, headers: incoming.headers, body }
  })
  answer.catch(() => {})
  return { sent, answer }
}

function get(path: string) {
  const { sent, answer } = ask(path)
  sent.end()
  return answer
}

/** Everything that comes on a connection until it ends, and when it ended. */
function rawConnection(head: string) {
  const socket = connect(gatehouse.port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {})
  socket.write(head)
  return { socket, ended: once(socket, 'close').then(() => Buffer.concat(chunks)) }
}

function readyz(): Promise<number | undefined> {
  return new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port: gatehouse.port, path: '/readyz', agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    sent.on('error', () => resolve(undefined)).end()
  })
}

test('a server that is told to stop says so, goes on taking connections for a while, lets what is under way end, and ends the rest at the deadline', async () => {
  assert.equal(await readyz(), 200)
  const kept = new Agent({ keepAlive: true, maxSockets: 1 })
  const slow = get('/slow')
  const upload = ask('/upload', { method: 'POST' })
  upload.sent.write('first ')
  const stuck = get('/stuck')
  const half = get('/half')
  const events = get('/events')
  const handshake = `Host: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
  const websocket = rawConnection(`GET /socket HTTP/1.1\r\n${handshake}`)
  const [slowly, uploading, , halfway, streaming] = await Promise.all(
    ['/slow', '/upload', '/stuck', '/half', '/events', '/socket'].map(reached),
  )
  halfway?.response.writeHead(200, { 'content-type': 'text/csv' })
  halfway?.response.write('a,b\n')
  streaming?.response.writeHead(200, { 'content-type': 'text/event-stream' })
  streaming?.response.write('data: 1\n\n')

  process.kill(gatehouse.pid, 'SIGTERM')
  const begun = performance.now()
  while ((await readyz()) === 200) await sleep(5)
  const said = performance.now() - begun
  assert.ok(said < drain, `readyz is 503 after ${said} ms`)

  // New ones, while balancers have not heard yet.
  const late = ask('/late', { agent: kept })
  late.sent.end()
  const lately = await reached('/late')
  lately.response.end('late')
  const { status, headers, body } = await late.answer
  assert.deepEqual([status, body, headers.connection], [200, 'late', 'close'])
  assert.equal(await readyz(), 503)

  while ((await readyz()) !== undefined && performance.now() < begun + deadline) await sleep(20)
  assert.ok(performance.now() < begun + deadline - 500, 'nothing new is taken before the deadline')

  // What was under way ends well although nothing new is taken.
  slowly?.response.end('slow')
  upload.sent.end('last')
  if (uploading) uploading.response.end(await text(uploading.request))
  const ended = await slow
  assert.deepEqual([ended.status, ended.body, ended.headers.connection], [200, 'slow', 'close'])
  assert.equal((await upload.answer).body, 'first last')

  const refused = await stuck
  const time = performance.now() - begun
  assert.ok(time > deadline - 100 && time < deadline + 1_500, `the deadline came after ${time} ms`)
  assert.equal(refused.status, 503)
  assert.equal(JSON.parse(String(refused.body)).error, 'server-stopping')
  assert.equal((await events).body, 'data: 1\n\n')
  assert.ok((await half).body instanceof Error, 'half a file looks whole')
  const frames = await websocket.ended
  assert.deepEqual([...frames.subarray(-4)], [0x88, 0x02, 0x03, 0xe9])
  assert.equal(await gatehouse.ended(), 0)
  assert.doesNotMatch(gatehouse.log(), /upstream-unreachable|UND_ERR/)
  assert.match(gatehouse.log(), /"cut":4,/)
})

test('a second signal ends the server at once', async () => {
  await gatehouse.restart()
  asked.clear()
  const stuck = get('/stuck')
  await reached('/stuck')

  process.kill(gatehouse.pid, 'SIGTERM')
  while ((await readyz()) === 200) await sleep(5)
  await sleep(60)
  process.kill(gatehouse.pid, 'SIGTERM')

  assert.equal(await gatehouse.ended(), 'SIGTERM')
  await assert.rejects(stuck)
})
