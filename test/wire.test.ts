/** What standard clients send and expect at the provider's addresses, below an issuer with a path. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { consentPage } from '../src/login/pages/consent.ts'
import { filledIn, parseForms } from './e2e/support/html-forms.ts'
import { ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { rawExchange } from './support/gate-testbed.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { plainLook } from './support/plain-look.ts'
import {
  authorize,
  type RelyingParty,
  relyingParty,
  type Tokens,
  walk,
  walkToCallback,
} from './support/relying-party.ts'

const password = 'correct horse battery staple'
const alice = { username: 'alice', password }
const redirectUri = 'http://localhost:1/cb'
const byeUri = 'http://localhost:1/bye'
const odd = { id: 'my:app+1%4z', secret: 'z/t+Z9%41 u:d=' }
const secrets: Readonly<Record<string, string>> = Object.fromEntries(
  ['app', 'asking', 'other', 'gateway'].map((name) => [name, `secret-of-${name}`]),
)
let gatehouse: Gatehouse
let app: RelyingParty
let asking: RelyingParty

const withSecret = (name: string) =>
  `authentication: [{ authenticationClass: gatehouse, oidc: { clientCredentialsSecret: ${name} } }]`
const config = (port: number) => `
issuer: http://localhost:${port}/id
listen: { port: ${port} }
products:
  app:
    product: oidc
    url: http://localhost:1
    redirectUris: [${redirectUri}]
    postLogoutRedirectUris: [${byeUri}]
    services: [wiki]
    grantTypes: [client_credentials]
    idTokenSigningAlg: ES256
    ${withSecret('app')}
  asking: { product: oidc, title: Curious, consent: ask, url: "http://localhost:2", redirectUris: ["http://localhost:2/cb"], services: [wiki], ${withSecret('asking')} }
  other:
    product: oidc
    url: http://localhost:3
    redirectUris: [http://localhost:3/cb]
    authentication: [{ authenticationClass: gatehouse, oidc: { clientCredentialsSecret: other, clientAuthenticationMethod: client_secret_post } }]
  gateway: { product: oidc, idTokenSigningAlg: RS256, url: "http://localhost:4", redirectUris: ["http://localhost:4/cb"], introspects: [wiki], ${withSecret('gateway')} }
  odd:
    product: oidc
    url: http://localhost:5
    redirectUris: [http://localhost:5/cb]
    ${withSecret('odd')}
services:
  wiki: { url: "http://wiki.localhost:${port}", upstream: "http://127.0.0.1:9" }
secrets:
${Object.keys(secrets)
  .map((name) => `  ${name}: { clientId: ${name}, clientSecret: "\${env:SECRET_OF_${name}}" }`)
  .join('\n')}
  odd: { clientId: "${odd.id}", clientSecret: "\${env:ODD_SECRET}" }
`

before(async () => {
  const env = Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [`SECRET_OF_${name}`, secret]))
  gatehouse = await startGatehouse({ config, env: { ...env, ODD_SECRET: odd.secret } })
  await Promise.all(
    ['alice', 'bob'].map((name) => gatehouse.addUser(name, password, ['--email', `${name}@example.test`])),
  )
  app = await clientOf('app', redirectUri)
  asking = await clientOf('asking', 'http://localhost:2/cb')
})
after(() => gatehouse.stop())

function clientOf(clientId: string, uri: string): Promise<RelyingParty> {
  return relyingParty({ issuer: gatehouse.url, clientId, clientSecret: secrets[clientId] ?? '', redirectUri: uri })
}

async function tokensOf(
  client: RelyingParty,
  parameters: Record<string, string> = {},
  browser = new ScriptedBrowser(),
) {
  const { callback, request } = await authorize(browser, client, { ...alice, parameters })
  return client.redeem(callback, request)
}

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
const basicOf = (name: string) => basic(`${name}:${secrets[name]}`)

async function post(path: string, form: Record<string, string> | string, headers: Record<string, string> = {}) {
  const response = await fetch(gatehouse.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    redirect: 'manual',
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const refresh = (client: RelyingParty, token: unknown, scope?: string) =>
  client.token({
    grant_type: 'refresh_token',
    refresh_token: String(token),
    ...(scope === undefined ? {} : { scope }),
  })

function inStore(sql: string): void {
  const database = new DatabaseSync(join(gatehouse.folder, 'gatehouse.db'))
  try {
    database.exec(sql)
  } finally {
    database.close()
  }
}

describe('a posted request of a browser', () => {
  it('for authorization is sent on as a GET, and ends with a code', async () => {
    const browser = new ScriptedBrowser()
    await tokensOf(app, {}, browser)
    const request = await app.request()
    const [address, query = ''] = request.url.split('?')

    const posted = await browser.send(address ?? '', { method: 'POST', body: new URLSearchParams(query) })
    const location = posted.headers.get('location') ?? ''
    const { callback } = await walk(browser, location, redirectUri)

    assert.equal(posted.status, 303)
    assert.equal(location, request.url)
    assert.match(callback ?? '', /[?&]code=/)
  })

  it('keeps every parameter as it came, in the address and in the form, repeated ones too', async () => {
    const { status, headers } = await post('/authorize?client_id=app&a=1', 'client_id=other&b=%C3%BC%0d%0aX%3a+y&b=2')

    assert.equal(status, 303)
    assert.equal(
      headers.get('location'),
      `${gatehouse.url}/authorize?client_id=app&a=1&client_id=other&b=%C3%BC%0D%0AX%3A+y&b=2`,
    )
    const { body, status: refused } = await new ScriptedBrowser().send(headers.get('location') ?? '')
    assert.equal(refused, 400)
    assert.match(body, /invalid-request/)
  })

  it('to sign out is sent on as a GET: asked with nothing, done with a hint', async () => {
    const browser = new ScriptedBrowser()
    const { id_token: hint = '' } = await tokensOf(app, {}, browser)
    const out = (form: Record<string, string>) =>
      browser.send(`${gatehouse.url}/logout`, {
        method: 'POST',
        body: new URLSearchParams(form),
        headers: { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:1' },
      })

    const asked = await walk(browser, (await out({})).headers.get('location') ?? '', byeUri)
    const done = await out({ id_token_hint: hint, post_logout_redirect_uri: byeUri, state: 'x' })

    assert.match(asked.page.body, /Do you want to sign out\?/)
    assert.equal((await walk(browser, done.headers.get('location') ?? '', byeUri)).callback, `${byeUri}?state=x`)
    assert.equal((await walk(browser, (await app.request()).url, redirectUri)).callback, undefined)
  })

  it('that is too long for a redirect goes through a page that posts it again from here', async () => {
    const browser = new ScriptedBrowser()
    await tokensOf(app, {}, browser)
    const request = await app.request({ state: `"><b>${'x'.repeat(9_000)}` })
    const [address = '', query = ''] = request.url.split('?')

    const first = await browser.send(address, {
      method: 'POST',
      body: new URLSearchParams(query),
      headers: { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:1' },
    })
    const [form] = parseForms(first.body)
    const again = await browser.send(form?.action ?? '', {
      method: 'POST',
      body: filledIn(form ?? assert.fail(first.body.slice(0, 300)), {}),
      headers: { 'sec-fetch-site': 'same-origin', origin: new URL(gatehouse.url).origin },
    })

    assert.equal(first.status, 200)
    assert.match(first.headers.get('content-security-policy') ?? '', /form-action 'self' \S+ http:\/\/localhost:1;/)
    assert.doesNotMatch(first.body, /<b>/)
    const { searchParams } = new URL(again.headers.get('location') ?? '')
    assert.ok(searchParams.get('code'))
    assert.equal(searchParams.get('state'), request.url && new URL(request.url).searchParams.get('state'))
  })

  it('is a form of bounded length, or nothing is read of it', async () => {
    const json = await post('/authorize', '{"client_id":"app"}', { 'content-type': 'application/json' })
    const multipart = await post('/logout', 'x', { 'content-type': 'multipart/form-data; boundary=x' })
    const long = await post('/authorize', `a=${'x'.repeat(60_000)}`)
    const empty = await fetch(`${gatehouse.url}/authorize?client_id=app`, { method: 'POST', redirect: 'manual' })

    assert.deepEqual([json.status, multipart.status, long.status, empty.status], [400, 400, 413, 303])
  })

  it('leaves the answer to the question of a sign-out alone', async () => {
    const browser = new ScriptedBrowser()
    await tokensOf(app, {}, browser)
    const { page } = await walk(browser, `${gatehouse.url}/logout`, byeUri)
    const [form] = parseForms(page.body)
    const body = filledIn(form ?? assert.fail(), { logout: 'yes' })

    const done = await browser.open(form?.action ?? '', { method: 'POST', body })

    assert.match(done.body, /You are signed out/)
  })
})

describe('a wrong method', () => {
  const wrong: [method: string, path: string, allow: string][] = [
    ['GET', '/token', 'POST, OPTIONS'],
    ['PUT', '/token', 'POST, OPTIONS'],
    ['GET', '/introspect', 'POST, OPTIONS'],
    ['DELETE', '/revoke', 'POST, OPTIONS'],
    ['GET', '/par', 'POST, OPTIONS'],
    ['POST', '/jwks', 'GET, HEAD, OPTIONS'],
    ['POST', '/.well-known/openid-configuration', 'GET, HEAD, OPTIONS'],
    ['PUT', '/userinfo', 'GET, HEAD, POST, OPTIONS'],
    ['PATCH', '/protocol/openid-connect/userinfo', 'GET, HEAD, POST, OPTIONS'],
    ['PUT', '/authorize', 'GET, HEAD, POST'],
    ['DELETE', '/logout', 'GET, HEAD, POST'],
    ['GET', '/logout/confirm', 'POST'],
    ['PUT', '/login', 'GET, HEAD, POST'],
    ['DELETE', '/login/sign-out', 'POST'],
    ['POST', '/', 'GET, HEAD'],
    ['POST', '../healthz', 'GET, HEAD'],
    ['PUT', '../readyz', 'GET, HEAD'],
  ]
  for (const [method, path, allow] of wrong) {
    it(`${method} ${path} is 405 and says ${allow}`, async () => {
      const { status, headers } = await fetch(new URL(path.replace(/^\//, './'), `${gatehouse.url}/`), { method })

      assert.equal(status, 405)
      assert.equal(headers.get('allow'), allow)
    })
  }

  it('is none: HEAD where GET is answered, OPTIONS everywhere', async () => {
    const ask = (method: string, path: string) => fetch(gatehouse.url + path, { method, redirect: 'manual' })

    assert.equal((await ask('HEAD', '/.well-known/openid-configuration')).status, 200)
    assert.equal((await ask('HEAD', '/jwks')).status, 200)
    for (const [path, allow] of [
      ['/token', 'POST, OPTIONS'],
      ['/authorize', 'GET, HEAD, POST, OPTIONS'],
      ['/jwks', 'GET, HEAD, OPTIONS'],
    ] as const) {
      const { status, headers } = await ask('OPTIONS', path)
      assert.deepEqual([status, headers.get('allow')], [204, allow], path)
    }
  })
})

describe('the discovery document of an issuer with a path', () => {
  it('is found with the path before the well-known one and behind it, by both names, and nowhere else', async () => {
    const { origin } = new URL(gatehouse.url)
    const names = ['openid-configuration', 'oauth-authorization-server']
    const paths = names.flatMap((name) => [`/id/.well-known/${name}`, `/.well-known/${name}/id`])

    for (const path of [...paths, ...paths]) {
      const answer = await fetch(origin + path)
      assert.equal(answer.status, 200, path)
      assert.equal(((await answer.json()) as { issuer: string }).issuer, gatehouse.url)
    }
    for (const path of ['/.well-known/openid-configuration', '/.well-known/openid-configuration/other']) {
      assert.equal((await fetch(origin + path)).status, 404, path)
    }
  })
})

describe('the discovery document says nothing that is not so', () => {
  let said: Readonly<Record<string, unknown>>
  const list = (name: string) => said[name] as string[]
  before(async () => {
    said = (await (await fetch(`${gatehouse.url}/.well-known/openid-configuration`)).json()) as typeof said
  })

  it('each address answers', async () => {
    const addresses = Object.entries(said).filter(([name]) => /_endpoint$|_uri$/.test(name))
    assert.ok(addresses.length >= 8)
    for (const [name, address] of addresses) {
      const { status, headers } = await fetch(String(address), { method: 'OPTIONS' })
      assert.equal(status, 204, name)
      const method = headers.get('allow')?.includes('GET') ? 'GET' : 'POST'
      const { status: used } = await fetch(String(address), { method, redirect: 'manual' })
      assert.ok(used !== 404 && used !== 405 && used < 500, `${name} ${used}`)
    }
  })

  it('each grant type gives tokens', async () => {
    const browser = new ScriptedBrowser()
    const tokens = await tokensOf(app, {}, browser)
    const resource = `http://wiki.localhost:${gatehouse.port}`
    const given: Record<string, () => Promise<number>> = {
      authorization_code: async () => (tokens.access_token === '' ? 400 : 200),
      refresh_token: async () => (await refresh(app, tokens.refresh_token)).status,
      client_credentials: async () => (await app.token({ grant_type: 'client_credentials', resource })).status,
    }

    for (const type of list('grant_types_supported').filter((each) => each !== 'implicit')) {
      assert.equal(await given[type]?.(), 200, type)
    }
  })

  it('each response mode, scope and algorithm works', async () => {
    const browser = new ScriptedBrowser()
    await tokensOf(app, {}, browser)
    for (const mode of list('response_modes_supported')) {
      const { page, callback } = await walk(browser, (await app.request({ response_mode: mode })).url, redirectUri)
      const answers: Record<string, RegExp> = { query: /\?.*code=/, fragment: /#.*code=/, form_post: /name="code"/ }
      assert.match(callback ?? page.body, answers[mode] ?? assert.fail(mode))
    }
    for (const scope of list('scopes_supported')) {
      const tokens = await tokensOf(app, { scope: `openid ${scope}` }, browser)
      assert.ok(String(tokens['scope']).split(' ').includes(scope), scope)
    }
    const algorithms = []
    for (const client of [app, await clientOf('gateway', 'http://localhost:4/cb')]) {
      const { callback, request } = await authorize(browser, client, { ...alice, parameters: { scope: 'openid' } })
      const { id_token: idToken = '' } = await client.redeem(callback, request)
      algorithms.push(String(decodeProtectedHeader(idToken).alg))
    }
    assert.deepEqual(algorithms.sort(), list('id_token_signing_alg_values_supported').sort())
    assert.deepEqual(list('code_challenge_methods_supported'), ['S256'])
    assert.deepEqual(list('subject_types_supported'), ['public'])
  })

  it('each way to prove a client is taken', async () => {
    const form = { grant_type: 'refresh_token', refresh_token: 'x' }
    const inBody = { ...form, client_id: 'other', client_secret: secrets['other'] ?? '' }
    const taken: Record<string, () => ReturnType<typeof post>> = {
      client_secret_basic: () => post('/token', form, { authorization: basicOf('app') }),
      client_secret_post: () => post('/token', inBody),
    }
    assert.deepEqual(list('token_endpoint_auth_methods_supported').sort(), Object.keys(taken).sort())
    for (const method of Object.keys(taken)) {
      assert.match((await taken[method]?.())?.text ?? '', /invalid_grant/, method)
    }
  })

  it('each claim is told to a product that asks for all scopes, and the issuer is in each answer', async () => {
    const scope = list('scopes_supported').join(' ')
    const { callback, request } = await authorize(new ScriptedBrowser(), app, {
      ...alice,
      parameters: { scope, max_age: '600' },
    })
    const tokens = await app.redeem(callback, request)
    const told = { ...tokens.claims() } as Record<string, unknown>

    assert.equal(new URL(callback).searchParams.get('iss'), said['issuer'])
    // Alice has one name, nobody has verified her address, and `sid` is told to services.
    const known = list('claims_supported').filter(
      (claim) => !['family_name', 'email_verified', 'sid', 'acr', 'amr'].includes(claim),
    )
    assert.deepEqual(
      known.filter((claim) => told[claim] === undefined),
      [],
    )
  })

  it('each algorithm of DPoP proofs binds a token (RFC 9449)', async () => {
    for (const alg of list('dpop_signing_alg_values_supported')) {
      const { refresh_token: token } = await tokensOf(app)
      const { privateKey, publicKey } = await generateKeyPair(alg)
      const proof = (method: string, path: string, claims: Record<string, string> = {}) =>
        new SignJWT({ htm: method, htu: gatehouse.url + path, ...claims })
          .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk })
          .setJti(crypto.randomUUID())
          .setIssuedAt()
          .sign(privateKey)
      const jwk = await exportJWK(publicKey)

      const headers = { authorization: basicOf('app'), dpop: await proof('POST', '/token') }
      const answer = await post('/token', { grant_type: 'refresh_token', refresh_token: token ?? '' }, headers)
      const { access_token: access, token_type: type } = JSON.parse(answer.text) as Record<string, string>
      const ath = createHash('sha256')
        .update(access ?? '')
        .digest('base64url')
      const userinfo = (dpop: string) =>
        fetch(`${gatehouse.url}/userinfo`, { headers: { authorization: `DPoP ${access}`, dpop } })

      assert.equal(type, 'DPoP', alg)
      assert.equal((await userinfo(await proof('GET', '/userinfo', { ath }))).status, 200, alg)
      assert.equal((await userinfo(await proof('POST', '/userinfo', { ath }))).status, 401, alg)
    }
  })
})

describe('an error for programs', () => {
  const java = { accept: 'text/html, image/gif, image/jpeg, */*; q=.2', 'sec-fetch-mode': 'navigate' }
  const body = 'grant_type=authorization_code&code=x&redirect_uri=y&token=x'
  const form = 'application/x-www-form-urlencoded'
  const paths = ['/token', '/introspect', '/revoke', '/par', '/userinfo', '/protocol/openid-connect/userinfo']
  type Case = [what: string, sent: () => Parameters<typeof post>[1], headers: () => Record<string, string>]
  const cases: Case[] = [
    ['no credentials', () => body, () => ({})],
    ['a wrong secret', () => body, () => ({ authorization: basic('app:wrong') })],
    ['an unknown client', () => body, () => ({ authorization: basic('nobody:wrong') })],
    ['credentials that cannot be read', () => body, () => ({ authorization: 'Basic ###' })],
    ['another scheme', () => body, () => ({ authorization: 'Digest x' })],
    ['a bad bearer token', () => body, () => ({ authorization: 'Bearer x' })],
    ['JSON', () => '{"a":1}', () => ({ 'content-type': 'application/json' })],
    ['JSON that is broken', () => '{"a"', () => ({ 'content-type': 'application/json' })],
    ['a form in parts', () => 'x', () => ({ 'content-type': 'multipart/form-data; boundary=x' })],
    ['a charset that does not exist', () => body, () => ({ 'content-type': `${form}; charset=nonsense` })],
    ['a broken form', () => '%%%=%&&&=', () => ({})],
    ['a body that is too long', () => `a=${'x'.repeat(100_000)}`, () => ({})],
    ['a compressed body', () => body, () => ({ 'content-encoding': 'gzip' })],
    ['everything twice', () => `${body}&${body}`, () => ({ authorization: basicOf('app') })],
  ]
  for (const [what, sent, headers] of cases) {
    it(`is JSON with a status, an error code and an id for ${what}, whatever Accept says`, async () => {
      for (const path of paths) {
        const answer = await post(path, sent(), { ...java, ...headers() })
        const at = `${path} ${answer.status} ${answer.text.slice(0, 200)}`
        if (answer.status === 200 && path === '/revoke') continue
        assert.ok(answer.status >= 400 && answer.status < 500, at)
        assert.match(answer.headers.get('content-type') ?? '', /^application\/json/, at)
        assert.match(String((JSON.parse(answer.text) as { error: unknown }).error), /^[a-z_]+$/, at)
        assert.match(answer.headers.get('x-request-id') ?? '', /^[0-9a-f]{16}$/, at)
        if (answer.status === 401)
          assert.match(answer.headers.get('www-authenticate') ?? 'Basic', /^(Basic|Bearer)/, at)
      }
    })
  }

  it('has the status and the challenge of its RFC', async () => {
    const asked = { ...java, authorization: basic('app:wrong') }
    const wrongSecret = await post('/token', body, asked)
    const code = await post('/token', body, { ...java, authorization: basicOf('app') })
    const bearer = await fetch(`${gatehouse.url}/userinfo`, { headers: { ...java, authorization: 'Bearer x' } })

    assert.deepEqual([wrongSecret.status, JSON.parse(wrongSecret.text).error], [401, 'invalid_client'])
    assert.match(wrongSecret.headers.get('www-authenticate') ?? '', /^Basic realm=/)
    assert.deepEqual([code.status, JSON.parse(code.text).error], [400, 'invalid_grant'])
    assert.equal(bearer.status, 401)
    assert.match(bearer.headers.get('www-authenticate') ?? '', /^Bearer .*error="invalid_token"/)
  })

  it('is JSON at addresses that do not exist below theirs, and for methods that do not', async () => {
    for (const path of ['/token/', '/token/x', '/userinfo/x', '/protocol/openid-connect/token', '/register']) {
      const answer = await fetch(gatehouse.url + path, { headers: java })
      assert.equal(answer.status, 404, path)
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json/, path)
    }
    const wrong = await fetch(`${gatehouse.url}/token`, { headers: java })
    assert.deepEqual([wrong.status, ((await wrong.json()) as { error: string }).error], [405, 'invalid_request'])
  })

  it('is none of people: those get a page', async () => {
    const page = await new ScriptedBrowser().send(`${gatehouse.url}/authorize?client_id=nobody`)

    assert.equal(page.status, 400)
    assert.match(page.body, /For your administrator/)
  })
})

