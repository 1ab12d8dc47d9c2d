import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { documentAt, identityAt, tokensAt, withToken } from '../../test/support/dev-idp-walk.ts'
import { AppError } from '../errors.ts'
import { type DevIdp, startDevIdp } from './index.ts'

describe('the Google look-alike', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp({ like: 'google' })
  })
  after(() => idp.close())

  test('signs alice in with the class that it prints: name and address, and no groups', async () => {
    const identity = await identityAt(idp)

    assert.deepEqual(
      [identity.principal, identity.email, identity.emailVerified, identity.name, identity.groups],
      ['alice@example.com', 'alice@example.com', true, 'Alice Archer', []],
    )
    assert.deepEqual(
      idp.users.map(({ groups }) => groups),
      [[], []],
    )
  })

  test('has the organisation of a person as hd, and none for an account of their own', async () => {
    const hostedDomains = ['example.com']

    assert.equal((await identityAt(idp, { oidc: { hostedDomains } })).name, 'Alice Archer')
    await assert.rejects(
      identityAt(idp, { username: 'bob', oidc: { hostedDomains } }),
      (error) => error instanceof AppError && error.code === 'person-not-admitted',
    )
    assert.equal((await identityAt(idp, { username: 'bob' })).emailVerified, false, 'Google does not own his address')
  })

  test('has tokens, keys and userinfo at another host than the sign-in', async () => {
    const document = await documentAt(idp.issuer)
    const { origin } = new URL(idp.issuer)
    const other = new URL(document['token_endpoint'] ?? '').origin

    assert.equal(idp.issuer, origin)
    assert.equal(document['authorization_endpoint'], `${origin}/o/oauth2/v2/auth`)
    assert.notEqual(other, origin)
    assert.equal(document['token_endpoint'], `${other}/token`)
    assert.equal(document['jwks_uri'], `${other}/oauth2/v3/certs`)
    assert.equal(document['userinfo_endpoint'], `${other}/v1/userinfo`)
    assert.equal(document['end_session_endpoint'], undefined)
    assert.equal((await fetch(`${origin}/token`, { method: 'POST' })).status, 404)
  })

  test('has a subject of 21 digits and opaque access tokens, which its own tokeninfo knows', async () => {
    const { tokens, document } = await tokensAt(idp)
    const { sub } = decodeJwt(tokens['id_token'] ?? '')
    const other = new URL(document['token_endpoint'] ?? '').origin
    const tokenInfo = async (token: string) => {
      const response = await fetch(`${other}/tokeninfo?${new URLSearchParams({ access_token: token })}`)
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }

    const known = await tokenInfo(tokens['access_token'] ?? '')
    const unknown = await tokenInfo('ya29.nothing')

    assert.match(String(sub), /^\d{21}$/)
    assert.doesNotMatch(tokens['access_token'] ?? '', /\./)
    assert.deepEqual([known.body['aud'], known.body['sub'], known.body['email_verified']], [idp.clientId, sub, 'true'])
    assert.ok(Number(known.body['expires_in']) > 200)
    assert.equal(unknown.status, 400)
    assert.equal(
      (await withToken(document['userinfo_endpoint'] ?? '', tokens['access_token'])).body['hd'],
      'example.com',
    )
  })

  test('gives a refresh token with access_type=offline, the first time or when consent is asked for', async () => {
    const refreshToken = async (parameters: Record<string, string>) =>
      (await tokensAt(idp, { username: 'bob', ...parameters })).tokens['refresh_token']

    assert.equal(await refreshToken({}), undefined)
    assert.ok(await refreshToken({ access_type: 'offline' }))
    assert.equal(await refreshToken({ access_type: 'offline' }), undefined)
  })

  test('refuses the scope offline_access', async () => {
    const { authorization_endpoint: address } = await documentAt(idp.issuer)
    const query = new URLSearchParams({
      client_id: idp.clientId,
      response_type: 'code',
      redirect_uri: 'http://localhost:4999/callback',
      scope: 'openid offline_access',
    })

    const answer = await fetch(`${address}?${query}`, { redirect: 'manual' })

    assert.equal(new URL(answer.headers.get('location') ?? '').searchParams.get('error'), 'invalid_scope')
  })
})
