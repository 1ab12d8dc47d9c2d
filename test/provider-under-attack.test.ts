import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { decodeJwt } from 'jose'
import * as oidc from 'openid-client'
import { filledIn, parseForms } from './e2e/support/html-forms.ts'
import { ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { portOf, rawExchange } from './support/gate-testbed.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { authorize, type RelyingParty, relyingParty, walk } from './support/relying-party.ts'

const password = 'correct horse battery staple'
const alice = { username: 'alice', password }
const redirectUri = 'http://localhost:1/cb'
const byeUri = 'http://localhost:1/bye'
let gatehouse: Gatehouse
let rp: RelyingParty
let other: RelyingParty
let secrets: Readonly<Record<string, string>>

const config = (port: number) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
products:
  app:
    product: oidc
    url: http://localhost:1
    redirectUris: [${redirectUri}, "http://localhost:1/other"]
    postLogoutRedirectUris: [${byeUri}]
    services: [wiki]
    authentication: [{ authenticationClass: gatehouse, oidc: { clientAuthenticationMethod: client_secret_basic } }]
  other:
    product: oidc
    url: http://localhost:2
    redirectUris: [http://localhost:2/cb]
    postLogoutRedirectUris: [http://localhost:2/bye]
    services: [wiki]
    authentication: [{ authenticationClass: gatehouse, oidc: { clientAuthenticationMethod: client_secret_basic } }]
  posting:
    product: oidc
    url: http://localhost:3
    redirectUris: [http://localhost:3/cb]
    authentication: [{ authenticationClass: gatehouse, oidc: { clientAuthenticationMethod: client_secret_post } }]
  empty:
    product: oidc
    url: http://localhost:4
    authentication: [{ authenticationClass: gatehouse }]
  catalog:
    product: amundsen
    url: http://localhost:5000
    amundsen: { flaskoidc: "0" }
    authentication: [{ authenticationClass: gatehouse }]
services:
  wiki: { url: "http://wiki.localhost:${port}", upstream: "http://127.0.0.1:9" }
`

before(async () => {
  gatehouse = await startGatehouse({ config })
  await gatehouse.addUser('alice', password)
  const names = ['app', 'other', 'posting', 'empty', 'catalog']
  const found = names.map(async (name) => (await gatehouse.cli(['clients', 'secret', name])).stdout.trim())
  secrets = Object.fromEntries((await Promise.all(found)).map((secret, index) => [names[index], secret]))
  rp = await clientOf('app', redirectUri)
  other = await clientOf('other', 'http://localhost:2/cb')
})
after(() => gatehouse.stop())

function clientOf(clientId: string, uri: string): Promise<RelyingParty> {
  return relyingParty({ issuer: gatehouse.url, clientId, clientSecret: secrets[clientId] ?? '', redirectUri: uri })
}

const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

/** A request to an endpoint for programs. */
async function post(path: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(gatehouse.url + path, { method: 'POST', headers, body: new URLSearchParams(form) })
  const text = await response.text()
  const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
  return { status: response.status, headers: response.headers, body }
}

/** A code of alice for `app`, tokens that she gave it before, and what redeems the code. */
async function codeWithTokens() {
  const browser = new ScriptedBrowser()
  const first = await authorize(browser, rp, alice)
  const tokens = await rp.redeem(first.callback, first.request)
  const { callback, request } = await authorize(browser, rp, alice)
  const code = new URL(callback).searchParams.get('code') ?? ''
  const honest: Record<string, string> = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: request.codeVerifier,
  }
  return { browser, tokens, code, honest }
}

describe('a code that is shown', () => {
  it('by its client, with everything as it was, gives tokens', async () => {
    const { honest } = await codeWithTokens()

    assert.equal((await rp.token(honest)).status, 200)
  })

  const appBasic = () => ({ authorization: basic('app', secrets['app'] ?? '') })
  const otherBasic = () => ({ authorization: basic('other', secrets['other'] ?? '') })
  const shapes: [
    string,
    (honest: Record<string, string>) => Promise<{ status: number; body: Record<string, unknown> }>,
  ][] = [
    ['by another client', (honest) => post('/token', honest, otherBasic())],
    [
      'by another client, with a redirect URI of its own',
      (honest) => post('/token', { ...honest, redirect_uri: 'http://localhost:2/cb' }, otherBasic()),
    ],
    [
      'by another client that claims to be the first in the body',
      (honest) => post('/token', { ...honest, client_id: 'app' }, otherBasic()),
    ],
    [
      'by a client that claims to be another in the body',
      (honest) => post('/token', { ...honest, client_id: 'other' }, appBasic()),
    ],
    ['by a client that nobody knows', (honest) => post('/token', honest, { authorization: basic('nobody', 'x') })],
    ['by nobody', (honest) => post('/token', honest)],
    [
      'by its client with a wrong secret',
      (honest) => post('/token', honest, { authorization: basic('app', 'x'.repeat(43)) }),
    ],
    ['by its client without a secret', (honest) => post('/token', { ...honest, client_id: 'app' })],
    [
      'with another registered redirect URI',
      (honest) => post('/token', { ...honest, redirect_uri: 'http://localhost:1/other' }, appBasic()),
    ],
    [
      'with a redirect URI in other letters',
      (honest) => post('/token', { ...honest, redirect_uri: 'http://LOCALHOST:1/cb' }, appBasic()),
    ],
    ['without a redirect URI', ({ redirect_uri: _, ...rest }) => post('/token', rest, appBasic())],
    ['with another verifier', (honest) => post('/token', { ...honest, code_verifier: 'x'.repeat(43) }, appBasic())],
    [
      'with a verifier that is too short',
      (honest) => post('/token', { ...honest, code_verifier: 'short' }, appBasic()),
    ],
    ['without a verifier', ({ code_verifier: _, ...rest }) => post('/token', rest, appBasic())],
    [
      'for a service that the product may not use',
      (honest) => post('/token', { ...honest, resource: 'http://evil.test' }, appBasic()),
    ],
  ]
  for (const [how, show] of shapes) {
    it(`${how}, is refused and burnt, with the tokens of its grant [code-other-client]`, async () => {
      const { tokens, honest } = await codeWithTokens()

      const refused = await show(honest)
      const late = await rp.token(honest)

      assert.ok(refused.status === 400 || refused.status === 401, String(refused.status))
      assert.deepEqual([late.status, late.body['error']], [400, 'invalid_grant'])
      assert.deepEqual(await rp.introspect(tokens.access_token), { active: false })
      const refreshed = await rp.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' })
      assert.equal(refreshed.body['error'], 'invalid_grant')
    })
  }

  it('twice in one request is burnt [redirect-param-repeated]', async () => {
    const { code, honest } = await codeWithTokens()
    const body = new URLSearchParams(honest)
    body.append('code', 'another')

    const response = await fetch(`${gatehouse.url}/token`, { method: 'POST', headers: appBasic(), body })

    assert.equal(response.status, 400)
    assert.ok(code)
    assert.equal((await rp.token(honest)).body['error'], 'invalid_grant')
  })

  it('by its client in another way than registered stays good for the right way: libraries try both', async () => {
    const { honest } = await codeWithTokens()

    const tried = await post('/token', { ...honest, client_id: 'app', client_secret: secrets['app'] ?? '' })

    assert.deepEqual([tried.status, tried.body['error']], [401, 'invalid_client'])
    assert.equal((await rp.token(honest)).status, 200)
  })
})

describe('a refresh token that another client shows', () => {
  it('is refused and ends, with everything of its grant [code-other-client]', async () => {
    const { tokens } = await codeWithTokens()
    const parameters = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }

    const foreign = await other.token(parameters)

    assert.equal(foreign.body['error'], 'invalid_grant')
    assert.equal((await rp.token(parameters)).body['error'], 'invalid_grant')
    assert.deepEqual(await rp.introspect(tokens.access_token), { active: false })
  })

  it('stays good when the other one does not even prove who it is', async () => {
    const { tokens } = await codeWithTokens()
    const parameters = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }

    await post('/token', parameters, { authorization: basic('other', 'wrong') })

    assert.equal((await rp.token(parameters)).status, 200)
  })
})

describe('a client', () => {
  const credentials: [
    string,
    string,
    (id: string, secret: string) => { form?: Record<string, string>; headers?: Record<string, string> },
  ][] = [
    ['app', 'the secret in the body', (id, secret) => ({ form: { client_id: id, client_secret: secret } })],
    ['posting', 'Basic', (id, secret) => ({ headers: { authorization: basic(id, secret) } })],
    ['app', 'no secret', (id) => ({ form: { client_id: id } })],
    ['posting', 'no secret', (id) => ({ form: { client_id: id } })],
    [
      'app',
      'both ways at once',
      (id, secret) => ({
        form: { client_id: id, client_secret: secret },
        headers: { authorization: basic(id, secret) },
      }),
    ],
    [
      'posting',
      'both ways at once',
      (id, secret) => ({
        form: { client_id: id, client_secret: secret },
        headers: { authorization: basic(id, secret) },
      }),
    ],
    [
      'app',
      'an unsigned assertion',
      (id) => ({
        form: {
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: unsigned(id),
        },
      }),
    ],
    [
      'app',
      'an assertion beside Basic',
      (id, secret) => ({ form: { client_assertion: unsigned(id) }, headers: { authorization: basic(id, secret) } }),
    ],
    [
      'app',
      'the id of another in the body',
      (id, secret) => ({ form: { client_id: 'other' }, headers: { authorization: basic(id, secret) } }),
    ],
  ]
  for (const path of ['/token', '/introspect', '/revoke', '/par']) {
    for (const [id, what, prove] of credentials) {
      it(`that is registered as ${id === 'app' ? 'Basic' : 'body'} and sends ${what} to ${path} is refused [assertion-unsigned-header]`, async () => {
        const { form, headers } = prove(id, secrets[id] ?? '')

        const answer = await post(path, { ...(path === '/par' ? pushed(id) : anyForm), ...form }, headers)

        assert.ok(
          ['invalid_client', 'invalid_request'].includes(String(answer.body['error'])),
          JSON.stringify(answer.body),
        )
      })
    }

    it(`is known at ${path} by its registered method`, async () => {
      const byBody = { client_id: 'posting', client_secret: secrets['posting'] ?? '' }

      const answers = [
        await post(path, path === '/par' ? pushed('app') : anyForm, appBasic()),
        await post(path, { ...(path === '/par' ? pushed('posting') : anyForm), ...byBody }),
      ]

      for (const { status, body } of answers)
        assert.ok(status !== 401 && body['error'] !== 'invalid_client', JSON.stringify(body))
    })
  }

  for (const [id, why] of [
    ['catalog', 'that is known to send its secret in both ways may do so'],
    ['empty', 'for which the configuration names no way may send its secret in either: it stands for any library'],
  ] as const) {
    it(why, async () => {
      const secret = secrets[id] ?? ''

      const inBody = await post('/token', { ...anyForm, client_id: id, client_secret: secret })
      const inHeader = await post('/introspect', anyForm, { authorization: basic(id, secret) })
      const wrong = await post('/token', { ...anyForm, client_id: id, client_secret: 'wrong' })

      assert.notEqual(inBody.status, 401)
      assert.deepEqual(inHeader.body, { active: false })
      assert.equal(wrong.status, 401)
    })
  }

  it('that sends two Authorization headers is refused [assertion-unsigned-header]', async () => {
    const body = 'grant_type=refresh_token&refresh_token=x'
    const one = `Authorization: ${basic('app', secrets['app'] ?? '')}\r\n`
    const ask = (lines: string) =>
      rawExchange(
        gatehouse.port,
        `POST /token HTTP/1.1\r\nHost: localhost:${gatehouse.port}\r\n${lines}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
        2000,
      )

    assert.match(await ask(one), /invalid_grant/)
    assert.match(await ask(`${one}authorization: ${basic('other', secrets['other'] ?? '')}\r\n`), /invalid_client/)
  })

  const appBasic = () => ({ authorization: basic('app', secrets['app'] ?? '') })
  const pushed = (id: string) => ({
    client_id: id,
    response_type: 'code',
    redirect_uri: id === 'app' ? redirectUri : 'http://localhost:3/cb',
    scope: 'openid',
  })
  const anyForm = { grant_type: 'refresh_token', refresh_token: 'x', token: 'x' }
  const unsigned = (id: string) =>
    `${[{ alg: 'none' }, { sub: id, iss: id, aud: gatehouse.url, exp: 9e9, jti: 'x' }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')}.`
})

