import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { filledIn, parseForms } from './e2e/support/html-forms.ts'
import { ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { startEchoUpstream } from './support/echo-upstream.ts'
import { rawExchange } from './support/gate-testbed.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { authorize, type RelyingParty, relyingParty, walk } from './support/relying-party.ts'

const password = 'correct horse battery staple'
const alice = { username: 'alice', password }
const redirectUri = 'http://localhost:1/cb'
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
let gatehouse: Gatehouse
let wiki: string
let rp: RelyingParty

before(async () => {
  upstream = await startEchoUpstream()
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port}, trustedProxies: [127.0.0.1] }
products:
  app:
    product: oidc
    title: <b>The app</b>
    url: http://localhost:1
    redirectUris: [${redirectUri}]
    postLogoutRedirectUris: [http://localhost:1/bye]
    authentication: [{ authenticationClass: gatehouse }]
  asking:
    product: oidc
    consent: ask
    url: http://localhost:2
    redirectUris: [http://localhost:2/cb]
    authentication: [{ authenticationClass: gatehouse }]
services:
  wiki: { url: "http://wiki.localhost:${port}", upstream: "http://127.0.0.1:${upstream.port}", rules: [{ path: /admin, allow: ["team:admins"] }, { path: /, allow: authenticated }] }
teams: { admins: {} }
`,
  })
  wiki = `http://wiki.localhost:${gatehouse.port}`
  await gatehouse.addUser('alice', password)
  const { stdout } = await gatehouse.cli(['clients', 'secret', 'app'])
  rp = await relyingParty({ issuer: gatehouse.url, clientId: 'app', clientSecret: stdout.trim(), redirectUri })
})
after(async () => {
  await gatehouse.stop()
  await upstream.close()
})

/** The two documents that everybody may keep. */
const documents = ['/jwks', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']

function checkHeaders({
  url,
  status,
  headers,
  body,
}: {
  url: string
  status: number
  headers: Headers
  body: string
}): void {
  const at = `${status} ${url} ${body.slice(0, 200)}`
  const isDocument = documents.includes(new URL(url).pathname) && status < 400
  assert.equal(headers.get('x-content-type-options'), 'nosniff', at)
  if (!isDocument) assert.equal(headers.get('cache-control'), 'no-store', at)
  if (!/html/.test(headers.get('content-type') ?? '')) return
  const policy = headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'/, at)
  assert.match(policy, /frame-ancestors 'none'/, at)
  assert.match(policy, /base-uri 'none'/, at)
  assert.doesNotMatch(policy, /unsafe|\*|script-src [^']/, at)
  assert.equal(headers.get('x-frame-options'), 'DENY', at)
  assert.match(headers.get('referrer-policy') ?? '', /^(no-referrer|same-origin)$/, at)
}

describe('every answer', () => {
  const accepts: Record<string, string>[] = [
    { accept: 'text/html', 'sec-fetch-mode': 'navigate' },
    { accept: 'application/json', 'sec-fetch-mode': 'cors' },
    { accept: '*/*' },
  ]
  const paths = [
    '/',
    '/authorize',
    '/authorize?client_id=app',
    '/authorize/x',
    '/authorize/',
    '/AUTHORIZE',
    '/token',
    '/userinfo',
    '/introspect',
    '/revoke',
    '/par',
    '/jwks',
    '/jwks?x=1',
    '/logout',
    '/logout?id_token_hint=x',
    '/logout/confirm',
    '/logout/success',
    '/login',
    '/login/start',
    '/login/start?provider=x',
    '/login/sign-out',
    '/login/signed-out',
    '/login/setup',
    '/login/setup?token=x',
    '/login/handoff',
    '/login/handoff?service=wiki&return_to=http://evil.test/&state=x',
    '/callback/x',
    '/interaction/x',
    '/healthz',
    '/readyz',
    '/nothing',
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/.well-known/x',
    '/protocol/openid-connect/userinfo',
    '/register',
    '/device',
    '/favicon.ico',
    '/robots.txt',
    '//',
    '/%',
    '/%00',
    '/a\\b',
    '/login%0d%0aX: y',
    '/authorize?client_id=app&response_type=code&scope=openid&redirect_uri=http://evil.test/',
    `/authorize?client_id=app&response_type=code&scope=openid&redirect_uri=${redirectUri}&response_mode=form_post&prompt=none`,
    '/authorize?client_id=%3Cscript%3E&redirect_uri=%22%3E%3Cscript%3E',
    '/oauth2/auth',
    '/oauth2/start',
    '/oauth2/callback',
    '/oauth2/sign_out',
    '/oauth2/userinfo',
    '/oauth2/sign_in',
  ]
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']

  for (const method of methods) {
    it(`to ${method} says that it is not to be kept, sniffed or framed [browser-cache-history] [clickjack]`, async () => {
      for (const origin of ['issuer', 'service']) {
        for (const path of paths) {
          for (const headers of accepts) {
            // A service answers with its own headers.
            if (origin === 'service' && !path.startsWith('/oauth2')) continue
            const url = (origin === 'issuer' ? gatehouse.url : wiki) + path
            const page = await new ScriptedBrowser().send(url, { method, headers })
            checkHeaders(page)
            assert.ok(page.status < 500, `${method} ${url}: ${page.status}`)
          }
        }
      }
    })
  }

  const shapes: [string, string][] = [
    ['nonsense', 'NONSENSE\r\n\r\n'],
    ['no host', 'GET /login HTTP/1.1\r\n\r\n'],
    ['a foreign host', 'GET /login HTTP/1.1\r\nHost: evil.test\r\n\r\n'],
    ['a whole address', 'GET http://evil.test/login HTTP/1.1\r\nHost: HOST\r\n\r\n'],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n'],
    ['a header that is too large', `GET / HTTP/1.1\r\nHost: HOST\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost: HOST\r\nbroken\r\n\r\n'],
    ['two lengths', 'POST /login HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
    [
      'a length and chunks',
      'POST /login HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a broken chunk', 'POST /token HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
    [
      'chunk extensions without end',
      `POST /token HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}`,
    ],
    ['an expectation', 'GET /login HTTP/1.1\r\nHost: HOST\r\nExpect: everything\r\n\r\n'],
    ['an unknown version', 'GET / HTTP/3.0\r\nHost: HOST\r\n\r\n'],
  ]
  for (const [what, bytes] of shapes) {
    it(`to ${what} has the same headers, and no page of a library [browser-cache-history]`, async () => {
      const answer = await rawExchange(gatehouse.port, bytes.replace('HOST', `localhost:${gatehouse.port}`), 1000)
      const head = answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase()

      assert.match(head, /^http\/1\.1 4\d\d /)
      for (const header of ['cache-control: no-store', 'x-content-type-options: nosniff'])
        assert.ok(head.includes(header), answer.slice(0, 300))
      assert.equal(answer.split('HTTP/1.1 ').length, 2)
    })
  }
})

describe('an answer by form_post', () => {
  it('is a page of ours: its script by hash, its form to the registered address [xss-reflected-pages]', async () => {
    const browser = new ScriptedBrowser()
    await authorize(browser, rp, alice)
    const state = `"><script>alert(1)</script>&amp;'`
    const { page } = await walk(browser, (await rp.request({ response_mode: 'form_post', state })).url, redirectUri)

    checkHeaders(page)
    assert.equal(page.status, 200)
    const [form] = parseForms(page.body)
    assert.equal(form?.action, redirectUri)
    const fields = filledIn(form ?? assert.fail(), {})
    assert.equal(fields.get('state'), state)
    assert.ok(fields.get('code'))
    assert.match(page.body, /<title>One moment<\/title>/)
    const policy = page.headers.get('content-security-policy') ?? ''
    assert.match(policy, /form-action 'self' http:\/\/localhost:1;/)
    assert.match(policy, /script-src 'sha256-[\w+/=]+';/)
    assert.equal(page.body.split('<script>').length, 2)
  })

  it('of an error is a page of ours too, and leads to nobody else', async () => {
    const { page } = await walk(
      new ScriptedBrowser(),
      (await rp.request({ response_mode: 'form_post', prompt: 'none' })).url,
      redirectUri,
    )

    checkHeaders(page)
    const [form] = parseForms(page.body)
    assert.equal(form?.action, redirectUri)
    assert.equal(filledIn(form ?? assert.fail(), {}).get('error'), 'login_required')
  })

  it('is what signing out answers where nobody is signed in, and ends at our page', async () => {
    const browser = new ScriptedBrowser()
    const { page } = await walk(browser, `${gatehouse.url}/logout`, redirectUri)
    checkHeaders(page)
    const [form] = parseForms(page.body)

    const done = await browser.open(form?.action ?? '', { method: 'POST', body: filledIn(form ?? assert.fail(), {}) })

    checkHeaders(done)
    assert.match(done.body, /You are signed out/)
  })
})

describe('a redirect with a code', () => {
  it('has the code in its address only, and tells nobody where it came from [browser-cache-history]', async () => {
    const browser = new ScriptedBrowser()
    await authorize(browser, rp, alice)

    const page = await browser.send((await rp.request()).url)

    assert.match(page.headers.get('location') ?? '', /[?&]code=/)
    assert.equal(page.body, '')
    assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
    checkHeaders(page)
  })
})

describe('an error of the provider', () => {
  it('is JSON for programs and a page for people, by its path and not by Accept', async () => {
    for (const accept of ['text/html', 'application/json', '*/*']) {
      for (const path of ['/token', '/introspect', '/revoke', '/par']) {
        const response = await fetch(gatehouse.url + path, {
          method: 'POST',
          headers: { accept },
          body: new URLSearchParams({ a: 'b' }),
        })
        assert.match(response.headers.get('content-type') ?? '', /^application\/json/, `${path} ${accept}`)
      }
      const page = await fetch(`${gatehouse.url}/logout?id_token_hint=x`, { headers: { accept } })
      assert.match(page.headers.get('content-type') ?? '', /^text\/html/, accept)
    }
  })
})
