import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { type DevIdp, startDevIdp } from '../../src/dev-idp/index.ts'
import { openStore } from '../../src/store/index.ts'
import { createSealer } from '../../src/store/sealing.ts'
import { filledIn, parseForms } from '../e2e/support/html-forms.ts'
import { type Page, ScriptedBrowser, signIn } from '../e2e/support/scripted-browser.ts'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import { type RelyingParty, relyingParty, walk, walkToCallback } from '../support/relying-party.ts'
import { storedRows } from './stored-rows.ts'

const password = 'correct horse battery staple'
const redirectUri = 'http://localhost:1/cb'
let idp: DevIdp
let gatehouse: Gatehouse
let wiki: string
let product: RelyingParty
/** Of the start, before there was anybody. */
let setupToken: string

before(async () => {
  idp = await startDevIdp()
  gatehouse = await startGatehouse({ config, env: { IDP_SECRET: idp.clientSecret } })
  setupToken = new URL(gatehouse.setupUrl ?? '').searchParams.get('token') ?? ''
  wiki = `http://wiki.localhost:${gatehouse.port}`
  await gatehouse.addUser('alice', password)
  const { stdout } = await gatehouse.cli(['clients', 'secret', 'app'])
  product = await relyingParty({ issuer: gatehouse.url, clientId: 'app', clientSecret: stdout.trim(), redirectUri })
})
after(async () => {
  await gatehouse.stop()
  await idp.close()
})

function config(port: number): string {
  return JSON.stringify({
    issuer: `http://localhost:${port}`,
    listen: { port },
    authenticationClasses: { company: idp.authenticationClass },
    login: [{ authenticationClass: 'company', oidc: { clientCredentialsSecret: 'company' } }, { local: {} }],
    secrets: { company: { clientId: idp.clientId, clientSecret: '${env:IDP_SECRET}' } },
    services: {
      wiki: {
        url: `http://wiki.localhost:${port}`,
        upstream: 'http://127.0.0.1:9',
        rules: [{ path: '/', allow: 'authenticated' }],
      },
    },
    products: {
      app: {
        product: 'oidc',
        url: 'http://localhost:1',
        redirectUris: [redirectUri],
        authentication: [{ authenticationClass: 'gatehouse' }],
      },
    },
  })
}

async function signedIn(): Promise<ScriptedBrowser> {
  const browser = new ScriptedBrowser()
  await signIn(browser, { startUrl: `${gatehouse.url}/login`, username: 'alice', password })
  return browser
}

/** A code for the product, and what redeems it. */
async function codeFor(browser: ScriptedBrowser) {
  const request = await product.request({ scope: 'openid offline_access' })
  const { page, callback } = await walk(browser, request.url, redirectUri)
  const at = callback ?? (await walkToCallback(browser, page, redirectUri))
  return { code: new URL(at).searchParams.get('code') ?? '', verifier: request.codeVerifier }
}

const redeem = ({ code, verifier }: { code: string; verifier: string }) =>
  product.token({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier })

/** Until the provider sends back; `page` is its redirect. */
async function untilProviderAnswers(browser: ScriptedBrowser): Promise<string> {
  let page: Page = await browser.send(`${gatehouse.url}/login/start?provider=company`)
  for (let hops = 0; hops < 10; hops++) {
    const location = page.headers.get('location')
    const [form] = parseForms(page.body)
    if (location !== null) {
      const next = new URL(location, page.url).href
      if (next.startsWith(`${gatehouse.url}/callback/`)) return next
      page = await browser.send(next)
    } else if (form) {
      const person = idp.users.find(({ username }) => username === 'bob')
      const body = filledIn(form, { username: 'bob', password: person?.password ?? '' })
      page = await browser.send(new URL(form.action, page.url).href, { method: 'POST', body })
    } else throw new Error(`stuck at ${page.url}`)
  }
  throw new Error('too many hops')
}

