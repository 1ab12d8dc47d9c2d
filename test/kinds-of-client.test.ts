/**
 * Clients that are no web application with a secret: applications in browsers and on laptops, clients with a key, clients whose tokens come
 * through the browser, requests that are signed. Each only where the configuration says so.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { decodeJwt, exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { filledIn, parseForms } from './e2e/support/html-forms.ts'
import { browserOf, type Page, type ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { type ClaimsIdp, startClaimsIdp } from './support/claims-idp.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { walk } from './support/relying-party.ts'

type Key = Awaited<ReturnType<typeof newKey>>
type Parameters = Record<string, string>
type Test = { after(work: () => Promise<void>): void }

const secret = 'a-secret-of-at-least-32-characters!'
const verifier = 'v'.repeat(43)
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const hybridUri = 'https://hybrid.example.test/cb'
let idp: ClaimsIdp
let gatehouse: Gatehouse
let keys: { inline: Key; published: Key }
let publisher: Server
/** What was asked of the address at which `published` has its keys. */
const published: string[] = []

async function newKey(alg = 'ES256') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const kid = crypto.randomUUID()
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

before(async () => {
  idp = await startClaimsIdp()
  idp.claims = { sub: 'carol', preferred_username: 'carol', email: 'carol@example.test' }
  keys = { inline: await newKey('RS256'), published: await newKey() }
  publisher = createServer((request, response) => {
    published.push(request.url ?? '')
    response.end(JSON.stringify({ keys: [keys.published.jwk] }))
  }).listen(0, '127.0.0.1')
  await once(publisher, 'listening')
  const address = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/jwks`
  const ours = (options: string) => `authentication: [{ authenticationClass: gatehouse, oidc: ${options} }]`
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
authenticationClasses: { partner: { oidc: { hostname: localhost, port: ${idp.port}, principalClaim: preferred_username } } }
login: [{ authenticationClass: partner, title: Partners, oidc: { clientCredentialsSecret: idp } }]
secrets:
  idp: { clientId: gatehouse, clientSecret: "\${env:CLIENT_SECRET}" }
  hybrid: { clientId: hybrid, clientSecret: "\${env:CLIENT_SECRET}" }
  app: { clientId: app, clientSecret: "\${env:CLIENT_SECRET}" }
services: { wiki: { url: "http://wiki.localhost:${port}", upstream: "http://127.0.0.1:9" } }
products:
  app: { product: oidc, url: "https://app.example.test", redirectUris: ["https://app.example.test/cb"], ${ours('{ clientCredentialsSecret: app }')} }
  spa: { product: oidc, url: "https://spa.example.test", redirectUris: ["https://spa.example.test/cb"], ${ours('{ clientAuthenticationMethod: none }')} }
  cli:
    product: oidc
    url: https://cli.example.test
    redirectUris: ["http://127.0.0.1/cb", "http://[::1]:7000/cb", "http://localhost:7000/cb", "com.example.cli:/cb"]
    ${ours('{ clientAuthenticationMethod: none }')}
  keyed:
    product: oidc
    url: https://keyed.example.test
    redirectUris: ["https://keyed.example.test/cb"]
    services: [wiki]
    grantTypes: [client_credentials]
    ${ours(`{ clientAuthenticationMethod: private_key_jwt, jwks: ${JSON.stringify({ keys: [keys.inline.jwk] })} }`)}
  published:
    product: oidc
    url: https://published.example.test
    services: [wiki]
    grantTypes: [client_credentials]
    ${ours(`{ clientAuthenticationMethod: private_key_jwt, jwksUri: "${address}" }`)}
  hybrid:
    product: oidc
    url: https://hybrid.example.test
    redirectUris: ["${hybridUri}"]
    services: [wiki]
    responseTypes: [code, id_token, id_token token, code id_token, code token, code id_token token]
    ${ours(`{ clientCredentialsSecret: hybrid, jwks: ${JSON.stringify({ keys: [keys.inline.jwk] })} }`)}
`,
    env: { CLIENT_SECRET: secret },
  })
})
after(async () => {
  await gatehouse.stop()
  await idp.close()
  publisher.closeAllConnections()
  publisher.close()
})

