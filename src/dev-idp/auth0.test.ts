import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { callback, documentAt, identityAt, tokensAt, withToken } from '../../test/support/dev-idp-walk.ts'
import { type DevIdp, startDevIdp } from './index.ts'

describe('the Auth0 look-alike', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp({ like: 'auth0' })
  })
  after(() => idp.close())

  test('signs alice in with the class that it prints: nickname, address, name and the groups of the Action', async () => {
    const identity = await identityAt(idp)

    assert.deepEqual(
      [identity.principal, identity.email, identity.emailVerified, identity.name, identity.groups],
      ['alice', 'alice@example.com', true, 'Alice Archer', ['analysts', 'data-admins']],
    )
    assert.deepEqual(idp.authenticationClass.oidc['groupsClaim'], ['https://gatehouse.example/groups'])
  })

  test('has an issuer that ends in a slash', async () => {
    const document = await documentAt(idp.issuer)

    assert.match(idp.issuer, /^http:\/\/localhost:\d+\/$/)
    assert.equal(document['issuer'], idp.issuer)
    assert.equal(document['token_endpoint'], `${idp.issuer}oauth/token`)
    assert.equal(document['jwks_uri'], `${idp.issuer}.well-known/jwks.json`)
    assert.equal(document['end_session_endpoint'], `${idp.issuer}oidc/logout`)
  })

  test('has groups under the name of an address, and none under their own', async () => {
    const claims = decodeJwt<Record<string, unknown>>((await tokensAt(idp)).tokens['id_token'] ?? '')

    assert.deepEqual(claims['https://gatehouse.example/groups'], ['analysts', 'data-admins'])
    assert.equal(claims['groups'], undefined)
    assert.match(String(claims.sub), /^auth0\|/)
  })

  test('gives an opaque access token, which userinfo takes until it is revoked', async () => {
    const { tokens, document } = await tokensAt(idp)
    const token = tokens['access_token'] ?? ''
    const before = await withToken(document['userinfo_endpoint'] ?? '', token)

    const body = new URLSearchParams({ token, client_id: idp.clientId, client_secret: idp.clientSecret })
    await fetch(document['revocation_endpoint'] ?? '', { method: 'POST', body })
    const afterwards = await withToken(document['userinfo_endpoint'] ?? '', token)

    assert.doesNotMatch(token, /\./)
    assert.deepEqual([before.status, before.body['nickname']], [200, 'alice'])
    assert.equal(afterwards.status, 401)
  })

  test('gives a signed access token for the API that the client names', async () => {
    const { tokens, document } = await tokensAt(idp, { audience: 'https://api.example.com/' })
    const keys = createRemoteJWKSet(new URL(document['jwks_uri'] ?? ''))

    const { payload } = await jwtVerify(tokens['access_token'] ?? '', keys, { issuer: idp.issuer })
    const told = await withToken(document['userinfo_endpoint'] ?? '', tokens['access_token'])

    assert.deepEqual(payload.aud, ['https://api.example.com/', `${idp.issuer}userinfo`])
    assert.equal(payload['azp'], idp.clientId)
    assert.equal(told.status, 200)
  })

  test('gives a refresh token for offline_access only, and leaves out scopes that it does not know', async () => {
    assert.equal((await tokensAt(idp, { scope: 'openid groups' })).tokens['refresh_token'], undefined)
    assert.ok((await tokensAt(idp, { scope: 'openid offline_access' })).tokens['refresh_token'])
  })

  test('signs out at its older address too, and leads to allowed addresses only', async () => {
    const to = (returnTo: string) =>
      fetch(`${idp.issuer}v2/logout?${new URLSearchParams({ client_id: idp.clientId, returnTo })}`, {
        redirect: 'manual',
      })

    assert.equal((await to(callback)).headers.get('location'), callback)
    assert.equal((await to('https://evil.example/')).status, 400)
  })
})
