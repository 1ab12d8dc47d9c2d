/**
 * A browser has one login session; what products and services hold belongs to it and ends with it. Two days are played
 * by changing the store: what the clock or a careful person would do to one of the two sessions and not to the other.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as oidc from 'openid-client'
import { filledIn, parseForms } from './e2e/support/html-forms.ts'
import { type Page, ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { startEchoUpstream } from './support/echo-upstream.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { type RelyingParty, relyingParty, walk, walkToCallback } from './support/relying-party.ts'

const password = 'correct horse battery staple'
const redirectUri = 'http://localhost:1/cb'
const afterLogoutUri = 'http://localhost:1/bye'
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
let gatehouse: Gatehouse
let wiki: string
let app: RelyingParty
let second: RelyingParty
let asking: RelyingParty

before(async () => {
  upstream = await startEchoUpstream()
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
products:
  app:
    product: oidc
    url: http://localhost:1
    redirectUris: [${redirectUri}]
    postLogoutRedirectUris: [${afterLogoutUri}]
    services: [wiki]
    authentication: [{ authenticationClass: gatehouse }]
  second:
    product: oidc
    url: http://localhost:3
    redirectUris: [http://localhost:3/cb]
    authentication: [{ authenticationClass: gatehouse }]
  asking:
    product: oidc
    consent: ask
    url: http://localhost:2
    redirectUris: [http://localhost:2/cb]
    authentication: [{ authenticationClass: gatehouse }]
services:
  wiki:
    url: http://wiki.localhost:${port}
    upstream: http://127.0.0.1:${upstream.port}
    rules: [{ path: /, allow: authenticated }]
`,
  })
  wiki = `http://wiki.localhost:${gatehouse.port}`
  for (const name of ['alice', 'bob']) await gatehouse.addUser(name, password)
  app = await clientOf('app', redirectUri)
  second = await clientOf('second', 'http://localhost:3/cb')
  asking = await clientOf('asking', 'http://localhost:2/cb')
})
after(async () => {
  await gatehouse.stop()
  await upstream.close()
})

async function clientOf(product: string, uri: string): Promise<RelyingParty> {
  const { stdout } = await gatehouse.cli(['clients', 'secret', product])
  return relyingParty({ issuer: gatehouse.url, clientId: product, clientSecret: stdout.trim(), redirectUri: uri })
}

function postLogin(browser: ScriptedBrowser, page: Page, username = 'alice') {
  const [form] = parseForms(page.body)
  assert.ok(form, `no form at ${page.url}: ${page.body.slice(0, 500)}`)
  return browser.send(new URL(form.action, page.url).href, {
    method: 'POST',
    body: filledIn(form, { username, password }),
  })
}

/** Goes to the product and signs in on the way if the browser is asked to. */
async function authorize(browser: ScriptedBrowser, parameters: Record<string, string> = {}, username = 'alice') {
  const request = await app.request(parameters)
  const { page, callback } = await walk(browser, request.url, redirectUri)
  return {
    request,
    callback: callback ?? (await walkToCallback(browser, await postLogin(browser, page, username), redirectUri)),
  }
}

/** Everything that a product can hold for a person. */
interface Held {
  access: string
  refresh: string
  idToken: string
  /** A token for the service. */
  bearer: string
}

async function signInToTheProduct(browser: ScriptedBrowser): Promise<Held> {
  const plain = await authorize(browser)
  const {
    access_token: access,
    refresh_token: refresh = '',
    id_token: idToken = '',
  } = await app.redeem(plain.callback, plain.request)
  const forService = await authorize(browser, { resource: wiki })
  const tokens = await app.redeem(forService.callback, forService.request)
  return { access, refresh, idToken, bearer: tokens.access_token }
}

