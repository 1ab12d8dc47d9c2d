import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CompactEncrypt, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { AppError } from '../errors.ts'
import { createAccessTokenVerifier } from './access-tokens.ts'

const issuer = 'https://id.example.test'
const wiki = 'https://wiki.example.test'
const vault = 'https://vault.example.test'
const now = 1_800_000_000_000
const seconds = now / 1000
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const rsa = await generateKeyPair('RS256', { extractable: true })
const stranger = await generateKeyPair('ES256')
const kid = 'key-1'
const published: JWK[] = [
  { ...(await exportJWK(publicKey)), kid, alg: 'ES256' },
  { ...(await exportJWK(rsa.publicKey)), kid: 'key-2', alg: 'RS256' },
]
const alice = { userId: 'u_alice', username: 'alice', teams: [] }

const verify = createAccessTokenVerifier({
  issuer,
  keys: published,
  findClient: (id) => {
    const metadata = { grant_types: id === 'robot' ? ['client_credentials'] : ['authorization_code'] }
    return id === 'app' || id === 'robot'
      ? { product: `${id}-product`, resources: new Set([wiki]), metadata }
      : undefined
  },
  findIdentity: async (id) => (id === 'u_alice' ? alice : undefined),
  payloads: {
    findLivingSession: async (uid) => {
      const login = { idHash: 'login', expiresAt: now + 300_000 }
      return uid === 'live' ? { uid, payload: {}, accountId: 'u_alice', login } : undefined
    },
  },
  clock: { now: () => now },
})

const claims = {
  iss: issuer,
  aud: wiki,
  sub: 'u_alice',
  client_id: 'app',
  jti: 'j',
  iat: seconds - 10,
  exp: seconds + 500,
}
const header = { alg: 'ES256', typ: 'at+jwt', kid }

function token(
  change: Record<string, unknown> = {},
  inHeader: Record<string, unknown> = {},
  key = privateKey,
): Promise<string> {
  const payload = Object.fromEntries(
    Object.entries({ ...claims, ...change }).filter(([, value]) => value !== undefined),
  )
  return new SignJWT(payload).setProtectedHeader({ ...header, ...inHeader }).sign(key)
}

const refusedAs = (code: string) => (error: AppError) => error.code === code