describe('the scope offline_access', () => {
  it('is granted where no consent is asked: it is in the answer, and the token lives on after a sign-out', async () => {
    const browser = new ScriptedBrowser()
    const offline = await tokensOf(app, { scope: 'openid offline_access' }, browser)
    const plain = await tokensOf(app, { scope: 'openid' }, browser)
    assert.equal(offline['scope'], 'openid offline_access')
    assert.equal(plain['scope'], 'openid')

    await browser.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' })

    const kept = await refresh(app, offline.refresh_token)
    assert.equal(kept.status, 200)
    assert.equal(kept.body['scope'], 'openid offline_access')
    assert.equal((await refresh(app, plain.refresh_token)).body['error'], 'invalid_grant')
  })

  it('is granted in a pushed request, without a word of the person, and with a service', async () => {
    const browser = new ScriptedBrowser()
    await tokensOf(app, {}, browser)
    const request = await app.request({ scope: 'openid offline_access', prompt: 'none' })
    const pushed = await post('/par', new URL(request.url).searchParams.toString(), { authorization: basicOf('app') })
    const { request_uri: uri } = JSON.parse(pushed.text) as { request_uri: string }
    const query = new URLSearchParams({ client_id: 'app', request_uri: uri })

    const { callback } = await walk(browser, `${gatehouse.url}/authorize?${query}`, redirectUri)
    const tokens = await app.redeem(callback ?? '', request)
    const resource = `http://wiki.localhost:${gatehouse.port}`
    const forWiki = await tokensOf(app, { scope: 'openid offline_access', resource }, browser)
    await browser.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' })

    assert.equal(tokens['scope'], 'openid offline_access')
    for (const token of [tokens.refresh_token, forWiki.refresh_token]) {
      assert.equal((await refresh(app, token)).status, 200)
    }
  })

  it('is granted in a signed request', async () => {
    const request = await app.request()
    const { searchParams } = new URL(request.url)
    const secret = new TextEncoder().encode(secrets['app'])
    const object = await new SignJWT({ ...Object.fromEntries(searchParams), scope: 'openid offline_access' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('app')
      .setAudience(gatehouse.url)
      .setExpirationTime('1m')
      .sign(secret)
    const query = new URLSearchParams({ client_id: 'app', response_type: 'code', scope: 'openid', request: object })

    const browser = new ScriptedBrowser()
    await tokensOf(app, {}, browser)
    const { callback, page } = await walk(browser, `${gatehouse.url}/authorize?${query}`, redirectUri)

    assert.equal((await app.redeem(callback ?? page.body, request))['scope'], 'openid offline_access')
  })

  it('is asked for on the page where the product asks for consent', async () => {
    const browser = new ScriptedBrowser()
    await tokensOf(app, {}, browser)
    const request = await asking.request({ scope: 'openid offline_access' })
    const { page } = await walk(browser, request.url, asking.redirectUri)

    assert.match(page.body, /Keep access while you are away/)
    const agreed = await browser.send(page.url, { method: 'POST', body: new URLSearchParams({ decision: 'allow' }) })
    const tokens = await asking.redeem(await walkToCallback(browser, agreed, asking.redirectUri), request)
    assert.equal(tokens['scope'], 'openid offline_access')
  })

  const repeated: [asked: string, at: string][] = [
    ['openid offline_access', 'openid offline_access'],
    ['openid profile', 'openid profile'],
    ['openid profile', 'openid profile offline_access'],
    ['openid colour profile', 'openid colour profile'],
  ]
  for (const [scope, again] of repeated) {
    it(`and others may be repeated at a refresh: ${scope}, then ${again}`, async () => {
      const tokens = await tokensOf(app, { scope })

      const { status, body } = await refresh(app, tokens.refresh_token, again)

      assert.equal(status, 200, JSON.stringify(body))
      assert.equal(body['scope'], scope.replace(' colour', ''))
    })
  }

  it('that was not granted brings nothing, nor does a scope that exists [scope-not-configured]', async () => {
    const { refresh_token: first } = await tokensOf(app, { scope: 'openid' })

    const more = await refresh(app, first, 'openid groups')
    const nothing = await refresh(app, first, 'colour')
    const good = await refresh(app, first, 'openid offline_access')

    assert.deepEqual([more.body['error'], nothing.body['error']], ['invalid_scope', 'invalid_scope'])
    assert.equal(good.body['scope'], 'openid')
  })
})

describe('a refresh token that comes twice', () => {
  const later = (ms: number) =>
    inStore(`UPDATE provider_payloads SET consumed_at = consumed_at - ${ms} WHERE kind = 'RefreshToken'`)
  const lives = async (tokens: Record<string, unknown>) =>
    (await fetch(`${gatehouse.url}/userinfo`, { headers: { authorization: `Bearer ${tokens['access_token']}` } })).ok

  it('at the same moment, fifty times, gives everybody the same new one, which works [refresh-race]', async () => {
    const { refresh_token: token } = await tokensOf(app)

    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(app, token)))

    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    const next = new Set(answers.map(({ body }) => body['refresh_token']))
    assert.equal(next.size, 1)
    assert.ok(!next.has(token))
    for (const { body } of answers) assert.ok(await lives(body))
    const then = await refresh(app, [...next][0])
    assert.equal(then.status, 200)
    const said = /"client":"app".*a refresh token came again within seconds/
    assert.match(await gatehouse.logWith(said), said)
  })

  it('from a request that is late gives the token that is current', async () => {
    const { refresh_token: token } = await tokensOf(app)
    const second = await refresh(app, token)
    const third = await refresh(app, second.body['refresh_token'])

    const late = await refresh(app, token)

    assert.equal(late.body['refresh_token'], third.body['refresh_token'])
    later(9_000)
    assert.equal((await refresh(app, second.body['refresh_token'])).status, 200)
  })

  it('after ten seconds ends everything of its grant, and is a warning with client and user [refresh-race]', async () => {
    const first = await tokensOf(app)
    const second = await refresh(app, first.refresh_token)
    later(10_001)

    const stolen = await refresh(app, first.refresh_token)

    assert.equal(stolen.body['error'], 'invalid_grant')
    assert.equal(await lives(second.body), false)
    assert.equal((await refresh(app, second.body['refresh_token'])).body['error'], 'invalid_grant')
    assert.equal((await refresh(app, first.refresh_token)).body['error'], 'invalid_grant', 'nothing comes back')
    const user = decodeJwt(first.id_token ?? '').sub
    const said = new RegExp(`"level":"warn".*"client":"app","user":"${user}"`)
    assert.match(await gatehouse.logWith(said), said)
  })

  it('within the grace brings nothing back that was revoked meanwhile [refresh-vs-revoke-race]', async () => {
    const { refresh_token: token } = await tokensOf(app)
    const second = await refresh(app, token)
    await post('/revoke', { token: String(second.body['refresh_token']) }, { authorization: basicOf('app') })

    const again = await refresh(app, token)

    assert.equal(again.body['error'], 'invalid_grant')
    assert.equal(await lives(second.body), false)
  })

  it('from another client within the grace ends everything [code-other-client]', async () => {
    const { refresh_token: token } = await tokensOf(app)
    const second = await refresh(app, token)
    const form = { grant_type: 'refresh_token', refresh_token: token ?? '' }

    const foreign = await post('/token', { ...form, client_id: 'other', client_secret: secrets['other'] ?? '' })

    assert.equal(foreign.status, 400)
    assert.equal(await lives(second.body), false)
  })

  it('is not active for who asks, though it may come again', async () => {
    const { refresh_token: token } = await tokensOf(app)
    await refresh(app, token)

    assert.deepEqual(await app.introspect(token ?? ''), { active: false })
  })

  it('because the server stopped before it had stored the new one is good once more, however late', async () => {
    const { refresh_token: token } = await tokensOf(app)
    inStore(`UPDATE provider_payloads SET consumed_at = 1 WHERE kind = 'RefreshToken' AND consumed_at IS NULL`)

    const again = await refresh(app, token)

    assert.equal(again.status, 200)
    assert.equal((await refresh(app, again.body['refresh_token'])).status, 200)
    later(20_000)
    assert.equal((await refresh(app, token)).body['error'], 'invalid_grant', 'now it is used')
  })
})