describe('PKCE', () => {
  const verifier = 'v'.repeat(43)
  const otherVerifier = 'w'.repeat(43)
  type Cell = [challenge: 'S256' | 'none', shown: string | undefined, expected: 'tokens' | 'invalid_grant']
  const cells: Cell[] = [
    ['S256', verifier, 'tokens'],
    ['S256', otherVerifier, 'invalid_grant'],
    ['S256', undefined, 'invalid_grant'],
    ['S256', '', 'invalid_grant'],
    ['S256', verifier.toUpperCase(), 'invalid_grant'],
    ['none', verifier, 'invalid_grant'],
    ['none', undefined, 'tokens'],
  ]
  for (const [challenge, shown, expected] of cells) {
    it(`with challenge ${challenge} and verifier ${JSON.stringify(shown)} gives ${expected} [pkce-downgrade]`, async () => {
      const browser = new ScriptedBrowser()
      const { url } = await rp.request()
      const address = new URL(url)
      address.searchParams.delete('code_challenge')
      address.searchParams.delete('code_challenge_method')
      if (challenge === 'S256') {
        address.searchParams.set('code_challenge', await oidc.calculatePKCECodeChallenge(verifier))
        address.searchParams.set('code_challenge_method', 'S256')
      }
      await authorize(browser, rp, alice)
      const { callback } = await walk(browser, address.href, redirectUri)

      const { body } = await rp.token({
        grant_type: 'authorization_code',
        code: new URL(callback ?? '').searchParams.get('code') ?? '',
        redirect_uri: redirectUri,
        ...(shown === undefined ? {} : { code_verifier: shown }),
      })

      assert.equal(body['error'] ?? (typeof body['access_token'] === 'string' && 'tokens'), expected)
    })
  }

  for (const method of ['plain', undefined, 's256', 'none']) {
    it(`takes no challenge of the method ${method} [pkce-downgrade]`, async () => {
      const browser = new ScriptedBrowser()
      await authorize(browser, rp, alice)
      const address = new URL((await rp.request()).url)
      address.searchParams.set('code_challenge', verifier)
      if (method === undefined) address.searchParams.delete('code_challenge_method')
      else address.searchParams.set('code_challenge_method', method)

      const { callback } = await walk(browser, address.href, redirectUri)

      assert.equal(new URL(callback ?? '').searchParams.get('error'), 'invalid_request')
    })
  }
})