/** What of it still works, and the refresh token that comes next. */
async function working(held: Held): Promise<{ refresh: boolean; userinfo: boolean; bearer: boolean; next: Held }> {
  const refreshed = await app.token({ grant_type: 'refresh_token', refresh_token: held.refresh })
  const userinfo = await fetch(`${gatehouse.url}/userinfo`, { headers: { authorization: `Bearer ${held.access}` } })
  const gate = await new ScriptedBrowser().send(`${wiki}/api`, {
    headers: { authorization: `Bearer ${held.bearer}`, accept: 'application/json' },
  })
  if (refreshed.status !== 200) assert.equal(refreshed.body['error'], 'invalid_grant')
  return {
    refresh: refreshed.status === 200,
    userinfo: userinfo.status === 200,
    bearer: gate.status === 200,
    next: { ...held, refresh: String(refreshed.body['refresh_token'] ?? '') },
  }
}

async function assertWorks(held: Held): Promise<Held> {
  const { next, ...works } = await working(held)
  assert.deepEqual(works, { refresh: true, userinfo: true, bearer: true })
  return next
}

async function assertEnded(held: Held): Promise<void> {
  const { next: _, ...works } = await working(held)
  assert.deepEqual(works, { refresh: false, userinfo: false, bearer: false })
}

function inStore(sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(gatehouse.folder, 'gatehouse.db'))
  try {
    return database.prepare(sql).all()
  } finally {
    database.close()
  }
}

const sessionsOfAlice = `user_id = (SELECT id FROM users WHERE username = 'alice')`
const logins = () => inStore(`SELECT id_hash FROM sessions WHERE kind = 'login' AND ${sessionsOfAlice}`)

function lose(browser: ScriptedBrowser, ...names: string[]): void {
  for (const name of names) browser.jar.store(gatehouse.url, [`${name}=; Max-Age=0; Path=/`])
}

function plant(browser: ScriptedBrowser, ...lines: string[]): void {
  browser.jar.store(gatehouse.url, lines)
}

const providerCookies = (browser: ScriptedBrowser) =>
  ['gatehouse_provider', 'gatehouse_provider.sig'].map((name) => `${name}=${browser.jar.find(name)?.value}; Path=/`)

/** Ways in which one of the two sessions goes and the other stays, between two sign-ins of one person in one browser. */
const nights: Record<string, (browser: ScriptedBrowser) => unknown> = {
  'the login session expired': () => inStore(`UPDATE sessions SET expires_at = 1 WHERE kind = 'login'`),
  'the login cookie was lost': (browser) => lose(browser, 'gatehouse_login'),
  'all cookies but those of the provider were lost': (browser) => lose(browser, 'gatehouse_login', 'gatehouse_browser'),
  'the cookies of the provider were lost': (browser) => lose(browser, 'gatehouse_provider', 'gatehouse_provider.sig'),
  'the login session expired and the cookies of the provider were lost': (browser) => {
    inStore(`UPDATE sessions SET expires_at = 1 WHERE kind = 'login'`)
    lose(browser, 'gatehouse_provider', 'gatehouse_provider.sig')
  },
  'the person signed in again at Gatehouse': (browser) => signInAtGatehouse(browser),
  'the product demanded a new sign-in': (browser) => authorize(browser, { prompt: 'login' }),
}

const mornings: Record<string, (browser: ScriptedBrowser) => unknown> = {
  'the next sign-in is on the way to the product': () => undefined,
  'the next sign-in is at Gatehouse': (browser) => signInAtGatehouse(browser),
}

function signInAtGatehouse(browser: ScriptedBrowser, username = 'alice'): Promise<Page> {
  const body = new URLSearchParams({ username, password })
  return browser.open(`${gatehouse.url}/login`, { method: 'POST', body })
}

const signOuts: Record<string, (browser: ScriptedBrowser, held: Held) => Promise<unknown>> = {
  'at Gatehouse': (browser) => browser.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' }),
  'at a service': async (browser) => {
    const page = await browser.open(`${wiki}/`)
    assert.equal(page.status, 200, 'signed in at the service through the login session')
    return browser.open(`${wiki}/oauth2/sign_out`)
  },
  'at the product': (browser, { idToken }) => {
    const url = oidc.buildEndSessionUrl(app.config, {
      id_token_hint: idToken,
      post_logout_redirect_uri: afterLogoutUri,
    })
    return walk(browser, url.href, afterLogoutUri)
  },
}

