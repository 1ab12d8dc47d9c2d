import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { callback, documentAt, identityAt, tokensAt, withToken } from '../../test/support/dev-idp-walk.ts'
import { type DevIdp, startDevIdp } from './index.ts'

describe('the Cognito look-alike', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp({ like: 'cognito' })
  })
  after(() => idp.close())

  test('signs alice in with the class that it prints: name, address and groups', async () => {
    const identity = await identityAt(idp)

    assert.deepEqual(
      [identity.principal, identity.email, identity.emailVerified, identity.name, identity.groups],
      ['alice', 'alice@example.com', true, 'Alice Archer', ['analysts', 'data-admins']],
    )
  })

  test('has its endpoints at another host than its issuer and its keys, and nowhere else', async () => {
    const document = await documentAt(idp.issuer)
    const { origin } = new URL(idp.issuer)
    const domain = new URL(document['token_endpoint'] ?? '').origin

    assert.equal(document['jwks_uri'], `${idp.issuer}/.well-known/jwks.json`)
    assert.notEqual(domain, origin)
    for (const [name, path] of [
      ['authorization_endpoint', '/oauth2/authorize'],
      ['token_endpoint', '/oauth2/token'],
      ['userinfo_endpoint', '/oauth2/userInfo'],
      ['revocation_endpoint', '/oauth2/revoke'],
      ['end_session_endpoint', '/logout'],
    ] as const) {
      assert.equal(document[name], domain + path)
      assert.equal((await fetch(origin + path)).status, 404, name)
    }
    assert.equal((await fetch(`${domain}/eu-central-1_DevIdp123/.well-known/openid-configuration`)).status, 404)
    const { endpoints } = idp.authenticationClass.oidc as { endpoints: Record<string, string> }
    assert.equal(endpoints['token'], document['token_endpoint'])
  })

  test('has an ID token with cognito:groups and a boolean, and userinfo with a text and without groups', async () => {
    const { tokens, document } = await tokensAt(idp)
    const claims = decodeJwt<Record<string, unknown>>(tokens['id_token'] ?? '')
    const { body } = await withToken(document['userinfo_endpoint'] ?? '', tokens['access_token'])

    assert.deepEqual(claims['cognito:groups'], ['analysts', 'data-admins'])
    assert.deepEqual([claims['cognito:username'], claims['token_use'], claims['email_verified']], ['alice', 'id', true])
    assert.deepEqual([body['email_verified'], body['username'], body['sub']], ['true', 'alice', claims.sub])
    assert.equal(body['cognito:groups'], undefined)
  })

  test('gives access tokens without an audience', async () => {
    const { tokens, document } = await tokensAt(idp)
    const keys = createRemoteJWKSet(new URL(document['jwks_uri'] ?? ''))

    const { payload } = await jwtVerify(tokens['access_token'] ?? '', keys, { issuer: idp.issuer })

    assert.ok(!('aud' in payload))
    assert.deepEqual(
      [payload['client_id'], payload['token_use'], payload['username'], payload['scope']],
      [idp.clientId, 'access', 'alice', 'openid email profile'],
    )
    assert.deepEqual(payload['cognito:groups'], ['analysts', 'data-admins'])
    assert.ok(tokens['refresh_token'], 'comes with every code')
  })

  test('answers response_type=token with an ID token as well', async () => {
    const { target } = await tokensAt(idp, { response_type: 'token' })
    const answer = new URLSearchParams(target.hash.slice(1))

    assert.equal(decodeJwt(answer.get('id_token') ?? '').aud, idp.clientId)
    assert.equal(decodeJwt(answer.get('access_token') ?? '')['token_use'], 'access')
  })

  test('signs out by its own parameters, and not by those of OpenID Connect', async () => {
    const { end_session_endpoint: address } = await documentAt(idp.issuer)
    const signOut = (query: Record<string, string>) =>
      fetch(`${address}?${new URLSearchParams(query)}`, { redirect: 'manual' })

    const theirs = await signOut({ client_id: idp.clientId, logout_uri: callback })
    const standard = await signOut({ client_id: idp.clientId, post_logout_redirect_uri: callback })

    assert.equal(theirs.headers.get('location'), callback)
    assert.equal(standard.status, 400)
    assert.equal((await signOut({ client_id: 'other', logout_uri: callback })).status, 400)
    assert.equal((await signOut({ client_id: idp.clientId, logout_uri: 'https://evil.example/' })).status, 400)
  })

  test('refuses the scope groups', async () => {
    const { target } = await tokensAt(idp, { scope: 'openid groups' })

    assert.equal(target.searchParams.get('error'), 'invalid_scope')
  })
})
