/**
 * A product may demand a new sign-in (prompt=login, max_age) or a certain person (id_token_hint). What it demands is kept by the
 * server: nothing that the person at the browser leaves out or changes makes an old sign-in count.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, beforeEach, describe, it } from 'node:test'
import { decodeJwt } from 'jose'
import { filledIn, parseForms } from './e2e/support/html-forms.ts'
import { type Page, ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { type AnyUserIdp, startAnyUserIdp } from './support/any-user-idp.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import {
  type AuthorizationRequest,
  type RelyingParty,
  relyingParty,
  walk,
  walkToCallback,
} from './support/relying-party.ts'

const password = 'correct horse battery staple'
const redirectUri = 'http://localhost:1/cb'
let idp: AnyUserIdp
let gatehouse: Gatehouse
let app: RelyingParty

before(async () => {
  idp = await startAnyUserIdp()
  const oidc = `{ hostname: localhost, port: ${idp.port}, principalClaim: preferred_username }`
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
authenticationClasses: { crowd: { oidc: ${oidc} }, other: { oidc: ${oidc} } }
login:
  - { authenticationClass: crowd, oidc: { clientCredentialsSecret: crowd } }
  - { authenticationClass: other, oidc: { clientCredentialsSecret: crowd } }
  - { local: {} }
secrets: { crowd: { clientId: gatehouse, clientSecret: "\${env:CROWD_SECRET}" } }
products:
  app:
    product: oidc
    url: http://localhost:1
    redirectUris: [${redirectUri}]
    authentication: [{ authenticationClass: gatehouse }]
`,
    env: { CROWD_SECRET: 'test-secret' },
  })
  for (const name of ['lara', 'bob']) await gatehouse.addUser(name, password)
  const { stdout } = await gatehouse.cli(['clients', 'secret', 'app'])
  app = await relyingParty({ issuer: gatehouse.url, clientId: 'app', clientSecret: stdout.trim(), redirectUri })
})
after(async () => {
  await gatehouse.stop()
  await idp.close()
})
beforeEach(() => {
  idp.authTime = undefined
  idp.next = { name: 'carol', groups: [] }
})

const seconds = () => Math.floor(Date.now() / 1000)
const uidOf = ({ url }: { url: string }) => new URL(url).searchParams.get('interaction') ?? ''

/** The first redirect to the identity provider, for a way in that the person chose. */
async function choose(browser: ScriptedBrowser, uid: string, query = '', way = 'crowd'): Promise<URL> {
  const page = await browser.send(`${gatehouse.url}/login/start?provider=${way}&interaction=${uid}${query}`)
  return new URL(page.headers.get('location') ?? assert.fail(page.body))
}

/** A browser whose person is signed in, with a proof of the given age. */
async function signedIn({ ageInSeconds = 0 } = {}): Promise<ScriptedBrowser> {
  const browser = new ScriptedBrowser()
  idp.authTime = seconds() - ageInSeconds
  await browser.open(`${gatehouse.url}/login/start?provider=crowd`)
  idp.authTime = undefined
  return browser
}

async function asked(browser: ScriptedBrowser, request: AuthorizationRequest): Promise<Page> {
  const { page, callback } = await walk(browser, request.url, redirectUri)
  assert.equal(callback, undefined, 'the product gets nothing before a sign-in')
  assert.match(page.body, /name="password"/)
  return page
}

async function authTimeAt(callback: string, request: AuthorizationRequest): Promise<number> {
  return Number(decodeJwt((await app.redeem(callback, request)).id_token ?? '')['auth_time'])
}

function postLogin(browser: ScriptedBrowser, page: Page, username: string): Promise<Page> {
  const form =
    parseForms(page.body).find(({ fields }) => fields.some(({ name }) => name === 'password')) ?? assert.fail(page.body)
  return browser.send(new URL(form.action, page.url).href, {
    method: 'POST',
    body: filledIn(form, { username, password }),
  })
}