/** A browser in which carol is signed in. */
async function carol(test: Test): Promise<ScriptedBrowser> {
  const browser = browserOf(test)
  await browser.open(`${gatehouse.url}/login/start?provider=partner`)
  return browser
}

const hash = async (text: string) => Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))

async function requestOf(client: string, redirectUri: string, parameters: Parameters = {}): Promise<string> {
  const query = new URLSearchParams({
    client_id: client,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid email offline_access',
    state: 'the-state',
    nonce: 'the-nonce',
    code_challenge: (await hash(verifier)).toString('base64url'),
    code_challenge_method: 'S256',
    ...parameters,
  })
  for (const [name, value] of Object.entries(parameters)) if (value === '') query.delete(name)
  return `${gatehouse.url}/authorize?${query}`
}

async function post(path: string, form: Parameters, headers: Parameters = {}) {
  const response = await fetch(gatehouse.url + path, { method: 'POST', body: new URLSearchParams(form), headers })
  const text = await response.text()
  const body = (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>
  return { status: response.status, headers: response.headers, body }
}

const redeem = (client: string, callback: string, redirectUri: string, more: Parameters = {}) =>
  post('/token', {
    grant_type: 'authorization_code',
    code: answerIn(callback).get('code') ?? '',
    redirect_uri: redirectUri,
    client_id: client,
    code_verifier: verifier,
    ...more,
  })

/** What a callback says, in the query or in the fragment. */
function answerIn(callback: string): URLSearchParams {
  const { hash: fragment, searchParams } = new URL(callback)
  return fragment === '' ? searchParams : new URLSearchParams(fragment.slice(1))
}

/** Agrees on the page that asks whether the app may. */
async function allow(browser: ScriptedBrowser, page: Page, redirectUri: string): Promise<string> {
  const [form] = parseForms(page.body)
  if (!form?.fields.some(({ name }) => name === 'decision')) throw new Error(page.body)
  const posted = await browser.send(new URL(form.action, page.url).href, {
    method: 'POST',
    body: filledIn(form, { decision: 'allow' }),
  })
  const next = new URL(posted.headers.get('location') ?? assert.fail(posted.body), page.url)
  const { callback, page: last } = await walk(browser, next.href, redirectUri)
  return callback ?? assert.fail(last.body)
}

describe('an application in the browser (public client)', () => {
  const uri = 'https://spa.example.test/cb'
  const origin = 'https://spa.example.test'

  it('gets tokens without a secret, from its own origin, and each refresh token works once', async (test) => {
    const { callback = '' } = await walk(await carol(test), await requestOf('spa', uri), uri)
    const first = await redeem('spa', callback, uri)
    const refresh = (token: unknown) =>
      post('/token', { grant_type: 'refresh_token', refresh_token: String(token), client_id: 'spa' }, { origin })

    const second = await refresh(first.body['refresh_token'])

    assert.equal(first.status, 200)
    assert.equal(decodeJwt(String(first.body['id_token']))['aud'], 'spa')
    assert.equal(second.status, 200, JSON.stringify(second.body))
    assert.notEqual(second.body['refresh_token'], first.body['refresh_token'])
    assert.equal(second.headers.get('access-control-allow-origin'), origin)
  })

  for (const [what, parameters] of Object.entries({
    'no challenge': { code_challenge: '', code_challenge_method: '' },
    'a plain challenge': { code_challenge: verifier, code_challenge_method: 'plain' },
    'a challenge without a method': { code_challenge_method: '' },
  })) {
    it(`gets no code without PKCE by S256: ${what} [pkce-downgrade]`, async (test) => {
      const { callback = '' } = await walk(await carol(test), await requestOf('spa', uri, parameters), uri)

      assert.equal(answerIn(callback).get('error'), 'invalid_request')
    })
  }

  it('gets nothing without the verifier, nor with a secret, nor as itself', async (test) => {
    const browser = await carol(test)
    const code = async () => (await walk(browser, await requestOf('spa', uri), uri)).callback ?? ''
    const basic = `Basic ${btoa('spa:secret')}`

    const answers = [
      await redeem('spa', await code(), uri, { code_verifier: 'w'.repeat(43) }),
      await redeem('spa', await code(), uri, { client_secret: 'secret' }),
      await post('/token', { grant_type: 'client_credentials', resource: 'http://x.test' }, { authorization: basic }),
      await post('/token', { grant_type: 'client_credentials', client_id: 'spa', resource: 'http://x.test' }),
    ]

    const errors = answers.map(({ body }) => body['error'])
    assert.deepEqual(errors, ['invalid_grant', 'invalid_client', 'invalid_client', 'invalid_request'])
  })

  it('may revoke what it has, and may not ask about tokens, as nobody proves who asks', async (test) => {
    const { callback = '' } = await walk(await carol(test), await requestOf('spa', uri), uri)
    const { body } = await redeem('spa', callback, uri)
    const token = String(body['access_token'])

    const jwt = await new SignJWT({ client_id: 'spa' }).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32))
    const asked = await Promise.all(
      [token, 'nonsense', jwt].map((each) => post('/introspect', { token: each, client_id: 'spa' })),
    )
    const alive = await fetch(`${gatehouse.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })
    const revoked = await post('/revoke', { token, client_id: 'spa' })
    const dead = await fetch(`${gatehouse.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })

    for (const { status, body: answer } of asked)
      assert.deepEqual([status, answer['error'], answer['active']], [401, 'invalid_client', undefined])
    assert.deepEqual([alive.status, revoked.status, dead.status], [200, 200, 401])
  })

  for (const other of ['null', 'https://evil.test', 'http://127.0.0.1:7001', 'https://app.example.test']) {
    it(`has its own origin only: pages of ${other} read nothing`, async () => {
      const { headers } = await post('/token', { client_id: 'spa', grant_type: 'refresh_token' }, { origin: other })

      assert.equal(headers.get('access-control-allow-origin'), null)
    })
  }
})

