import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { alice, jwt, type Seen, type Testbed, testbed } from '../../test/support/gate-testbed.ts'

const patience = { timeout: 5000 }
const services = {
  app: { url: 'http://app.test', rules: [{ path: '/', allow: 'authenticated' as const }], upstream: true },
}

/** Agrees to every upgrade and sends back what it gets. */
function mirror({ accept }: { accept?: string } = {}) {
  return (seen: Seen[]) => {
    const server = createServer((_, response) => response.end('no websocket'))
    server.on('upgrade', (request, socket) => {
      seen.push({ method: 'GET', url: request.url ?? '', raw: request.rawHeaders, body: '' })
      const proof =
        accept ?? hash('sha1', `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'base64')
      socket.on('error', () => {})
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${proof}\r\n\r\n`,
      )
      socket.pipe(socket)
    })
    return server
  }
}

async function handshake(gate: Testbed, headers: Record<string, string>): Promise<{ socket: Socket; head: string }> {
  const socket = connect(gate.port, '127.0.0.1')
  socket.on('error', () => {})
  const lines = {
    host: 'app.test',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  }
  socket.write(
    `GET /ws?x HTTP/1.1\r\n${Object.entries(lines)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`,
  )
  const [first] = (await once(socket, 'data')) as [Buffer]
  return { socket, head: first.toString('latin1') }
}

function cookie(gate: Testbed) {
  const { id, session } = gate.signIn('app')
  return { header: `gatehouse_session=${id}`, session }
}

test('a websocket of the service itself is joined to the upstream, with its identity', patience, async () => {
  await using gate = await testbed({ services, upstream: mirror() })
  const { header } = cookie(gate)

  const { socket, head } = await handshake(gate, {
    cookie: header,
    origin: 'http://app.test',
    'x-auth-request-user': 'evil',
  })
  socket.write('ping')
  const [back] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()

  assert.match(head, /^HTTP\/1.1 101 /)
  assert.equal(back.toString(), 'ping')
  assert.equal(gate.seen[0]?.url, '/ws?x')
  assert.ok(gate.seen[0]?.raw.includes('alice') && !gate.seen[0]?.raw.includes('evil'))
  assert.ok(!gate.seen[0]?.raw.join('').includes('gatehouse_session'))
})

for (const [what, origin] of [
  ['of another site', { origin: 'https://evil.test' }],
  ['of another scheme', { origin: 'https://app.test' }],
  ['of a sandbox', { origin: 'null' }],
  ['without an Origin', {}],
] as const) {
  test(`a websocket with a cookie ${what} is refused before the upstream sees it [ws-origin]`, patience, async () => {
    await using gate = await testbed({ services, upstream: mirror() })

    const { head } = await handshake(gate, { cookie: cookie(gate).header, ...origin })

    assert.match(head, /^HTTP\/1.1 403 /)
    assert.equal(gate.seen.length, 0)
  })
}

test('a websocket without a session is a 401, not a redirect', patience, async () => {
  await using gate = await testbed({ services, upstream: mirror() })

  const { head } = await handshake(gate, { origin: 'http://app.test', accept: 'text/html' })

  assert.match(head, /^HTTP\/1.1 401 /)
  assert.match(head, /WWW-Authenticate: Bearer/)
  assert.equal(gate.seen.length, 0)
})

test('a program with a token needs no Origin', patience, async () => {
  await using gate = await testbed({ services, upstream: mirror() })
  gate.tokens.set(jwt('t'), { audience: 'http://app.test', identity: alice, verifications: 0 })

  const { socket, head } = await handshake(gate, { authorization: `Bearer ${jwt('t')}` })
  socket.destroy()

  assert.match(head, /^HTTP\/1.1 101 /)
})

for (const [event, revoke] of [
  ['its session is revoked', (gate: Testbed, key: string) => gate.gate.forgetSession(key)],
  ['its user is revoked', (gate: Testbed) => gate.gate.forgetUser(alice.userId)],
] as const) {
  test(`a websocket is closed at once with status 1008 when ${event} [ws-after-revocation]`, patience, async () => {
    await using gate = await testbed({ services, upstream: mirror() })
    const { header, session } = cookie(gate)
    const { socket } = await handshake(gate, { cookie: header, origin: 'http://app.test' })

    const farewell = once(socket, 'data')
    const end = once(socket, 'close')
    revoke(gate, session.key)

    assert.deepEqual([...((await farewell) as [Buffer])[0]], [0x88, 0x02, 0x03, 0xf0])
    await end
  })
}

test('a websocket stays open when only what is known of its user changes', patience, async () => {
  await using gate = await testbed({ services, upstream: mirror() })
  const { socket } = await handshake(gate, { cookie: cookie(gate).header, origin: 'http://app.test' })

  gate.gate.refreshUser(alice.userId)
  socket.write('still')
  const [back] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()

  assert.equal(back.toString(), 'still')
})

test('a websocket of another session stays open', patience, async () => {
  await using gate = await testbed({ services, upstream: mirror() })
  const { socket } = await handshake(gate, { cookie: cookie(gate).header, origin: 'http://app.test' })

  gate.gate.forgetSession('another')
  socket.write('still')
  const [back] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()

  assert.equal(back.toString(), 'still')
})

test('an answer that only looks like a 101 opens no tunnel [smuggle-cl-te]', patience, async () => {
  await using gate = await testbed({ services, upstream: mirror({ accept: 'wrong' }) })

  const { head } = await handshake(gate, { cookie: cookie(gate).header, origin: 'http://app.test' })

  assert.match(head, /^HTTP\/1.1 502 /)
})

test("an upstream's refusal reaches the client", patience, async () => {
  const upstream = () => createServer((_, response) => response.writeHead(404).end('no such socket'))
  await using gate = await testbed({ services, upstream })

  const { head } = await handshake(gate, { cookie: cookie(gate).header, origin: 'http://app.test' })

  assert.match(head, /^HTTP\/1.1 404 /)
})
