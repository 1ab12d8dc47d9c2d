import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { type DevIdp, startDevIdp } from '../src/dev-idp/index.ts'
import { filledIn, parseForms } from './e2e/support/html-forms.ts'
import { type Page, ScriptedBrowser, signIn } from './e2e/support/scripted-browser.ts'
import { freePort, type Gatehouse, startGatehouse } from './support/gatehouse.ts'

const password = 'correct horse battery staple'
let idp: DevIdp
let stranger: DevIdp
let secured: DevIdp
let gatehouse: Gatehouse
let unusedPort: number

before(async () => {
  ;[idp, stranger, secured] = await Promise.all([startDevIdp(), startDevIdp(), startDevIdp({ tls: true })])
  unusedPort = await freePort()
  gatehouse = await startGatehouse({
    config,
    env: {
      SECURED_CA: secured.ca ?? '',
      // Nobody listens there: loopback is called directly, whatever the proxy is.
      HTTPS_PROXY_UNDER_TEST: 'http://127.0.0.1:9',
      IDP_SECRET: idp.clientSecret,
      STRANGER_SECRET: stranger.clientSecret,
    },
  })
  await gatehouse.addUser('lara', password, ['--email', 'lara@example.test', '--team', 'local-team'])
})
after(async () => {
  await gatehouse.stop()
  await Promise.all([idp.close(), stranger.close(), secured.close()])
})

function config(port: number): string {
  const oidc = (issuer: string, caCert?: string) => {
    const tls = caCert === undefined ? '' : `, tls: { verification: { server: { caCert: { ${caCert} } } } }`
    return `{ hostname: localhost, port: ${new URL(issuer).port}, rootPath: /realms/data, principalClaim: preferred_username${tls} }`
  }
  return `
issuer: http://localhost:${port}
listen: { port: ${port} }
authenticationClasses:
  company: { oidc: ${oidc(idp.issuer)} }
  stranger: { oidc: ${oidc(stranger.issuer)} }
  down: { oidc: { hostname: localhost, port: ${unusedPort}, principalClaim: sub } }
  lying: { oidc: { hostname: 127.0.0.1, port: ${new URL(idp.issuer).port}, rootPath: /realms/data, principalClaim: preferred_username } }
  wrong-secret: { oidc: ${oidc(idp.issuer)} }
  own-ca: { oidc: ${oidc(secured.issuer, 'secretClass: own-ca')} }
  public-ca: { oidc: ${oidc(secured.issuer, 'webPki: {}')} }
names: { from: company }
network: { proxy: "\${env:HTTPS_PROXY_UNDER_TEST}" }
login:
  - { authenticationClass: own-ca, oidc: { clientCredentialsSecret: company } }
  - { authenticationClass: public-ca, oidc: { clientCredentialsSecret: company } }
  - { authenticationClass: company, oidc: { clientCredentialsSecret: company } }
  - { authenticationClass: stranger, oidc: { clientCredentialsSecret: stranger } }
  - { authenticationClass: down, oidc: { clientCredentialsSecret: company } }
  - { authenticationClass: lying, oidc: { clientCredentialsSecret: company } }
  - { authenticationClass: wrong-secret, oidc: { clientCredentialsSecret: wrong } }
  - { local: {} }
teams:
  analysts: { from: [{ authenticationClass: company, group: analysts }] }
  local-team: {}
products:
  app:
    product: oidc
    title: Ledger
    url: http://app.localhost:${port}
    redirectUris: ["http://app.localhost:${port}/back"]
    authentication: [{ authenticationClass: gatehouse }]
services:
  wiki: { url: "http://wiki.localhost:${port}", upstream: "http://127.0.0.1:9" }
secrets:
  own-ca: { ca.crt: "\${env:SECURED_CA}" }
  company: { clientId: ${idp.clientId}, clientSecret: "\${env:IDP_SECRET}" }
  stranger: { clientId: ${stranger.clientId}, clientSecret: "\${env:STRANGER_SECRET}" }
  wrong: { clientId: ${idp.clientId}, clientSecret: not-the-secret }
`
}

/** Where the gate of the wiki sends people. */
const toWiki = `${new URLSearchParams({ service: 'wiki', return_to: '/deep/page?x=1', state: 'gate-state' })}`