describe('an app on a laptop (RFC 8252)', () => {
  for (const uri of [
    'http://127.0.0.1:51234/cb',
    'http://127.0.0.1:1/cb',
    'http://[::1]:51234/cb',
    'http://127.0.0.1/cb',
  ]) {
    it(`may listen at any port of its loopback address, and the person confirms each time: ${uri}`, async (test) => {
      const browser = await carol(test)
      const { page, callback } = await walk(browser, await requestOf('cli', uri), uri)
      assert.equal(callback, undefined, 'any program may have asked')

      const answer = await allow(browser, page, uri)
      const tokens = await redeem('cli', answer, uri)
      const again = await walk(browser, await requestOf('cli', uri), uri)

      assert.equal(tokens.status, 200, JSON.stringify(tokens.body))
      assert.equal(again.callback, undefined)
    })
  }

  it('is answered by its own scheme, to which the page may lead', async (test) => {
    const [browser, uri] = [await carol(test), 'com.example.cli:/cb']
    const { page } = await walk(browser, await requestOf('cli', uri), uri)
    assert.match(page.headers.get('content-security-policy') ?? '', /form-action 'self' com\.example\.cli:;/)

    const callback = await allow(browser, page, uri)

    assert.ok(callback.startsWith('com.example.cli:/cb?code='), callback)
    assert.equal((await redeem('cli', callback, uri)).status, 200)
  })

  it('gets a code for the port that it named, and no other redeems it', async (test) => {
    const [browser, uri] = [await carol(test), 'http://127.0.0.1:5000/cb']
    const { page } = await walk(browser, await requestOf('cli', uri), uri)

    const stolen = await redeem('cli', await allow(browser, page, uri), 'http://127.0.0.1:5001/cb')

    assert.equal(stolen.body['error'], 'invalid_grant')
  })

  it('gets nothing without a question (prompt=none)', async (test) => {
    const [browser, uri] = [await carol(test), 'http://127.0.0.1:5000/cb']
    await walk(browser, await requestOf('spa', 'https://spa.example.test/cb'), 'https://spa.example.test/cb')

    const { callback = '' } = await walk(browser, await requestOf('cli', uri, { prompt: 'none' }), uri)

    assert.equal(answerIn(callback).get('error'), 'interaction_required')
  })

  for (const uri of [
    'http://localhost:7001/cb', 'http://localhost/cb', 'http://127.0.0.2:5000/cb', 'http://127.0.0.1:5000/other', 'https://127.0.0.1:5000/cb',
    'http://127.0.0.1:5000/cb?x', 'http://127.0.0.1:5000/cb/', 'http://127.1:5000/cb', 'http://127.0.0.1.evil.test:5000/cb',
    'http://127.0.0.1:5000@evil.test/cb', 'http://evil@127.0.0.1:5000/cb', 'http://127.0.0.1:99999/cb', 'http://[::ffff:127.0.0.1]/cb',
    'http://[::1]:5000/', 'com.example.cli:/other', 'com.example.cli://cb', 'COM.example.cli:/cb', 'com.example.other:/cb', 'javascript:/cb',
  ]) // biome-ignore format: a table of addresses
    it(`is not sent to ${uri} [redirect-loopback-only-port]`, async (test) => {
      const page = await browserOf(test).send(await requestOf('cli', uri))

      assert.deepEqual([page.status, page.headers.get('location')], [400, null])
    })
})