describe('the consent page', () => {
  it('lists what is requested when nothing is new', async () => {
    const browser = new ScriptedBrowser()
    await tokensOf(app, {}, browser)
    const parameters = { scope: 'openid email', resource: `http://wiki.localhost:${gatehouse.port}` }
    const first = await walk(browser, (await asking.request(parameters)).url, asking.redirectUri)
    await browser.send(first.page.url, { method: 'POST', body: new URLSearchParams({ decision: 'allow' }) })

    const again = await walk(
      browser,
      (await asking.request({ ...parameters, prompt: 'consent' })).url,
      asking.redirectUri,
    )
    const skipping = await walk(browser, (await app.request({ prompt: 'consent' })).url, redirectUri)

    assert.match(
      again.page.body,
      /asks to:<\/p>\s*<ul[^>]*><li>Know that it is you<\/li><li>See your email address<\/li>/,
    )
    assert.match(again.page.body, /<li>Use wiki as you<\/li>/)
    assert.match(skipping.page.body, /<li>See the teams that you are in<\/li>/)
    for (const { page } of [again, skipping]) assert.doesNotMatch(page.body, /<ul[^>]*><\/ul>/)
  })
})

describe('the consent page of a request for nothing', () => {
  it('says so', () => {
    const page = consentPage(plainLook, { product: 'Curious', user: 'alice', scopes: [], services: [], action: '/' })

    assert.match(page, /Curious asks for nothing about you\./)
    assert.doesNotMatch(page, /<ul/)
  })
})

