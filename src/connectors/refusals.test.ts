/** What an operator learns when a provider is refused: which check, at which address, with both values. Never a token. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { generateKeyPair, SignJWT } from 'jose'
import { connectorOptions } from '../../test/support/connector-options.ts'
import { startHostileIdp } from '../../test/support/hostile-idp.ts'
import { AppError, type ErrorCode, errorRows } from '../errors.ts'
import { createFetch } from '../outgoing.ts'
import type { RedirectConnector } from './contract.ts'
import { createOidcConnector, type OidcConnectorOptions } from './oidc.ts'

const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }
const redirectUri = 'http://localhost/callback/corp'
const now = Math.floor(Date.now() / 1000)
const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

function connectorTo(
  idp: { issuer: string; clientId: string },
  options: Partial<OidcConnectorOptions> = {},
): RedirectConnector {
  return createOidcConnector({
    ...connectorOptions(idp),
    ...options,
  })
}

const identify = (connector: RedirectConnector, query = 'code=c') =>
  connector.identify({ callbackUrl: new URL(`${redirectUri}?${query}&state=${checks.state}`), redirectUri, checks })

/** The code and the details of a sign-in that fails, without those that all have. */
async function refusal(work: Promise<unknown>): Promise<{ code: ErrorCode; details: Record<string, unknown> }> {
  const error = await work.then(
    () => assert.fail('it was not refused'),
    (caught: unknown) => caught,
  )
  assert.ok(error instanceof AppError, String(error))
  const { issuer: _, clientId: __, ...details } = error.details
  assert.doesNotMatch(JSON.stringify(error.details), /eyJ|"access"/, 'no token is shown')
  return { code: error.code, details }
}

let idp: Awaited<ReturnType<typeof startHostileIdp>>
before(async () => {
  idp = await startHostileIdp(checks.nonce)
})
after(() => idp[Symbol.asyncDispose]())

function restore(): void {
  Object.assign(idp, { claims: {}, header: {}, userinfo: {}, document: {}, instead: {}, forge: undefined, asked: [] })
}

// biome-ignore format: one table
const claims: readonly [string, { claims?: object; header?: object }, ErrorCode, Record<string, unknown>][] = [
  ['another issuer', { claims: { iss: 'https://evil.test' } }, 'issuer-mismatch', { published: 'https://evil.test' }],
  ['no issuer', { claims: { iss: undefined } }, 'issuer-mismatch', { published: 'absent' }],
  ['another audience', { claims: { aud: 'another' } }, 'id-token-invalid', { claim: 'aud', expected: 'gatehouse', received: 'another' }],
  ['several other audiences', { claims: { aud: ['a', 'b'] } }, 'id-token-invalid', { claim: 'aud', expected: 'gatehouse', received: '["a","b"]' }],
  ['another nonce', { claims: { nonce: 'of-somebody-else' } }, 'id-token-invalid', { claim: 'nonce', expected: 'a-nonce', received: 'of-someb…' }],
  ['no nonce', { claims: { nonce: undefined } }, 'id-token-invalid', { claim: 'nonce', received: 'absent' }],
  ['azp of another client', { claims: { azp: 'another' } }, 'id-token-invalid', { claim: 'azp', expected: 'gatehouse', received: 'another' }],
  ['azp of another client among audiences', { claims: { aud: ['gatehouse', 'api'], azp: 'api' } }, 'id-token-invalid', { claim: 'azp', expected: 'gatehouse', received: 'api' }],
  ['an end in the past', { claims: { exp: now - 3600 } }, 'clock-skew', { claim: 'exp', received: iso(now - 3600), tolerance: '60 s' }],
  ['a beginning in the future', { claims: { nbf: now + 3600 } }, 'clock-skew', { claim: 'nbf', received: iso(now + 3600) }],
  ['an issue in the future', { claims: { iat: now + 7200, exp: now + 9000 } }, 'clock-skew', { claim: 'iat', received: iso(now + 7200) }],
  ['iat as a text', { claims: { iat: 'today' } }, 'id-token-invalid', { claim: 'iat', received: 'today' }],
  ['no exp', { claims: { exp: undefined } }, 'id-token-invalid', { claim: 'exp', received: 'absent' }],
  ['a subject that is a number', { claims: { sub: 7 } }, 'id-token-invalid', { claim: 'sub', received: '7' }],
  ['a type of access tokens', { header: { typ: 'at+jwt' } }, 'id-token-invalid', { claim: 'typ', expected: 'JWT', received: 'at+jwt' }],
  ['a key that nobody publishes', { header: { kid: 'two' } }, 'id-token-invalid', { claim: 'kid', expected: 'one (ES256)', received: 'two (ES256)' }],
]
for (const [what, change, code, details] of claims) {
  test(`an ID token with ${what} is ${code}, and both values are said`, async () => {
    restore()
    Object.assign(idp, change)

    const found = await refusal(identify(connectorTo(idp)))

    assert.equal(found.code, code)
    assert.deepEqual({ ...found.details, ...details }, found.details)
  })
}

