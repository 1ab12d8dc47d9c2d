import assert from 'node:assert/strict'
import { type ClientRequest, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { alice, jwt, type Testbed, testbed } from '../../test/support/gate-testbed.ts'

const services = {
  app: { url: 'http://app.test', rules: [{ path: '/', allow: 'authenticated' as const }], upstream: true },
}
const patience = { timeout: 20_000 }

/** Answers that are still running when something is revoked. Each tells the test when it has begun. */
const longAnswers: Readonly<Record<string, { method?: string; answer: (response: ServerResponse) => void }>> = {
  'a download': {
    answer: (response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': '1000000' })
      response.write('the beginning')
    },
  },
  'a chunked answer': { answer: (response) => void response.writeHead(200).write('the beginning') },
  'an event stream': {
    answer: (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n'),
  },
  'a long poll': { answer: () => {} },
  'an upload under way': { method: 'POST', answer: () => {} },
}

/** How it is revoked: by a session in the cookie, or by a bearer token of a grant. */
const revocations: readonly [what: string, by: 'cookie' | 'token', tell: (gate: Testbed, key: string) => void][] = [
  ['its session', 'cookie', ({ gate }, key) => gate.forgetSession(key)],
  ['its user', 'cookie', ({ gate }) => gate.forgetUser(alice.userId)],
  ['the grant of its token', 'token', ({ gate }) => gate.forgetToken('grant-1')],
  ['its token', 'token', ({ gate }) => gate.forgetToken('token-1')],
  ['the user of its token', 'token', ({ gate }) => gate.forgetUser(alice.userId)],
  ['the key that signed its token', 'token', ({ gate }) => gate.dropTokens()],
]

function upstreamOf(answer: (response: ServerResponse) => void, begun: () => void) {
  return () =>
    createServer((incoming, response) => {
      incoming.resume()
      answer(response)
      begun()
    })
}

function credentialsOf(gate: Testbed, by: 'cookie' | 'token') {
  const { id, session } = gate.signIn('app')
  const token = jwt('long')
  gate.tokens.set(token, {
    audience: 'http://app.test',
    identity: alice,
    verifications: 0,
    grant: 'grant-1',
    token: 'token-1',
  })
  const headers: Record<string, string> =
    by === 'cookie' ? { cookie: `gatehouse_session=${id}` } : { authorization: `Bearer ${token}` }
  return { headers, key: session.key }
}

function begin(port: number, headers: Record<string, string>, method = 'GET'): ClientRequest {
  const sent = request({
    port,
    method,
    headers: { host: 'app.test', ...headers, ...(method === 'POST' ? { 'content-length': '1000000' } : {}) },
  })
  sent.on('error', () => {})
  if (method === 'POST') sent.write('the beginning')
  else sent.end()
  sent.on('response', (answer: IncomingMessage) => answer.on('error', () => {}).resume())
  return sent
}

/** Resolves when the connection has ended, cut off or not. */
function closing(sent: ClientRequest): Promise<true> {
  return new Promise((resolve) => sent.once('close', () => resolve(true)))
}

for (const [what, { method, answer }] of Object.entries(longAnswers)) {
  for (const [revoked, by, tell] of revocations) {
    test(`${what} ends when ${revoked} is revoked [ws-after-revocation]`, patience, async () => {
      const { promise: begun, resolve } = Promise.withResolvers<void>()
      await using gate = await testbed({ services, upstream: upstreamOf(answer, resolve) })
      const { headers, key } = credentialsOf(gate, by)
      const sent = begin(gate.port, headers, method)
      const closed = closing(sent)
      await begun

      // Somebody else's revocation changes nothing.
      gate.gate.forgetSession('another')
      gate.gate.forgetUser('u-2')
      await sleep(50)
      assert.equal(sent.destroyed, false)
      gate.store.sessions.clear()
      gate.tokens.clear()
      tell(gate, key)

      assert.ok(await Promise.race([closed, sleep(1_000, undefined, { ref: false })]), 'it goes on')
    })
  }

  test(`${what} ends when its session expires`, patience, async () => {
    const { promise: begun, resolve } = Promise.withResolvers<void>()
    await using gate = await testbed({ services, upstream: upstreamOf(answer, resolve) })
    const { headers } = credentialsOf(gate, 'cookie')
    const closed = closing(begin(gate.port, headers, method))
    await begun

    gate.clock.time += 24 * 3_600_000

    assert.ok(await Promise.race([closed, sleep(2_500, undefined, { ref: false })]), 'it goes on')
  })
}

test('an answer whose session is revoked between the look-up and its beginning does not go on', patience, async () => {
  const { promise: begun, resolve } = Promise.withResolvers<void>()
  let revoke = () => {}
  await using gate = await testbed({
    services,
    upstream: upstreamOf(() => {}, resolve),
    // The store has answered; the revocation is heard in the same turn, before the request has gone on.
    findSession: async (id) => {
      const session = sessions.get(id)
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(revoke)))
      return session
    },
  })
  const { id, session } = gate.signIn('app')
  const sessions = new Map([[id, session]])
  revoke = () => {
    sessions.delete(id)
    gate.gate.forgetSession(session.key)
  }

  const sent = begin(gate.port, { cookie: `gatehouse_session=${id}` })
  const closed = closing(sent)
  const ended = await Promise.race([closed.then(() => 'closed'), begun.then(() => sleep(300, 'goes on'))])

  assert.equal(ended, 'closed')
})

test('a token of a grant that was revoked is verified again [refresh-vs-revoke-race]', async () => {
  await using gate = await testbed({ services })
  const { headers } = credentialsOf(gate, 'token')
  const known = gate.tokens.get(jwt('long'))
  assert.equal((await gate.ask({ host: 'app.test', path: '/', headers })).status, 200)
  assert.equal((await gate.ask({ host: 'app.test', path: '/', headers })).status, 200)
  assert.equal(known?.verifications, 1)

  gate.gate.forgetToken('another grant')
  assert.equal((await gate.ask({ host: 'app.test', path: '/', headers })).status, 200)
  assert.equal(known.verifications, 1)
  gate.tokens.delete(jwt('long'))
  gate.gate.forgetToken('grant-1')

  assert.equal((await gate.ask({ host: 'app.test', path: '/', headers })).status, 401)
})

test(
  'an answer that has not begun is decided again: refused, or asked for once more by whoever is still let in',
  patience,
  async () => {
    const asked: ServerResponse[] = []
    await using gate = await testbed({
      services,
      upstream: () => createServer((_, response) => void asked.push(response)),
    })
    const { headers } = credentialsOf(gate, 'cookie')
    const status = async () => (await gate.ask({ path: '/', headers })).status

    const lost = status()
    await until(() => asked.length === 1)
    gate.gate.forgetUser(alice.userId)
    await until(() => asked.length === 2)
    asked[1]?.end('for whoever is still let in')
    assert.equal(await lost, 200)

    const refused = status()
    await until(() => asked.length === 3)
    gate.store.sessions.clear()
    gate.gate.forgetUser(alice.userId)

    assert.equal(await refused, 401)
  },
)

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds() && waited < 5_000; waited += 5) await sleep(5)
  assert.ok(holds())
}