describe('a redirect URI', () => {
  const userinfo = [
    'http://localhost:1@evil.test/cb',
    'http://localhost:1%40evil.test/cb',
    'http://app@localhost:1/cb',
    'http://a@b@localhost:1/cb',
    'http://localhost:1\\@evil.test/cb',
    'http://evil.test\\@localhost:1/cb',
    'http://evil.test#@localhost:1/cb',
    'http://evil.test?@localhost:1/cb',
    'http://localhost:1/cb/..;/open',
    'http://localhost:1/cb/../open',
    'http://localhost:1/cb/%2e%2e/open',
    'http://localhost:1/cb/%252e%252e/open',
    'http://localhost:1/cb%2f..%2fopen',
    'http://localhost:1/cb\\..\\open',
    'http://localhost:1//cb',
    'http://localhost:1/./cb',
    'http://localhost:1/cb#',
    'http://localhost:1/cb?',
    'http://localhost:1/cb?next=http://evil.test',
    'http://localhost:1/cb/',
    'http://localhost:1/cb%00',
    'http://localhost:1/cb%20',
    ' http://localhost:1/cb',
    'http://localhost:1/cb ',
    'http://localhost:1/cb\n',
    'http://localhost:1/c\u0062\u200b',
    'HTTP://localhost:1/cb',
    'http://localhost:01/cb',
    'http:localhost:1/cb',
    'http:/localhost:1/cb',
    'http:///localhost:1/cb',
    '//localhost:1/cb',
    '/cb',
    '',
  ]
  const patterns = [
    'http://localhost:1.evil.test/cb',
    'http://localhost:11/cb',
    'http://localhostx1/cb',
    'http://xlocalhost:1/cb',
    'http://localhost:1/cbx',
    'http://localhost:1/xcb',
    'http://localhost:1/*',
    '*',
    '.*',
    'http://localhost:1/c.',
  ]
  const loopback = [
    'http://localhost:8080/cb',
    'http://localhost/cb',
    'http://127.0.0.1:1/cb',
    'http://127.0.0.1/cb',
    'http://[::1]:1/cb',
    'http://127.1:1/cb',
    'http://2130706433:1/cb',
    'http://0.0.0.0:1/cb',
    'http://localhost.:1/cb',
    'http://localhost.evil.test:1/cb',
    'http://localhost.localdomain:1/cb',
    'http://sub.localhost:1/cb',
  ]
  const schemes = [
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'https://localhost:1/cb',
    'app://cb',
  ]
  const at = async (change: (url: URL) => void) => {
    const url = new URL((await rp.request()).url)
    change(url)
    return new ScriptedBrowser().send(url.href)
  }

  const refuses = (uri: string) => async () => {
    const page = await at((url) => url.searchParams.set('redirect_uri', uri))

    assert.deepEqual([page.status, page.headers.get('location')], [400, null])
    assert.match(page.body, /redirect-uri-not-registered|invalid-request/)
  }
  for (const uri of userinfo)
    it(`${JSON.stringify(uri)} is not the registered one [redirect-userinfo-at]`, refuses(uri))
  for (const uri of patterns) it(`${JSON.stringify(uri)} is not the registered one [redirect-regex-dot]`, refuses(uri))
  for (const uri of loopback)
    it(`${JSON.stringify(uri)} is not the registered one [redirect-loopback-only-port]`, refuses(uri))
  for (const uri of schemes)
    it(`${JSON.stringify(uri)} is not the registered one [redirect-script-scheme]`, refuses(uri))

  it('is not learned from the first request of a product that has none [redirect-regex-dot]', async () => {
    const browser = new ScriptedBrowser()
    await authorize(browser, rp, alice)
    for (const uri of ['http://localhost:4/cb', 'http://localhost:4', redirectUri, undefined]) {
      const url = new URL((await rp.request()).url)
      url.searchParams.set('client_id', 'empty')
      if (uri === undefined) url.searchParams.delete('redirect_uri')
      else url.searchParams.set('redirect_uri', uri)

      const pages = [await browser.send(url.href), await browser.send(url.href)]

      for (const page of pages) assert.deepEqual([page.status, page.headers.get('location')], [400, null])
    }
  })

  it('that is registered, to the letter, gets the answer', async () => {
    const page = await at((url) => url.searchParams.set('redirect_uri', redirectUri))
    const refused = await at((url) => url.searchParams.set('prompt', 'none'))

    assert.equal(page.status, 303)
    assert.match(refused.headers.get('location') ?? '', /^http:\/\/localhost:1\/cb\?error=login_required/)
  })

  for (const mode of [
    undefined,
    'query',
    'fragment',
    'form_post',
    'web_message',
    'jwt',
    'query.jwt',
    'form_post.jwt',
    'x',
  ]) {
    for (const [what, parameter, value] of [
      ['an unknown client', 'client_id', 'nobody'],
      ['a foreign address', 'redirect_uri', 'http://evil.test/cb'],
    ] as const) {
      it(`leads nowhere for ${what} in response mode ${mode} [redirect-invalid-client-no-redirect]`, async () => {
        const page = await at((url) => {
          url.searchParams.set('redirect_uri', 'http://evil.test/cb')
          url.searchParams.set(parameter, value)
          url.searchParams.set('prompt', 'none')
          if (mode !== undefined) url.searchParams.set('response_mode', mode)
        })

        assert.deepEqual([page.status, page.headers.get('location')], [400, null])
        assert.doesNotMatch(page.body, /evil\.test|<form/)
        // The one script copies the box for administrators; the policy names it by its hash.
        assert.ok(page.body.split('<script').length <= 2)
      })
    }
  }

  for (const name of [
    'client_id',
    'redirect_uri',
    'response_type',
    'scope',
    'state',
    'nonce',
    'code_challenge',
    'response_mode',
    'prompt',
  ]) {
    it(`gets no code when ${name} comes twice [redirect-param-repeated]`, async () => {
      const browser = new ScriptedBrowser()
      await authorize(browser, rp, alice)
      const url = new URL((await rp.request()).url)
      const values: Record<string, string> = {
        response_mode: 'query',
        prompt: 'login',
        client_id: 'other',
        redirect_uri: 'http://localhost:2/cb',
      }
      if (!url.searchParams.has(name)) url.searchParams.set(name, values[name] ?? '')
      url.searchParams.append(name, values[name] ?? url.searchParams.get(name) ?? '')

      const { page, callback } = await walk(browser, url.href, redirectUri)

      assert.ok(
        callback === undefined
          ? page.status === 400
          : new URL(callback).searchParams.get('error') === 'invalid_request',
      )
      assert.equal(callback === undefined ? null : new URL(callback).searchParams.get('code'), null)
    })
  }

  it('that is half in the address and half in a posted form has no parameter of both [redirect-param-repeated]', async () => {
    const url = new URL((await rp.request()).url)
    const body = new URLSearchParams({ redirect_uri: 'http://localhost:1/other' })
    const browser = new ScriptedBrowser()

    const page = await browser.open(url.href, { method: 'POST', body })

    assert.equal(page.status, 400)
    assert.match(page.body, /invalid-request/)
    assert.match(
      (await browser.open(url.origin + url.pathname, { method: 'POST', body: url.searchParams })).url,
      /\/login/,
    )
  })
})