describe('signing out on the second day', () => {
  for (const [night, happens] of Object.entries(nights)) {
    for (const [place, signIn] of Object.entries(mornings)) {
      it(`ends what products hold since both days: ${night}, and ${place} [logout-server-side]`, async () => {
        const browser = new ScriptedBrowser()
        const first = await assertWorks(await signInToTheProduct(browser))
        await happens(browser)
        await signIn(browser)
        const second = await assertWorks(await signInToTheProduct(browser))

        await signOuts['at Gatehouse']?.(browser, second)
        await sleep(100)

        await assertEnded(first)
        await assertEnded(second)
      })
    }
  }

  for (const [place, signOut] of Object.entries(signOuts)) {
    it(`${place} ends what products hold since both days [logout-server-side]`, async () => {
      const browser = new ScriptedBrowser()
      const first = await assertWorks(await signInToTheProduct(browser))
      await nights['the login session expired']?.(browser)
      await mornings['the next sign-in is at Gatehouse']?.(browser)
      const second = await assertWorks(await signInToTheProduct(browser))

      await signOut(browser, second)
      await sleep(100)

      await assertEnded(first)
      await assertEnded(second)
    })
  }

  it('ends what a product holds that was signed in to through a service first', async () => {
    const browser = new ScriptedBrowser()
    const page = await browser.open(`${wiki}/`)
    await browser.follow(await postLogin(browser, page))
    const held = await assertWorks(await signInToTheProduct(browser))

    await browser.open(`${wiki}/oauth2/sign_out`)
    await sleep(100)

    await assertEnded(held)
  })

  it('ends a login session whose cookie was lost', async () => {
    const browser = new ScriptedBrowser()
    const held = await assertWorks(await signInToTheProduct(browser))
    lose(browser, 'gatehouse_login')

    await browser.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' })
    await sleep(100)

    await assertEnded(held)
  })

  it('at a service whose own session has ended asks, and then ends everything and goes on to where the service said', async () => {
    const browser = new ScriptedBrowser()
    const held = await assertWorks(await signInToTheProduct(browser))

    const asked = await browser.open(`${wiki}/oauth2/sign_out?rd=%2Fbye`)
    await assertWorks(held).then((next) => Object.assign(held, next))
    assert.match(asked.body, /still signed in as alice/)
    const [form] = parseForms(asked.body)
    const posted = await browser.send(new URL(form?.action ?? '', asked.url).href, { method: 'POST' })
    await sleep(100)

    assert.equal(posted.headers.get('location'), `${wiki}/bye`)
    await assertEnded(held)
    const again = await browser.send(`${wiki}/oauth2/sign_out?rd=%2Fbye`)
    const gone = await browser.send(again.headers.get('location') ?? '')
    assert.equal(gone.headers.get('location'), `${wiki}/bye`, 'nobody is signed in: nothing is asked')
  })

  it('leads to no address of strangers', async () => {
    const query = new URLSearchParams({ return_to: 'http://evil.test/' })

    const page = await new ScriptedBrowser().send(`${gatehouse.url}/login/signed-out?${query}`)
    const posted = await new ScriptedBrowser().send(`${gatehouse.url}/login/sign-out?${query}`, { method: 'POST' })

    assert.equal(page.status, 200)
    assert.equal(posted.headers.get('location'), '/login/signed-out')
  })

  it('keeps what asked to outlive the session (offline_access), and nothing else of the same product', async () => {
    const browser = new ScriptedBrowser()
    const { request, callback } = await authorize(browser, { scope: 'openid offline_access', prompt: 'consent' }).catch(
      () => ({ request: undefined, callback: undefined }),
    )
    assert.equal(callback, undefined, 'consent is asked for')
    assert.equal(request, undefined)
    const offline = await app.request({ scope: 'openid offline_access', prompt: 'consent' })
    const { page } = await walk(browser, offline.url, redirectUri)
    const agreed = await browser.send(page.url, { method: 'POST', body: new URLSearchParams({ decision: 'allow' }) })
    const kept = await app.redeem(await walkToCallback(browser, agreed, redirectUri), offline)
    const held = await assertWorks(await signInToTheProduct(browser))

    await browser.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' })
    await sleep(100)

    await assertEnded(held)
    const refreshed = await app.token({ grant_type: 'refresh_token', refresh_token: kept.refresh_token ?? '' })
    assert.equal(refreshed.status, 200)
  })
})

