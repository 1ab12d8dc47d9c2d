import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { documentAt, identityAt, tokensAt, withToken } from '../../test/support/dev-idp-walk.ts'
import { type DevIdp, startDevIdp } from './index.ts'

describe('the GitLab look-alike', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp({ like: 'gitlab' })
  })
  after(() => idp.close())

  test('signs alice in with the class that it prints: name, address and groups, inherited ones too', async () => {
    const identity = await identityAt(idp)

    assert.deepEqual(
      [identity.principal, identity.email, identity.emailVerified, identity.name, identity.groups],
      ['alice', 'alice@example.com', true, 'Alice Archer', ['analysts', 'data-admins', 'data-admins/etl']],
    )
    assert.deepEqual(idp.users[0]?.groups, identity.groups)
  })

  test('has the addresses of GitLab and nothing to sign out at', async () => {
    const document = await documentAt(idp.issuer)

    assert.match(idp.issuer, /^http:\/\/localhost:\d+$/)
    assert.equal(document['authorization_endpoint'], `${idp.issuer}/oauth/authorize`)
    assert.equal(document['jwks_uri'], `${idp.issuer}/oauth/discovery/keys`)
    assert.equal(document['introspection_endpoint'], `${idp.issuer}/oauth/introspect`)
    assert.equal(document['end_session_endpoint'], undefined)
  })

  test('has groups_direct in the ID token, and groups and names at userinfo only', async () => {
    const { tokens, document } = await tokensAt(idp)
    const claims = decodeJwt<Record<string, unknown>>(tokens['id_token'] ?? '')
    const { body } = await withToken(document['userinfo_endpoint'] ?? '', tokens['access_token'])

    assert.deepEqual(claims['groups_direct'], ['analysts', 'data-admins'])
    for (const claim of ['groups', 'name', 'preferred_username']) assert.ok(!(claim in claims), claim)
    assert.deepEqual(body['groups'], ['analysts', 'data-admins', 'data-admins/etl'])
    assert.equal(body['nickname'], 'alice')
    assert.equal(body['groups_direct'], undefined)
    assert.match(String(claims.sub), /^\d+$/)
  })

  test('gives opaque access tokens, which introspection knows, and a refresh token with every code', async () => {
    const { tokens, document } = await tokensAt(idp)
    const body = new URLSearchParams({
      token: tokens['access_token'] ?? '',
      client_id: idp.clientId,
      client_secret: idp.clientSecret,
    })

    const answer = await fetch(document['introspection_endpoint'] ?? '', { method: 'POST', body })

    assert.doesNotMatch(tokens['access_token'] ?? '', /\./)
    assert.equal(((await answer.json()) as { active: boolean }).active, true)
    assert.ok(tokens['refresh_token'])
  })
})
