import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alice, jwt, type Testbed, testbed } from '../../test/support/gate-testbed.ts'
import type { Rule } from '../config/schema.ts'

const rules: Rule[] = [
  { path: '/open', allow: 'everyone' },
  { path: '/admin', allow: ['team:admins'] },
  { path: '/', allow: 'authenticated' },
]
const bed = () =>
  testbed({
    services: {
      app: { url: 'https://app.test', rules, upstream: true },
      other: { url: 'https://other.test', rules, upstream: true },
    },
  })

function withToken(gate: Testbed, audience = 'https://app.test'): string {
  const token = jwt(`${audience} ${gate.tokens.size}`)
  gate.tokens.set(token, { audience, identity: alice, verifications: 0 })
  return token
}

test('a token is verified once, for concurrent and for later requests', async () => {
  await using gate = await bed()
  const token = withToken(gate)
  const headers = { authorization: `Bearer ${token}` }

  const answers = await Promise.all([1, 2, 3, 4].map(() => gate.ask({ headers })))
  answers.push(await gate.ask({ headers: { authorization: `bearer ${token}` } }))

  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  )
  assert.equal(gate.tokens.get(token)?.verifications, 1)
})

test('a token of one service is refused at another, cached or not [cache-key-confusion]', async () => {
  await using gate = await bed()
  const headers = { authorization: `Bearer ${withToken(gate)}` }

  assert.equal((await gate.ask({ host: 'other.test', headers })).status, 401)
  assert.equal((await gate.ask({ headers })).status, 200)
  const answer = await gate.ask({ host: 'other.test', headers })

  assert.equal(answer.status, 401)
  assert.equal(answer.headers['www-authenticate'], 'Bearer realm="https://other.test", error="invalid_token"')
  assert.equal(JSON.parse(answer.body).error, 'token-audience-wrong')
})

test('a cached token does not carry a decision from one path to another [cache-key-confusion]', async () => {
  await using gate = await bed()
  const headers = { authorization: `Bearer ${withToken(gate)}` }

  assert.equal((await gate.ask({ headers })).status, 200)
  assert.equal((await gate.ask({ path: '/admin', headers })).status, 403)
})

test('a token that was verified does not reach the upstream', async () => {
  await using gate = await bed()
  const token = withToken(gate)

  const answer = await gate.ask({ headers: { authorization: `Bearer ${token}` } })

  assert.ok(!answer.body.includes(token))
  assert.ok(answer.body.includes('alice'))
})

test('a token is forgotten when it expires, when its user is, and when keys rotate', async () => {
  await using gate = await bed()
  const token = withToken(gate)
  const headers = { authorization: `Bearer ${token}` }
  const events = [
    () => undefined,
    () => gate.gate.forgetUser(alice.userId),
    () => gate.gate.dropTokens(),
    () => (gate.clock.time += 60_000),
  ]

  for (const event of events) {
    event()
    await gate.ask({ headers })
  }

  assert.equal(gate.tokens.get(token)?.verifications, 4)
})

const bad = [
  'Bearer x',
  'Bearer a.b',
  'Bearer a.b.c.d',
  `Bearer ${'a'.repeat(9000)}.b.c`,
  'Bearer  ',
  'Bearer a.b.c, d',
  `Bearer ${jwt('unknown')}`,
]
for (const authorization of bad) {
  test(`${authorization.slice(0, 30)} is an invalid token`, async () => {
    await using gate = await bed()

    const answer = await gate.ask({ headers: { authorization } })

    assert.equal(answer.status, 401)
    assert.match(String(answer.headers['www-authenticate']), /^Bearer realm="https:\/\/app.test"/)
    assert.equal(gate.seen.length, 0)
  })
}

test('a refused token is verified again each time: nothing is kept of it', async () => {
  await using gate = await bed()
  const token = withToken(gate, 'https://other.test')

  for (let n = 0; n < 3; n++) await gate.ask({ headers: { authorization: `Bearer ${token}` } })

  assert.equal(gate.tokens.get(token)?.verifications, 3)
})

test('a bad token is not made good by a session beside it', async () => {
  await using gate = await bed()
  const { id } = gate.signIn('app')

  const answer = await gate.ask({
    headers: { authorization: 'Bearer a.b.c', cookie: `__Host-gatehouse_session=${id}` },
  })

  assert.equal(answer.status, 401)
})

test('two Authorization headers are refused', async () => {
  await using gate = await bed()
  const token = withToken(gate)

  const answer = await gate.ask({ headers: { authorization: [`Bearer ${token}`, 'Bearer a.b.c'] } })

  assert.equal(answer.status, 400)
})

test('other schemes are no sign-in, and no obstacle on an open path', async () => {
  await using gate = await bed()
  const headers = { authorization: 'Basic YTpi' }

  assert.equal((await gate.ask({ headers })).status, 401)
  const open = await gate.ask({ path: '/open', headers })

  assert.equal(open.status, 200)
  assert.ok(open.body.includes('Basic YTpi'))
})

test('a token is the whole token in its one header: no part of it, no other letter, no other place [bearer-json-trusted]', async () => {
  await using gate = await bed()
  const token = withToken(gate)
  assert.equal((await gate.ask({ headers: { authorization: `Bearer ${token}` } })).status, 200)

  const flipped = token.replace(/[a-z]/, (letter) => letter.toUpperCase())
  const claims = Buffer.from(JSON.stringify({ sub: 'u-1', exp: 9_999_999_999 })).toString('base64url')
  const texts = [
    ...Array.from({ length: token.length - 1 }, (_, at) => token.slice(0, at + 1)),
    `${token}A`, `${token}=`, `${token}.`, `.${token}`, flipped, token.toLowerCase(), encodeURIComponent(token).replaceAll('.', '%2E'), `"${token}"`,
    claims, `${claims}.${claims}.`, `e30.${claims}.`, `e30.${claims}.e30`, '{"sub":"u-1","exp":9999999999}', `${token},${token}`, `${token} x`,
  ] // biome-ignore format: a table of texts
  for (const text of texts) {
    const { status } = await gate.ask({ headers: { authorization: `Bearer ${text}` } })
    assert.equal(status, 401, text)
  }
  const elsewhere = await Promise.all([
    gate.ask({ path: `/?access_token=${token}` }),
    gate.ask({
      path: `/?token=${token}`,
      headers: { 'x-access-token': token, 'proxy-authorization': `Bearer ${token}` },
    }),
    gate.ask({ headers: { cookie: `access_token=${token}; __Host-gatehouse_session=${token}` } }),
    gate.ask({ headers: { authorization: token } }),
    gate.ask({ headers: { authorization: `Basic ${Buffer.from(`alice:${token}`).toString('base64')}` } }),
    gate.ask({
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `access_token=${token}`,
    }),
  ])
  assert.deepEqual(
    elsewhere.map(({ status }) => status),
    elsewhere.map(() => 401),
  )
})