function formOf(page: Page) {
  const form = parseForms(page.body).find(({ fields }) => fields.some(({ name }) => name === 'password'))
  assert.ok(form)
  return form
}

const passwordOf = (provider: DevIdp, name: string) =>
  provider.users.find(({ username }) => username === name)?.password ?? ''

/** Goes to a provider and gives the password there; stops at the address that the provider sends back to. */
async function untilCallback(browser: ScriptedBrowser, way: string, provider: DevIdp, name: string): Promise<string> {
  let page = await browser.send(`${gatehouse.url}/login/start?provider=${way}`)
  for (let hops = 0; hops < 10; hops++) {
    const location = page.headers.get('location')
    const [form] = parseForms(page.body)
    if (location !== null) {
      const next = new URL(location, page.url).href
      if (next.startsWith(`${gatehouse.url}/callback/`)) return next
      page = await browser.send(next)
    } else if (form) {
      const body = filledIn(form, { username: name, password: passwordOf(provider, name) })
      page = await browser.send(new URL(form.action, page.url).href, { method: 'POST', body })
    } else throw new Error(`stuck at ${page.url}: ${page.body.slice(0, 300)}`)
  }
  throw new Error('too many hops')
}

async function signInThrough(
  way: string,
  provider: DevIdp,
  name: string,
): Promise<{ browser: ScriptedBrowser; page: Page }> {
  const browser = new ScriptedBrowser()
  const page = await browser.open(await untilCallback(browser, way, provider, name))
  return { browser, page }
}