describe('a login session that is over', () => {
  it('takes what products hold with it, also when nobody signs out', async () => {
    const held = await assertWorks(await signInToTheProduct(new ScriptedBrowser()))

    inStore(`UPDATE sessions SET expires_at = 1 WHERE kind = 'login'`)

    const { refresh, userinfo } = await working(held)
    assert.deepEqual({ refresh, userinfo }, { refresh: false, userinfo: false })
  })

  it('takes a code with it that was not redeemed', async () => {
    const browser = new ScriptedBrowser()
    const kept = await authorize(browser)
    const late = await authorize(browser)
    await app.redeem(kept.callback, kept.request)

    await browser.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' })

    await assert.rejects(app.redeem(late.callback, late.request), { error: 'invalid_grant' })
  })

  it('gives a product nothing when it ends between the sign-in and the way back to the product', async () => {
    const browser = new ScriptedBrowser()
    const request = await app.request()
    const { page } = await walk(browser, request.url, redirectUri)
    const interaction = await browser.send(
      new URL((await postLogin(browser, page)).headers.get('location') ?? '', page.url).href,
    )
    const resume = interaction.headers.get('location') ?? ''
    assert.match(resume, /\/authorize\//)
    await browser.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' })

    const { page: asked, callback } = await walk(browser, resume, redirectUri)

    assert.equal(callback, undefined)
    assert.match(asked.body, /name="password"/)
    const posted = await postLogin(browser, asked)
    assert.match(await walkToCallback(browser, posted, redirectUri), /code=/, 'after a sign-in it goes on')
  })
})

describe('a sign-out while products are being signed in to', () => {
  it('leaves nothing that lives on [refresh-vs-revoke-race]', async () => {
    for (let round = 0; round < 8; round++) {
      const browser = new ScriptedBrowser()
      await signInAtGatehouse(browser)
      const work = async () => {
        const request = await app.request()
        const { callback } = await walk(browser, request.url, redirectUri)
        return callback && (await app.redeem(callback, request)).refresh_token
      }
      const control = await work()
      assert.ok(control)
      const underWay = Array.from({ length: 4 }, () => work().catch(() => undefined))
      await sleep(round * 4)

      await browser.send(`${gatehouse.url}/login/sign-out`, { method: 'POST' })

      for (const token of [control, ...(await Promise.all(underWay))]) {
        if (token === undefined) continue
        const { status, body } = await app.token({ grant_type: 'refresh_token', refresh_token: token })
        assert.deepEqual([status, body['error']], [400, 'invalid_grant'])
      }
      assert.deepEqual(
        browser.hops.filter((hop) => hop.status >= 500),
        [],
      )
    }
  })
})

describe('a login session that ends while a product waits for a sign-in', () => {
  for (const [end, happens] of Object.entries<(browser: ScriptedBrowser) => unknown>({
    'by its time': () => inStore(`UPDATE sessions SET expires_at = 1 WHERE kind = 'login'`),
    'by its time, and is cleaned away': () => inStore(`DELETE FROM sessions WHERE kind = 'login'`),
    'by a sign-out in another tab': (browser) => browser.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' }),
    'by somebody else in another tab': (browser) => signInAtGatehouse(browser, 'bob'),
  })) {
    it(`${end}, does not keep the person from the product`, async () => {
      const browser = new ScriptedBrowser()
      await authorize(browser)
      const request = await app.request({ prompt: 'login' })
      const { page } = await walk(browser, request.url, redirectUri)
      await happens(browser)

      const callback = await walkToCallback(browser, await postLogin(browser, page), redirectUri)

      assert.equal((await app.redeem(callback, request)).claims()?.['preferred_username'], 'alice')
    })
  }
})

describe('a browser that signs in in two tabs at once', () => {
  it('has one login session, and signing out ends what both tabs brought [session-id-reused]', async () => {
    const before = logins().length
    const browser = new ScriptedBrowser()
    const requests = [await app.request(), await app.request()] as const
    const pages = [await walk(browser, requests[0].url, redirectUri), await walk(browser, requests[1].url, redirectUri)]
    const service = await browser.open(`${wiki}/`)

    const posted = await Promise.all(
      [...pages.map(({ page }) => page), service].map((page) => postLogin(browser, page)),
    )
    const callbacks = await Promise.all(posted.slice(0, 2).map((page) => walkToCallback(browser, page, redirectUri)))
    await browser.follow(posted[2] ?? assert.fail())
    assert.equal((await browser.open(`${wiki}/`)).status, 200)
    const tokens = await Promise.all(requests.map((request, tab) => app.redeem(callbacks[tab] ?? '', request)))
    for (const { access_token: token } of tokens) assert.equal((await app.introspect(token)).active, true)
    assert.equal(logins().length, before + 1)
    await browser.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' })
    await sleep(100)

    for (const { access_token: token } of tokens) assert.equal((await app.introspect(token)).active, false)
    assert.match((await browser.open(`${wiki}/`)).body, /name="password"/)
    assert.equal(logins().length, before)
  })

  it('is let in by every one of four, and has one login session', async () => {
    const before = logins().length
    const browser = new ScriptedBrowser()
    await browser.open(`${gatehouse.url}/login`)
    const body = new URLSearchParams({ username: 'alice', password })

    const answers = await Promise.all(
      Array.from({ length: 4 }, () => browser.send(`${gatehouse.url}/login`, { method: 'POST', body })),
    )

    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [303])
    assert.equal(logins().length, before + 1)
    await browser.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' })
  })

  it('keeps what each of several tabs gets that products open at once', async () => {
    for (let round = 0; round < 5; round++) {
      const browser = new ScriptedBrowser()
      await signInAtGatehouse(browser)
      const open = async (client: RelyingParty) => {
        const request = await client.request()
        return { client, request, ...(await walk(browser, request.url, client.redirectUri)) }
      }
      await open(asking)

      const opened = await Promise.all([open(app), open(second), open(app)])

      for (const { client, request, callback = '' } of opened) {
        const tokens = await client.redeem(callback, request)
        assert.equal((await client.introspect(tokens.access_token)).active, true)
      }
    }
  })

  it('gives two people in one browser different subjects and sessions [session-id-reused]', async () => {
    const browser = new ScriptedBrowser()
    const first = await authorize(browser, { resource: wiki })
    const ofAlice = await app.redeem(first.callback, first.request)
    const again = await app.request({ prompt: 'login', resource: wiki })
    const { page } = await walk(browser, again.url, redirectUri)
    const callback = await walkToCallback(browser, await postLogin(browser, page, 'bob'), redirectUri)
    const ofBob = await app.redeem(callback, again)

    const [alice, bob] = [ofAlice, ofBob].map(({ access_token: token }) =>
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()),
    )
    assert.notEqual(alice.sub, bob.sub)
    assert.ok(alice.sid && bob.sid && alice.sid !== bob.sid)
    assert.equal(
      (await app.token({ grant_type: 'refresh_token', refresh_token: ofAlice.refresh_token ?? '' })).body['error'],
      'invalid_grant',
    )
  })
})