describe('a request that goes on after the sign-in', () => {
  it('is the one that was made: nothing of the way back changes it [flow-switched-by-client-data]', async () => {
    const browser = new ScriptedBrowser()
    const request = await rp.request()
    const { page } = await walk(browser, request.url, redirectUri)
    const [form] = parseForms(page.body)
    const posted = await browser.send(new URL(form?.action ?? '', page.url).href, {
      method: 'POST',
      body: filledIn(form ?? assert.fail(), alice),
    })
    const tamper =
      'response_type=token+id_token&response_mode=fragment&redirect_uri=http://evil.test/&client_id=other&scope=x&prompt=none'
    let at = posted
    for (let hops = 0; hops < 8; hops++) {
      const next = new URL(at.headers.get('location') ?? assert.fail(at.body), at.url)
      if (next.href.startsWith(redirectUri)) break
      at = await browser.send(`${next.href}${next.search === '' ? '?' : '&'}${tamper}`)
    }

    const callback = new URL(at.headers.get('location') ?? '')
    assert.equal(callback.origin + callback.pathname, redirectUri)
    assert.deepEqual([...callback.searchParams.keys()].sort(), ['code', 'iss', 'state'])
    assert.equal(callback.hash, '')
    assert.equal((await rp.redeem(callback.href, request)).scope, 'openid profile email groups')
  })

  for (const type of ['token', 'id_token', 'id_token token', 'code token', 'code id_token', 'none']) {
    it(`has the response type code: ${type} is refused [flow-switched-by-client-data]`, async () => {
      const browser = new ScriptedBrowser()
      await authorize(browser, rp, alice)
      const url = new URL((await rp.request()).url)
      url.searchParams.set('response_type', type)

      const page = await browser.send(url.href)

      assert.match(page.headers.get('location') ?? '', /error=unsupported_response_type/)
      assert.doesNotMatch(page.headers.get('location') ?? '', /code=|token=/)
    })
  }

  it('by reference is read from nowhere, and one that nobody has signed is refused [ssrf-request-uri]', async () => {
    let asked = 0
    const sink = createServer((_, response) => {
      asked++
      response.end('{}')
    })
    sink.listen(0, '127.0.0.1')
    await once(sink, 'listening')
    const address = `http://127.0.0.1:${portOf(sink)}/request.jwt`
    try {
      for (const [name, value] of [
        ['request_uri', address],
        ['request_uri', `urn:ietf:params:oauth:request_uri:${address}`],
        ['request', 'eyJhbGciOiJub25lIn0.e30.'],
      ] as const) {
        const url = new URL((await rp.request()).url)
        url.searchParams.set(name, value)
        const page = await new ScriptedBrowser().send(url.href)
        const error = new URL(page.headers.get('location') ?? 'x:?error=page').searchParams.get('error')
        assert.ok(
          [
            'page',
            'request_uri_not_supported',
            'invalid_request_object',
            'invalid_request_uri',
            'invalid_request',
          ].includes(error ?? ''),
          `${name}: ${error}`,
        )
      }
      assert.equal(asked, 0)
    } finally {
      sink.close()
    }
  })

  it('comes from a client of the configuration: nobody registers one, and no client has addresses to call [dcr-anonymous] [ssrf-client-metadata]', async () => {
    for (const path of ['/register', '/reg', '/connect/register', '/clients', '/register/app']) {
      for (const method of ['POST', 'GET', 'PUT', 'DELETE']) {
        const answer = await fetch(gatehouse.url + path, {
          method,
          headers: { 'content-type': 'application/json' },
          ...(method === 'POST' || method === 'PUT'
            ? { body: JSON.stringify({ redirect_uris: ['http://evil.test/cb'], jwks_uri: 'http://127.0.0.1:9/' }) }
            : {}),
        })
        assert.equal(answer.status, 404, `${method} ${path}`)
      }
    }
    const document = (await (await fetch(`${gatehouse.url}/.well-known/openid-configuration`)).json()) as object
    assert.equal('registration_endpoint' in document, false)
    assert.equal('token_endpoint' in document, true)
  })

  it('comes from no client whose id is an address that would have to be fetched [ssrf-client-metadata]', async () => {
    const url = new URL((await rp.request()).url)
    url.searchParams.set('client_id', 'http://127.0.0.1:9/client.json')

    const page = await new ScriptedBrowser().send(url.href)

    assert.equal(page.status, 400)
    assert.match(page.body, /client-unknown/)
  })
})

