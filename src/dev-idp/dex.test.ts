import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { documentAt, identityAt, tokensAt, withToken } from '../../test/support/dev-idp-walk.ts'
import { type DevIdp, startDevIdp } from './index.ts'

describe('the Dex look-alike', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp({ like: 'dex' })
  })
  after(() => idp.close())

  test('signs alice in with the class that it prints: name, address and groups', async () => {
    const identity = await identityAt(idp)

    assert.deepEqual(
      [identity.principal, identity.email, identity.emailVerified, identity.name, identity.groups],
      ['alice', 'alice@example.com', true, 'Alice Archer', ['analysts', 'data-admins']],
    )
  })

  test('has everything below /dex and nothing to sign out at', async () => {
    const document = await documentAt(idp.issuer)

    assert.match(idp.issuer, /^http:\/\/localhost:\d+\/dex$/)
    assert.equal(document['authorization_endpoint'], `${idp.issuer}/auth`)
    assert.equal(document['jwks_uri'], `${idp.issuer}/keys`)
    assert.equal(document['introspection_endpoint'], `${idp.issuer}/token/introspect`)
    assert.equal(document['end_session_endpoint'], undefined)
    assert.equal(document['revocation_endpoint'], undefined)
  })

  test('makes the subject of person and connector, and says both for the scope federated:id', async () => {
    const { tokens } = await tokensAt(idp, { scope: 'openid federated:id' })
    const claims = decodeJwt<Record<string, unknown>>(tokens['id_token'] ?? '')
    const { connector_id: connector, user_id: id } = claims['federated_claims'] as Record<string, string>

    const message = Buffer.from(String(claims.sub), 'base64url')

    assert.equal(connector, 'ldap')
    assert.equal(message.toString('latin1'), `\n\x24${id}\x12\x04ldap`)
  })

  test('tells groups to those who ask for the scope, and refuses scopes that it does not know', async () => {
    const without = decodeJwt<Record<string, unknown>>((await tokensAt(idp)).tokens['id_token'] ?? '')
    const { tokens, document } = await tokensAt(idp, { scope: 'openid groups' })

    assert.equal(without['groups'], undefined)
    for (const token of [tokens['id_token'], tokens['access_token']]) {
      const { groups, aud } = decodeJwt<Record<string, unknown>>(token ?? '')
      assert.deepEqual([groups, aud], [['analysts', 'data-admins'], idp.clientId])
    }
    const { body } = await withToken(document['userinfo_endpoint'] ?? '', tokens['access_token'])
    assert.deepEqual(body['groups'], ['analysts', 'data-admins'])
  })

  test('takes a refresh token once, and gives the next one', async () => {
    const { tokens, document } = await tokensAt(idp, { scope: 'openid offline_access' })
    const refresh = async (token = '') => {
      const response = await fetch(document['token_endpoint'] ?? '', {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${idp.clientId}:${idp.clientSecret}`)}` },
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
      })
      return (await response.json()) as Record<string, string>
    }

    const first = await refresh(tokens['refresh_token'])
    const again = await refresh(tokens['refresh_token'])

    assert.ok(first['refresh_token'] && first['refresh_token'] !== tokens['refresh_token'])
    assert.equal(again['error'], 'invalid_grant')
  })
})
