import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import * as oidc from 'openid-client'
import { type Page, ScriptedBrowser, signIn } from './e2e/support/scripted-browser.ts'
import { type Echo, startEchoUpstream } from './support/echo-upstream.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { type RelyingParty, relyingParty, walkToCallback } from './support/relying-party.ts'

const password = 'correct horse battery staple'
const redirectUri = 'http://localhost:1/cb'
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
let gatehouse: Gatehouse
let wiki: string
let vault: string
let rp: RelyingParty

before(async () => {
  upstream = await startEchoUpstream()
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
services:
  wiki:
    url: http://wiki.localhost:${port}
    upstream: http://127.0.0.1:${upstream.port}
    rules: [{ path: /healthcheck, allow: everyone }, { path: /robots, allow: ["client:robot"] }, { path: /admin, allow: ["team:admins"] }, { path: /, allow: authenticated }]
  vault:
    url: http://vault.localhost:${port}
    upstream: http://127.0.0.1:${upstream.port}
    rules: [{ path: /, allow: ["team:admins"] }]
  dead: { url: "http://dead.localhost:${port}", upstream: "http://127.0.0.1:9", title: Data catalogue }
  desk: { url: "http://desk.localhost:${port}", title: Front desk }
products:
  app:
    product: oidc
    url: http://localhost:1
    redirectUris: [${redirectUri}]
    services: [wiki, vault]
    authentication: [{ authenticationClass: gatehouse }]
  robot:
    product: oidc
    url: http://localhost:2
    services: [wiki]
    grantTypes: [client_credentials]
    authentication: [{ authenticationClass: gatehouse }]
teams: { admins: {}, analysts: {} }
`,
  })
  wiki = `http://wiki.localhost:${gatehouse.port}`
  vault = `http://vault.localhost:${gatehouse.port}`
  await gatehouse.addUser('alice', password, ['--email', 'alice@example.test', '--team', 'admins'])
  await gatehouse.addUser('bob', password, ['--team', 'analysts'])
  const { stdout } = await gatehouse.cli(['clients', 'secret', 'app'])
  rp = await relyingParty({ issuer: gatehouse.url, clientId: 'app', clientSecret: stdout.trim(), redirectUri })
})
after(async () => {
  await gatehouse.stop()
  await upstream.close()
})

async function signedIn(username: string, startUrl = `${wiki}/`): Promise<{ browser: ScriptedBrowser; page: Page }> {
  const browser = new ScriptedBrowser()
  return { browser, page: await signIn(browser, { startUrl, username, password }) }
}

const echoOf = (page: Page) => JSON.parse(page.body) as Echo

/** Makes a request like a program: no page, no redirect. */
function call(url: string, headers: Record<string, string> = {}) {
  return new ScriptedBrowser().send(url, {
    headers: { accept: 'application/json', 'sec-fetch-mode': 'cors', ...headers },
  })
}

async function within(milliseconds: number, holds: () => Promise<boolean>): Promise<number> {
  const start = performance.now()
  while (performance.now() - start < milliseconds) {
    if (await holds()) return performance.now() - start
    await sleep(20)
  }
  throw new Error(`does not hold within ${milliseconds} ms`)
}

/** An access token of alice for the wiki, and what it came with. */
async function tokenFor(resource: string) {
  const browser = new ScriptedBrowser()
  const request = await rp.request({ resource, scope: 'openid profile' })
  const page = await browser.open(request.url)
  const [form] = [page]
  const posted = await browser.send(`${gatehouse.url}/login`, {
    method: 'POST',
    body: new URLSearchParams({
      username: 'alice',
      password,
      interaction: new URL(form.url).searchParams.get('interaction') ?? '',
    }),
  })
  const callback = await walkToCallback(browser, posted, redirectUri)
  const tokens = await oidc.authorizationCodeGrant(rp.config, new URL(callback), {
    expectedState: request.state,
    expectedNonce: request.nonce,
    pkceCodeVerifier: request.codeVerifier,
  })
  return { browser, tokens }
}