describe('client credentials with odd characters', () => {
  const form = { grant_type: 'refresh_token', refresh_token: 'x' }
  const encoded = `${encodeURIComponent(odd.id)}:${encodeURIComponent(odd.secret)}`

  for (const [how, pair] of [
    ['encoded as RFC 6749 wants it', encoded],
    ['as they are', `${odd.id}:${odd.secret}`],
    ['as a form', new URLSearchParams([[odd.id, odd.secret]]).toString().replace('=', ':')],
  ] as const) {
    it(`are taken in a header ${how}`, async () => {
      const answer = await post('/token', form, { authorization: basic(pair) })

      assert.match(answer.text, /invalid_grant/)
    })
  }

  for (const [how, pair] of [
    ['with another secret as it is', `${odd.id}:z/t+Z9%41 u:d`],
    ['with another secret, encoded', `${encodeURIComponent(odd.id)}:x%2B`],
    ['with the secret decoded once too often', `${odd.id}:z/t Z9A u:d=`],
    ['with the id of another', `app:${odd.secret}`],
    ['with a colon too early', `my:${odd.secret}`],
  ] as const) {
    it(`are refused as a wrong secret ${how}`, async () => {
      const { status, text } = await post('/token', form, { authorization: basic(pair) })

      assert.deepEqual([status, JSON.parse(text).error], [401, 'invalid_client'])
    })
  }
})