test('an ID token of an algorithm that the provider does not announce names it', async () => {
  restore()
  idp.document = { id_token_signing_alg_values_supported: ['RS256'] }

  const { code, details } = await refusal(identify(connectorTo(idp)))

  assert.equal(code, 'id-token-invalid')
  assert.deepEqual([details['claim'], details['expected'], details['received']], ['alg', '["RS256"]', 'ES256'])
})

test('an ID token whose signature is not that of the key says so, with the name of the key', async () => {
  restore()
  const honest = connectorTo(idp)
  await identify(honest)
  const forged = Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'one' })).toString('base64url')
  idp.forge = (payload) => `${forged}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.${'A'.repeat(86)}`

  const { code, details } = await refusal(identify(honest))

  assert.equal(code, 'id-token-invalid')
  assert.deepEqual([details['claim'], details['kid'], details['alg']], ['signature', 'one', 'ES256'])
})

const answers = {
  'status 500': [500, 'application/json', '{}', /is status 500, not 200/],
  'a page with status 500': [500, 'text/html', '<html>', /is status 500/],
  'a page of a proxy': [200, 'text/html; charset=utf-8', '<html>', /calls itself text\/html/],
  'nothing at all': [200, 'application/json', '', /is empty/],
  'broken JSON': [200, 'application/json', '{"keys":', /is no JSON object/],
  'a list': [200, 'application/json', '[]', /is no JSON object/],
} as const
for (const endpoint of ['jwks', 'token', 'userinfo'] as const) {
  test(`an answer of ${endpoint} that is none is provider-answer-unusable, with the address, the status and what is wrong`, async () => {
    for (const [what, [status, type, body, problem]] of Object.entries(answers)) {
      restore()
      idp.instead[endpoint] = (_, response) => response.writeHead(status, { 'content-type': type }).end(body)

      const { code, details } = await refusal(identify(connectorTo(idp)))

      assert.equal(code, 'provider-answer-unusable', what)
      assert.equal(details['address'], `${idp.issuer}/${endpoint}`)
      assert.equal(details['status'], status)
      assert.match(String(details['problem']), problem, what)
    }
    restore()
    assert.equal((await identify(connectorTo(idp))).principal, 'alice')
  })
}

test('keys without a key are named as such, and a query at their address is not shown', async () => {
  restore()
  const fetch = createFetch()
  idp.document = { jwks_uri: `${idp.issuer}/jwks?apikey=hidden` }
  const withoutKeys = connectorTo(idp, {
    fetch: async (url, init) => (String(url).includes('apikey') ? Response.json({ keys: [] }) : fetch(url, init)),
  })

  const { code, details } = await refusal(identify(withoutKeys))

  assert.equal(code, 'provider-answer-unusable')
  assert.deepEqual([details['endpoint'], details['problem']], ['keys', 'has no keys'])
  assert.doesNotMatch(JSON.stringify(details), /hidden/)
})

test('an endpoint that cannot be reached is named, and so is the reason', async () => {
  restore()
  idp.document = { jwks_uri: 'http://127.0.0.1:1/jwks' }

  const { code, details } = await refusal(identify(connectorTo(idp)))

  assert.equal(code, 'provider-unreachable')
  assert.deepEqual([details['endpoint'], details['address']], ['keys', 'http://127.0.0.1:1/jwks'])
  assert.ok(String(details['reason']).length > 0)
})

const refusals = [
  ['token', 401, { error: 'invalid_client', error_description: 'wrong secret' }, 'client-credentials-rejected'],
  ['token', 401, undefined, 'client-credentials-rejected'],
  ['token', 400, { error: 'invalid_client' }, 'client-credentials-rejected'],
  ['token', 400, { error: 'unauthorized_client' }, 'client-credentials-rejected'],
  ['token', 400, { error: 'invalid_grant', error_description: 'code expired' }, 'provider-refused'],
  ['token', 400, { error: 'invalid_scope' }, 'scope-not-supported'],
  ['token', 400, { error: 'temporarily_unavailable' }, 'provider-unavailable'],
  ['userinfo', 401, undefined, 'provider-refused'],
  ['userinfo', 403, { error: 'insufficient_scope' }, 'provider-refused'],
] as const
test('what the provider refuses has its own code, and the words of the provider', async () => {
  for (const [endpoint, status, body, expected] of refusals) {
    restore()
    idp.instead[endpoint] = (_, response) =>
      response
        .writeHead(status, { 'content-type': body ? 'application/json' : 'text/html' })
        .end(body ? JSON.stringify(body) : '<html>')

    const { code, details } = await refusal(identify(connectorTo(idp)))

    assert.equal(code, expected, JSON.stringify([endpoint, status, body]))
    assert.equal(details['status'], status)
    assert.equal(details['address'], `${idp.issuer}/${endpoint}`)
    assert.equal(details['error'], body?.error)
  }
})

