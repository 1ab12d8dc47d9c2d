import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { type JWK, SignJWT } from 'jose'
import { callback, comeBack, documentAt, redeem } from '../../test/support/dev-idp-walk.ts'
import { AppError } from '../errors.ts'
import { type DevIdp, type DevIdpOptions, startDevIdp } from './index.ts'

type SigningKey = Parameters<SignJWT['sign']>[0]

/** A code of alice, redeemed with an assertion that this key signs. */
async function redeemWith(idp: DevIdp, key: SigningKey, alg: string): Promise<Record<string, string>> {
  const { authorization_endpoint: authorization, token_endpoint: token = '' } = await documentAt(idp.issuer)
  const query = { response_type: 'code', client_id: idp.clientId, redirect_uri: callback, scope: 'openid' }
  const target = await comeBack(idp, `${authorization}?${new URLSearchParams(query)}`)
  const assertion = await new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg })
    .setIssuer(idp.clientId)
    .setSubject(idp.clientId)
    .setAudience(token)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key)
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: target.searchParams.get('code') ?? '',
    redirect_uri: callback,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  })
  return (await (await fetch(token, { method: 'POST', body })).json()) as Record<string, string>
}

async function started(t: { after(work: () => Promise<void>): void }, options: DevIdpOptions): Promise<DevIdp> {
  const idp = await startDevIdp(options)
  t.after(() => idp.close())
  return idp
}

test('a client that signs with its private key gets tokens, and nobody else does', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const keys = [publicKey.export({ format: 'jwk' }) as JWK]
  for (const like of ['keycloak', 'entra', 'auth0']) {
    const idp = await started(t, { like, clientAuthentication: { method: 'private_key_jwt', keys } })

    assert.ok((await redeemWith(idp, privateKey, 'ES256'))['id_token'], like)
    assert.equal((await redeemWith(idp, other, 'ES256'))['error'], 'invalid_client', like)
    const bySecret = await redeem(idp, (await documentAt(idp.issuer))['token_endpoint'] ?? '', 'any')
    assert.equal(bySecret['error'], 'invalid_client', like)
  }
})

test('a client that signs with its secret gets tokens', async (t) => {
  const idp = await started(t, { like: 'okta', clientAuthentication: { method: 'client_secret_jwt' } })

  assert.ok((await redeemWith(idp, Buffer.from(idp.clientSecret), 'HS256'))['id_token'])
  assert.equal((await redeemWith(idp, Buffer.alloc(24, 'x'), 'HS256'))['error'], 'invalid_client')
})

test('a way to authenticate that the vendor does not offer is refused', async () => {
  await assert.rejects(
    startDevIdp({ like: 'google', clientAuthentication: { method: 'client_secret_jwt' } }),
    (error) => error instanceof AppError && error.details['problem'] === 'Google has no such client authentication',
  )
})