function tryPassword(username: string, secret: string, headers: Record<string, string> = {}) {
  return new ScriptedBrowser().send(`${gatehouse.url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ username, password: secret }),
    headers,
  })
}

async function usersByName(): Promise<Map<string, { id: string; teams: string[]; email?: string }>> {
  const { stdout } = await gatehouse.cli(['users', 'list', '--json'])
  const users = JSON.parse(stdout) as { id: string; username: string; teams: string[]; email?: string }[]
  return new Map(users.map((user) => [user.username, user]))
}

describe('signing in at a provider', () => {
  it('makes a user at the first sign-in, with the teams that the groups give, and finds the same user at the second', async () => {
    const { page } = await signInThrough('company', idp, 'alice')
    const first = (await usersByName()).get('alice')
    await signInThrough('company', idp, 'alice')
    const second = (await usersByName()).get('alice')

    assert.match(page.body, /You are signed in as alice/)
    assert.deepEqual(first?.teams, ['analysts'])
    assert.equal(first?.id, second?.id)
  })

  it("gives a second provider's alice an account of her own: neither name nor e-mail links", async () => {
    await signInThrough('company', idp, 'alice')
    await signInThrough('stranger', stranger, 'alice')

    const users = await usersByName()
    const [own, foreign] = [users.get('alice'), users.get('alice@stranger')]

    assert.ok(own && foreign)
    assert.notEqual(own.id, foreign.id)
    assert.equal(own.email, foreign.email)
    assert.deepEqual(foreign.teams, [])
  })

  it('refuses a callback in a browser that did not begin the sign-in, and makes no session', async () => {
    const callback = await untilCallback(new ScriptedBrowser(), 'company', idp, 'alice')
    const victim = new ScriptedBrowser()

    const page = await victim.send(callback)

    assert.equal(page.status, 400)
    assert.match(page.body, /login-expired/)
    assert.equal(victim.jar.find('gatehouse_login'), undefined)
  })

  it('takes a callback once, also when it comes twice at the same time [state-single-use]', async () => {
    const browser = new ScriptedBrowser()
    const callback = await untilCallback(browser, 'company', idp, 'alice')
    const cookie = browser.jar.header(callback) ?? ''

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => fetch(callback, { redirect: 'manual', headers: { cookie } })),
    )

    assert.equal(answers.filter(({ status }) => status === 303).length, 1)
    assert.equal(
      answers.filter(({ headers }) => headers.getSetCookie().some((line) => line.startsWith('gatehouse_login=')))
        .length,
      1,
    )
  })

  it('refuses an answer that another provider gave', async () => {
    const browser = new ScriptedBrowser()
    const callback = await untilCallback(browser, 'company', idp, 'alice')

    const page = await browser.send(callback.replace('/callback/company', '/callback/stranger'))

    assert.equal(page.status, 400)
    assert.match(page.body, /login-expired/)
  })

  it('refuses an answer whose issuer is not the one that was asked (RFC 9207)', async () => {
    const browser = new ScriptedBrowser()
    const callback = new URL(await untilCallback(browser, 'company', idp, 'alice'))
    callback.searchParams.set('iss', 'https://evil.test')

    const page = await browser.send(callback.href)

    assert.equal(page.status, 400)
    assert.match(page.body, /callback-mismatch/)
  })

  for (const [way, code] of [
    ['down', 'provider-unreachable'],
    ['public-ca', 'certificate-untrusted'],
    ['lying', 'issuer-mismatch'],
  ] as const) {
    it(`shows ${code} with a request id whose trace names the cause`, async () => {
      const page = await new ScriptedBrowser().send(`${gatehouse.url}/login/start?provider=${way}`)
      const requestId = page.headers.get('x-request-id') ?? ''

      const { stdout } = await gatehouse.cli(['explain', requestId])

      assert.equal(page.status, 502)
      assert.match(page.body, new RegExp(code))
      assert.match(page.body, new RegExp(requestId))
      assert.match(stdout, new RegExp(code))
      assert.match(stdout, way === 'down' ? /ECONNREFUSED/ : /realms\/data/)
    })
  }

  it('believes the authority of the class, and calls loopback past the proxy', async () => {
    const page = await new ScriptedBrowser().send(`${gatehouse.url}/login/start?provider=own-ca`)

    assert.equal(page.status, 303, page.body)
    assert.ok(page.headers.get('location')?.startsWith(secured.issuer))
  })

  it('says that the client secret is wrong when it is', async () => {
    const browser = new ScriptedBrowser()
    const callback = await untilCallback(browser, 'wrong-secret', idp, 'alice')

    const page = await browser.send(callback)

    assert.match(page.body, /client-credentials-rejected/)
  })

  it('leads back to the ways in whoever cancels at the provider, and keeps where they were going', async () => {
    const browser = new ScriptedBrowser()
    const callback = new URL(await untilCallback(browser, `company&${toWiki}`, idp, 'alice'))
    callback.searchParams.delete('code')
    callback.searchParams.set('error', 'access_denied')

    const page = await browser.send(callback.href)
    const { stdout } = await gatehouse.cli(['explain', page.headers.get('x-request-id') ?? ''])
    const again = await browser.send(callback.href)

    assert.deepEqual([page.status, again.status], [200, 200])
    for (const { body } of [page, again]) assert.match(body, /Sign-in was cancelled/)
    assert.match(page.body, /Sign in to wiki/)
    assert.match(stdout, /service wiki/)
    assert.match(stdout, /access_denied/)
    const done = await browser.send(`${gatehouse.url}/login`, {
      method: 'POST',
      body: filledIn(formOf(page), { username: 'lara', password }),
    })
    assert.ok(done.headers.get('location')?.includes('/login/handoff?service=wiki&return_to='))
  })

  it('goes on with whoever is signed in when the callback comes again, by the Back button or a reload', async () => {
    const browser = new ScriptedBrowser()
    const callback = await untilCallback(browser, `company&${toWiki}`, idp, 'alice')
    await browser.send(callback)

    const again = await browser.send(callback)
    const elsewhere = await browser.send(`${gatehouse.url}/callback/company?code=x&state=unknown`)

    assert.equal(again.status, 303)
    assert.ok(again.headers.get('location')?.includes('/login/handoff?service=wiki&return_to='))
    assert.deepEqual([elsewhere.status, elsewhere.headers.get('location')], [303, '/'])
  })

  it('keeps where somebody was going on the page of an error, and says no "try again" that cannot help', async () => {
    const unreachable = await new ScriptedBrowser().send(`${gatehouse.url}/login/start?provider=down&${toWiki}`)
    const browser = new ScriptedBrowser()
    const rejected = await browser.send(await untilCallback(browser, `wrong-secret&${toWiki}`, idp, 'alice'))

    for (const page of [unreachable, rejected]) {
      const choice = await new ScriptedBrowser().followLink(page, 'Sign in')
      assert.match(choice.body, /Sign in to wiki/)
    }
    assert.match(unreachable.body, /Try again in a moment/)
    assert.doesNotMatch(rejected.body, /[Tt]ry again/)
  })

  it('asks the provider for the person again when somebody wants to be someone else', async () => {
    const { browser } = await signInThrough('company', idp, 'alice')

    const choice = await browser.open(`${gatehouse.url}/login?${toWiki}&prompt=login`)
    const link =
      [...choice.body.matchAll(/href="([^"]*provider=company[^"]*)"/g)][0]?.[1]?.replaceAll('&amp;', '&') ?? ''
    const sent = await browser.send(new URL(link, gatehouse.url).href)

    assert.match(choice.body, /signed in as <strong>alice/)
    assert.match(
      new URL(sent.headers.get('location') ?? '').searchParams.get('prompt') ?? '',
      /^(login|select_account)$/,
    )
  })

  for (const [error, code] of [
    ['temporarily_unavailable', 'provider-unavailable'],
    ['unauthorized_client', 'provider-refused'],
  ] as const) {
    it(`passes on that the provider answered ${error}, as a page and not as a crash`, async () => {
      const browser = new ScriptedBrowser()
      const callback = new URL(await untilCallback(browser, 'company', idp, 'alice'))
      callback.searchParams.delete('code')
      callback.searchParams.set('error', error)

      const page = await browser.send(callback.href)

      assert.equal(page.status, 403)
      assert.match(page.body, new RegExp(code))
    })
  }

  it('keeps at most eight attempts open in one browser [cookie-chunk-count]', async () => {
    const browser = new ScriptedBrowser()
    for (let count = 0; count < 20; count++) await browser.send(`${gatehouse.url}/login/start?provider=company`)

    const open = browser.jar.cookies.filter(({ name }) => name.startsWith('gatehouse_tx_'))

    assert.ok(open.length <= 8, `${open.length} cookies`)
  })
})

describe('signing in with a password', () => {
  it('takes the name in any case, and the e-mail', async () => {
    for (const username of ['lara', 'LARA', 'lara@example.test']) {
      assert.equal((await tryPassword(username, password)).status, 303, username)
    }
  })

  it('takes the e-mail as the administrator wrote it, and its domain in any case', async () => {
    await gatehouse.addUser('mara', password, ['--email', 'Mara@Example.Test'])

    for (const username of ['Mara@Example.Test', 'Mara@example.test'])
      assert.equal((await tryPassword(username, password)).status, 303, username)
  })

  it('leads to the product whose request is over, and never to another place [open-redirect]', async () => {
    const entrance = `http://app.localhost:${gatehouse.port}`
    for (const [product, goesTo] of [
      ['app', entrance],
      ['wiki', '/'],
      ['//evil.test', '/'],
      ['constructor', '/'],
    ] as const) {
      const browser = new ScriptedBrowser()
      const address = `${gatehouse.url}/login?${new URLSearchParams({ interaction: 'long-over', product })}`
      const page = await browser.send(address)
      const body = filledIn(formOf(page), { username: 'lara', password })
      const done = await browser.send(new URL(formOf(page).action, address).href, { method: 'POST', body })
      const back = await browser.send(address)

      assert.deepEqual([done.status, done.headers.get('location')], [303, goesTo], product)
      if (product !== 'app') continue
      assert.match(page.body, /Sign in to Ledger/)
      assert.equal(back.headers.get('location'), entrance)
      // Chromium holds the redirect after a form to the origins that the page names.
      assert.match(page.headers.get('content-security-policy') ?? '', new RegExp(`form-action 'self' ${entrance}[; ]`))
    }
  })

  it('answers a wrong name and a wrong password with the same page', async () => {
    const unknown = await tryPassword('somebody', 'wrong')
    const wrong = await tryPassword('lara', 'wrong')

    assert.equal(unknown.status, 401)
    assert.equal(unknown.body.replaceAll('somebody', 'lara'), wrong.body)
  })

  it('locks after five failures, whichever way the name is written, and tells how long', async () => {
    await gatehouse.addUser('locked', password, ['--email', 'locked@example.test'])
    for (const username of ['locked', 'LOCKED', 'locked@example.test', 'Locked', 'ＬOCKED'])
      await tryPassword(username, 'wrong')

    const page = await tryPassword('locked', password)

    assert.equal(page.status, 429)
    assert.match(page.body, /Try again in \d+ second/)
  })

  it('does not let a header choose the network that is counted', async () => {
    await gatehouse.addUser('guessed', password)
    for (let count = 0; count < 6; count++) {
      await tryPassword('guessed', 'wrong', { 'x-forwarded-for': `203.0.113.${count}` })
    }

    assert.equal((await tryPassword('guessed', password)).status, 429)
  })

  for (const [name, headers] of [
    ['of another origin', { origin: 'http://evil.test', 'sec-fetch-site': 'cross-site' }],
    ['of a neighbour on the same site', { 'sec-fetch-site': 'same-site' }],
    ['without an origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ] as const) {
    it(`refuses a form ${name}`, async () => {
      const page = await tryPassword('lara', password, headers)

      assert.equal(page.status, 403)
      assert.match(page.body, /cross-site-request/)
    })
  }

  it('gives a new session id at each sign-in, and the old one is worth nothing', async () => {
    const browser = new ScriptedBrowser()
    const submit = async () => {
      await browser.send(`${gatehouse.url}/login`, {
        method: 'POST',
        body: new URLSearchParams({ username: 'lara', password }),
      })
      return browser.jar.find('gatehouse_login')?.value ?? ''
    }
    const first = await submit()
    const second = await submit()

    const home = await fetch(gatehouse.url, { redirect: 'manual', headers: { cookie: `gatehouse_login=${first}` } })

    assert.notEqual(first, second)
    assert.equal(home.status, 303)
  })

  it('sets a cookie that scripts and other sites cannot use', async () => {
    const page = await tryPassword('lara', password)

    const [line] = page.headers.getSetCookie().filter((cookie) => cookie.startsWith('gatehouse_login='))

    assert.match(line ?? '', /; Path=\/; HttpOnly; SameSite=Lax/)
    assert.equal(line?.includes('Domain'), false)
  })

  it('treats two cookies of one name as none', async () => {
    const page = await tryPassword('lara', password)
    const value = /gatehouse_login=([^;]+)/.exec(page.headers.getSetCookie().join(' '))?.[1]

    const twice = await fetch(gatehouse.url, {
      redirect: 'manual',
      headers: { cookie: `gatehouse_login=${value}; gatehouse_login=${value}` },
    })

    assert.equal(twice.status, 303)
  })

  it('ends every session of a user whose password changes, within a second', async () => {
    await gatehouse.addUser('changing', password)
    const browser = new ScriptedBrowser()
    await signIn(browser, { startUrl: `${gatehouse.url}/login`, username: 'changing', password })
    assert.match((await browser.open(gatehouse.url)).body, /signed in as changing/)

    await gatehouse.cli(['users', 'password', 'changing', '--password-stdin'], 'another good password')

    assert.doesNotMatch((await browser.open(gatehouse.url)).body, /signed in as changing/)
  })
})

