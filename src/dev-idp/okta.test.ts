import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { filledIn, parseForms } from '../../test/e2e/support/html-forms.ts'
import { ScriptedBrowser } from '../../test/e2e/support/scripted-browser.ts'
import { AppError } from '../errors.ts'
import { type DevIdp, startDevIdp } from './index.ts'

const callback = 'http://127.0.0.1:4999/callback'

function authorizationUrl(idp: DevIdp, parameters: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: idp.clientId,
    redirect_uri: callback,
    scope: 'openid profile email groups',
    state: 'the-state',
    nonce: 'the-nonce',
    ...parameters,
  })
  return `${idp.issuer}/oauth2/v1/authorize?${query}`
}

/** Signs alice in through the form; stops at the callback. */
async function signIn(idp: DevIdp, parameters: Record<string, string> = {}, browser = new ScriptedBrowser()) {
  let page = await browser.send(authorizationUrl(idp, parameters))
  for (let hops = 0; hops < 8; hops++) {
    const location = page.headers.get('location')
    const [form] = parseForms(page.body)
    if (location?.startsWith(callback)) return new URL(location)
    if (location !== null) page = await browser.send(new URL(location, page.url).href)
    else if (form) {
      const body = filledIn(form, { username: 'alice', password: idp.users[0]?.password ?? '' })
      page = await browser.send(new URL(form.action, page.url).href, { method: 'POST', body })
    } else break
  }
  throw new Error(`stuck at ${page.url}: ${page.status} ${page.body}`)
}