/** The request, sent to the server beforehand (RFC 9126): the browser carries a reference only. */
async function pushed(parameters: Record<string, string>): Promise<AuthorizationRequest> {
  const request = await app.request(parameters)
  const { stdout } = await gatehouse.cli(['clients', 'secret', 'app'])
  const response = await fetch(`${gatehouse.url}/par`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`app:${encodeURIComponent(stdout.trim())}`).toString('base64')}` },
    body: new URL(request.url).searchParams,
  })
  const { request_uri: reference } = (await response.json()) as { request_uri: string }
  assert.equal(response.status, 201)
  return {
    ...request,
    url: `${gatehouse.url}/authorize?${new URLSearchParams({ client_id: 'app', request_uri: reference })}`,
  }
}

const demands: Record<string, () => Promise<AuthorizationRequest>> = {
  'prompt=login': () => app.request({ prompt: 'login' }),
  'prompt=login consent': () => app.request({ prompt: 'login consent' }),
  'max_age=0': () => app.request({ max_age: '0' }),
  'prompt=login and max_age=0': () => app.request({ prompt: 'login', max_age: '0' }),
  'max_age, and the proof is older': () => app.request({ max_age: '60' }),
  'prompt=login in a pushed request': () => pushed({ prompt: 'login' }),
  'max_age=0 in a pushed request': () => pushed({ max_age: '0' }),
}

describe('a product that demands a new sign-in', () => {
  for (const [title, demand] of Object.entries(demands)) {
    it(`has the provider asked for one, whatever the address says: ${title} [step-up-any-method]`, async () => {
      const browser = await signedIn({ ageInSeconds: 3600 })
      const request = await demand()
      const uid = uidOf(await asked(browser, request))

      for (const query of ['', '&fresh=0', '&fresh=', '&fresh=1']) {
        const { searchParams } = await choose(browser, uid, query)
        assert.deepEqual([searchParams.get('prompt'), searchParams.get('max_age')], ['login', '0'], query)
      }
    })

    it(`does not take an earlier sign-in for a new one when the provider answers with it: ${title} [step-up-any-method]`, async () => {
      const browser = await signedIn({ ageInSeconds: 3600 })
      const request = await demand()
      const uid = uidOf(await asked(browser, request))
      idp.authTime = seconds() - 3600

      const { callback, page } = await walk(browser, (await choose(browser, uid)).href, redirectUri)

      assert.equal(callback, undefined)
      assert.equal(page.status, 403)
      assert.match(page.body, /sign-in-not-fresh/)
      assert.equal((await walk(browser, `${gatehouse.url}/interaction/${uid}`, redirectUri)).callback, undefined)
    })
  }

  it('gets a code after a new sign-in, and is told when that was [step-up-any-method]', async () => {
    const browser = await signedIn({ ageInSeconds: 3600 })
    const request = await app.request({ prompt: 'login' })
    const uid = uidOf(await asked(browser, request))
    // Within what clocks may differ by.
    idp.authTime = seconds() - 20

    const { callback } = await walk(browser, (await choose(browser, uid)).href, redirectUri)

    assert.equal(await authTimeAt(callback ?? '', request), idp.authTime)
  })

  it('gets a code after a password, and not for a password given to another request [step-up-any-method]', async () => {
    const browser = new ScriptedBrowser()
    const [request, another] = [await app.request({ prompt: 'login' }), await app.request({ prompt: 'login' })]
    const [page, anotherPage] = [await asked(browser, request), await asked(browser, another)]

    const posted = await postLogin(browser, anotherPage, 'lara')
    const stolen = await walk(browser, `${gatehouse.url}/interaction/${uidOf(page)}`, redirectUri)
    const callback = await walkToCallback(browser, posted, redirectUri)

    assert.equal(stolen.callback, undefined)
    assert.ok(seconds() - (await authTimeAt(callback, another)) < 30)
    const again = await walkToCallback(browser, await postLogin(browser, page, 'lara'), redirectUri)
    assert.ok(seconds() - (await authTimeAt(again, request)) < 30)
  })

  it('gets nothing for a sign-in that began before it asked, or for no request [step-up-any-method]', async () => {
    const browser = new ScriptedBrowser()
    const early = await choose(browser, '')
    const request = await app.request({ prompt: 'login' })
    const uid = uidOf(await asked(browser, request))

    await browser.open(early.href)

    assert.match((await browser.open(gatehouse.url)).body, /signed in as carol/)
    assert.equal((await walk(browser, `${gatehouse.url}/interaction/${uid}`, redirectUri)).callback, undefined)
  })

  it('gets nothing for a sign-in at another way in whose answer is brought back to the first [step-up-any-method]', async () => {
    const browser = await signedIn()
    const request = await app.request({ prompt: 'login' })
    const uid = uidOf(await asked(browser, request))
    const ways = [await choose(browser, uid, '', 'crowd'), await choose(browser, uid, '', 'other')] as const
    const callback = new URL(
      String((await untilCallback(browser, ways[1])).href).replace('/callback/other', '/callback/crowd'),
    )

    const page = await browser.open(callback.href)

    assert.match(page.body, /login-expired/)
    assert.ok((await walk(browser, ways[0].href, redirectUri)).callback)
  })

  it('gets nothing for a new sign-in of another browser [code-from-foreign-page]', async () => {
    const [browser, other] = [await signedIn(), new ScriptedBrowser()]
    const request = await app.request({ prompt: 'login' })
    const uid = uidOf(await asked(browser, request))

    const elsewhere = await walk(other, (await choose(other, uid)).href, redirectUri)

    assert.equal(elsewhere.callback, undefined)
    assert.match(elsewhere.page.body, /login-expired/)
    assert.equal((await walk(browser, `${gatehouse.url}/interaction/${uid}`, redirectUri)).callback, undefined)
  })

  it('gets nobody for the new sign-in of somebody else who left before agreeing [step-up-any-method]', async () => {
    const browser = await signedIn({ ageInSeconds: 3600 })
    const request = await app.request({ prompt: 'login consent', scope: 'openid offline_access' })
    const page = await asked(browser, request)
    const posted = await postLogin(browser, page, 'bob')
    const { page: consent } = await walk(
      browser,
      new URL(posted.headers.get('location') ?? '', page.url).href,
      redirectUri,
    )
    assert.match(consent.body, /value="allow"/)
    await browser.open(`${gatehouse.url}/login/sign-out`, { method: 'POST' })

    const uid = new URL(consent.url).pathname.split('/').at(-1) ?? ''
    const { page: next, callback } = await walk(browser, (await choose(browser, uid)).href, redirectUri)

    assert.equal(callback, undefined)
    assert.match(next.body, /name="password"/, 'carol, whom the provider still knows, must sign in anew')
    assert.equal((await choose(browser, uidOf(next))).searchParams.get('prompt'), 'login')
  })

  it('asks for consent too when the sign-in is somebody else than before', async () => {
    const browser = await signedIn()
    const page = await asked(browser, await app.request({ prompt: 'login consent', scope: 'openid offline_access' }))

    const { page: next, callback } = await walk(
      browser,
      new URL((await postLogin(browser, page, 'bob')).headers.get('location') ?? '', page.url).href,
      redirectUri,
    )

    assert.equal(callback, undefined)
    assert.match(next.body, /value="allow"/)
  })
})

async function untilCallback(browser: ScriptedBrowser, address: URL): Promise<URL> {
  let next = address
  for (let hop = 0; hop < 10 && !next.pathname.startsWith('/callback/'); hop++) {
    next = new URL((await browser.send(next.href)).headers.get('location') ?? assert.fail(), next)
  }
  return next
}

describe('a product that demands a recent sign-in (max_age)', () => {
  it('is content with a proof that is recent enough, and told its time [step-up-any-method]', async () => {
    const browser = await signedIn({ ageInSeconds: 100 })
    const request = await app.request({ max_age: '3600' })

    const { callback } = await walk(browser, request.url, redirectUri)

    const age = seconds() - (await authTimeAt(callback ?? '', request))
    assert.ok(age >= 100 && age < 130, String(age))
  })

  it('does not count the time at which we learnt of an old proof [step-up-any-method]', async () => {
    const browser = await signedIn({ ageInSeconds: 7200 })

    await asked(browser, await app.request({ max_age: '3600' }))
  })

  it('does not count the time of a session that was renewed [step-up-any-method]', async () => {
    const browser = await signedIn()
    assert.ok((await walk(browser, (await app.request()).url, redirectUri)).callback)
    const database = new DatabaseSync(join(gatehouse.folder, 'gatehouse.db'))
    database.exec(`UPDATE sessions SET authenticated_at = authenticated_at - 7200000`)
    database.exec(
      `UPDATE provider_payloads SET payload = json_set(payload, '$.loginTs', json_extract(payload, '$.loginTs') - 7200) WHERE kind = 'Session' AND account_id IS NOT NULL`,
    )
    database.close()
    assert.ok((await walk(browser, (await app.request()).url, redirectUri)).callback)

    await asked(browser, await app.request({ max_age: '3600' }))
  })

  it('is told no time of the future', async () => {
    const browser = await signedIn({ ageInSeconds: -7200 })
    const request = await app.request({ max_age: '3600' })

    const { callback } = await walk(browser, request.url, redirectUri)

    assert.ok(seconds() - (await authTimeAt(callback ?? '', request)) >= 0)
  })
})

describe('a product that names the person (id_token_hint)', () => {
  async function hintFor(username: string): Promise<string> {
    const browser = new ScriptedBrowser()
    const request = await app.request()
    const { page } = await walk(browser, request.url, redirectUri)
    const callback = await walkToCallback(browser, await postLogin(browser, page, username), redirectUri)
    return (await app.redeem(callback, request)).id_token ?? ''
  }

  it('gets that person after a sign-in', async () => {
    const browser = await signedIn()
    const request = await app.request({ id_token_hint: await hintFor('lara') })
    const page = await asked(browser, request)

    const callback = await walkToCallback(browser, await postLogin(browser, page, 'lara'), redirectUri)

    assert.equal((await app.redeem(callback, request)).claims()?.['preferred_username'], 'lara')
  })

  it('gets login_required when somebody else signs in, and never somebody else', async () => {
    const browser = await signedIn()
    const request = await app.request({ id_token_hint: await hintFor('lara') })
    let page = await asked(browser, request)
    let callback: string | undefined
    for (let attempt = 0; attempt < 3 && callback === undefined; attempt++) {
      const posted = await postLogin(browser, page, 'bob')
      ;({ page, callback } = await walk(
        browser,
        new URL(posted.headers.get('location') ?? '', page.url).href,
        redirectUri,
      ))
    }

    assert.equal(new URL(callback ?? '').searchParams.get('error'), 'login_required')
  })
})