const errorsOfAnswers: Readonly<Record<string, ErrorCode>> = {
  access_denied: 'sign-in-cancelled',
  login_required: 'sign-in-incomplete',
  interaction_required: 'sign-in-incomplete',
  consent_required: 'sign-in-incomplete',
  account_selection_required: 'sign-in-incomplete',
  temporarily_unavailable: 'provider-unavailable',
  server_error: 'provider-unavailable',
  invalid_scope: 'scope-not-supported',
  invalid_request: 'provider-refused',
  an_extension: 'provider-refused',
}
test('an error that the browser brings back has the code of what happened', async () => {
  restore()
  const connector = connectorTo(idp)
  for (const [word, expected] of Object.entries(errorsOfAnswers)) {
    const { code, details } = await refusal(identify(connector, `error=${word}&error_description=why`))

    assert.deepEqual([code, details], [expected, { error: word, description: 'why' }])
    assert.ok(errorRows[code].status < 500, 'whoever is at the browser can write it')
  }
})

test('userinfo that is signed counts only with a key of the provider', async () => {
  restore()
  idp.document = { userinfo_signing_alg_values_supported: ['ES256'] }
  const { privateKey } = await generateKeyPair('ES256')
  const said = { iss: idp.issuer, aud: idp.clientId, sub: 'subject-1', email: 'signed@example.test' }
  const signed: Record<string, string> = {
    ours: await idp.sign(said),
    stranger: await new SignJWT(said).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(privateKey),
  }
  const answer = (name: string) => {
    idp.instead.userinfo = (_, response) =>
      response.writeHead(200, { 'content-type': 'application/jwt' }).end(signed[name])
  }

  answer('ours')
  const identity = await identify(connectorTo(idp))
  answer('stranger')
  const { code, details } = await refusal(identify(connectorTo(idp)))

  assert.equal(identity.email, 'signed@example.test')
  assert.deepEqual([code, details['claim']], ['id-token-invalid', 'signature'])
})

test('an answer that calls itself signed where none is keeps nobody waiting', async () => {
  for (const endpoint of ['discovery', 'jwks', 'token'] as const) {
    restore()
    idp.instead[endpoint] = (_, response) => response.writeHead(200, { 'content-type': 'application/jwt' }).end('a.b.c')

    const { details } = await refusal(identify(connectorTo(idp)))

    assert.match(String(details['problem']), /calls itself application\/jwt/, endpoint)
  }
})

test('userinfo about somebody else says both subjects', async () => {
  restore()
  idp.userinfo = { sub: 'somebody-else' }

  const { code, details } = await refusal(identify(connectorTo(idp)))

  assert.equal(code, 'id-token-invalid')
  assert.equal(details['endpoint'], 'userinfo endpoint')
  assert.deepEqual([details['claim'], details['expected'], details['received']], ['sub', 'subject-1', 'somebody-else'])
})

test('who signs in just after the provider has changed its keys gets in', async () => {
  restore()
  const connector = connectorTo(idp)
  await identify(connector)

  await idp.rotate('two')
  const both = await Promise.all([identify(connector), identify(connector)])
  await idp.rotate('three')
  const third = await identify(connector)

  assert.deepEqual(
    [...both, third].map(({ principal }) => principal),
    ['alice', 'alice', 'alice'],
  )
  assert.equal(idp.asked.filter((endpoint) => endpoint === 'jwks').length, 3)
})

test('a key that changes under its old name is asked for again, too', async () => {
  restore()
  await idp.rotate('same')
  const connector = connectorTo(idp)
  await identify(connector)

  await idp.rotate('same')

  assert.equal((await identify(connector)).principal, 'alice')
})

test('tokens with invented keys make no flood of questions, one after the other or at once [cache-growth]', async () => {
  restore()
  let time = 0
  const connector = connectorTo(idp, { clock: { now: () => time } })
  await identify(connector)
  idp.asked.length = 0

  for (let round = 0; round < 30; round++) {
    idp.header = { kid: round < 5 ? 'invented' : `invented-${round}` }
    await refusal(identify(connector))
  }
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      idp.header = { kid: `invented-${Math.random()}` }
      await refusal(identify(connector))
    }),
  )
  const asked = idp.asked.filter((endpoint) => endpoint === 'jwks').length
  time += 59_999
  await refusal(identify(connector))
  const soon = idp.asked.filter((endpoint) => endpoint === 'jwks').length
  idp.header = {}
  await idp.rotate('after the flood')
  time += 1

  assert.deepEqual([asked, soon], [1, 1], 'in a minute')
  assert.equal((await identify(connector)).principal, 'alice')
})