describe('a client that proves itself with a key (private_key_jwt)', () => {
  const claimsFor = (client: string): JWTPayload => ({
    iss: client,
    sub: client,
    aud: gatehouse.url,
    jti: crypto.randomUUID(),
    exp: Math.floor(Date.now() / 1000) + 60,
  })
  const sign = (key: Key, claims: JWTPayload, header: Record<string, string> = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey)
  const ask = (client: string, assertion: string, more: Parameters = {}) =>
    post('/token', {
      grant_type: 'client_credentials',
      resource: `http://wiki.localhost:${gatehouse.port}`,
      client_id: client,
      client_assertion_type: assertionType,
      client_assertion: assertion,
      ...more,
    })

  it('gets tokens, whether the proof is for the issuer or for the endpoint', async () => {
    for (const aud of [gatehouse.url, `${gatehouse.url}/token`, [gatehouse.url]]) {
      const { status, body } = await ask('keyed', await sign(keys.inline, { ...claimsFor('keyed'), aud }))

      assert.equal(status, 200, JSON.stringify(body))
    }
  })

  it('shows a proof once, also at two endpoints or many times at one moment [assertion-replay]', async () => {
    const [one, other] = [claimsFor('keyed'), claimsFor('keyed')]
    const assertion = await sign(keys.inline, one)
    assert.equal((await ask('keyed', assertion)).status, 200)

    const again = await ask('keyed', assertion)
    const elsewhere = await post('/introspect', {
      token: 'x',
      client_assertion_type: assertionType,
      client_assertion: assertion,
    })
    const signed = await sign(keys.inline, other)
    const race = await Promise.all(Array.from({ length: 8 }, () => ask('keyed', signed)))

    assert.deepEqual([again.body['error'], elsewhere.body['error']], ['invalid_client', 'invalid_client'])
    assert.equal(race.filter(({ status }) => status === 200).length, 1)
  })

  it('is refused with anything less than a good proof of its own [assertion-replay] [assertion-confusion]', async () => {
    const stranger = await newKey('RS256')
    const hmac = new TextEncoder().encode(secret)
    const good = () => claimsFor('keyed')
    const without = (claim: string) => Object.fromEntries(Object.entries(good()).filter(([name]) => name !== claim))
    const bad: Record<string, string> = {
      'signed by somebody else': await sign({ ...stranger, kid: keys.inline.kid }, good()),
      'for another server': await sign(keys.inline, { ...good(), aud: 'https://other.test' }),
      'for the product itself': await sign(keys.inline, { ...good(), aud: 'keyed' }),
      'of another issuer': await sign(keys.inline, { ...good(), iss: 'app' }),
      'about another client': await sign(keys.inline, { ...good(), sub: 'app' }),
      expired: await sign(keys.inline, { ...good(), exp: 1 }),
      'without an end': await sign(keys.inline, without('exp')),
      'that ends next year': await sign(keys.inline, { ...good(), exp: Math.floor(Date.now() / 1000) + 31_536_000 }),
      'without an id': await sign(keys.inline, without('jti')),
      'that is a signed request': await sign(keys.inline, good(), { typ: 'oauth-authz-req+jwt' }),
      unsigned: new UnsecuredJWT(good()).encode(),
      'signed with a secret': await new SignJWT(good()).setProtectedHeader({ alg: 'HS256' }).sign(hmac),
    }

    for (const [what, assertion] of Object.entries(bad)) {
      const { status, body } = await ask('keyed', assertion)

      assert.ok(
        status !== 200 && /invalid_(client|request)/.test(String(body['error'])),
        `${what}: ${JSON.stringify(body)}`,
      )
    }
  })

  it('has no weaker way: no secret, no name alone, and no proof for a client that has a secret [assertion-unsigned-header]', async () => {
    const form = { grant_type: 'client_credentials', resource: `http://wiki.localhost:${gatehouse.port}` }

    const answers = [
      await post('/token', { ...form, client_id: 'keyed' }),
      await post('/token', { ...form, client_id: 'keyed', client_secret: secret }),
      await post('/token', form, { authorization: `Basic ${btoa(`keyed:${secret}`)}` }),
      await ask('hybrid', await sign(keys.inline, claimsFor('hybrid'))),
    ]

    for (const { body } of answers) assert.equal(body['error'], 'invalid_client')
  })

  it('may publish its keys at an address, from which they are read once in a while [ssrf-client-metadata]', async () => {
    const read = published.length

    for (const key of [keys.published, keys.published, await newKey()]) {
      const { status } = await ask('published', await sign(key, claimsFor('published')))

      assert.equal(status, key === keys.published ? 200 : 401)
    }

    assert.deepEqual(published.slice(read), ['/jwks'])
  })
})

