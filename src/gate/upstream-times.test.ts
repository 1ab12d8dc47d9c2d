import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { rawExchange, type Testbed, testbed } from '../../test/support/gate-testbed.ts'

const timeout = 300
const open = { rules: [{ path: '/', allow: 'everyone' as const }], upstream: true }
let gate: Testbed

before(async () => {
  gate = await testbed({
    services: {
      quick: { ...open, url: 'http://quick.test', timeout: `${timeout}ms` },
      patient: { ...open, url: 'http://patient.test' },
    },
    upstream: () => {
      const server = createServer(async (incoming, response) => {
        if (incoming.url === '/late') await sleep(3 * timeout)
        if (incoming.url !== '/slowly') {
          response.end(await text(incoming).catch(() => ''))
          return
        }
        response.writeHead(200)
        for (let part = 0; part < 4; part++) {
          response.write('.')
          await sleep(timeout / 2)
        }
        response.end()
      })
      return server.on('upgrade', (_, socket) => socket.on('error', () => {}))
    },
  })
})
after(() => gate[Symbol.asyncDispose]())

/** Sends parts of a body with pauses, and does not end it after the last if `isWhole` is false. */
async function upload(parts: number, pause: number, isWhole = true) {
  const sent = request({
    port: gate.port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/',
    agent: false,
    headers: { host: 'quick.test', 'transfer-encoding': 'chunked' },
  })
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  sent.on('error', () => {})
  for (let part = 0; part < parts; part++) {
    sent.write('.')
    await sleep(pause)
  }
  if (isWhole) sent.end()
  const [answer] = await answered
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) }
}

test('an upload takes as long as it likes while bytes flow', async () => {
  const { status, body } = await upload(8, timeout / 3)

  assert.deepEqual([status, body], [200, '........'])
})

test('an upload that stands still ends, and says so [slow-and-many]', async () => {
  const begun = performance.now()

  const { status, headers, body } = await upload(2, 10, false)

  assert.equal(status, 408)
  assert.equal(headers.connection, 'close')
  assert.equal(JSON.parse(body).error, 'request-too-slow')
  assert.ok(performance.now() - begun < 5 * timeout)
})

test('an answer that begins too late is 504; how late is said for each service, and how long the rest takes does not matter', async () => {
  const late = await gate.ask({ host: 'quick.test', path: '/late' })
  assert.equal(late.status, 504)
  assert.equal(JSON.parse(late.body).error, 'upstream-timeout')

  assert.equal((await gate.ask({ host: 'patient.test', path: '/late' })).status, 200)
  assert.equal((await gate.ask({ host: 'quick.test', path: '/slowly' })).body, '....')
})

test('a websocket that the service does not answer is 504 too', async () => {
  const handshake =
    'GET /ws HTTP/1.1\r\nHost: quick.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

  assert.match(await rawExchange(gate.port, handshake, 10 * timeout), /^HTTP\/1.1 504 [\s\S]*upstream-timeout/)
})