describe('an access token at the gate', () => {
  it('says who the person is, and until when', async () => {
    const full = {
      sid: 'live',
      scope: 'access',
      preferred_username: 'alice',
      groups: [],
      email: 'a@b.test',
      name: 'Alice',
    }

    const holder = await verify(await token(full), wiki)

    assert.deepEqual(holder, { identity: alice, expiresAt: now + 300_000, session: 'login' })
  })

  it('of a program names its product', async () => {
    const { identity } = await verify(await token({ sub: 'robot', client_id: 'robot' }), wiki)

    assert.deepEqual(identity, {
      userId: 'client:robot',
      username: 'client:robot',
      teams: [],
      program: 'robot-product',
    })
  })

  const refused: [string, string, Record<string, unknown>, Record<string, unknown>?][] = [
    ['has no audience', 'id-token-as-access', { aud: undefined }],
    ['is for another service', 'id-token-as-access', { aud: vault }],
    ['is for several services', 'id-token-as-access', { aud: [wiki, vault] }],
    ['is for a list of one', 'id-token-as-access', { aud: [wiki] }],
    ['is an ID token', 'id-token-as-access', {}, { typ: 'JWT' }],
    ['is a logout token', 'id-token-as-access', {}, { typ: 'logout+jwt' }],
    ['is a client assertion', 'id-token-as-access', {}, { typ: 'client-authentication+jwt' }],
    ['is a DPoP proof', 'id-token-as-access', {}, { typ: 'dpop+jwt' }],
    ['has no type', 'id-token-as-access', {}, { typ: undefined }],
    ['is bound to a key (DPoP)', 'id-token-as-access', { cnf: { jkt: 'x' } }],
    ['is bound to a certificate (mTLS)', 'id-token-as-access', { cnf: { 'x5t#S256': 'x' } }],
    ['is used on behalf of somebody', 'exchange-subject-token', { act: { sub: 'u_bob' } }],
    ['may be used on behalf of somebody', 'exchange-subject-token', { may_act: { sub: 'u_bob' } }],
    ['carries authorization details', 'id-token-as-access', { authorization_details: [] }],
    ['has a claim that nobody here reads', 'id-token-as-access', { x: 1 }],
    ['is valid only later', 'id-token-as-access', { nbf: seconds + 100 }],
    ['has a critical header', 'id-token-as-access', {}, { b64: true, crit: ['b64'] }],
    ['brings its own key', 'id-token-as-access', {}, { jwk: published[0] }],
    ['says where its key is', 'id-token-as-access', {}, { jku: 'https://evil.test/jwks' }],
    ['has a certificate', 'id-token-as-access', {}, { x5c: ['x'] }],
    ['is nested', 'id-token-as-access', {}, { cty: 'JWT' }],
    ['has no sub', 'id-token-as-access', { sub: undefined }],
    ['has an empty sub', 'id-token-as-access', { sub: '' }],
    ['has a number as sub', 'id-token-as-access', { sub: 7 }],
    ['has a list as sub', 'id-token-as-access', { sub: ['u_alice'] }],
    ['has an object as client', 'id-token-as-access', { client_id: { id: 'app' } }],
    ['has no client', 'id-token-as-access', { client_id: undefined }],
    ['is of a client that is gone', 'refresh-rechecks-user', { client_id: 'gone' }],
    ['is of a client that may have none of its own', 'scope-not-configured', { sub: 'app' }],
    ['has an unknown scope', 'scope-not-configured', { scope: 'access admin' }],
    ['has the scopes of a sign-in', 'scope-not-configured', { scope: 'openid' }],
    ['has a list of scopes', 'scope-not-configured', { scope: ['access'] }],
    ['is of somebody who is gone or deactivated', 'refresh-rechecks-user', { sub: 'u_bob' }],
    ['is of a session that has ended', 'refresh-rechecks-user', { sid: 'dead' }],
    ['has something else as session', 'refresh-rechecks-user', { sid: ['live'] }],
    ['has expired', 'id-token-as-access', { exp: seconds - 10 }],
    ['has no expiry', 'id-token-as-access', { exp: undefined }],
    ['lives longer than one of this server', 'id-token-as-access', { iat: seconds - 700, exp: seconds + 9_999 }],
    ['was issued in the future', 'id-token-as-access', { iat: seconds + 60 }],
    ['is of another issuer', 'id-token-as-access', { iss: 'https://evil.test' }],
    ['is of no issuer', 'id-token-as-access', { iss: undefined }],
    ['has no id', 'id-token-as-access', { jti: undefined }],
  ]
  for (const [what, row, change, inHeader] of refused) {
    it(`is refused when it ${what} [${row}]`, async () => {
      const made = await token(change, inHeader)

      await assert.rejects(verify(made, wiki), (error: AppError) => /^token-(invalid|audience-wrong)$/.test(error.code))
    })
  }

  it('is refused when somebody else signed it, nobody did, or with an algorithm that is not for services [id-token-as-access]', async () => {
    const unsigned = [{ alg: 'none', typ: 'at+jwt' }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    const rs256 = await token({}, { alg: 'RS256', kid: 'key-2' }, rsa.privateKey)
    const key = new TextEncoder().encode(JSON.stringify(published[0]))
    const hs256 = await new SignJWT(claims).setProtectedHeader({ ...header, alg: 'HS256' }).sign(key)

    for (const made of [await token({}, {}, stranger.privateKey), `${unsigned.join('.')}.`, rs256, hs256]) {
      await assert.rejects(verify(made, wiki), refusedAs('token-invalid'))
    }
  })

  it('is refused when it is encrypted [id-token-as-access]', async () => {
    const encrypted = await new CompactEncrypt(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt' })
      .encrypt(Buffer.alloc(32, 1))

    await assert.rejects(verify(encrypted, wiki), refusedAs('token-invalid'))
  })
})
