import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Ask, testbed } from '../../test/support/gate-testbed.ts'

const patience = { timeout: 5000 }
const services = {
  app: {
    url: 'http://app.test',
    upstream: true,
    allowedOrigins: ['https://board.test'],
    rules: [
      { path: '/api', methods: ['OPTIONS' as const], allow: 'everyone' as const },
      { path: '/admin', allow: ['team:admins'] },
      { path: '/', allow: 'authenticated' as const },
    ],
  },
  quiet: {
    url: 'http://quiet.test',
    upstream: true,
    allowedOrigins: ['https://board.test'],
    rules: [{ path: '/', allow: 'authenticated' as const }],
  },
  other: { url: 'http://other.test', rules: [{ path: '/', allow: 'authenticated' as const }] },
}
const bed = () => testbed({ services, trustedProxies: ['127.0.0.1'] })

/** The same request in each way in which the gate gets it. */
const ways: Record<string, (path: string, method: string, headers: Record<string, string>) => Ask> = {
  'reverse proxy': (path, method, headers) => ({ path, method, headers }),
  nginx: (path, method, headers) => ({
    path: '/oauth2/auth',
    headers: { ...headers, 'x-original-uri': path, 'x-original-method': method },
  }),
  Traefik: (path, method, headers) => ({
    path: '/oauth2/auth/traefik',
    headers: { ...headers, 'x-forwarded-host': 'app.test', 'x-forwarded-uri': path, 'x-forwarded-method': method },
  }),
}
const preflight = (origin: string) => ({ origin, 'access-control-request-method': 'PUT' })

for (const [way, asked] of Object.entries(ways)) {
  test(
    `${way}: pages of the configuration may read why a call was refused, and nobody else's [csrf-state-changing]`,
    patience,
    async () => {
      await using gate = await bed()
      const cookie = `gatehouse_session=${gate.signIn('app').id}`
      const readableBy = async (path: string, headers: Record<string, string>) => {
        const { status, headers: answered } = await gate.ask(
          asked(path, 'GET', { 'sec-fetch-mode': 'cors', ...headers }),
        )
        return [status, answered['access-control-allow-origin'], answered['access-control-allow-credentials']]
      }

      for (const origin of ['http://other.test', 'https://id.example.test', 'https://board.test']) {
        assert.deepEqual(await readableBy('/x', { origin }), [401, origin, 'true'])
        assert.deepEqual(await readableBy('/admin', { origin, cookie }), [403, origin, 'true'])
        assert.deepEqual((await readableBy('/x', { origin, authorization: 'Bearer a.b.c' })).slice(1), [origin, 'true'])
        assert.deepEqual(
          await readableBy('/x', { origin, cookie }),
          [200, undefined, undefined],
          'the service says it for itself',
        )
      }
      for (const origin of [
        'https://evil.test',
        'null',
        'http://app.test',
        'http://other.test.evil.test',
        'https://other.test',
        'HTTP://OTHER.TEST',
      ])
        assert.deepEqual(await readableBy('/x', { origin }), [401, undefined, undefined], origin)
      const { headers } = await gate.ask(asked('/x', 'GET', { origin: 'https://evil.test', 'sec-fetch-mode': 'cors' }))
      assert.equal(headers.vary, 'Origin')
      assert.equal((await gate.ask(asked('/x', 'GET', {}))).headers.vary, undefined)
    },
  )

  test(
    `${way}: a preflight passes from origins that the service names, and by a rule, and else says what to do`,
    patience,
    async () => {
      await using gate = await bed()
      const statusOf = async (path: string, headers: Record<string, string>, method = 'OPTIONS') =>
        (await gate.ask(asked(path, method, headers))).status

      assert.equal(await statusOf('/x', preflight('https://board.test')), 200)
      assert.equal(await statusOf('/api/x', preflight('https://evil.test')), 200, 'by the rule')
      for (const headers of [
        preflight('http://other.test'),
        preflight('https://evil.test'),
        { origin: 'https://board.test' },
        { ...preflight('https://board.test'), cookie: 'a=b' },
        { ...preflight('https://board.test'), authorization: 'Basic eDp5' },
      ])
        assert.equal(await statusOf('/x', headers), 401, JSON.stringify(headers))
      assert.equal(await statusOf('/x', preflight('https://board.test'), 'PUT'), 401, 'what follows it signs in')
      const { body, headers } = await gate.ask(asked('/x', 'OPTIONS', preflight('http://other.test')))
      assert.equal(JSON.parse(body).error, 'preflight-refused')
      assert.match(JSON.parse(body).hint, /allowedOrigins.*methods: \[OPTIONS\]/)
      assert.match(String(headers['www-authenticate']), /^Bearer/)
    },
  )
}

test('a preflight that passes says nothing of anybody, and one with a body does not pass', patience, async () => {
  await using gate = await bed()

  await gate.ask({
    path: '/x',
    method: 'OPTIONS',
    headers: { ...preflight('https://board.test'), 'x-forwarded-user': 'mallory' },
  })
  const withBody = await gate.ask({
    path: '/y',
    method: 'OPTIONS',
    headers: { ...preflight('https://board.test'), 'content-length': '1' },
    body: 'x',
  })

  assert.equal(withBody.status, 401)
  assert.deepEqual(
    gate.seen.map(({ method, url }) => [method, url]),
    [['OPTIONS', '/x']],
  )
  assert.ok(!JSON.stringify(gate.seen).includes('mallory'))
})

test(
  'a proxy that does not say the method is not believed where preflights pass: a client would say it instead',
  patience,
  async () => {
    await using gate = await bed()
    const cookie = `gatehouse_session=${gate.signIn('quiet').id}`
    const asked = (headers: Record<string, string>): Ask => ({
      host: 'quiet.test',
      path: '/oauth2/auth',
      headers: { 'x-original-uri': '/x', ...headers },
    })

    const untold = await gate.ask(asked({ cookie }))
    assert.deepEqual(
      [untold.status, JSON.parse(untold.body).error],
      [403, 'invalid-request'],
      'so that nobody runs it so',
    )
    assert.equal((await gate.ask(asked({ cookie, 'x-original-method': 'GET' }))).status, 200)
  },
)

for (const [way, asked] of Object.entries(ways)) {
  test(
    `${way}: a preflight has no header that names another method, or that servers read differently`,
    patience,
    async () => {
      await using gate = await bed()
      const passed = async (headers: Record<string, string>) => {
        const { status } = await gate.ask(asked('/x', 'OPTIONS', { ...preflight('https://board.test'), ...headers }))
        return status === 200
      }

      assert.equal(await passed({ 'x-http-method-override': 'DELETE' }), false)
      assert.equal(await passed({ 'x--forwarded--user': 'mallory' }), false)
      assert.equal(await passed({ 'x-requested-with': 'x' }), true)
    },
  )
}