const sets = (page: Page, name: string) =>
  page.headers.getSetCookie().some((line) => new RegExp(`^${name}=[^;]`).test(line))

/** Secrets of every purpose, fresh. */
async function artefacts(): Promise<Record<string, string>> {
  const browser = await signedIn()
  const start = await browser.send(`${wiki}/oauth2/start?rd=/`)
  const handoff = await browser.send(start.headers.get('location') ?? '')
  const handoffCode = new URL(handoff.headers.get('location') ?? '').searchParams.get('code') ?? ''
  await browser.open(`${wiki}/oauth2/start?rd=%2Foauth2%2Fuserinfo`)
  const { body: tokens } = await redeem(await codeFor(browser))
  const { body: pushed } = await push()
  const waiting = await new ScriptedBrowser().open((await product.request()).url)
  const begun = await new ScriptedBrowser().send(`${gatehouse.url}/login/start?provider=company`)
  const cookieOf = (name: string, host = 'localhost') => browser.jar.find(name, host)?.value ?? ''
  return {
    'set-up link': setupToken,
    'code of the gate': handoffCode,
    'code of the provider': (await codeFor(browser)).code,
    'refresh token': String(tokens['refresh_token']),
    'access token': String(tokens['access_token']),
    'ID token': String(tokens['id_token']),
    'pushed request': String(pushed['request_uri']).split(':').at(-1) ?? '',
    interaction: new URL(waiting.url).searchParams.get('interaction') ?? '',
    'state at a provider': new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? '',
    'sealed attempt':
      begun.headers
        .getSetCookie()
        .find((line) => line.includes('gatehouse_tx_'))
        ?.split(/[=;]/)[1] ?? '',
    'login session': cookieOf('gatehouse_login'),
    'session at a service': cookieOf('gatehouse_session', 'wiki.localhost'),
    'session of the provider': cookieOf('gatehouse_provider'),
  }
}