describe('pages', () => {
  it('are never cached, never framed, and run no script [clickjack] [browser-cache-history]', async () => {
    for (const path of ['/login', '/login/signed-out', '/nothing', '/authorize?client_id=x']) {
      const { headers, body } = await new ScriptedBrowser().send(gatehouse.url + path)
      const policy = headers.get('content-security-policy') ?? ''

      assert.equal(headers.get('cache-control'), 'no-store', path)
      assert.match(policy, /default-src 'none'.*frame-ancestors 'none'/, path)
      if (body.includes('id="for-administrators"')) continue
      assert.doesNotMatch(body, /<script/, path)
      assert.doesNotMatch(policy, /script-src/, path)
    }
  })

  it('of errors run one script, the one that copies, and the policy names it by its digest', async () => {
    for (const path of ['/nothing', '/authorize?client_id=x']) {
      const { headers, body } = await new ScriptedBrowser().send(gatehouse.url + path)
      const [script, ...others] = [...body.matchAll(/<script>(.*?)<\/script>/gs)].map(([, text = '']) => text)
      const policy = headers.get('content-security-policy') ?? ''

      assert.match(script ?? '', /clipboard/)
      assert.deepEqual(others, [])
      assert.doesNotMatch(body, /<script\s| on[a-z]+="/)
      assert.equal(/script-src ([^;]+)/.exec(policy)?.[1], `'sha256-${hash('sha256', script ?? '', 'base64')}'`)
    }
  })

  it('show what is typed as text, never as markup', async () => {
    const canary = '"><img src=x onerror=alert(1)>'

    const page = await tryPassword(canary, 'wrong')
    const start = await new ScriptedBrowser().send(
      `${gatehouse.url}/login/start?provider=${encodeURIComponent(canary)}`,
    )

    for (const { body } of [page, start]) assert.equal(body.includes('<img'), false)
    assert.match(page.body, /&lt;img/)
  })

  for (const target of [
    'http://evil.test/',
    '//evil.test',
    'http://wiki.localhost.evil.test/',
    'javascript:alert(1)',
    'http://wiki.localhost:1/',
  ]) {
    it(`hand no code over for the address ${target} [return-domain-suffix]`, async () => {
      const browser = new ScriptedBrowser()
      await signIn(browser, { startUrl: `${gatehouse.url}/login`, username: 'lara', password })
      const query = new URLSearchParams({ service: 'wiki', return_to: target, state: 'abc' })

      const page = await browser.send(`${gatehouse.url}/login/handoff?${query}`)

      assert.equal(page.status, 400)
      assert.equal(page.headers.get('location'), null)
    })
  }

  it('refuse a method, a type or a size that they do not take, without falling over', async () => {
    const send = (init: RequestInit) => fetch(`${gatehouse.url}/login`, { method: 'POST', ...init })

    assert.equal((await send({ body: '{}', headers: { 'content-type': 'application/json' } })).status, 400)
    assert.equal((await send({ body: new URLSearchParams({ username: 'x'.repeat(20_000) }) })).status, 413)
    assert.equal((await send({})).status, 400)
    assert.equal((await fetch(`${gatehouse.url}/healthz`)).status, 200)
  })
})

describe('the first administrator', () => {
  it('is made with the link that is printed at the first start, once [link-replay]', async () => {
    const fresh = await startGatehouse({
      config: (port) => `issuer: http://localhost:${port}\nlisten: { port: ${port} }\n`,
    })
    try {
      const setup = fresh.setupUrl ?? ''
      const browser = new ScriptedBrowser()
      const fields = { username: 'root', password: 'a long enough password', email: '' }
      const form = await browser.open(setup)
      const forged = await new ScriptedBrowser().send(`${fresh.url}/login/setup?token=${'A'.repeat(43)}`, {
        method: 'POST',
        body: new URLSearchParams(fields),
      })
      const page = await browser.submitForm(form, fields)
      const again = await new ScriptedBrowser().send(setup, { method: 'POST', body: new URLSearchParams(fields) })

      assert.equal(forged.status, 410)
      assert.match(page.body, /You are signed in as root/)
      assert.equal(again.status, 410)
    } finally {
      await fresh.stop()
    }
  })
})

describe('an issuer with a path', () => {
  it('has everything below that path', async () => {
    const below = await startGatehouse({
      config: (port) => `issuer: http://localhost:${port}/sso\nlisten: { port: ${port} }\n`,
    })
    try {
      await below.addUser('lara', password)
      const browser = new ScriptedBrowser()
      const discovery = (await (await fetch(`${below.url}/.well-known/openid-configuration`)).json()) as Record<
        string,
        string
      >
      const outside = await fetch(`http://localhost:${below.port}/login`)

      const page = await signIn(browser, { startUrl: `${below.url}/login`, username: 'lara', password })

      assert.equal(discovery['issuer'], below.url)
      assert.equal(discovery['token_endpoint'], `${below.url}/token`)
      assert.equal(outside.status, 404)
      assert.match(page.body, /You are signed in as lara/)
      assert.equal(page.url, `${below.url}/`)
    } finally {
      await below.stop()
    }
  })
})

describe('what is written down', () => {
  it('holds no password, no cookie, no code and no client secret', async () => {
    const { browser } = await signInThrough('company', idp, 'bob')
    const cookie = browser.jar.find('gatehouse_login')?.value ?? ''
    await tryPassword('lara', password)

    const written = gatehouse.log()

    assert.ok(written.length > 0)
    for (const secret of [password, passwordOf(idp, 'bob'), cookie, idp.clientSecret, stranger.clientSecret]) {
      assert.equal(written.includes(secret), false)
    }
    assert.doesNotMatch(written, /code=|id_token|access_token=/)
  })
})