describe('a service behind the gate', () => {
  it('is reached after signing in, at exactly the page that was asked for, and is told who it is', async () => {
    const { page } = await signedIn('alice', `${wiki}/some/page?a=1&b=2`)

    const { url, headers } = echoOf(page)

    assert.equal(page.url, `${wiki}/some/page?a=1&b=2`)
    assert.equal(url, '/some/page?a=1&b=2')
    assert.equal(headers['x-auth-request-preferred-username'], 'alice')
    assert.equal(headers['x-auth-request-email'], 'alice@example.test')
    assert.equal(headers['x-auth-request-groups'], 'admins')
    assert.equal(headers['cookie'], undefined)
  })

  it('answers programs without credentials with 401 and a challenge, never with a redirect', async () => {
    const page = await call(`${wiki}/api`)

    assert.equal(page.status, 401)
    assert.match(page.headers.get('www-authenticate') ?? '', /^Bearer realm="/)
    assert.equal(page.headers.get('location'), null)
  })

  it('needs no second password for another service, and keeps their sessions apart', async () => {
    const { browser } = await signedIn('alice')

    const page = await browser.open(`${vault}/secrets`)
    const wikiCookie = browser.jar.find('gatehouse_session', 'wiki.localhost')?.value
    const elsewhere = await call(`${vault}/secrets`, { cookie: `gatehouse_session=${wikiCookie}` })

    assert.equal(echoOf(page).url, '/secrets')
    assert.equal(elsewhere.status, 401)
  })

  it('refuses somebody who is in none of its teams, and says who they are and to whom it is open', async () => {
    const { browser } = await signedIn('bob')

    const page = await browser.open(`${wiki}/admin`)

    assert.equal(page.status, 403)
    assert.match(
      page.body,
      /You are signed in as <strong>bob<\/strong>\. This page of wiki is open to the team admins\./,
    )
    assert.match(page.body, /this page is not open to you/)
    const { stdout } = await gatehouse.cli(['explain', /<dt>Request<\/dt><dd><code>(\w+)/.exec(page.body)?.[1] ?? ''])
    for (const fact of [/rule +rules\.2 \(\/admin\)/, /path +\/admin/, /teams +analysts/, /service +wiki/])
      assert.match(stdout, fact)
    assert.equal((await browser.followLink(page, 'Go to wiki')).status, 200)
    const elsewhere = await browser.open(`${vault}/`)
    assert.match(elsewhere.body, /<strong>bob<\/strong>\. Vault is open to the team admins\./)
    assert.match(elsewhere.body, /but vault is not open to you/)
    assert.doesNotMatch(elsewhere.body, /Go to/)
  })

  it('is reached by somebody else after a refusal, at the very page, and ends no session before that', async () => {
    const { browser } = await signedIn('bob')
    const refused = await browser.open(`${wiki}/admin/deep?x=1&y=%2F`)

    const choice = await browser.followLink(refused, 'Sign in as someone else')
    const meanwhile = await browser.send(`${wiki}/still`)
    const wrong = await browser.submitForm(choice, { username: 'alice', password: 'wrong' })
    const page = await browser.submitForm(wrong, { username: 'alice', password })

    assert.match(choice.body, /signed in as <strong>bob<\/strong>/)
    assert.equal(meanwhile.status, 200)
    assert.match(wrong.body, /signed in as <strong>bob<\/strong>/)
    assert.deepEqual([page.url, page.status], [`${wiki}/admin/deep?x=1&y=%2F`, 200])
    assert.equal(echoOf(page).headers['x-auth-request-preferred-username'], 'alice')
  })

  it('is where people come back to whose password was wrong: the address of the page keeps it', async () => {
    const browser = new ScriptedBrowser()
    const choice = await browser.open(`${wiki}/some/page?a=1`)

    const wrong = await browser.submitForm(choice, { username: 'alice', password: 'wrong' })
    const entered = await browser.open(wrong.url)
    const page = await browser.submitForm(entered, { username: 'alice', password })

    assert.deepEqual([wrong.status, entered.status], [401, 200])
    assert.match(entered.body, /Sign in to wiki/)
    assert.equal(page.url, `${wiki}/some/page?a=1`)
  })

  it('is where people are who go back to the form or to the way back from it: signed in', async () => {
    const browser = new ScriptedBrowser()
    const choice = await browser.open(`${wiki}/some/page?a=1`)
    await browser.submitForm(choice, { username: 'alice', password })
    const [callback] = browser.hops.filter(({ url }) => url.startsWith(`${wiki}/oauth2/callback`))

    const backToForm = await browser.open(choice.url)
    const sentAgain = await browser.submitForm(choice, { username: 'alice', password })
    const backToCallback = await browser.open(callback?.url ?? '')

    for (const page of [backToForm, sentAgain, backToCallback])
      assert.deepEqual([page.url, page.status], [`${wiki}/some/page?a=1`, 200])
  })

  it('comes back to a link that is longer than any proxy passes on, and to the path of one that is too long', async () => {
    const long = `${wiki}/app/discover?_a=${'x'.repeat(6000)}`

    assert.equal((await signedIn('alice', long)).page.url, long)
    const browser = new ScriptedBrowser()
    const choice = await browser.open(`${wiki}/app/discover?_a=${'x'.repeat(9000)}`)
    assert.match(choice.body, /too long to come back to/)
    assert.equal((await browser.submitForm(choice, { username: 'alice', password })).url, `${wiki}/app/discover`)
  })

  it('is named by the page of a session that has ended, once, and not to people who were never there', async () => {
    const browser = new ScriptedBrowser()
    const fresh = await browser.open(`${wiki}/x`)
    const ended = await browser.open(`${wiki}/x`, { headers: { cookie: 'none=1' } })
    const cookie = `gatehouse_login=${'A'.repeat(43)}`

    const told = await new ScriptedBrowser().send(fresh.url, { headers: { cookie } })

    for (const page of [fresh, ended]) assert.doesNotMatch(page.body, /session has ended/)
    assert.match(told.body, /Your session has ended/)
    assert.match(told.headers.getSetCookie().join(), /gatehouse_login=;.*Max-Age=0/)
  })

  it('that has no upstream says so, and names itself', async () => {
    const page = await new ScriptedBrowser().send(`http://desk.localhost:${gatehouse.port}/x`)
    const api = await call(`http://desk.localhost:${gatehouse.port}/x`)
    const unknown = await call(`http://nobody.localhost:${gatehouse.port}/x`)

    assert.deepEqual([page.status, api.status, unknown.status], [421, 421, 421])
    assert.match(page.body, /<h1>Front desk cannot be opened at this address<\/h1>/)
    assert.match(page.body, /upstream-missing/)
    assert.equal(JSON.parse(api.body).error, 'upstream-missing')
    assert.equal(JSON.parse(unknown.body).error, 'host-unknown')
  })

  it('that does not answer is named, and nothing of where it listens', async () => {
    const { browser } = await signedIn('alice')

    const page = await browser.open(`http://dead.localhost:${gatehouse.port}/x`)

    assert.equal(page.status, 502)
    assert.match(page.body, /<h1>Data catalogue does not answer at the moment<\/h1>/)
    assert.match(page.body, /Try again in a moment/)
    assert.doesNotMatch(page.body, /127\.0\.0\.1|:9\b/)
  })

  it('sends nobody to sign in who is signed in: an error leads on', async () => {
    const { browser } = await signedIn('alice')

    const known = await browser.open(`${gatehouse.url}/nowhere`)
    const stranger = await new ScriptedBrowser().open(`${gatehouse.url}/nowhere`)

    assert.doesNotMatch(known.body, />Sign in</)
    assert.match((await browser.followLink(known, 'Your applications')).body, /signed in as alice/)
    assert.match(stranger.body, />Sign in</)
  })

  it('gets the addresses that it needs byte for byte, where the rules decide alike about every reading [path-normalisation-diff]', async () => {
    const { browser } = await signedIn('bob')

    for (const path of [
      '/table/hive://gold.core/x',
      '/api/vhosts/%2F/permissions',
      '/projects/group%2frepo',
      '/x;v=1/%5C?q=%2F',
    ]) {
      const page = await browser.open(wiki + path)
      assert.equal(page.status, 200, path)
      assert.equal(echoOf(page).url, path)
      assert.equal((await call(wiki + path)).status, 401, 'a stranger')
    }
    // The address that he opens signed out is the one that he comes back to.
    const { page } = await signedIn('bob', `${wiki}/table/hive://gold.core/x%2Fy`)
    assert.equal(echoOf(page).url, '/table/hive://gold.core/x%2Fy')
  })

  it('is not reached by an address about whose readings the rules differ, and the trace names both rules', async () => {
    const { browser } = await signedIn('bob')

    const page = await browser.open(`${wiki}/x/..%2F..%2Fadmin`)
    const differing = await browser.open(`${wiki}//admin`)
    const code = /<dt>Request<\/dt><dd><code>(\w+)/.exec(differing.body)?.[1] ?? ''
    const { stdout } = await gatehouse.cli(['explain', code])

    assert.deepEqual([page.status, differing.status], [400, 400])
    assert.match(stdout, /rules\.3 \(\/\)/)
    assert.match(stdout, /rules\.2 \(\/admin\)/)
    assert.equal((await (await signedIn('alice')).browser.open(`${wiki}//admin`)).status, 200, 'she may do both')
  })

  it('leaves the health check open, by its exact path', async () => {
    assert.equal((await call(`${wiki}/healthcheck`)).status, 200)
    for (const path of [
      '/HealthCheck',
      '/healthcheckx',
      '/healthcheck%2f..%2fadmin',
      '/healthcheck;/../admin',
      '//healthcheck/../admin',
    ]) {
      const { status } = await call(wiki + path)
      assert.ok(status === 401 || status === 400, `${path}: ${status}`)
    }
  })

  it('is closed at once after signing out there, here and at the other services', async () => {
    const { browser } = await signedIn('alice')
    await browser.open(`${vault}/`)
    const cookies = ['wiki.localhost', 'vault.localhost'].map(
      (host) => browser.jar.find('gatehouse_session', host)?.value,
    )

    await browser.open(`${wiki}/oauth2/sign_out`)

    assert.equal((await call(`${wiki}/`, { cookie: `gatehouse_session=${cookies[0]}` })).status, 401)
    assert.equal((await call(`${vault}/`, { cookie: `gatehouse_session=${cookies[1]}` })).status, 401)
    assert.match((await browser.open(gatehouse.url)).body, /<h1>Sign in<\/h1>/)
  })

  it('is closed within a second to a user whom a command line deactivates, cached session or not', async () => {
    await gatehouse.addUser('leaver', password)
    const { browser } = await signedIn('leaver')
    const cookie = `gatehouse_session=${browser.jar.find('gatehouse_session', 'wiki.localhost')?.value}`
    assert.equal((await call(`${wiki}/`, { cookie })).status, 200)

    await gatehouse.cli(['users', 'deactivate', 'leaver'])
    await within(1000, async () => (await call(`${wiki}/`, { cookie })).status === 401)
  })

  it('takes no code twice, and none with the state of another browser', async () => {
    const { browser } = await signedIn('alice')
    const start = await browser.send(`${vault}/oauth2/start?rd=/x`)
    const handoff = await browser.send(start.headers.get('location') ?? '')
    const callback = handoff.headers.get('location') ?? ''
    assert.match(callback, /\/oauth2\/callback\?code=/)

    const foreign = await new ScriptedBrowser().send(callback)
    const answers = await Promise.all(Array.from({ length: 20 }, () => browser.send(callback)))

    assert.equal(
      foreign.headers.getSetCookie().some((line) => line.startsWith('gatehouse_session=')),
      false,
    )
    const sessions = answers.filter(({ headers }) =>
      headers.getSetCookie().some((line) => /^gatehouse_session=[\w-]{43}/.test(line)),
    )
    assert.equal(sessions.length, 1)
  })
})

describe('a bearer token at the gate', () => {
  it('tells the service who it is, and is worth nothing at another service', async () => {
    const { tokens } = await tokenFor(wiki)
    const authorization = `Bearer ${tokens.access_token}`

    const page = await call(`${wiki}/api`, { authorization })
    const again = await call(`${wiki}/admin`, { authorization })
    const elsewhere = await call(`${vault}/api`, { authorization })

    assert.equal(decodeJwt(tokens.access_token).aud, wiki)
    assert.equal(echoOf(page).headers['x-auth-request-preferred-username'], 'alice')
    assert.equal(echoOf(page).headers['authorization'], undefined)
    assert.equal(again.status, 200)
    assert.equal(elsewhere.status, 401)
    assert.match(elsewhere.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
  })

  it('is dead within a second after the person signed out', async () => {
    const { browser, tokens } = await tokenFor(wiki)
    const authorization = `Bearer ${tokens.access_token}`
    assert.equal((await call(`${wiki}/`, { authorization })).status, 200)

    await browser.send(`${gatehouse.url}/login/sign-out`, { method: 'POST', body: new URLSearchParams() })

    await within(1000, async () => (await call(`${wiki}/`, { authorization })).status === 401)
  })

  it('of a program opens what is open to the program, and nothing that is open to people', async () => {
    const { stdout } = await gatehouse.cli(['clients', 'secret', 'robot'])
    const credentials = { issuer: gatehouse.url, clientId: 'robot', clientSecret: stdout.trim() }
    const robot = await relyingParty({ ...credentials, redirectUri: 'http://localhost:2/cb' })
    const { body } = await robot.token({ grant_type: 'client_credentials', resource: wiki })
    const authorization = `Bearer ${body['access_token']}`

    const page = await call(`${wiki}/robots`, { authorization })

    assert.equal(echoOf(page).headers['x-auth-request-preferred-username'], 'client:robot')
    assert.equal((await call(`${wiki}/api`, { authorization })).status, 403)
    assert.equal((await call(`${wiki}/admin`, { authorization })).status, 403)
  })

  it('must be an access token: an ID token, a changed one, one without signature are refused', async () => {
    const { tokens } = await tokenFor(wiki)
    const [header = '', payload = '', signature = ''] = tokens.access_token.split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')
    const forged = Buffer.from(
      JSON.stringify({ ...decodeJwt(tokens.access_token), preferred_username: 'root' }),
    ).toString('base64url')

    for (const token of [
      tokens.id_token ?? '',
      `${header}.${forged}.${signature}`,
      `${none}.${payload}.`,
      tokens.access_token.slice(0, -2),
      `${'x'.repeat(4000)}.${'y'.repeat(4000)}.${'z'.repeat(4000)}`,
      '{"access_token":"x","expires_at":9999999999}',
    ]) {
      assert.equal((await call(`${wiki}/`, { authorization: `Bearer ${token}` })).status, 401, token.slice(0, 40))
    }
  })
})

describe('the address to return to', () => {
  const hostile = [
    'http://evil.test/',
    'https://evil.test',
    '//evil.test',
    '///evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/%09/evil.test',
    '/\t/evil.test',
    '\t//evil.test',
    ' //evil.test',
    'https:evil.test',
    'http:evil.test/x',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'http://wiki.localhost@evil.test/',
    'http://wiki.localhost:x@evil.test/',
    'http://wiki.localhost.evil.test/',
    'http://evil.test#wiki.localhost',
    'http://evil.test?wiki.localhost',
    'http://evil.test\\@wiki.localhost',
    'http://eviltest\u3002test/',
    'http://\u212Avil.test/',
    'http://wiki.localhost:1/',
    'https://wiki.localhost/',
    'ftp://wiki.localhost/',
    'file:///etc/passwd',
    'http://[::1]/',
    'http://127.0.0.1/',
    'ht\ttp://evil.test/',
    'http:/\u0000/evil.test',
    'http://evil.test/%0d%0aSet-Cookie:x=1',
    '//evil.test/%2e%2e',
    '/..//evil.test',
    '/.//evil.test',
    'blob:http://evil.test/x',
  ]
  for (const rd of hostile) {
    it(`never leads away for ${JSON.stringify(rd)} [return-scheme-relative]`, async () => {
      const { browser } = await signedIn('alice')
      const allowed = [wiki, vault, gatehouse.url].map((url) => new URL(url).origin)
      let page = await browser.send(`${wiki}/oauth2/start?rd=${encodeURIComponent(rd)}`)

      for (let hops = 0; hops < 6 && page.headers.get('location') !== null; hops++) {
        const next = new URL(page.headers.get('location') ?? '', page.url)
        assert.ok(allowed.includes(next.origin), `leads to ${next.href}`)
        page = await browser.send(next.href)
      }

      assert.ok(page.status === 200 || page.status === 400, String(page.status))
    })
  }
})
