import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { Agent, fetch as undiciFetch } from 'undici'
import { type DevIdp, startDevIdp } from './index.ts'

const callback = 'http://127.0.0.1:4999/callback'

/** A browser reduced to what these tests need: one cookie jar, no redirect followed by itself. */
function scriptedBrowser() {
  const jar = new Map<string, string>()
  return async (url: string, form?: Record<string, string>) => {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), accept: 'text/html' },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return { status: response.status, location: response.headers.get('location') ?? '', body: await response.text() }
  }
}

function authorizationUrl(idp: DevIdp, parameters: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: idp.clientId,
    redirect_uri: callback,
    scope: 'openid profile email',
    state: 'the-state',
    nonce: 'the-nonce',
    ...parameters,
  })
  return `${idp.issuer}/protocol/openid-connect/auth?${query}`
}

function formAction(body: string): string {
  const escaped = /action="([^"]+)"/.exec(body)?.[1] ?? ''
  return escaped.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}

type Browser = ReturnType<typeof scriptedBrowser>

async function logIn(idp: DevIdp, browser: Browser, username = 'alice', parameters: Record<string, string> = {}) {
  const password = idp.users.find((user) => user.username === username)?.password ?? ''
  const page = await browser(authorizationUrl(idp, parameters))
  let answer = await browser(formAction(page.body), { username, password, credentialId: '' })
  while (answer.location.startsWith(idp.issuer)) answer = await browser(answer.location)
  return { page, callback: new URL(answer.location) }
}

