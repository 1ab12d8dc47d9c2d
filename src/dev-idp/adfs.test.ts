import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { documentAt, identityAt, tokensAt, withToken } from '../../test/support/dev-idp-walk.ts'
import { type DevIdp, startDevIdp } from './index.ts'

describe('the ADFS look-alike', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp({ like: 'adfs' })
  })
  after(() => idp.close())

  test('signs people in with the class that it prints, by upn, with a list of groups or with one', async () => {
    const alice = await identityAt(idp)
    const bob = await identityAt(idp, { username: 'bob' })

    assert.deepEqual(
      [alice.principal, alice.email, alice.emailVerified, alice.name, alice.groups],
      ['alice@example.com', 'alice@example.com', undefined, 'Alice Archer', ['analysts', 'data-admins']],
    )
    assert.deepEqual([bob.groups, bob.received?.form], [['analysts'], 'one text'])
  })

  test('has everything below /adfs, and another issuer in access tokens', async () => {
    const document = await documentAt(idp.issuer)
    const { origin } = new URL(idp.issuer)

    assert.equal(idp.issuer, `${origin}/adfs`)
    assert.equal(document['authorization_endpoint'], `${origin}/adfs/oauth2/authorize/`)
    assert.equal(document['jwks_uri'], `${origin}/adfs/discovery/keys`)
    assert.equal(document['access_token_issuer'], `${origin}/adfs/services/trust`)
    const { tokens } = await tokensAt(idp, { resource: 'https://api.example.com' })
    const keys = createRemoteJWKSet(new URL(document['jwks_uri'] ?? ''))
    const { payload } = await jwtVerify(tokens['access_token'] ?? '', keys)
    assert.deepEqual(
      [payload.iss, payload.aud],
      [`${origin}/adfs/services/trust`, `microsoft:identityserver:${idp.clientId}`],
    )
  })

  test('puts what rules add into ID tokens for allatclaims only, and nothing but the subject into userinfo', async () => {
    const { tokens, document } = await tokensAt(idp)
    const claims = decodeJwt<Record<string, unknown>>(tokens['id_token'] ?? '')
    const { body } = await withToken(document['userinfo_endpoint'] ?? '', tokens['access_token'])

    assert.deepEqual([claims['upn'], claims['unique_name']], ['alice@example.com', 'EXAMPLE\\alice'])
    assert.deepEqual([claims['groups'], claims['email']], [undefined, undefined])
    assert.deepEqual(body, { sub: claims.sub })
  })
})