async function push() {
  const request = new URL((await product.request()).url)
  const { stdout } = await gatehouse.cli(['clients', 'secret', 'app'])
  const response = await fetch(`${gatehouse.url}/par`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`app:${stdout.trim()}`).toString('base64')}` },
    body: request.searchParams,
  })
  return { body: (await response.json()) as Record<string, unknown> }
}

const stranger = (path: string, cookie?: string, host = gatehouse.url) =>
  new ScriptedBrowser().send(`${host}${path}`, cookie === undefined ? {} : { headers: { cookie } })

const asBearer = (url: string, token: string) =>
  new ScriptedBrowser().send(url, { headers: { authorization: `Bearer ${token}` } })

/** Each place that takes a secret, and whether it took this one. */
const consumers: Readonly<Record<string, { takes: string; accepts(secret: string): Promise<boolean> }>> = {
  'the set-up page': {
    takes: 'set-up link',
    accepts: async (secret) => {
      const fields = { username: 'eve', password: 'a long enough password', email: '' }
      const page = await new ScriptedBrowser().send(
        `${gatehouse.url}/login/setup?${new URLSearchParams({ token: secret })}`,
        { method: 'POST', body: new URLSearchParams(fields) },
      )
      return sets(page, 'gatehouse_login')
    },
  },
  'the callback of a service': {
    takes: 'code of the gate',
    accepts: async (secret) => {
      const browser = new ScriptedBrowser()
      const start = await browser.send(`${wiki}/oauth2/start?rd=/`)
      const state = new URL(start.headers.get('location') ?? '').searchParams.get('state') ?? ''
      const page = await browser.send(`${wiki}/oauth2/callback?${new URLSearchParams({ code: secret, state })}`)
      return sets(page, 'gatehouse_session')
    },
  },
  'the token endpoint, as a code': {
    takes: 'code of the provider',
    accepts: async (secret) => (await redeem({ code: secret, verifier: 'v'.repeat(43) })).status === 200,
  },
  'the token endpoint, as a refresh token': {
    takes: 'refresh token',
    accepts: async (secret) =>
      (await product.token({ grant_type: 'refresh_token', refresh_token: secret })).status === 200,
  },
  userinfo: {
    takes: 'access token',
    accepts: async (secret) => (await asBearer(`${gatehouse.url}/userinfo`, secret)).status === 200,
  },
  'the gate, as a token': {
    takes: '',
    accepts: async (secret) => (await asBearer(`${wiki}/oauth2/userinfo`, secret)).status === 200,
  },
  'the gate, as a session': {
    takes: 'session at a service',
    accepts: async (secret) => (await stranger('/oauth2/userinfo', `gatehouse_session=${secret}`, wiki)).status === 200,
  },
  'the pages, as a session': {
    takes: 'login session',
    accepts: async (secret) => (await stranger('/', `gatehouse_login=${secret}`)).status === 200,
  },
  'the provider, as its session': {
    takes: 'session of the provider',
    accepts: async (secret) => {
      const { url } = await product.request({ prompt: 'none' })
      const page = await new ScriptedBrowser().send(url, { headers: { cookie: `gatehouse_provider=${secret}` } })
      return (page.headers.get('location') ?? '').includes('code=')
    },
  },
  'an interaction': {
    takes: '',
    accepts: async (secret) => {
      const page = await stranger(`/interaction/${secret}`, `gatehouse_interaction=${secret}`)
      return page.status < 400
    },
  },
  'the callback of a provider': {
    takes: '',
    accepts: async (secret) => {
      const query = new URLSearchParams({ state: secret, code: 'x' })
      return sets(await stranger(`/callback/company?${query}`), 'gatehouse_login')
    },
  },
  'the page after sign-out': {
    takes: '',
    accepts: async (secret) =>
      (await stranger(`/login/signed-out?${new URLSearchParams({ state: secret })}`)).headers.get('location') !== null,
  },
}

describe('a secret for one purpose', () => {
  it('is worth nothing for any other, and is not used up there [purpose-cross-use] [id-token-as-access]', async () => {
    const made = await artefacts()
    assert.deepEqual(
      Object.entries(made).filter(([, secret]) => secret.length < 16),
      [],
      'every secret is there',
    )
    const rows = storedRows(gatehouse.folder)

    const wrong: string[] = []
    for (const [place, { takes, accepts }] of Object.entries(consumers)) {
      for (const [name, secret] of Object.entries(made)) {
        if (name !== takes && (await accepts(secret))) wrong.push(`${place} takes the ${name}`)
      }
    }

    assert.deepEqual(wrong, [])
    assert.equal(storedRows(gatehouse.folder)['users'], rows['users'])
    // Where they belong they work, after all of that.
    for (const place of ['userinfo', 'the gate, as a session', 'the pages, as a session'] as const) {
      const { takes, accepts } = consumers[place] ?? assert.fail()
      assert.ok(await accepts(made[takes] ?? ''), place)
    }
    const { accepts } = consumers['the token endpoint, as a refresh token'] ?? assert.fail()
    assert.ok(await accepts(made['refresh token'] ?? ''))
  })

  it('is found in the store under its own purpose alone, and stays there [purpose-cross-use]', async () => {
    const store = await openStore('sqlite:./purposes.db', mkdtempSync(join(tmpdir(), 'gatehouse-purposes-')))
    const purposes = ['handoff', 'login-state', 'setup-link', 'sign-out'] as const
    const expiresAt = 1_800_000_000_000

    for (const made of purposes) {
      const secret = `a secret for ${made}`
      await store.singleUse.put(made, secret, { made }, expiresAt)
      for (const asked of purposes.filter((purpose) => purpose !== made)) {
        assert.equal(await store.singleUse.take(asked, secret, 0), undefined, `${made} as ${asked}`)
      }
      assert.deepEqual(await store.singleUse.take(made, secret, 0), { made })
    }
    await store.close()
  })

  it('opens a sealed text with the key of that purpose alone, and no derived secret is another [key-separation]', async () => {
    const sealer = createSealer(Buffer.alloc(32, 7))
    const purposes = ['signing-key', 'login-transaction', 'id-token'] as const

    for (const made of purposes) {
      const sealed = await sealer.seal(made, 'text')
      for (const asked of purposes) {
        assert.equal(await sealer.open(asked, sealed), asked === made ? 'text' : undefined, `${made} as ${asked}`)
      }
    }
    const labels = [
      'provider-cookies',
      'client-secret:app',
      'client-secret:other',
      ...purposes.map((name) => `seal:${name}`),
    ]
    assert.equal(new Set(labels.map((label) => sealer.derive(label))).size, labels.length)
  })
})

describe('the state of a sign-in', () => {
  it('is made here, whatever a request says [state-server-issued]', async () => {
    const chosen = 'A'.repeat(43)
    const answers = await Promise.all([
      stranger(`/login/start?provider=company&state=${chosen}&nonce=${chosen}&code_challenge=${chosen}`),
      stranger(`/login/start?provider=company&interaction=${chosen}&service=wiki&state=${chosen}`),
      stranger(`/oauth2/start?rd=/&state=${chosen}`, undefined, wiki),
      stranger(`/oauth2/start?rd=/&state=${chosen}`, `gatehouse_state_AAAAAAAA=${chosen}`, wiki),
    ])

    for (const { headers, url } of answers) {
      const given = new URL(headers.get('location') ?? '').searchParams
      assert.ok((given.get('state') ?? '').length >= 32, url)
      assert.notEqual(given.get('state'), chosen)
      assert.notEqual(given.get('nonce'), chosen)
      assert.equal(headers.getSetCookie().join().includes(chosen), false)
    }
  })

  it('opens for no flipped bit of its sealed cookie, and every one gets the same answer [cookie-padding-oracle]', async () => {
    const browser = new ScriptedBrowser()
    const callback = await untilProviderAnswers(browser)
    const cookie =
      (browser.jar.header(callback) ?? '').split('; ').find((pair) => pair.startsWith('gatehouse_tx_')) ?? ''
    const [name, sealed = ''] = cookie.split('=')
    const flip = (at: number) => `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`
    const places = Array.from({ length: 60 }, (_, at) => Math.floor((at * (sealed.length - 2)) / 60))

    const answers = new Set<string>()
    for (const bent of [
      ...places.map(flip),
      sealed.slice(0, -8),
      `${sealed}AAAA`,
      sealed.split('.').reverse().join('.'),
    ]) {
      const page = await stranger(callback.slice(gatehouse.url.length), `${name}=${bent}`)
      assert.equal(sets(page, 'gatehouse_login'), false)
      answers.add(`${page.status} ${page.body.replace(/[0-9a-f]{16}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, '')}`)
    }

    assert.equal(answers.size, 1, [...answers].join('\n').slice(0, 2000))
    assert.ok(sets(await browser.send(callback), 'gatehouse_login'), 'the cookie as it is signs in')
  })

  it('is taken before anybody is asked: a second answer is known as one [state-single-use]', async () => {
    const browser = new ScriptedBrowser()
    const callback = await untilProviderAnswers(browser)
    const cookie = browser.jar.header(callback) ?? ''
    assert.ok(sets(await browser.send(callback), 'gatehouse_login'))

    const again = await stranger(callback.slice(gatehouse.url.length), cookie)

    assert.match(again.body, /login-replayed/)
    assert.equal(sets(again, 'gatehouse_login'), false)
  })

  it('gives no code to a browser that did not begin [code-from-foreign-page]', async () => {
    const request = await product.request()
    const victim = await signedIn()
    const begun = await new ScriptedBrowser().send(request.url)
    const interaction = new URL(begun.headers.get('location') ?? '', gatehouse.url).pathname
    const uid = interaction.split('/').at(-1)

    const pages = [
      await victim.send(gatehouse.url + interaction),
      await victim.send(`${gatehouse.url}/authorize/${uid}`),
    ]

    for (const { status, headers } of pages) {
      assert.equal(headers.get('location'), null)
      assert.ok(status >= 400 && status < 500, String(status))
    }
  })
})

describe('what a restart does not forget', () => {
  it('a spent refresh token, whose family ends when it comes back [refresh-reuse-after-restart]', async () => {
    const { body: first } = await redeem(await codeFor(await signedIn()))
    const second = await product.token({ grant_type: 'refresh_token', refresh_token: String(first['refresh_token']) })
    assert.equal(second.status, 200)

    await gatehouse.kill()
    await gatehouse.restart()
    // Products refresh twice at once: only what comes back after ten seconds is a theft.
    const early = await product.token({ grant_type: 'refresh_token', refresh_token: String(first['refresh_token']) })
    assert.equal(early.body['refresh_token'], second.body['refresh_token'])
    const database = new DatabaseSync(join(gatehouse.folder, 'gatehouse.db'))
    database.exec(`UPDATE provider_payloads SET consumed_at = consumed_at - 20000 WHERE kind = 'RefreshToken'`)
    database.close()
    const reused = await product.token({ grant_type: 'refresh_token', refresh_token: String(first['refresh_token']) })
    const family = await product.token({
      grant_type: 'refresh_token',
      refresh_token: String(second.body['refresh_token']),
    })

    assert.deepEqual([reused.body['error'], family.body['error']], ['invalid_grant', 'invalid_grant'])
  })

  it('and a way in that is none any more finishes no sign-in that has begun [idp-disabled-mid-flow]', async () => {
    const browser = new ScriptedBrowser()
    const callback = await untilProviderAnswers(browser)
    const before = readFileSync(gatehouse.configFile, 'utf8')
    const without = JSON.parse(before) as { login: unknown[] }
    without.login = [{ local: {} }]
    const users = storedRows(gatehouse.folder)['users']

    writeFileSync(gatehouse.configFile, JSON.stringify(without))
    await gatehouse.kill()
    await gatehouse.restart()
    const refused = await browser.send(callback)
    writeFileSync(gatehouse.configFile, before)
    await gatehouse.kill()
    await gatehouse.restart()

    assert.equal(refused.status, 404)
    assert.equal(sets(refused, 'gatehouse_login'), false)
    assert.equal(storedRows(gatehouse.folder)['users'], users)
    assert.ok(sets(await browser.send(callback), 'gatehouse_login'), 'as a way in it finishes')
  })
})

describe('the page of the first administrator', () => {
  it('makes nobody once there is somebody, not even with its own link [register-when-off] [link-replay]', async () => {
    const before = storedRows(gatehouse.folder)
    const fields = { username: 'eve', password: 'a long enough password', email: '' }
    const send = (method: string, token: string) =>
      new ScriptedBrowser().send(`${gatehouse.url}/login/setup?token=${token}`, {
        method,
        ...(method === 'POST' ? { body: new URLSearchParams(fields) } : {}),
      })

    const answers = [
      await send('GET', setupToken),
      await send('POST', setupToken),
      await send('POST', 'A'.repeat(43)),
      await send('POST', ''),
    ]
    await gatehouse.cli(['users', 'deactivate', 'alice'])
    answers.push(await send('POST', setupToken))
    await gatehouse.cli(['users', 'activate', 'alice'])

    assert.deepEqual(
      answers.map(({ status }) => status),
      [410, 410, 410, 410, 410],
    )
    assert.equal(storedRows(gatehouse.folder)['users'], before['users'])
    assert.equal(gatehouse.setupUrl, undefined, 'a start prints no link when there is somebody')
  })
})