async function redeem(idp: DevIdp, code: string, fields: Record<string, string> = {}) {
  const response = await fetch(`${idp.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${idp.clientId}:${idp.clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: callback, ...fields }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

async function tokensOf(idp: DevIdp, browser: Browser = scriptedBrowser(), username = 'alice') {
  const login = await logIn(idp, browser, username)
  const { body } = await redeem(idp, login.callback.searchParams.get('code') ?? '')
  return {
    idToken: body['id_token'] ?? '',
    accessToken: body['access_token'] ?? '',
    refreshToken: body['refresh_token'] ?? '',
  }
}

function userinfo(idp: DevIdp, accessToken: string) {
  return fetch(`${idp.issuer}/protocol/openid-connect/userinfo`, {
    headers: { authorization: `Bearer ${accessToken}` },
  })
}

describe('the Keycloak look-alike', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp()
  })
  after(() => idp.close())

  test('publishes a discovery document at Keycloak addresses with private_key_jwt first', async () => {
    const response = await fetch(`${idp.issuer}/.well-known/openid-configuration`)
    const document = (await response.json()) as Record<string, unknown>

    assert.match(idp.issuer, /^http:\/\/localhost:\d+\/realms\/data$/)
    assert.equal(document['issuer'], idp.issuer)
    for (const [name, path] of [
      ['authorization_endpoint', 'auth'],
      ['token_endpoint', 'token'],
      ['userinfo_endpoint', 'userinfo'],
      ['jwks_uri', 'certs'],
      ['end_session_endpoint', 'logout'],
      ['introspection_endpoint', 'token/introspect'],
      ['revocation_endpoint', 'revoke'],
    ] as const) {
      assert.equal(document[name], `${idp.issuer}/protocol/openid-connect/${path}`)
    }
    assert.equal((document['token_endpoint_auth_methods_supported'] as string[])[0], 'private_key_jwt')
  })

  test('describes itself as an authentication class for the configuration', () => {
    const { port } = new URL(idp.issuer)

    assert.deepEqual(idp.authenticationClass, {
      oidc: {
        hostname: 'localhost',
        port: Number(port),
        rootPath: '/realms/data',
        scopes: ['openid', 'email', 'profile'],
        principalClaim: 'preferred_username',
        providerHint: 'Keycloak',
      },
    })
  })

  test('signs alice in through its form and returns code, state, session_state and iss', async () => {
    const { page, callback: target } = await logIn(idp, scriptedBrowser())

    assert.equal(page.status, 200)
    const action = new URL(formAction(page.body))
    assert.match(action.pathname, /\/realms\/data\/login-actions\/authenticate$/)
    assert.deepEqual([...action.searchParams.keys()], ['session_code', 'execution', 'client_id', 'tab_id'])
    assert.match(page.body, /Development identity provider/)
    assert.equal(target.origin + target.pathname, callback)
    assert.equal(target.searchParams.get('state'), 'the-state')
    assert.equal(target.searchParams.get('iss'), idp.issuer)
    assert.ok(target.searchParams.get('session_state'))
    assert.ok(target.searchParams.get('code'))
  })

  test('puts names, a verified address and plain group names into the ID token and userinfo', async () => {
    const { idToken, accessToken } = await tokensOf(idp)
    const keys = createRemoteJWKSet(new URL(`${idp.issuer}/protocol/openid-connect/certs`))

    const { payload } = await jwtVerify(idToken, keys, { issuer: idp.issuer, audience: idp.clientId })
    const fromUserinfo = (await (await userinfo(idp, accessToken)).json()) as Record<string, unknown>

    for (const claims of [payload, fromUserinfo]) {
      assert.equal(claims['preferred_username'], 'alice')
      assert.equal(claims['email'], 'alice@example.com')
      assert.equal(claims['email_verified'], true)
      assert.equal(claims['name'], 'Alice Archer')
      assert.deepEqual(claims['groups'], ['analysts', 'data-admins'])
    }
    assert.equal(payload['nonce'], 'the-nonce')
    assert.equal(fromUserinfo['sub'], payload.sub)
  })

  test('gives access tokens the audience account and the client only as azp', async () => {
    const { accessToken } = await tokensOf(idp)
    const payload = decodeJwt(accessToken)

    assert.equal(payload.aud, 'account')
    assert.equal(payload['azp'], idp.clientId)
    assert.equal(payload['typ'], 'Bearer')
    assert.deepEqual(payload['groups'], ['analysts', 'data-admins'])
    assert.equal(payload.iss, idp.issuer)
  })

  test('refuses a wrong password on the form, without a redirect', async () => {
    const browser = scriptedBrowser()
    const page = await browser(authorizationUrl(idp))

    const answer = await browser(formAction(page.body), { username: 'alice', password: 'wrong' })

    assert.equal(answer.status, 200)
    assert.match(answer.body, /Invalid username or password/)
  })

  test('escapes what is typed into the form', async () => {
    const browser = scriptedBrowser()
    const page = await browser(authorizationUrl(idp))

    const answer = await browser(formAction(page.body), { username: '"><script>alert(1)</script>', password: 'x' })

    assert.doesNotMatch(answer.body, /<script>/)
  })

  test('remembers who is signed in, and asks again with prompt=login', async () => {
    const browser = scriptedBrowser()
    await logIn(idp, browser)

    const second = await browser(authorizationUrl(idp))
    const third = await browser(authorizationUrl(idp, { prompt: 'login' }))

    assert.equal(second.status, 303)
    assert.ok(second.location.startsWith(callback))
    assert.equal(third.status, 200)
  })

  test('shows the form for prompt=select_account, too, and goes on from there', async () => {
    const browser = scriptedBrowser()
    await logIn(idp, browser)

    const { page, callback: target } = await logIn(idp, browser, 'alice', { prompt: 'select_account' })

    assert.equal(page.status, 200)
    assert.ok(target.searchParams.get('code'), target.href)
  })

  test('answers prompt=none of a stranger with login_required at the redirect URI', async () => {
    const answer = await scriptedBrowser()(authorizationUrl(idp, { prompt: 'none' }))

    assert.ok(answer.location.startsWith(`${callback}?`))
    assert.equal(new URL(answer.location).searchParams.get('error'), 'login_required')
  })

  test('takes any redirect URI on loopback and shows Keycloak’s error page for others', async () => {
    const browser = scriptedBrowser()
    for (const uri of ['https://localhost:18443/oauth2/callback', 'http://[::1]:9/x', 'http://trino.localhost/y']) {
      assert.equal((await browser(authorizationUrl(idp, { redirect_uri: uri }))).status, 200, uri)
    }
    for (const uri of ['https://evil.example/cb', 'http://localhost.evil.example/', 'http://localhost@evil.example/']) {
      const answer = await browser(authorizationUrl(idp, { redirect_uri: uri }))
      assert.equal(answer.status, 400, uri)
      assert.match(answer.body, /Invalid parameter: redirect_uri/)
    }
  })

  test('shows an error page for an unknown client', async () => {
    const answer = await scriptedBrowser()(authorizationUrl(idp, { client_id: 'nobody' }))

    assert.equal(answer.status, 400)
    assert.match(answer.body, /Client not found/)
  })

  test('refuses a scope that the realm does not have', async () => {
    const answer = await scriptedBrowser()(authorizationUrl(idp, { scope: 'openid warehouse' }))

    assert.equal(new URL(answer.location).searchParams.get('error'), 'invalid_scope')
  })

  test('checks the PKCE verifier', async () => {
    const verifier = randomBytes(32).toString('base64url')
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const parameters = { code_challenge: challenge, code_challenge_method: 'S256' }
    const codeOf = async () =>
      (await logIn(idp, scriptedBrowser(), 'bob', parameters)).callback.searchParams.get('code') ?? ''

    const wrong = await redeem(idp, await codeOf(), { code_verifier: randomBytes(32).toString('base64url') })
    const right = await redeem(idp, await codeOf(), { code_verifier: verifier })

    assert.equal(wrong.body['error'], 'invalid_grant')
    assert.equal(right.status, 200)
  })

  test('takes a code once', async () => {
    const { callback: target } = await logIn(idp, scriptedBrowser())
    const code = target.searchParams.get('code') ?? ''

    assert.equal((await redeem(idp, code)).status, 200)
    assert.equal((await redeem(idp, code)).body['error'], 'invalid_grant')
  })

  test('takes client credentials in the header and in the body, and refuses wrong ones', async () => {
    const { refreshToken } = await tokensOf(idp)
    const ask = (clientSecret: string) =>
      fetch(`${idp.issuer}/protocol/openid-connect/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: refreshToken,
          client_id: idp.clientId,
          client_secret: clientSecret,
        }),
      })

    assert.equal((await ask(idp.clientSecret)).status, 200)
    assert.equal((await ask('wrong')).status, 401)
  })

  test('introspects its own access tokens until they are revoked', async () => {
    const { accessToken } = await tokensOf(idp)
    const post = (path: string, secret = idp.clientSecret) =>
      fetch(`${idp.issuer}/protocol/openid-connect/${path}`, {
        method: 'POST',
        body: new URLSearchParams({ token: accessToken, client_id: idp.clientId, client_secret: secret }),
      })
    const isActive = async () => ((await (await post('token/introspect')).json()) as { active: boolean }).active

    assert.equal(await isActive(), true)
    assert.equal((await post('token/introspect', 'wrong')).status, 401)
    assert.equal((await post('revoke')).status, 200)
    assert.equal(await isActive(), false)
    assert.equal((await userinfo(idp, accessToken)).status, 401)
  })

  test('signs out without asking when the hint is valid, and ends the tokens of the session', async () => {
    const browser = scriptedBrowser()
    const { idToken, accessToken } = await tokensOf(idp, browser)
    const url = new URL(`${idp.issuer}/protocol/openid-connect/logout`)
    url.search = String(
      new URLSearchParams({
        id_token_hint: idToken,
        post_logout_redirect_uri: 'http://localhost:4999/bye',
        state: 's',
      }),
    )

    const answer = await browser(url.href)
    const next = await browser(authorizationUrl(idp))

    assert.equal(answer.location, 'http://localhost:4999/bye?state=s')
    assert.equal(next.status, 200, 'the form is shown again')
    assert.equal((await userinfo(idp, accessToken)).status, 401)
  })

  test('asks before it signs out without a hint', async () => {
    const browser = scriptedBrowser()
    await logIn(idp, browser)

    const answer = await browser(`${idp.issuer}/protocol/openid-connect/logout`)

    assert.equal(answer.status, 200)
    assert.match(answer.body, /Do you want to log out/)
  })

  test('does not send people to a stranger after sign-out', async () => {
    const browser = scriptedBrowser()
    const { idToken } = await tokensOf(idp, browser)
    const query = new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: 'https://evil.example/' })

    const answer = await browser(`${idp.issuer}/protocol/openid-connect/logout?${query}`)

    assert.equal(answer.status, 400)
    assert.equal(answer.location, '')
  })
})

