/** What a provider that signs correctly, and is hostile or broken all the same, achieves: nothing. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose'
import { connectorOptions } from '../../test/support/connector-options.ts'
import {
  bombOf,
  drip,
  type Endpoint,
  type HostileIdp,
  nested,
  redirectTo,
  startHostileIdp,
} from '../../test/support/hostile-idp.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { createFetch } from '../outgoing.ts'
import { createOidcConnector } from './oidc.ts'

const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }
const redirectUri = 'http://localhost/callback/corp'
const now = Math.floor(Date.now() / 1000)
const patience = { timeout: 20_000 }

function signIn(idp: HostileIdp, { timeout = 10_000 } = {}) {
  const connector = createOidcConnector({
    ...connectorOptions(idp),
    fetch: createFetch({ timeout }),
  })
  const callbackUrl = new URL(`${redirectUri}?code=c&state=${checks.state}`)
  return connector.identify({ callbackUrl, redirectUri, checks })
}

function failsWith(...codes: ErrorCode[]) {
  return (error: unknown) => {
    assert.ok(error instanceof AppError, String(error))
    assert.ok(codes.includes(error.code), `${error.code} ${JSON.stringify(error.details)}`)
    return true
  }
}

// biome-ignore format: one table
const honest: [string, Record<string, unknown>, Record<string, unknown>?][] = [
  ['without extras', {}],
  ['with typ JWT', {}, { typ: 'JWT' }],
  ['with the media type in full', {}, { typ: 'application/jwt' }],
  ['with azp of ours', { azp: 'gatehouse' }],
  ['for several audiences, with azp of ours', { aud: ['gatehouse', 'api'], azp: 'gatehouse' }],
  ['of a clock that is half a minute ahead', { iat: now + 30 }],
  ['with the hash of its access token', { at_hash: hash('sha256', 'access', 'buffer').subarray(0, 16).toString('base64url') }],
  ['with a subject of 255 characters', { sub: 's'.repeat(255) }],
  ['with auth_time', { auth_time: now - 60 }],
]
for (const [what, claims, header = {}] of honest) {
  test(`an ID token ${what} signs in [upstream-jwt-aud-exp]`, patience, async () => {
    await using idp = await startHostileIdp(checks.nonce)
    Object.assign(idp, { claims, header, userinfo: { sub: claims['sub'] ?? 'subject-1' } })

    const { key, principal } = await signIn(idp)

    assert.deepEqual([key.subject, principal], [claims['sub'] ?? 'subject-1', 'alice'])
  })
}

// biome-ignore format: one table
const wrong: [string, Record<string, unknown>, Record<string, unknown>?][] = [
  ['with an empty subject', { sub: '' }],
  ['without a subject', { sub: undefined }],
  ['whose subject is a number', { sub: 7 }],
  ['whose subject is a list', { sub: ['subject-1'] }],
  ['whose subject is null', { sub: null }],
  ['with a subject of 256 characters', { sub: 's'.repeat(256) }],
  ['with NUL in its subject', { sub: 'a\u0000b' }],
  ['with half a character in its subject', { sub: 'a\ud800' }],
  ['issued in two hours', { iat: now + 7200, exp: now + 9000 }],
  ['issued in two minutes', { iat: now + 120 }],
  ['without iat', { iat: undefined }],
  ['whose iat is a text', { iat: String(now) }],
  ['whose iat is negative', { iat: -1 }],
  ['without exp', { exp: undefined }],
  ['whose exp is a text', { exp: String(now + 60) }],
  ['that has expired', { iat: now - 600, exp: now - 300 }],
  ['that is not valid yet', { nbf: now + 3600 }],
  ['whose auth_time is a text', { auth_time: 'now' }],
  ['with azp of another client', { azp: 'another' }],
  ['with azp that is a list', { azp: ['gatehouse'] }],
  ['for several audiences without azp', { aud: ['gatehouse', 'api'] }],
  ['for several audiences with azp of another', { aud: ['gatehouse', 'api'], azp: 'api' }],
  ['for another audience', { aud: 'another' }],
  ['for nobody', { aud: [] }],
  ['without an audience', { aud: undefined }],
  ['whose audiences are no texts', { aud: ['gatehouse', { a: 1 }], azp: 'gatehouse' }],
  ['of another issuer', { iss: 'https://evil.test' }],
  ['of the issuer with a slash', { iss: undefined }],
  ['with another nonce', { nonce: 'another' }],
  ['without a nonce', { nonce: undefined }],
  ['whose nonce is a list', { nonce: [checks.nonce] }],
  ['with the hash of another access token', { at_hash: hash('sha256', 'other', 'buffer').subarray(0, 16).toString('base64url') }],
  ['with a hash that is no text', { at_hash: 1 }],
  ['that is a logout token', {}, { typ: 'logout+jwt' }],
  ['that is an access token', {}, { typ: 'at+jwt' }],
  ['that is a security event', {}, { typ: 'secevent+jwt' }],
  ['with an unknown type', {}, { typ: 'x' }],
  ['with events of a logout', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
  ['that nests a thousand levels', { deep: JSON.parse(`${'['.repeat(1000)}${']'.repeat(1000)}`) }],
  ['of 100 kB', { padding: 'x'.repeat(100_000) }],
]
for (const [what, claims, header = {}] of wrong) {
  test(`an ID token ${what} signs nobody in [upstream-jwt-aud-exp]`, patience, async () => {
    await using idp = await startHostileIdp(checks.nonce)
    Object.assign(idp, { claims, header })

    await assert.rejects(signIn(idp), failsWith('id-token-invalid', 'clock-skew', 'issuer-mismatch'))

    assert.ok(!idp.asked.includes('userinfo'), 'nothing was asked with the access token')
  })
}

for (const sub of ['', 'another', undefined, 7, null]) {
  test(`userinfo about ${JSON.stringify(sub)} is not believed`, patience, async () => {
    await using idp = await startHostileIdp(checks.nonce)
    idp.userinfo = { sub }

    await assert.rejects(signIn(idp), failsWith('id-token-invalid'))
  })
}

test(
  'an e-mail that userinfo says is verified is not the one that the ID token says [link-unverified-upstream]',
  patience,
  async () => {
    await using idp = await startHostileIdp(checks.nonce)
    idp.userinfo = { email: 'mine@example.test', email_verified: true }

    idp.claims = { email: 'ceo@example.test' }
    const mixed = await signIn(idp)
    idp.claims = { email_verified: true }
    idp.userinfo = { email: 'ceo@example.test' }
    const crossed = await signIn(idp)
    idp.claims = { email: 'mine@example.test' }
    idp.userinfo = { email: 'mine@example.test', email_verified: true }
    const agreed = await signIn(idp)
    idp.claims = {}
    const whole = await signIn(idp)

    assert.deepEqual([mixed.email, mixed.emailVerified], ['ceo@example.test', undefined])
    assert.deepEqual([crossed.email, crossed.emailVerified], ['ceo@example.test', undefined])
    assert.deepEqual([agreed.email, agreed.emailVerified], ['mine@example.test', true])
    assert.deepEqual([whole.email, whole.emailVerified], ['mine@example.test', true])
  },
)

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** By what a stranger would sign, who knows the public key and can host another one. */
const forgeries: [string, (idp: HostileIdp, sinkUrl: string) => Promise<HostileIdp['forge']>][] = [
  ...['none', 'None', 'nOnE', 'NONE'].map((alg): (typeof forgeries)[number] => [
    `with alg ${alg} and no signature`,
    async () => (claims) => `${base64({ alg })}.${base64(claims)}.`,
  ]),
  ['without alg', async () => (claims) => `${base64({ typ: 'JWT' })}.${base64(claims)}.`],
  ['with an empty signature', async () => (claims) => `${base64({ alg: 'ES256', kid: 'one' })}.${base64(claims)}.`],
  [
    'signed with the public key as a shared secret',
    async ({ publicJwk }) =>
      (claims) =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256', kid: 'one' })
          .sign(Buffer.from(JSON.stringify(publicJwk))),
  ],
  [
    'signed with the client secret',
    async () => (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from('secret'.padEnd(32, '0'))),
  ],
  ['signed by a key of the same name', strangersKey(() => ({}))],
  ['signed by the key in its own header', strangersKey((jwk) => ({ jwk }))],
  ['signed by a key at the address in its header', strangersKey((_, url) => ({ jku: `${url}/jwks` }))],
  ['signed by a certificate at the address in its header', strangersKey((_, url) => ({ x5u: `${url}/jwks` }))],
  ['with a path as its key', strangersKey(() => ({ kid: '../../dev/null' }))],
  ['with an extension that must be understood', strangersKey(() => ({ crit: ['b64'], b64: true }))],
  ['that is encrypted', async () => (claims) => `${base64({ alg: 'dir', enc: 'A256GCM' })}..${base64(claims)}.x.x`],
  ['that is JSON', async () => (claims) => JSON.stringify(claims)],
  ['that is empty', async () => () => ''],
]