describe('a token of one client', () => {
  it('means nothing to another one, in whatever form it asks [introspect-foreign-audience]', async () => {
    const { tokens } = await codeWithTokens()

    for (const accept of [
      'application/json',
      'application/token-introspection+jwt',
      'application/jwt',
      '*/*',
      'text/html',
    ]) {
      for (const hint of [undefined, 'access_token', 'refresh_token']) {
        for (const token of [tokens.access_token, tokens.refresh_token ?? '', tokens.id_token ?? '', 'x']) {
          const form = { token, ...(hint === undefined ? {} : { token_type_hint: hint }) }
          const { status, body } = await post('/introspect', form, {
            accept,
            authorization: basic('other', secrets['other'] ?? ''),
          })
          // A structured token is refused unread.
          if (token === tokens.id_token) assert.notEqual(body['active'], true)
          else assert.deepEqual([status, body], [200, { active: false }])
        }
      }
    }
    assert.equal((await rp.introspect(tokens.access_token)).active, true)
  })

  it('is not ended by another one [introspect-foreign-audience]', async () => {
    const { tokens } = await codeWithTokens()

    await post(
      '/revoke',
      { token: tokens.refresh_token ?? '' },
      { authorization: basic('other', secrets['other'] ?? '') },
    )

    assert.equal((await rp.introspect(tokens.access_token)).active, true)
  })

  it('that is an ID token, a refresh token or for a service opens no userinfo [id-token-as-access]', async () => {
    const { tokens } = await codeWithTokens()
    const { callback, request } = await authorize(new ScriptedBrowser(), rp, {
      ...alice,
      parameters: { resource: wiki() },
    })
    const forWiki = await rp.redeem(callback, request)
    assert.equal(decodeJwt(forWiki.access_token).aud, wiki())
    const userinfo = async (token: string) =>
      (await fetch(`${gatehouse.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status

    for (const token of [tokens.id_token ?? '', tokens.refresh_token ?? '', forWiki.access_token]) {
      assert.equal(await userinfo(token), 401)
    }
    assert.equal(await userinfo(tokens.access_token), 200)
  })
})

describe('signing out at the request of a product', () => {
  const end = async (hint: string | undefined, parameters: Record<string, string>, browser: ScriptedBrowser) => {
    const query = new URLSearchParams({ ...(hint === undefined ? {} : { id_token_hint: hint }), ...parameters })
    return walk(browser, `${gatehouse.url}/logout?${query}`, 'http://localhost:1/bye')
  }
  const foreign = [
    'http://localhost:1/bye/',
    'http://localhost:1/bye?x=1',
    'http://LOCALHOST:1/bye',
    'http://localhost:2/bye',
    'http://localhost:1/cb',
    'http://evil.test/bye',
    'http://localhost:1@evil.test/bye',
    'http://localhost:1/bye/../bye',
    'javascript:alert(1)',
    '//localhost:1/bye',
  ]
  for (const uri of foreign) {
    it(`leads nowhere for ${uri} [post-logout-exact]`, async () => {
      const { browser, tokens } = await codeWithTokens()

      const { page, callback } = await end(tokens.id_token, { post_logout_redirect_uri: uri }, browser)

      assert.equal(callback, undefined)
      assert.equal(page.status, 400)
      assert.equal(page.headers.get('location'), null)
    })
  }

  it('leads nowhere with the hint of another client, with another client beside it, or with neither [post-logout-exact]', async () => {
    const { browser, tokens } = await codeWithTokens()
    const theirs = await authorize(browser, other, alice)
    const hint = (await other.redeem(theirs.callback, theirs.request)).id_token

    const ofOther = await end(hint, { post_logout_redirect_uri: byeUri }, browser)
    const both = await end(
      tokens.id_token,
      { client_id: 'other', post_logout_redirect_uri: 'http://localhost:2/bye' },
      browser,
    )
    const neither = await end(undefined, { post_logout_redirect_uri: byeUri }, browser)

    for (const { page, callback } of [ofOther, both, neither]) {
      assert.equal(callback, undefined)
      assert.equal(page.headers.get('location'), null)
      assert.doesNotMatch(page.body, /localhost:1\/bye/)
    }
  })

  it('leads back to the registered address, to the letter [post-logout-exact]', async () => {
    const { browser, tokens } = await codeWithTokens()

    const { callback } = await end(tokens.id_token, { post_logout_redirect_uri: byeUri }, browser)

    assert.equal(callback, byeUri)
  })
})

describe('another origin', () => {
  const paths = [
    '/token',
    '/userinfo',
    '/protocol/openid-connect/userinfo',
    '/introspect',
    '/revoke',
    '/par',
    '/jwks',
    '/.well-known/openid-configuration',
    '/authorize',
    '/login',
    '/',
  ]
  for (const origin of ['http://evil.test', 'null', 'http://localhost:1', 'http://localhost.evil.test']) {
    it(`${origin} may read nothing: no preflight and no error says that it may [csrf-state-changing]`, async () => {
      for (const path of paths) {
        const preflight = await fetch(gatehouse.url + path, {
          method: 'OPTIONS',
          headers: {
            origin,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'authorization,x-evil',
          },
        })
        const refused = await fetch(gatehouse.url + path, {
          method: 'POST',
          headers: { origin, 'content-type': 'application/x-www-form-urlencoded' },
          body: 'client_id=app&token=x',
          redirect: 'manual',
        })
        for (const { headers } of [preflight, refused]) {
          assert.deepEqual(
            [...headers.keys()].filter((name) => name.startsWith('access-control-')),
            [],
            path,
          )
        }
      }
    })
  }

  it('may read the two documents that everybody may read, and reads nothing with a bearer token', async () => {
    const { tokens } = await codeWithTokens()
    const origin = 'http://evil.test'

    for (const path of ['/jwks', '/.well-known/openid-configuration']) {
      const { headers } = await fetch(gatehouse.url + path, { headers: { origin } })
      assert.equal(headers.get('access-control-allow-origin'), '*')
      assert.equal(headers.get('access-control-allow-credentials'), null)
    }
    const userinfo = await fetch(`${gatehouse.url}/userinfo`, {
      headers: { origin, authorization: `Bearer ${tokens.access_token}` },
    })
    assert.equal(userinfo.headers.get('access-control-allow-origin'), null)
  })
})

function wiki(): string {
  return `http://wiki.localhost:${gatehouse.port}`
}