describe('introspection', () => {
  const ask = async (client: string, token: string) => {
    const inBody = client === 'other' ? { client_id: client, client_secret: secrets[client] ?? '' } : undefined
    const headers = inBody ? undefined : { authorization: basicOf(client) }
    return JSON.parse((await post('/introspect', { token, ...inBody }, headers)).text) as Record<string, unknown>
  }
  let tokens: Tokens
  let forWiki: Tokens
  const wiki = () => `http://wiki.localhost:${gatehouse.port}`
  before(async () => {
    const browser = new ScriptedBrowser()
    tokens = await tokensOf(app, {}, browser)
    forWiki = await tokensOf(app, { resource: wiki() }, browser)
  })

  it('tells a product that stands for the service of a token whose it is [introspect-foreign-audience]', async () => {
    const answer = await ask('gateway', forWiki.access_token)
    const { sub, exp } = decodeJwt(forWiki.access_token)

    assert.deepEqual(
      [answer['active'], answer['sub'], answer['exp'], answer['aud'], answer['client_id'], answer['username']],
      [true, sub, exp, wiki(), 'app', 'alice'],
    )
    assert.equal('grant_id' in answer, false)
    assert.equal((await ask('app', forWiki.access_token))['active'], true, 'and the client of the token')
  })

  it('tells nobody else, and nothing of other tokens, unknown ones and ID tokens [introspect-foreign-audience]', async () => {
    const [head, claims] = forWiki.access_token.split('.')
    for (const [client, token] of [
      ['other', forWiki.access_token],
      ['gateway', tokens.access_token],
      ['gateway', tokens.refresh_token ?? ''],
      ['gateway', `${head}.${claims}.${'A'.repeat(86)}`],
      ['gateway', `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`],
      ['gateway', tokens.id_token ?? ''],
      ['app', tokens.id_token ?? ''],
      ['app', 'unknown'],
    ] as const) {
      assert.deepEqual(await ask(client, token), { active: false }, `${client} ${token.slice(0, 40)}`)
    }
  })

  it('says of a revoked token that it is not active; revoking what is unknown or no access token is fine', async () => {
    const revoke = (client: string, token: string) => post('/revoke', { token }, { authorization: basicOf(client) })
    for (const token of ['unknown', tokens.id_token ?? '', 'e30.e30.AA']) {
      assert.deepEqual([(await revoke('app', token)).status, (await revoke('app', token)).text], [200, ''], token)
    }
    await revoke('gateway', forWiki.access_token)
    assert.equal((await ask('gateway', forWiki.access_token))['active'], true, 'it is the client that revokes')

    assert.equal((await revoke('app', forWiki.access_token)).status, 200)

    assert.deepEqual(await ask('gateway', forWiki.access_token), { active: false })
  })
})