function strangersKey(header: (jwk: object, sinkUrl: string) => object): (typeof forgeries)[number][1] {
  return async (_, sinkUrl) => {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const parameters = { alg: 'ES256', kid: 'one', ...header(await exportJWK(publicKey), sinkUrl) }
    return (claims) => new SignJWT(claims).setProtectedHeader(parameters as JWTHeaderParameters).sign(privateKey)
  }
}

for (const [what, forge] of forgeries) {
  test(`an ID token ${what} signs nobody in, and no other address is asked [alg-confusion]`, patience, async () => {
    await using idp = await startHostileIdp(checks.nonce)
    await using sink = await startHostileIdp(checks.nonce)
    idp.forge = await forge(idp, sink.issuer)

    await assert.rejects(signIn(idp), failsWith('id-token-invalid', 'provider-unreachable'))
    idp.forge = undefined

    assert.equal((await signIn(idp)).principal, 'alice')
    assert.deepEqual(sink.asked, [])
  })
}

const endpoints: Endpoint[] = ['discovery', 'jwks', 'token', 'userinfo']
for (const compression of ['gzip', 'deflate', 'br'] as const) {
  const bomb = await bombOf(compression)
  for (const endpoint of endpoints) {
    test(`200 MB in a small ${compression} answer of ${endpoint} are not read [jwe-p2c-bomb]`, patience, async () => {
      await using idp = await startHostileIdp(checks.nonce)
      idp.instead[endpoint] = bomb
      const before = process.memoryUsage().rss
      const began = performance.now()

      await assert.rejects(signIn(idp), failsWith('provider-answer-refused'))

      assert.ok(performance.now() - began < 3000)
      assert.ok(process.memoryUsage().rss - before < 64 * 2 ** 20, 'memory has hardly grown')
    })
  }
}

for (const endpoint of endpoints) {
  test(
    `an answer of ${endpoint} that nests thousands of levels, drips for ever or leads elsewhere is refused [ssrf-webhook-connector]`,
    patience,
    async () => {
      await using idp = await startHostileIdp(checks.nonce)
      await using sink = await startHostileIdp(checks.nonce)

      idp.instead[endpoint] = nested
      await assert.rejects(signIn(idp), failsWith('provider-answer-refused'))
      idp.instead[endpoint] = drip
      await assert.rejects(signIn(idp, { timeout: 500 }), failsWith('provider-unreachable'))
      idp.instead[endpoint] = redirectTo(`${sink.issuer}/token`)
      await assert.rejects(signIn(idp), failsWith('provider-unreachable', 'provider-answer-unusable'))
      delete idp.instead[endpoint]

      assert.equal((await signIn(idp)).principal, 'alice')
      assert.deepEqual(sink.asked, [])
    },
  )
}
