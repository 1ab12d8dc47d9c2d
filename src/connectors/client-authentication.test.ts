/** How the client of this server proves itself at the token endpoint of a provider. */
import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { jwtVerify } from 'jose'
import { type HostileIdp, startHostileIdp } from '../../test/support/hostile-idp.ts'
import { AppError } from '../errors.ts'
import { createFetch } from '../outgoing.ts'
import { createOidcConnector, type OidcConnectorOptions } from './oidc.ts'

const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }
const redirectUri = 'http://localhost/callback/corp'
const secret = 'a secret of at least thirty-two characters'

let idp: HostileIdp
before(async () => {
  idp = await startHostileIdp(checks.nonce)
})
after(() => idp[Symbol.asyncDispose]())

/** What the token endpoint was sent: the header, and the form. */
async function sent(
  options: Partial<OidcConnectorOptions>,
): Promise<{ header: string | undefined; form: URLSearchParams }> {
  let header: string | undefined
  let form = new URLSearchParams()
  idp.instead.token = async (request, response) => {
    header = request.headers.authorization
    form = new URLSearchParams(await text(request))
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
  }
  const connector = createOidcConnector({
    name: 'corp',
    issuer: idp.issuer,
    clientId: 'gate house',
    clientSecret: secret,
    clientAuthenticationMethod: 'client_secret_basic',
    scopes: ['openid'],
    principalClaim: 'preferred_username',
    groupsClaims: [['groups']],
    fetch: createFetch({ timeout: 5000 }),
    clock: { now: () => Date.now() },
    ...options,
  })
  const callbackUrl = new URL(`${redirectUri}?code=c&state=${checks.state}`)
  await assert.rejects(connector.identify({ callbackUrl, redirectUri, checks }), (error: unknown) => {
    if (error instanceof AppError && error.code === 'config-invalid') throw error
    return true
  })
  return { header, form }
}

test('a secret goes into the header or into the form, and no secret nowhere', async () => {
  const basic = await sent({})
  const post = await sent({ clientAuthenticationMethod: 'client_secret_post' })
  const none = await sent({ clientAuthenticationMethod: 'none', clientSecret: '' })

  assert.match(Buffer.from(basic.header?.replace('Basic ', '') ?? '', 'base64').toString(), /^gate(?:\+|%20)house:a/)
  assert.equal(basic.form.get('client_secret'), null)
  assert.deepEqual([post.header, post.form.get('client_secret')], [undefined, secret])
  assert.deepEqual(
    [none.header, none.form.get('client_secret'), none.form.get('client_id')],
    [undefined, null, 'gate house'],
  )
})

test('client_secret_jwt signs with the secret, for the issuer, once', async () => {
  const jwts = [
    await sent({ clientAuthenticationMethod: 'client_secret_jwt' }),
    await sent({ clientAuthenticationMethod: 'client_secret_jwt' }),
  ].map(({ form }) => form.get('client_assertion') ?? '')

  const read = await Promise.all(
    jwts.map((jwt) => jwtVerify(jwt, new TextEncoder().encode(secret), { audience: idp.issuer })),
  )

  assert.deepEqual(
    read.map(({ payload }) => [payload.iss, payload.sub]),
    [
      ['gate house', 'gate house'],
      ['gate house', 'gate house'],
    ],
  )
  assert.notEqual(read[0]?.payload.jti, read[1]?.payload.jti)
})

describe('private_key_jwt', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const ed = generateKeyPairSync('ed25519').privateKey
  const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8') =>
    key.export({ type, format: 'pem' } as { type: 'pkcs8'; format: 'pem' }).toString()
  const jwk = JSON.stringify({ ...ec.export({ format: 'jwk' }), kid: 'own', alg: 'ES256' })

  // biome-ignore format: one table
  const keys: [string, string, KeyObject, string, string | undefined][] = [
    ['an RSA key', pem(rsa), rsa, 'RS256', undefined],
    ['an RSA key as OpenSSL wrote it before 3.0', pem(rsa, 'pkcs1'), rsa, 'RS256', undefined],
    ['a key for PS256', JSON.stringify({ ...rsa.export({ format: 'jwk' }), alg: 'PS256' }), rsa, 'PS256', undefined],
    ['an EC key', pem(ec), ec, 'ES256', undefined],
    ['an EC key as OpenSSL writes it', pem(ec, 'sec1'), ec, 'ES256', undefined],
    ['an Ed25519 key', pem(ed), ed, 'Ed25519', undefined],
    ['a JSON Web Key', jwk, ec, 'ES256', 'own'],
  ]
  for (const [what, written, key, alg, kid] of keys) {
    test(`signs with ${what}`, async () => {
      const { form, header } = await sent({
        clientAuthenticationMethod: 'private_key_jwt',
        clientSecret: '',
        clientKey: { text: written, at: 'x' },
      })

      const { protectedHeader, payload } = await jwtVerify(form.get('client_assertion') ?? '', createPublicKey(key), {
        audience: idp.issuer,
      })

      assert.deepEqual([protectedHeader.alg, protectedHeader.kid, payload.sub], [alg, kid, 'gate house'])
      assert.deepEqual([header, form.get('client_secret')], [undefined, null])
    })
  }

  test('is for the token endpoint where a provider compares with that, and has the name of the key', async () => {
    const { form } = await sent({
      clientAuthenticationMethod: 'private_key_jwt',
      clientKey: { text: pem(ec), at: 'x', keyId: 'two' },
      assertionAudience: 'token endpoint',
    })

    const { protectedHeader } = await jwtVerify(form.get('client_assertion') ?? '', createPublicKey(ec), {
      audience: `${idp.issuer}/token`,
    })

    assert.equal(protectedHeader.kid, 'two')
  })

  // biome-ignore format: one table
  const wrong: [string, string, string?][] = [
    ['no key', 'hunter2'],
    ['a public key', createPublicKey(ec).export({ type: 'spki', format: 'pem' }).toString()],
    ['a JSON text that is none', '{"kty":"EC","d":"hunter2"}'],
    ['broken JSON', '{"d":"hunter2'],
    ['a key with a certificate that is none', pem(ec), 'hunter2'],
    ['a key that is too small for signatures', JSON.stringify({ ...ed.export({ format: 'jwk' }), alg: 'RS256' })],
  ]
  for (const [what, written, certificate] of wrong) {
    test(`says where ${what} is, and nothing of it`, async () => {
      const work = sent({
        clientAuthenticationMethod: 'private_key_jwt',
        clientKey: { text: written, at: 'secrets.corp.privateKey', certificate },
      })

      await assert.rejects(work, (error: unknown) => {
        assert.ok(error instanceof AppError)
        assert.equal(error.details['at'], 'secrets.corp.privateKey')
        assert.doesNotMatch(`${JSON.stringify(error.details)} ${error.cause}`, /hunter2|BEGIN/)
        return error.code === 'config-invalid'
      })
    })
  }
})