test('two providers in one process do not know each other’s sessions', async (t) => {
  const [one, other] = await Promise.all([startDevIdp(), startDevIdp()])
  t.after(() => Promise.all([one.close(), other.close()]))
  const browser = scriptedBrowser()
  await logIn(one, browser)

  assert.equal((await browser(authorizationUrl(one))).status, 303)
  assert.equal((await browser(authorizationUrl(other))).status, 200)
})

test('switches of a realm: full group paths, an audience mapper, registered redirect URIs', async (t) => {
  const idp = await startDevIdp({ fullGroupPaths: true, audiences: ['trino'], redirectUris: [callback] })
  t.after(() => idp.close())

  const { idToken, accessToken } = await tokensOf(idp, scriptedBrowser(), 'bob')
  const other = await scriptedBrowser()(authorizationUrl(idp, { redirect_uri: `${callback}/` }))

  assert.deepEqual(decodeJwt(idToken)['groups'], ['/analysts'])
  assert.equal(decodeJwt(accessToken).aud, 'trino')
  assert.equal(other.status, 400)
})

test('a state file keeps secret, passwords and signing key over a restart and is private', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dev-idp-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const stateFile = join(folder, 'state.json')
  const jwks = async (idp: DevIdp) => (await fetch(`${idp.issuer}/protocol/openid-connect/certs`)).json()

  const first = await startDevIdp({ stateFile, tls: true })
  await first.close()
  const second = await startDevIdp({ stateFile })
  const secondKeys = await jwks(second)
  await second.close()
  const third = await startDevIdp({ stateFile, tls: true })
  await third.close()
  const fourth = await startDevIdp({ stateFile })
  const fourthKeys = await jwks(fourth)
  await fourth.close()
  const stranger = await startDevIdp()
  await stranger.close()

  assert.equal(second.clientSecret, first.clientSecret)
  assert.deepEqual(second.users, first.users)
  assert.equal(third.ca, first.ca)
  assert.deepEqual(fourthKeys, secondKeys)
  assert.equal(statSync(stateFile).mode & 0o777, 0o600)
  assert.notEqual(stranger.clientSecret, first.clientSecret)
})

test('serves https with a certificate of the authority that it names', async (t) => {
  const idp = await startDevIdp({ tls: true })
  t.after(() => idp.close())
  const dispatcher = new Agent({ connect: { ca: idp.ca ?? '' } })
  t.after(() => dispatcher.close())

  const response = await undiciFetch(`${idp.issuer}/.well-known/openid-configuration`, { dispatcher })
  const document = (await response.json()) as { issuer: string; token_endpoint: string }

  assert.match(idp.issuer, /^https:/)
  assert.equal(document.issuer, idp.issuer)
  assert.ok(document.token_endpoint.startsWith(idp.issuer))
  await assert.rejects(undiciFetch(idp.issuer))
})
