import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import * as oidc from 'openid-client'
import { filledIn, parseForms } from './e2e/support/html-forms.ts'
import { ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import {
  type AuthorizationRequest,
  type RelyingParty,
  relyingParty,
  walk,
  walkToCallback,
} from './support/relying-party.ts'

const redirectUri = 'http://localhost:1/cb'
const afterLogoutUri = 'http://localhost:1/bye'
const password = 'correct horse battery staple'
let gatehouse: Gatehouse
let rp: RelyingParty
let other: RelyingParty

const config = (port: number) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
products:
  app:
    product: oidc
    title: The app
    url: http://localhost:1
    redirectUris: [${redirectUri}]
    postLogoutRedirectUris: [${afterLogoutUri}]
    services: [wiki]
    grantTypes: [client_credentials]
    authentication: [{ authenticationClass: gatehouse }]
  asking:
    product: oidc
    title: Curious
    consent: ask
    url: http://localhost:2
    redirectUris: [http://localhost:2/cb]
    authentication: [{ authenticationClass: gatehouse }]
  curve:
    product: oidc
    idTokenSigningAlg: ES256
    url: http://localhost:3
    redirectUris: [http://localhost:3/cb]
    authentication: [{ authenticationClass: gatehouse }]
services:
  wiki: { url: "http://wiki.localhost:${port}", upstream: "http://127.0.0.1:9" }
teams: { analysts: {} }
`

before(async () => {
  gatehouse = await startGatehouse({ config })
  await gatehouse.addUser('alice', password, [
    '--email',
    'alice@example.test',
    '--name',
    'Alice Archer',
    '--team',
    'analysts',
  ])
  rp = await clientOf('app', redirectUri)
  other = await clientOf('asking', 'http://localhost:2/cb')
})
after(() => gatehouse.stop())

async function clientOf(product: string, uri: string): Promise<RelyingParty> {
  const { stdout } = await gatehouse.cli(['clients', 'secret', product])
  return relyingParty({ issuer: gatehouse.url, clientId: product, clientSecret: stdout.trim(), redirectUri: uri })
}

/** Signs alice in by the form and comes back with the answer for the product. */
async function authorize(
  browser: ScriptedBrowser,
  client: RelyingParty,
  parameters: Record<string, string> = {},
): Promise<{ callback: string; request: AuthorizationRequest }> {
  const request = await client.request(parameters)
  const { page, callback } = await walk(browser, request.url, client.redirectUri)
  if (callback !== undefined) return { callback, request }
  const posted = await postLogin(browser, page)
  return { callback: await walkToCallback(browser, posted, client.redirectUri), request }
}

function postLogin(
  browser: ScriptedBrowser,
  page: { url: string; body: string },
  username = 'alice',
  secret = password,
) {
  const [form] = parseForms(page.body)
  assert.ok(form, `no form at ${page.url}: ${page.body.slice(0, 500)}`)
  return browser.send(new URL(form.action, page.url).href, {
    method: 'POST',
    body: filledIn(form, { username, password: secret }),
  })
}

async function signedInTokens(parameters: Record<string, string> = {}) {
  const { callback, request } = await authorize(new ScriptedBrowser(), rp, parameters)
  return rp.redeem(callback, request)
}

describe('the OpenID Provider', () => {
  it('signs alice in to a product and tells who she is and what team she is in', async () => {
    const tokens = await signedInTokens()

    const claims = tokens.claims()
    const userinfo = await oidc.fetchUserInfo(rp.config, tokens.access_token, claims?.sub ?? '')

    assert.equal(claims?.['preferred_username'], 'alice')
    assert.deepEqual(claims?.['groups'], ['analysts'])
    assert.equal(userinfo.email, 'alice@example.test')
    assert.equal(userinfo.name, 'Alice Archer')
    assert.deepEqual(userinfo['groups'], ['analysts'])
  })

  it('names its issuer in the answer to the product (RFC 9207)', async () => {
    const { callback } = await authorize(new ScriptedBrowser(), rp)

    assert.equal(new URL(callback).searchParams.get('iss'), gatehouse.url)
  })

  it('does not ask again while the login session lives, and asks again for prompt=login', async () => {
    const browser = new ScriptedBrowser()
    await authorize(browser, rp)

    const again = await walk(browser, (await rp.request()).url, redirectUri)
    const fresh = await walk(browser, (await rp.request({ prompt: 'login' })).url, redirectUri)

    assert.ok(again.callback?.includes('code='))
    assert.equal(fresh.callback, undefined)
    assert.match(fresh.page.body, /Sign in to The app/)
    const posted = await postLogin(browser, fresh.page)
    assert.match(await walkToCallback(browser, posted, redirectUri), /code=/)
  })

  it('goes on to the product as the one who signed in, when that is somebody else than before', async () => {
    await gatehouse.addUser('dora', password)
    const browser = new ScriptedBrowser()
    await authorize(browser, rp)
    const request = await rp.request({ prompt: 'login' })
    const { page } = await walk(browser, request.url, redirectUri)

    const callback = await walkToCallback(browser, await postLogin(browser, page, 'dora'), redirectUri)

    assert.equal((await rp.redeem(callback, request)).claims()?.['preferred_username'], 'dora')
  })

  it('answers prompt=none without a session with login_required, and shows nothing', async () => {
    const { callback } = await walk(new ScriptedBrowser(), (await rp.request({ prompt: 'none' })).url, redirectUri)

    assert.equal(new URL(callback ?? '').searchParams.get('error'), 'login_required')
  })

  it('serves userinfo at the path that Flask-AppBuilder calls', async () => {
    const { access_token } = await signedInTokens()

    const response = await fetch(`${gatehouse.url}/protocol/openid-connect/userinfo`, {
      headers: { authorization: `Bearer ${access_token}` },
    })

    assert.equal(((await response.json()) as Record<string, unknown>)['preferred_username'], 'alice')
  })

  it('signs with RS256, as libraries expect, and with ES256 for a product that says so; both keys are published', async () => {
    const curve = await clientOf('curve', 'http://localhost:3/cb')
    const browser = new ScriptedBrowser()
    const usual = await authorize(browser, rp)
    const byCurve = await authorize(browser, curve)

    const algs = [
      (await rp.redeem(usual.callback, usual.request)).id_token,
      (await curve.redeem(byCurve.callback, byCurve.request)).id_token,
    ].map((token) => decodeProtectedHeader(token ?? '').alg)

    assert.deepEqual(algs, ['RS256', 'ES256'])
  })

  it('shows an error page for an unknown client, and sends nobody anywhere', async () => {
    const url = new URL((await rp.request()).url)
    url.searchParams.set('client_id', 'nobody')

    const page = await new ScriptedBrowser().send(url.href)

    assert.equal(page.status, 400)
    assert.equal(page.headers.get('location'), null)
    assert.match(page.body, /client-unknown/)
  })

  for (const uri of [
    'http://localhost:1/cb/',
    'http://localhost:1/cb?x=1',
    'http://localhost:1/CB',
    'http://localhost:1.evil.test/cb',
    'http://localhost:1@evil.test/cb',
    'http://evil.test/cb',
    'https://localhost:1/cb',
    'javascript:alert(1)',
    'http://localhost:1/cb/../cb',
    'http://localhost:1/%63b',
  ]) {
    it(`shows an error page for the redirect URI ${uri}`, async () => {
      const url = new URL((await rp.request()).url)
      url.searchParams.set('redirect_uri', uri)

      const page = await new ScriptedBrowser().send(url.href)

      assert.equal(page.status, 400)
      assert.equal(page.headers.get('location'), null)
      assert.match(page.body, /redirect-uri-not-registered/)
    })
  }

  it('keeps the trace of an error page under its request id', async () => {
    const url = new URL((await rp.request()).url)
    url.searchParams.set('redirect_uri', 'http://evil.test/cb')
    const page = await new ScriptedBrowser().send(url.href)
    const requestId = page.headers.get('x-request-id') ?? ''

    const { stdout, status } = await gatehouse.cli(['explain', requestId])

    assert.match(page.body, new RegExp(requestId))
    assert.equal(status, 0)
    assert.match(stdout, /redirect-uri-not-registered/)
    assert.match(stdout, /http:\/\/evil\.test\/cb/)
  })

  it('refuses a code whose verifier is wrong or missing, and a code at another client', async () => {
    const browser = new ScriptedBrowser()
    const redeemAs = async (client: RelyingParty, change: Record<string, string>) => {
      const { callback, request } = await authorize(browser, rp)
      const code = new URL(callback).searchParams.get('code') ?? ''
      const base = {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: request.codeVerifier,
      }
      return client.token(
        Object.fromEntries(Object.entries({ ...base, ...change }).filter(([, value]) => value !== '')),
      )
    }

    assert.equal((await redeemAs(rp, {})).status, 200)
    for (const change of [
      { code_verifier: 'x'.repeat(43) },
      { code_verifier: '' },
      { redirect_uri: 'http://localhost:2/cb' },
    ]) {
      const { status, body } = await redeemAs(rp, change)
      assert.deepEqual([status, body['error']], [400, 'invalid_grant'], JSON.stringify(change))
    }
    assert.equal((await redeemAs(other, {})).body['error'], 'invalid_grant')
  })

  it('lets exactly one of fifty parallel redemptions of a code win, and revokes what it gave out [code-race]', async () => {
    const { callback, request } = await authorize(new ScriptedBrowser(), rp)
    const code = new URL(callback).searchParams.get('code') ?? ''
    const parameters = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: request.codeVerifier,
    }

    const answers = await Promise.all(Array.from({ length: 50 }, () => rp.token(parameters)))

    const winners = answers.filter(({ status }) => status === 200)
    assert.equal(winners.length, 1)
    assert.ok(answers.every(({ status, body }) => status === 200 || body['error'] === 'invalid_grant'))
    const { access_token, refresh_token } = winners[0]?.body ?? {}
    assert.deepEqual(await rp.introspect(String(access_token)), { active: false })
    assert.equal((await rp.token({ grant_type: 'refresh_token', refresh_token: String(refresh_token) })).status, 400)
  })

  it('rotates refresh tokens; one that comes again at once gives the same new one', async () => {
    const first = await signedInTokens()

    const second = await rp.token({ grant_type: 'refresh_token', refresh_token: first.refresh_token ?? '' })
    const again = await rp.token({ grant_type: 'refresh_token', refresh_token: first.refresh_token ?? '' })
    const third = await rp.token({ grant_type: 'refresh_token', refresh_token: String(second.body['refresh_token']) })

    assert.equal(second.status, 200)
    assert.notEqual(second.body['refresh_token'], first.refresh_token)
    assert.equal(again.body['refresh_token'], second.body['refresh_token'])
    assert.equal(third.status, 200)
  })

  it('introspects a token for its own client, and says exactly inactive to another', async () => {
    const { access_token } = await signedInTokens()

    const own = await rp.introspect(access_token)
    const foreign = await other.introspect(access_token)

    assert.equal(own.active, true)
    assert.equal(own['username'] ?? own.sub !== undefined, true)
    assert.deepEqual(foreign, { active: false })
  })

  it('revokes a refresh token and with it the access token', async () => {
    const { access_token, refresh_token } = await signedInTokens()

    await oidc.tokenRevocation(rp.config, refresh_token ?? '')

    assert.deepEqual(await rp.introspect(access_token), { active: false })
  })

  it('gives a JWT for a service by client credentials, with the audience of the service alone', async () => {
    const resource = `http://wiki.localhost:${gatehouse.port}`

    const { status, body } = await rp.token({ grant_type: 'client_credentials', resource })
    const unknown = await rp.token({ grant_type: 'client_credentials', resource: 'http://evil.test' })

    assert.equal(status, 200)
    const token = String(body['access_token'])
    assert.equal(decodeProtectedHeader(token).typ, 'at+jwt')
    assert.equal(decodeJwt(token).aud, resource)
    assert.equal(unknown.body['error'], 'invalid_target')
  })

  it('gives nothing more to a user who was deactivated [refresh-rechecks-user] [lockout-other-grants]', async () => {
    await gatehouse.addUser('carol', password)
    const browser = new ScriptedBrowser()
    const request = await rp.request()
    const { page } = await walk(browser, request.url, redirectUri)
    const callback = await walkToCallback(browser, await postLogin(browser, page, 'carol'), redirectUri)
    const tokens = await rp.redeem(callback, request)

    await gatehouse.cli(['users', 'deactivate', 'carol'])

    assert.equal(
      (await rp.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' })).body['error'],
      'invalid_grant',
    )
    const userinfo = await fetch(`${gatehouse.url}/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    assert.equal(userinfo.status, 401)
    const again = await walk(browser, (await rp.request()).url, redirectUri)
    assert.equal(again.callback, undefined)
  })

  it('signs out with a hint without asking, returns to the registered address, and ends tokens and session', async () => {
    const browser = new ScriptedBrowser()
    const { callback, request } = await authorize(browser, rp)
    const tokens = await rp.redeem(callback, request)
    const url = oidc.buildEndSessionUrl(rp.config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: afterLogoutUri,
      state: 'xyz',
    })

    const { callback: back } = await walk(browser, url.href, afterLogoutUri)

    assert.equal(back, `${afterLogoutUri}?state=xyz`)
    assert.deepEqual(await rp.introspect(tokens.access_token), { active: false })
    assert.equal((await walk(browser, (await rp.request()).url, redirectUri)).callback, undefined)
  })

  it('asks before it signs out without a hint, and keeps the session when the answer is no', async () => {
    const browser = new ScriptedBrowser()
    await authorize(browser, rp)
    const { page } = await walk(browser, `${gatehouse.url}/logout`, redirectUri)
    assert.match(page.body, /Do you want to sign out\?/)
    const [form] = parseForms(page.body)
    const action = new URL(form?.action ?? '', page.url).href

    await browser.open(action, { method: 'POST', body: filledIn(form ?? assert.fail(), {}) })
    assert.ok((await walk(browser, (await rp.request()).url, redirectUri)).callback)

    const second = await walk(browser, `${gatehouse.url}/logout`, redirectUri)
    const [again] = parseForms(second.page.body)
    const body = filledIn(again ?? assert.fail(), {})
    body.set('logout', 'yes')
    const done = await browser.open(new URL(again?.action ?? '', second.page.url).href, { method: 'POST', body })
    assert.match(done.body, /You are signed out/)
    assert.equal((await walk(browser, (await rp.request()).url, redirectUri)).callback, undefined)
  })

  it('shows its own page for a post-logout address that is not registered', async () => {
    const browser = new ScriptedBrowser()
    const { callback, request } = await authorize(browser, rp)
    const tokens = await rp.redeem(callback, request)
    const url = oidc.buildEndSessionUrl(rp.config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'http://evil.test/',
    })

    const page = await browser.send(url.href)

    assert.equal(page.status, 400)
    assert.equal(page.headers.get('location'), null)
  })

  it('asks for consent where the product says so, once; a refusal goes back as access_denied', async () => {
    const browser = new ScriptedBrowser()
    await authorize(browser, rp)
    const first = await walk(browser, (await other.request()).url, other.redirectUri)
    assert.match(first.page.body, /Allow Curious to use your account\?/)
    const [form] = parseForms(first.page.body)
    const action = new URL(form?.action ?? '', first.page.url).href

    const refused = await browser.send(action, { method: 'POST', body: new URLSearchParams({ decision: 'refuse' }) })
    assert.match(await walkToCallback(browser, refused, other.redirectUri), /error=access_denied/)

    const request = await other.request()
    const second = await walk(browser, request.url, other.redirectUri)
    const [formAgain] = parseForms(second.page.body)
    const agreed = await browser.send(new URL(formAgain?.action ?? '', second.page.url).href, {
      method: 'POST',
      body: new URLSearchParams({ decision: 'allow' }),
    })
    const tokens = await other.redeem(await walkToCallback(browser, agreed, other.redirectUri), request)
    assert.equal(tokens.claims()?.['preferred_username'], 'alice')
    assert.ok((await walk(browser, (await other.request()).url, other.redirectUri)).callback)
  })

  it('makes addresses of its issuer alone, whatever Host and X-Forwarded-* say', async () => {
    const forged = { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https', forwarded: 'host=evil.test' }

    const page = await new ScriptedBrowser().send((await rp.request()).url, { headers: forged })
    const foreign = await new ScriptedBrowser().send(`${gatehouse.url}/login`, { headers: { host: 'evil.test' } })

    assert.equal(JSON.stringify([...page.headers]).includes('evil.test'), false)
    assert.equal(foreign.status, 421)
  })

  it('answers discovery and keys from any origin, with an entity tag', async () => {
    for (const path of ['/.well-known/openid-configuration', '/jwks']) {
      const response = await fetch(gatehouse.url + path)
      const tag = response.headers.get('etag') ?? ''
      const again = await fetch(gatehouse.url + path, { headers: { 'if-none-match': tag } })

      assert.equal(response.headers.get('access-control-allow-origin'), '*')
      assert.equal(JSON.stringify(await response.json()).includes('"d":'), false)
      assert.equal(again.status, 304)
    }
  })
})