describe('a link of another site to the sign-out', () => {
  const cross = { 'sec-fetch-site': 'cross-site', referer: 'http://evil.test/' }
  const signedIn = async (browser: ScriptedBrowser) => (await browser.send(gatehouse.url)).status === 200

  it('asks somebody who is signed in at no product yet, too [csrf-state-changing]', async () => {
    const browser = new ScriptedBrowser()
    const page = await browser.open(`${gatehouse.url}/login`)
    await browser.submitForm(page, alice)
    assert.ok(await signedIn(browser))

    const asked = await browser.send(`${gatehouse.url}/logout`, { headers: cross })

    assert.match(asked.body, /Do you want to sign out\?/)
    assert.doesNotMatch(asked.body, /<script>/)
    assert.match(asked.body, /You are signed in as <strong>alice/)
    const [form] = parseForms(asked.body)
    await browser.open(form?.action ?? '', { method: 'POST', body: filledIn(form ?? assert.fail(), {}) })
    assert.ok(await signedIn(browser), 'the answer no')
    const again = await browser.send(`${gatehouse.url}/logout`, { headers: cross })
    const [second] = parseForms(again.body)
    const yes = filledIn(second ?? assert.fail(), { logout: 'yes' })
    const done = await browser.open(second?.action ?? '', { method: 'POST', body: yes })
    assert.match(done.body, /You are signed out/)
    assert.equal(await signedIn(browser), false)
  })

  it('goes on with a hint of the person, and asks with one of somebody else [csrf-state-changing]', async () => {
    const browser = new ScriptedBrowser()
    const { id_token: hint = '' } = await tokensOf(app, {}, browser)
    const strange = new ScriptedBrowser()
    await strange.submitForm(await strange.open(`${gatehouse.url}/login`), alice)
    const bob = new ScriptedBrowser()
    await bob.submitForm(await bob.open(`${gatehouse.url}/login`), { username: 'bob', password })
    const url = `${gatehouse.url}/logout?${new URLSearchParams({ id_token_hint: hint })}`

    const asked = await bob.send(url, { headers: cross })
    const gone = await strange.send(url, { headers: cross })

    assert.match(asked.body, /Do you want to sign out\?/)
    assert.ok(await signedIn(bob))
    assert.equal(gone.status, 303)
    assert.equal(await signedIn(strange), false)
    assert.ok(await signedIn(browser), 'another browser of the same person')
  })

  it('with a hint and without a session ends nothing, and returns to the product', async () => {
    const { id_token: hint = '', refresh_token: token } = await tokensOf(app)
    const query = new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: byeUri })
    const stranger = new ScriptedBrowser()

    const page = await stranger.send(`${gatehouse.url}/logout?${query}`)
    const [form] = parseForms(page.body)
    const done = await stranger.send(form?.action ?? '', { method: 'POST', body: filledIn(form ?? assert.fail(), {}) })

    assert.equal(done.headers.get('location'), byeUri)
    assert.equal((await refresh(app, token)).status, 200)
  })
})