describe('a cookie of another browser', () => {
  it('of the provider alone gives no product anything, and takes nothing from its owner [fixation-login]', async () => {
    const owner = new ScriptedBrowser()
    await authorize(owner)
    const other = new ScriptedBrowser()
    plant(other, ...providerCookies(owner))

    const { callback, page } = await walk(other, (await app.request()).url, redirectUri)

    assert.equal(callback, undefined)
    assert.match(page.body, /name="password"/)
    assert.match((await walk(owner, (await app.request()).url, redirectUri)).callback ?? '', /code=/)
  })

  it('of the provider beside a login session of the same person is not used [fixation-login]', async () => {
    const [one, two] = [new ScriptedBrowser(), new ScriptedBrowser()]
    const ofOne = await signInToTheProduct(one)
    await signInToTheProduct(two)
    plant(two, ...providerCookies(one))
    const held = await assertWorks(await signInToTheProduct(two))

    await one.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' })
    await sleep(100)

    await assertEnded(ofOne)
    const kept = await assertWorks(held)
    await two.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' })
    await sleep(100)
    await assertEnded(kept)
  })

  it('with a finished sign-in gives no session of the one who finished it [code-from-foreign-page]', async () => {
    const attacker = new ScriptedBrowser()
    const request = await app.request()
    const { page } = await walk(attacker, request.url, redirectUri)
    const finished = await attacker.send(
      new URL((await postLogin(attacker, page)).headers.get('location') ?? '', page.url).href,
    )
    const resume = finished.headers.get('location') ?? ''
    const victim = new ScriptedBrowser()
    for (const { name, value, path } of attacker.jar.cookies) {
      if (/interaction|resume/.test(name)) plant(victim, `${name}=${value}; Path=${path}`)
    }

    const taken = await walk(victim, resume, redirectUri)

    assert.equal(taken.callback, undefined)
    assert.equal(victim.jar.find('gatehouse_provider'), undefined)
    assert.match((await victim.open(gatehouse.url)).body, /name="password"/)
    assert.match((await walk(attacker, resume, redirectUri)).callback ?? '', /code=/)
  })

  it('with a finished sign-in gives nothing at the address of another one either [code-from-foreign-page]', async () => {
    const attacker = new ScriptedBrowser()
    const { page } = await walk(attacker, (await app.request()).url, redirectUri)
    const posted = await postLogin(attacker, page, 'bob')
    const finished = await attacker.send(new URL(posted.headers.get('location') ?? '', page.url).href)
    const resume = finished.headers.get('location') ?? ''
    const victim = new ScriptedBrowser()
    await signInAtGatehouse(victim)
    for (const { name, value } of attacker.jar.cookies) {
      if (/interaction|resume/.test(name)) plant(victim, `${name}=${value}; Path=/`)
    }

    for (const uid of ['AAAAAAAAAAAAAAAAAAAAA', new URL(resume).pathname.split('/').at(-1) ?? '']) {
      const answers = [`${gatehouse.url}/authorize/${uid}`, `${gatehouse.url}/interaction/${uid}`].map((url) =>
        victim.send(url),
      )
      for (const { headers } of await Promise.all(answers)) {
        assert.doesNotMatch(headers.get('location') ?? '', /code=/)
        assert.deepEqual(
          headers.getSetCookie().filter((line) => line.startsWith('gatehouse_provider')),
          [],
        )
      }
    }
    assert.equal((await victim.send(`${gatehouse.url}/interaction/AAAAAAAAAAAAAAAAAAAAA`)).status, 400)
    const own = await walk(victim, (await app.request()).url, redirectUri)
    assert.match(own.callback ?? '', /code=/, 'the own cookies, whose path is longer, come first')
    assert.match((await walk(attacker, resume, redirectUri)).callback ?? '', /code=/)
  })

  it('with a page that asks for consent lets nobody agree for somebody else', async () => {
    const bob = new ScriptedBrowser()
    const request = await asking.request()
    const { page } = await walk(bob, request.url, asking.redirectUri)
    const { page: consent } = await walk(
      bob,
      new URL((await postLogin(bob, page, 'bob')).headers.get('location') ?? '', page.url).href,
      asking.redirectUri,
    )
    assert.match(consent.body, /value="allow"/)
    const alice = new ScriptedBrowser()
    await authorize(alice)
    for (const { name, value, path } of bob.jar.cookies) {
      if (/interaction|resume/.test(name)) plant(alice, `${name}=${value}; Path=${path}`)
    }

    const shown = await alice.send(consent.url)
    const agreed = await alice.send(consent.url, { method: 'POST', body: new URLSearchParams({ decision: 'allow' }) })

    assert.deepEqual([shown.status, agreed.status], [400, 400])
    const own = await bob.send(consent.url, { method: 'POST', body: new URLSearchParams({ decision: 'allow' }) })
    assert.match(await walkToCallback(bob, own, asking.redirectUri), /code=/)
  })
})