describe('a client whose tokens come through the browser (implicit and hybrid flow)', () => {
  const answers: Record<string, readonly string[]> = {
    id_token: ['id_token'],
    'id_token token': ['access_token', 'id_token'],
    'code id_token': ['code', 'id_token'],
    'code token': ['access_token', 'code'],
    'code id_token token': ['access_token', 'code', 'id_token'],
  }
  for (const [type, parts] of Object.entries(answers)) {
    it(`gets ${type} in the fragment, each bound to the others`, async (test) => {
      const { callback = '' } = await walk(
        await carol(test),
        await requestOf('hybrid', hybridUri, { response_type: type }),
        hybridUri,
      )
      const { hash: fragment, search } = new URL(callback)
      const answer = new URLSearchParams(fragment.slice(1))
      const [code, token] = [answer.get('code'), answer.get('access_token')]
      const claims = parts.includes('id_token') ? decodeJwt(answer.get('id_token') ?? '') : {}

      assert.equal(search, '')
      assert.deepEqual(
        ['code', 'id_token', 'access_token'].filter((name) => answer.has(name)).sort(),
        [...parts].sort(),
      )
      assert.equal(answer.get('state'), 'the-state')
      if (parts.includes('id_token')) {
        assert.deepEqual([claims['nonce'], claims['aud'], claims.iss], ['the-nonce', 'hybrid', gatehouse.url])
        const half = async (text: string) => (await hash(text)).subarray(0, 16).toString('base64url')
        assert.equal(claims['c_hash'], code === null ? undefined : await half(code))
        assert.equal(claims['at_hash'], token === null ? undefined : await half(token))
      }
      if (token !== null) {
        assert.equal(answer.get('expires_in'), '600')
        const userinfo = await fetch(`${gatehouse.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })
        assert.equal(userinfo.status, 200)
      }
      if (code !== null)
        assert.equal(
          (await redeem('hybrid', callback, hybridUri, { client_secret: secret, client_id: 'hybrid' })).body['error'],
          undefined,
        )
    })
  }

  it('may have them by a form that the browser posts, which no other site can be', async (test) => {
    const page = await (await carol(test)).open(
      await requestOf('hybrid', hybridUri, { response_type: 'code id_token', response_mode: 'form_post' }),
    )

    const [form] = parseForms(page.body)
    assert.equal(form?.action, hybridUri)
    assert.ok(form?.fields.some(({ name }) => name === 'id_token'))
    assert.match(
      page.headers.get('content-security-policy') ?? '',
      /form-action 'self' https:\/\/hybrid\.example\.test;/,
    )
    assert.match(page.headers.get('cache-control') ?? '', /no-store/)
  })

  const refusals: Record<string, [Parameters, string]> = {
    'in the query': [{ response_type: 'id_token', response_mode: 'query' }, 'invalid_request'],
    'without a nonce': [{ response_type: 'code id_token', nonce: '' }, 'invalid_request'],
    'a token alone': [{ response_type: 'token' }, 'unsupported_response_type'],
    nothing: [{ response_type: 'none' }, 'unsupported_response_type'],
  }
  for (const [what, [parameters, error]] of Object.entries(refusals)) {
    it(`is refused ${what} [flow-switched-by-client-data]`, async (test) => {
      const { callback = '' } = await walk(
        await carol(test),
        await requestOf('hybrid', hybridUri, parameters),
        hybridUri,
      )

      assert.equal(answerIn(callback).get('error'), error)
      assert.equal(answerIn(callback).get('state'), 'the-state')
    })
  }

  it('gets no token for a service through the browser', async (test) => {
    const parameters = { response_type: 'code token', resource: `http://wiki.localhost:${gatehouse.port}` }

    const { callback = '' } = await walk(await carol(test), await requestOf('hybrid', hybridUri, parameters), hybridUri)

    assert.equal(answerIn(callback).get('error'), 'invalid_target')
  })

  it('is the only one: another client is refused what this one has [flow-switched-by-client-data]', async (test) => {
    const browser = await carol(test)
    for (const type of Object.keys(answers)) {
      const uri = 'https://app.example.test/cb'
      const { callback = '' } = await walk(browser, await requestOf('app', uri, { response_type: type }), uri)

      assert.ok(answerIn(callback).get('error'), callback)
      assert.doesNotMatch(callback, /code=|token=/)
    }
  })

  it('loses its tokens with the sign-out', async (test) => {
    const browser = await carol(test)
    const { callback = '' } = await walk(
      browser,
      await requestOf('hybrid', hybridUri, { response_type: 'id_token token' }),
      hybridUri,
    )
    const authorization = `Bearer ${answerIn(callback).get('access_token')}`
    const alive = await fetch(`${gatehouse.url}/userinfo`, { headers: { authorization } })

    await browser.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' })

    const dead = await fetch(`${gatehouse.url}/userinfo`, { headers: { authorization } })
    assert.deepEqual([alive.status, dead.status], [200, 401])
  })
})

describe('a signed request (the parameter request)', () => {
  const inside = (more: JWTPayload = {}): JWTPayload => ({
    iss: 'hybrid',
    aud: gatehouse.url,
    client_id: 'hybrid',
    response_type: 'code',
    redirect_uri: hybridUri,
    scope: 'openid email',
    state: 'signed-state',
    nonce: 'signed-nonce',
    exp: Math.floor(Date.now() / 1000) + 60,
    ...more,
  })
  const bySecret = (claims: JWTPayload) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret))
  const byKey = (claims: JWTPayload, header: Record<string, string> = {}) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: keys.inline.kid, ...header })
      .sign(keys.inline.privateKey)
  const address = (request: string, outside: Parameters = {}) =>
    requestOf('hybrid', hybridUri, {
      state: '',
      nonce: '',
      code_challenge: '',
      code_challenge_method: '',
      request,
      ...outside,
    })

  it('counts, whether the client signs it with its secret or its key, and nothing beside it does', async (test) => {
    const browser = await carol(test)
    for (const request of [
      await bySecret(inside()),
      await byKey(inside()),
      await byKey(inside(), { typ: 'oauth-authz-req+jwt' }),
    ]) {
      const outside = { state: 'other', nonce: 'other', response_mode: 'fragment', prompt: 'login', scope: 'openid' }
      const { callback = '' } = await walk(
        browser,
        await address(request, { ...outside, response_mode: '' }),
        hybridUri,
      )

      assert.equal(answerIn(callback).get('state'), 'signed-state')
      const tokens = await post(
        '/token',
        { grant_type: 'authorization_code', code: answerIn(callback).get('code') ?? '', redirect_uri: hybridUri },
        { authorization: `Basic ${btoa(`hybrid:${secret}`)}` },
      )
      assert.equal(decodeJwt(String(tokens.body['id_token']))['nonce'], 'signed-nonce', JSON.stringify(tokens.body))
    }
  })

  it('is refused when it is not good, and the error goes where the answer would have gone [assertion-confusion]', async (test) => {
    const browser = await carol(test)
    const stranger = await newKey('RS256')
    const bad: Record<string, string> = {
      unsigned: new UnsecuredJWT(inside()).encode(),
      'signed by somebody else': await new SignJWT(inside())
        .setProtectedHeader({ alg: 'RS256' })
        .sign(stranger.privateKey),
      'of another client': await byKey(inside({ client_id: 'app' })),
      'by another client': await byKey(inside({ iss: 'app' })),
      'for another server': await byKey(inside({ aud: 'https://other.test' })),
      expired: await byKey(inside({ exp: 1 })),
      'for another flow': await byKey(inside({ response_type: 'code id_token' })),
      'with a request inside': await byKey(inside({ request: 'x' })),
      'with an address inside': await byKey(inside({ request_uri: 'https://evil.test/x' })),
      'that could be the proof of the client': await byKey(inside({ sub: 'hybrid', jti: 'x' })),
      'that calls itself a proof': await byKey(inside(), { typ: 'client-authentication+jwt' }),
      'no JWT at all': 'x.y.z',
    }

    for (const [what, request] of Object.entries(bad)) {
      const page = await browser.open(await address(request, { response_mode: 'form_post', state: 'outer' }))
      const [form] = parseForms(page.body)
      const fields = Object.fromEntries(form?.fields.map(({ name, value }) => [name, value]) ?? [])

      assert.equal(form?.action, hybridUri, `${what}: ${page.status} ${page.body.slice(-800)}`)
      assert.match(fields['error'] ?? '', /^invalid_request(?:_object)?$|^unsupported/, what)
      assert.equal(fields['code'], undefined)
    }
  })

  it('leads nowhere but to a registered address [redirect-invalid-client-no-redirect]', async (test) => {
    const request = await byKey(inside({ redirect_uri: 'https://evil.test/cb' }))

    const page = await browserOf(test).send(await address(request, { redirect_uri: '' }))

    assert.deepEqual([page.status, page.headers.get('location')], [400, null])
    assert.doesNotMatch(page.body, /<form[^>]*evil/)
  })
})

it('discovery says what can be had here, and nothing else', async () => {
  const metadata = (await (await fetch(`${gatehouse.url}/.well-known/openid-configuration`)).json()) as Record<
    string,
    unknown
  >

  assert.deepEqual(metadata['token_endpoint_auth_methods_supported'], [
    'client_secret_basic',
    'client_secret_post',
    'none',
    'private_key_jwt',
  ])
  assert.deepEqual((metadata['response_types_supported'] as string[]).toSorted(), [
    'code',
    'code id_token',
    'code id_token token',
    'code token',
    'id_token',
    'id_token token',
  ])
  assert.deepEqual(
    [metadata['request_parameter_supported'], metadata['request_uri_parameter_supported']],
    [true, false],
  )
  assert.ok(!(metadata['request_object_signing_alg_values_supported'] as string[]).includes('none'))
  assert.ok((metadata['grant_types_supported'] as string[]).includes('implicit'))
})