describe('two Authorization headers with odd credentials', () => {
  it('are refused [assertion-unsigned-header]', async () => {
    const body = 'grant_type=refresh_token&refresh_token=x'
    const line = `Authorization: ${basic(`${odd.id}:${odd.secret}`)}\r\n`
    const head = `POST /id/token HTTP/1.1\r\nHost: localhost:${gatehouse.port}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\nConnection: close\r\n`

    assert.match(await rawExchange(gatehouse.port, `${head}${line}\r\n${body}`, 2000), /invalid_grant/)
    assert.match(await rawExchange(gatehouse.port, `${head}${line}${line}\r\n${body}`, 2000), /invalid_client/)
  })
})

describe('offline access of a person', () => {
  const tokenOf = async (secret: string) => {
    const bob = { username: 'bob', password: secret, parameters: { scope: 'openid offline_access' } }
    const { callback, request } = await authorize(new ScriptedBrowser(), app, bob)
    return (await app.redeem(callback, request)).refresh_token
  }

  it('outlives the sign-in session, and ends with the password, and with the account [lockout-other-grants]', async () => {
    const first = await tokenOf(password)
    inStore(`DELETE FROM sessions WHERE kind = 'login'`)
    const second = await refresh(app, first)
    assert.equal(second.status, 200)

    const other = 'another horse battery staple'
    await gatehouse.cli(['users', 'password', 'bob', '--password-stdin'], other)
    const third = await tokenOf(other)
    const control = await refresh(app, third)
    await gatehouse.cli(['users', 'deactivate', 'bob'])

    assert.equal((await refresh(app, second.body['refresh_token'])).body['error'], 'invalid_grant')
    assert.equal(control.status, 200)
    assert.equal((await refresh(app, control.body['refresh_token'])).body['error'], 'invalid_grant')
  })
})