async function redeem(idp: DevIdp, code: string) {
  const response = await fetch(`${idp.issuer}/oauth2/v1/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${idp.clientId}:${idp.clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: callback }),
  })
  return (await response.json()) as Record<string, string>
}

async function tokensOf(idp: DevIdp, parameters: Record<string, string> = {}) {
  const target = await signIn(idp, parameters)
  const tokens = await redeem(idp, target.searchParams.get('code') ?? '')
  return { idToken: tokens['id_token'] ?? '', accessToken: tokens['access_token'] ?? '', tokens, target }
}

async function userinfo(idp: DevIdp, accessToken: string) {
  const headers = { authorization: `Bearer ${accessToken}` }
  return (await (await fetch(`${idp.issuer}/oauth2/v1/userinfo`, { headers })).json()) as Record<string, unknown>
}

describe('the Okta look-alike', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp({ like: 'okta' })
  })
  after(() => idp.close())

  test('has the issuer of an org server, without a path and without a slash, and its endpoints', async () => {
    const document = (await (await fetch(`${idp.issuer}/.well-known/openid-configuration`)).json()) as object

    assert.match(idp.issuer, /^http:\/\/localhost:\d+$/)
    assert.deepEqual(
      Object.entries(document).filter(([name]) => /^issuer$|_endpoint$|^jwks_uri$/.test(name)),
      Object.entries({
        issuer: idp.issuer,
        authorization_endpoint: `${idp.issuer}/oauth2/v1/authorize`,
        token_endpoint: `${idp.issuer}/oauth2/v1/token`,
        introspection_endpoint: `${idp.issuer}/oauth2/v1/introspect`,
        userinfo_endpoint: `${idp.issuer}/oauth2/v1/userinfo`,
        end_session_endpoint: `${idp.issuer}/oauth2/v1/logout`,
        jwks_uri: `${idp.issuer}/oauth2/v1/keys`,
        revocation_endpoint: `${idp.issuer}/oauth2/v1/revoke`,
        pushed_authorization_request_endpoint: `${idp.issuer}/oauth2/v1/par`,
      }),
    )
  })

  test('gives a thin ID token: groups and parts of the name are at userinfo only', async () => {
    const { idToken, accessToken, target } = await tokensOf(idp)
    const keys = createRemoteJWKSet(new URL(`${idp.issuer}/oauth2/v1/keys`))

    const { payload } = await jwtVerify(idToken, keys, { issuer: idp.issuer, audience: idp.clientId })
    const told = await userinfo(idp, accessToken)

    assert.deepEqual([...target.searchParams.keys()].sort(), ['code', 'state'])
    assert.match(payload.sub ?? '', /^00u[0-9a-f]{17}$/)
    assert.deepEqual(
      [payload['name'], payload['preferred_username'], payload['email'], payload['nonce']],
      ['Alice Archer', 'alice@example.com', 'alice@example.com', 'the-nonce'],
    )
    for (const claim of ['groups', 'given_name', 'family_name', 'email_verified']) assert.ok(!(claim in payload), claim)
    assert.deepEqual(told, {
      sub: payload.sub,
      name: 'Alice Archer',
      given_name: 'Alice',
      family_name: 'Archer',
      preferred_username: 'alice@example.com',
      email: 'alice@example.com',
      email_verified: true,
      groups: ['analysts', 'data-admins'],
    })
  })

  test('tells groups to those who ask for the scope, and nobody else', async () => {
    const { accessToken } = await tokensOf(idp, { scope: 'openid profile email' })

    assert.ok(!('groups' in (await userinfo(idp, accessToken))))
  })

  test('refuses a scope that the org server does not have', async () => {
    const page = await new ScriptedBrowser().send(authorizationUrl(idp, { scope: 'openid warehouse' }))
    const target = new URL(page.headers.get('location') ?? '')

    assert.equal(target.searchParams.get('error'), 'invalid_scope')
    assert.match(target.searchParams.get('error_description') ?? '', /not configured for the authorization server/)
    assert.equal(target.searchParams.get('iss'), null)
  })

  test('gives access tokens for itself, signed with a key that it does not publish', async () => {
    const { accessToken } = await tokensOf(idp)
    const payload = decodeJwt(accessToken)
    const { keys } = (await (await fetch(`${idp.issuer}/oauth2/v1/keys`)).json()) as { keys: { kid: string }[] }

    assert.equal(payload.aud, idp.issuer)
    assert.equal(payload.sub, 'alice@example.com')
    assert.equal(payload['cid'], idp.clientId)
    assert.deepEqual(payload['scp'], ['openid', 'email', 'profile', 'groups'])
    assert.equal(keys.length, 1)
    assert.ok(!keys.some(({ kid }) => kid === decodeProtectedHeader(accessToken).kid))
  })

  test('introspects its access tokens until they are revoked', async () => {
    const { accessToken } = await tokensOf(idp)
    const post = (path: string) =>
      fetch(`${idp.issuer}/oauth2/v1/${path}`, {
        method: 'POST',
        body: new URLSearchParams({
          token: accessToken,
          client_id: idp.clientId,
          client_secret: idp.clientSecret,
        }),
      })

    const before = (await (await post('introspect')).json()) as Record<string, unknown>
    await post('revoke')
    const afterwards = await (await post('introspect')).json()

    assert.deepEqual(
      [before['active'], before['username'], before['client_id'], before['scope']],
      [true, 'alice@example.com', idp.clientId, 'openid email profile groups'],
    )
    assert.deepEqual(afterwards, { active: false })
  })

  test('gives a refresh token for offline_access, and none without', async () => {
    const without = await tokensOf(idp)
    const withIt = await tokensOf(idp, { scope: 'openid offline_access' })

    assert.equal(without.tokens['refresh_token'], undefined)
    assert.equal(typeof withIt.tokens['refresh_token'], 'string')
  })

  test('refuses to sign out without a hint, and needs no question with one', async () => {
    const browser = new ScriptedBrowser()
    const target = await signIn(idp, {}, browser)
    const tokens = await redeem(idp, target.searchParams.get('code') ?? '')
    const query = new URLSearchParams({
      id_token_hint: tokens['id_token'] ?? '',
      post_logout_redirect_uri: 'http://localhost:4999/bye',
    })

    const refused = await browser.send(`${idp.issuer}/oauth2/v1/logout`)
    const done = await browser.send(`${idp.issuer}/oauth2/v1/logout?${query}`)

    assert.equal(refused.status, 400)
    assert.match(refused.body, /id_token_hint/)
    assert.equal(done.headers.get('location'), 'http://localhost:4999/bye')
  })
})

test('what Okta cannot do is refused in words, not ignored', async () => {
  for (const options of [{ fullGroupPaths: true }, { audiences: ['trino'] }]) {
    await assert.rejects(startDevIdp({ like: 'okta', ...options }), (error) => {
      assert.ok(error instanceof AppError)
      assert.match(String(error.details['problem']), /^Okta has no (full group paths|audiences of access tokens)$/)
      return true
    })
  }
})
