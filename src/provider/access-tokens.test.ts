import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CompactEncrypt, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import type { AppError } from '../errors.ts'
import { digest } from '../store/digest.ts'
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
const alice = { userId: 'u_alice', username: 'alice', names: ['user:alice'], teams: [] }

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
    hasGrant: async (id) => id === 'grant',
    wasRevoked: async (jti) => jti === 'revoked',
  },
  clock: { now: () => now },
})

const claims = {
  iss: issuer,
  aud: wiki,
  sub: 'u_alice',
  client_id: 'app',
  jti: 'j',
  grant_id: 'grant',
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

    const names = { session: 'login', grant: 'grant', token: digest('j'), product: 'app-product' }
    assert.deepEqual(holder, { identity: alice, expiresAt: now + 300_000, ...names })
  })

  it('of a program names its product', async () => {
    const { identity } = await verify(await token({ sub: 'robot', client_id: 'robot' }), wiki)

    assert.deepEqual(identity, {
      userId: 'client:robot',
      username: 'client:robot',
      names: [],
      teams: [],
      program: 'robot-product',
    })
  })

  const refused: [string, Record<string, unknown>, Record<string, unknown>?][] = [
    ['has no audience', { aud: undefined }],
    ['is for another service', { aud: vault }],
    ['is for several services', { aud: [wiki, vault] }],
    ['is for a list of one', { aud: [wiki] }],
    ['is an ID token', {}, { typ: 'JWT' }],
    ['is a logout token', {}, { typ: 'logout+jwt' }],
    ['is a client assertion', {}, { typ: 'client-authentication+jwt' }],
    ['is a DPoP proof', {}, { typ: 'dpop+jwt' }],
    ['has no type', {}, { typ: undefined }],
    ['is bound to a key (DPoP)', { cnf: { jkt: 'x' } }],
    ['is bound to a certificate (mTLS)', { cnf: { 'x5t#S256': 'x' } }],
    ['is used on behalf of somebody', { act: { sub: 'u_bob' } }],
    ['may be used on behalf of somebody', { may_act: { sub: 'u_bob' } }],
    ['carries authorization details', { authorization_details: [] }],
    ['has a claim that nobody here reads', { x: 1 }],
    ['is valid only later', { nbf: seconds + 100 }],
    ['has a critical header', {}, { b64: true, crit: ['b64'] }],
    ['brings its own key', {}, { jwk: published[0] }],
    ['says where its key is', {}, { jku: 'https://evil.test/jwks' }],
    ['has a certificate', {}, { x5c: ['x'] }],
    ['is nested', {}, { cty: 'JWT' }],
    ['has no sub', { sub: undefined }],
    ['has an empty sub', { sub: '' }],
    ['has a number as sub', { sub: 7 }],
    ['has a list as sub', { sub: ['u_alice'] }],
    ['has an object as client', { client_id: { id: 'app' } }],
    ['has no client', { client_id: undefined }],
    ['is of a client that is gone', { client_id: 'gone' }],
    ['is of a client that may have none of its own', { sub: 'app' }],
    ['has an unknown scope', { scope: 'access admin' }],
    ['has the scopes of a sign-in', { scope: 'openid' }],
    ['has a list of scopes', { scope: ['access'] }],
    ['is of somebody who is gone or deactivated', { sub: 'u_bob' }],
    ['is of a session that has ended', { sid: 'dead' }],
    ['has something else as session', { sid: ['live'] }],
    ['has expired', { exp: seconds - 10 }],
    ['has no expiry', { exp: undefined }],
    ['lives longer than one of this server', { iat: seconds - 700, exp: seconds + 9_999 }],
    ['was issued in the future', { iat: seconds + 60 }],
    ['is of another issuer', { iss: 'https://evil.test' }],
    ['is of no issuer', { iss: undefined }],
    ['has no id', { jti: undefined }],
    ['is of a grant that has ended', { grant_id: 'ended' }],
    ['is of no grant', { grant_id: undefined }],
    ['has something else as grant', { grant_id: ['grant'] }],
    ['was revoked', { jti: 'revoked' }],
  ]
  for (const [what, change, inHeader] of refused) {
    it(`is refused when it ${what} [id-token-as-access]`, async () => {
      const made = await token(change, inHeader)

      await assert.rejects(verify(made, wiki), (error: AppError) => /^token-(invalid|audience-wrong)$/.test(error.code))
    })
  }

  it('is refused when somebody else signed it, nobody did, or with an algorithm that is not for services [alg-confusion]', async () => {
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
