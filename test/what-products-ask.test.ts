/**
 * What the authorization request of a product may say about the sign-in (OpenID Connect Core 3.1.2.1 and 5.5): the account to choose, hints
 * for the page and for the provider behind it, the class of the authentication, single claims.
 */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { decodeJwt } from 'jose'
import { fetchUserInfo } from 'openid-client'
import { filledIn, hrefOfLink, parseForms } from './e2e/support/html-forms.ts'
import { browserOf, type Page, type ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { type ClaimsIdp, startClaimsIdp } from './support/claims-idp.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { authorize, type RelyingParty, relyingParty, walk, walkToCallback } from './support/relying-party.ts'

const clientSecret = 'test-secret'
const password = 'correct horse battery staple'
const alice = { username: 'alice', password }
const passwordClass = 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password'
let idp: ClaimsIdp
let gatehouse: Gatehouse
let app: RelyingParty
let asking: RelyingParty

before(async () => {
  idp = await startClaimsIdp()
  const oidc = `{ hostname: localhost, port: ${idp.port}, principalClaim: preferred_username }`
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
authenticationClasses: { partner: { oidc: ${oidc} }, corp: { oidc: ${oidc} } }
login:
  - { authenticationClass: partner, title: Partners, oidc: { clientCredentialsSecret: idp } }
  - { authenticationClass: corp, title: Company, emailDomains: [corp.example], oidc: { clientCredentialsSecret: idp } }
  - { local: {} }
secrets:
  idp: { clientId: gatehouse, clientSecret: "\${env:SECRET}" }
  app: { clientId: app, clientSecret: "\${env:SECRET}" }
  asking: { clientId: asking, clientSecret: "\${env:SECRET}" }
teams: { analysts: {} }
products:
  app: { product: oidc, url: "http://localhost:1", redirectUris: ["http://localhost:1/cb"], authentication: [{ authenticationClass: gatehouse, oidc: { clientCredentialsSecret: app } }] }
  asking: { product: oidc, consent: ask, url: "http://localhost:2", redirectUris: ["http://localhost:2/cb"], authentication: [{ authenticationClass: gatehouse, oidc: { clientCredentialsSecret: asking } }] }
`,
    env: { SECRET: clientSecret },
  })
  const person = ['--email', 'alice@example.test', '--name', 'Alice Archer', '--team', 'analysts']
  await gatehouse.addUser('alice', password, person)
  const issuer = gatehouse.url
  app = await relyingParty({ issuer, clientId: 'app', clientSecret, redirectUri: 'http://localhost:1/cb' })
  asking = await relyingParty({ issuer, clientId: 'asking', clientSecret, redirectUri: 'http://localhost:2/cb' })
})
after(async () => {
  await gatehouse.stop()
  await idp.close()
})
beforeEach(() => {
  idp.claims = { sub: 'carol', preferred_username: 'carol' }
})

/** The page at which a request ends; the product must not have got anything. */
async function pageFor(browser: ScriptedBrowser, parameters: Record<string, string>, client = app): Promise<Page> {
  const { page, callback } = await walk(browser, (await client.request(parameters)).url, client.redirectUri)
  assert.equal(callback, undefined, 'the product gets nothing yet')
  return page
}

/** Where a link of the page sends the browser. */
async function upstreamOf(browser: ScriptedBrowser, page: Page, link: string): Promise<URL> {
  const href = hrefOfLink(page.body, link) ?? assert.fail(page.body)
  const answer = await browser.send(new URL(href, page.url).href)
  return new URL(answer.headers.get('location') ?? assert.fail(answer.body))
}

/** Somebody signs in by the provider, which says what `idp.claims` says: no password is hashed. */
async function carol(browser: ScriptedBrowser): Promise<void> {
  await browser.open(`${gatehouse.url}/login/start?provider=partner`)
}

/** One whole sign-in for a product, by the provider. */
async function carolFor(browser: ScriptedBrowser, parameters: Record<string, string>, client = app) {
  const request = await client.request(parameters)
  const { page, callback: early } = await walk(browser, request.url, client.redirectUri)
  if (early !== undefined) return { callback: early, request }
  const upstream = await upstreamOf(browser, page, 'Continue with Partners')
  const { callback, page: last } = await walk(browser, upstream.href, client.redirectUri)
  return { callback: callback ?? assert.fail(last.body), request }
}

const passwordForm = (page: Page) =>
  parseForms(page.body).find(({ fields }) => fields.some(({ name }) => name === 'password')) ?? assert.fail(page.body)
const usernameIn = (page: Page) => passwordForm(page).fields.find(({ name }) => name === 'username')?.value

const queryOf = (callback: string) => new URL(callback).searchParams

describe('a product that lets people choose their account (prompt=select_account)', () => {
  for (const prompt of ['select_account', 'select_account consent', 'consent select_account']) {
    it(`gets the page with the ways in, although somebody is signed in: ${prompt}`, async (test) => {
      const browser = browserOf(test)
      await carol(browser)

      const page = await pageFor(browser, { prompt })

      assert.match(page.body, /Continue with Partners/)
      assert.match(page.body, /name="password"/)
      assert.match(page.body, /Continue as carol/)
    })
  }

  it('goes on with the account that is signed in, which loses nothing', async (test) => {
    const browser = browserOf(test)
    const first = await carolFor(browser, {})
    const tokens = await app.redeem(first.callback, first.request)
    const request = await app.request({ prompt: 'select_account' })
    const { page } = await walk(browser, request.url, app.redirectUri)

    const href = hrefOfLink(page.body, 'Continue as carol') ?? assert.fail(page.body)
    const { callback = '' } = await walk(browser, new URL(href, page.url).href, app.redirectUri)

    assert.equal(decodeJwt((await app.redeem(callback, request)).id_token ?? '')['preferred_username'], 'carol')
    const subject = tokens.claims()?.sub ?? ''
    assert.equal((await fetchUserInfo(app.config, tokens.access_token, subject)).sub, subject, 'older tokens live')
  })

  it('goes on as whoever signs in on that page, also as the one who has just done so', async (test) => {
    const browser = browserOf(test)
    for (const username of ['alice', 'alice']) {
      const request = await app.request({ prompt: 'select_account' })
      const { page } = await walk(browser, request.url, app.redirectUri)

      const form = passwordForm(page)
      const body = filledIn(form, { username, password })
      const posted = await browser.send(new URL(form.action, page.url).href, { method: 'POST', body })
      const callback = await walkToCallback(browser, posted, app.redirectUri)

      assert.equal(decodeJwt((await app.redeem(callback, request)).id_token ?? '')['preferred_username'], username)
    }
  })

  it('has the provider ask for an account, too, and takes a session that it has there', async (test) => {
    const browser = browserOf(test)
    await carol(browser)
    idp.claims = {
      ...idp.claims,
      auth_time: Math.floor(Date.now() / 1000) - 7200,
      sub: 'dave',
      preferred_username: 'dave',
    }
    const request = await app.request({ prompt: 'select_account' })
    const { page } = await walk(browser, request.url, app.redirectUri)

    const upstream = await upstreamOf(browser, page, 'Continue with Partners')
    const { callback = '' } = await walk(browser, upstream.href, app.redirectUri)

    assert.equal(upstream.searchParams.get('prompt'), 'select_account')
    assert.equal(upstream.searchParams.get('max_age'), null)
    assert.equal(decodeJwt((await app.redeem(callback, request)).id_token ?? '')['preferred_username'], 'dave')
  })

  it('and wants a new sign-in gets both with one page: nobody is offered to go on as they are', async (test) => {
    const browser = browserOf(test)
    await carol(browser)
    const request = await app.request({ prompt: 'select_account login' })
    const { page } = await walk(browser, request.url, app.redirectUri)
    assert.doesNotMatch(page.body, /Continue as/)

    const upstream = await upstreamOf(browser, page, 'Continue with Partners')
    const { callback } = await walk(browser, upstream.href, app.redirectUri)

    assert.equal(upstream.searchParams.get('prompt'), 'login')
    assert.ok(callback?.includes('code='), 'one page, not two in a row')
  })

  it('gets nobody by a link that was made for somebody else', async (test) => {
    const browser = browserOf(test)
    await carol(browser)
    const page = await pageFor(browser, { prompt: 'select_account' })
    const href = hrefOfLink(page.body, 'Continue as carol') ?? assert.fail(page.body)
    idp.claims = { sub: 'dave', preferred_username: 'dave' }
    await carol(browser)

    const { callback } = await walk(browser, new URL(href, page.url).href, app.redirectUri)

    assert.equal(callback, undefined)
  })

  it('asks a stranger to sign in, and the provider to let them choose', async (test) => {
    const browser = browserOf(test)

    const page = await pageFor(browser, { prompt: 'select_account' })

    assert.doesNotMatch(page.body, /Continue as/)
    const upstream = await upstreamOf(browser, page, 'Continue with Partners')
    assert.equal(upstream.searchParams.get('prompt'), 'select_account')
  })

  for (const prompt of ['none select_account', 'create', 'choose']) {
    it(`is told that prompt=${prompt} cannot be`, async (test) => {
      const { callback = '' } = await walk(browserOf(test), (await app.request({ prompt })).url, app.redirectUri)

      assert.equal(queryOf(callback).get('error'), 'invalid_request')
    })
  }
})

describe('a hint about the person (login_hint)', () => {
  it('stands in the field for the user name, escaped', async (test) => {
    const page = await pageFor(browserOf(test), { login_hint: '"><b>anna@example.test' })

    assert.equal(usernameIn(page), '"><b>anna@example.test')
    assert.doesNotMatch(page.body, /<b>anna/)
  })

  it('puts the way in first to which its domain belongs', async (test) => {
    const hinted = await pageFor(browserOf(test), { login_hint: 'Anna@CORP.example' })
    const other = await pageFor(browserOf(test), { login_hint: 'anna@example.test' })

    const [company, partners] = ['Continue with Company', 'Continue with Partners']
    assert.ok(hinted.body.indexOf(company) < hinted.body.indexOf(partners))
    assert.ok(other.body.indexOf(partners) < other.body.indexOf(company))
  })

  it('is handed to the provider with the languages and the classes that the product wishes, and with nothing else', async (test) => {
    const browser = browserOf(test)
    const wishes = { login_hint: 'anna@corp.example', ui_locales: 'fr-CA fr en', acr_values: 'gold silver' }

    const page = await pageFor(browser, { ...wishes, display: 'popup', custom: 'x' })
    const { searchParams } = await upstreamOf(browser, page, 'Continuer avec Company')

    for (const [name, value] of Object.entries(wishes)) assert.equal(searchParams.get(name), value)
    assert.deepEqual(
      [searchParams.get('prompt'), searchParams.get('display'), searchParams.get('custom')],
      [null, null, null],
    )
  })

  for (const [what, hint] of Object.entries({
    'too long': 'a'.repeat(1025),
    'a line break': 'anna\r\nSet-Cookie: x=1',
    'half a character': '\ud800',
    blank: '  ',
  })) {
    it(`is left out when it is no plain text: ${what}`, async (test) => {
      const browser = browserOf(test)

      const page = await pageFor(browser, { login_hint: hint })
      const upstream = await upstreamOf(browser, page, 'Continue with Company')

      const cleaned = hint === '\ud800' ? '\ufffd' : ''
      assert.equal(usernameIn(page), cleaned)
      assert.equal(upstream.searchParams.get('login_hint'), cleaned || null)
    })
  }
})

describe('a choice of the provider', () => {
  for (const name of ['kc_idp_hint', 'idp', 'connector_id', 'connection', 'identity_provider', 'idp_hint']) {
    it(`sends a stranger straight there: ${name}`, async (test) => {
      const browser = browserOf(test)

      const { url } = await app.request({ [name]: 'corp', login_hint: 'anna@corp.example' })
      const { callback } = await walk(browser, url, app.redirectUri)

      assert.ok(callback, 'nobody was asked to choose')
      const upstream = browser.hops.map((hop) => new URL(hop.url)).find(({ port }) => port === String(idp.port))
      assert.equal(upstream?.searchParams.get('login_hint'), 'anna@corp.example')
      assert.equal(upstream?.searchParams.get(name), null)
    })
  }

  it('that is no way in, or is a form, shows the page', async (test) => {
    for (const idp of ['nobody', 'local', '__proto__'])
      assert.match((await pageFor(browserOf(test), { kc_idp_hint: idp })).body, /Continue with Company/, idp)
  })
})

describe('an ID token', () => {
  it('says how a password was proved, when, and to which access token it belongs', async (test) => {
    const { callback, request } = await authorize(browserOf(test), app, alice)
    const tokens = await app.redeem(callback, request)

    const claims = decodeJwt(tokens.id_token ?? '')

    assert.equal(claims['acr'], passwordClass)
    assert.deepEqual(claims['amr'], ['pwd'])
    assert.ok(Math.abs(Number(claims['auth_time']) - Date.now() / 1000) < 30)
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(tokens.access_token))
    assert.equal(claims['at_hash'], Buffer.from(digest).subarray(0, 16).toString('base64url'))
  })

  it('says what the provider says, in registered words only, and keeps it when it is renewed', async (test) => {
    const browser = browserOf(test)
    idp.claims = { ...idp.claims, acr: 'https://refeds.org/profile/mfa', amr: ['pwd', 'otp', 'otp', 'magic', 7] }
    const { callback, request } = await carolFor(browser, {})
    const tokens = await app.redeem(callback, request)

    const renewed = await app.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' })

    for (const token of [tokens.id_token ?? '', String(renewed.body['id_token'])]) {
      const { acr, amr } = decodeJwt(token)
      assert.deepEqual({ acr, amr }, { acr: 'https://refeds.org/profile/mfa', amr: ['pwd', 'otp'] })
    }
  })

  it('says nothing where the provider says nothing, or no word', async (test) => {
    for (const said of [{}, { acr: 7, amr: 'otp' }, { acr: 'two words', amr: ['magic'] }]) {
      const browser = browserOf(test)
      idp.claims = { sub: 'carol', preferred_username: 'carol', ...said }
      const { callback, request } = await carolFor(browser, { acr_values: 'gold' })

      const { acr, amr } = decodeJwt((await app.redeem(callback, request)).id_token ?? '')

      assert.deepEqual([acr, amr], [undefined, undefined])
    }
  })
})

describe('single claims (the parameter claims)', () => {
  const openid = (claims: unknown) => ({ scope: 'openid', claims: JSON.stringify(claims) })

  it('come in the ID token and from userinfo, each where it was asked for, essential or not', async (test) => {
    const asked = {
      id_token: { email: null, acr: null },
      userinfo: { name: { essential: true }, groups: null, unknown: null },
    }
    // Names that every object inherits are unknown ones like others.
    const claimsOfAll = JSON.stringify(asked).replace('"unknown"', '"__proto__":{"polluted":null},"constructor"')
    const parameters = { scope: 'openid', claims: claimsOfAll }
    const { callback, request } = await authorize(browserOf(test), app, { ...alice, parameters })

    const tokens = await app.redeem(callback, request)
    const claims = tokens.claims()
    const userinfo = await fetchUserInfo(app.config, tokens.access_token, claims?.sub ?? '')

    assert.equal(claims?.['email'], 'alice@example.test')
    assert.equal(claims?.['name'], undefined)
    assert.deepEqual([userinfo.name, userinfo['groups'], userinfo.email], ['Alice Archer', ['analysts'], undefined])
  })

  it('come in the later sign-ins, too, and only when they are asked for', async (test) => {
    const browser = browserOf(test)
    const names: unknown[] = []

    for (const id_token of [{ preferred_username: null }, {}, { preferred_username: null }]) {
      const { callback, request } = await carolFor(browser, openid({ id_token }))
      names.push((await app.redeem(callback, request)).claims()?.['preferred_username'])
    }

    assert.deepEqual(names, ['carol', undefined, 'carol'])
  })

  it('are asked of the person where the product asks for consent, and come after it', async (test) => {
    const browser = browserOf(test)
    const request = await asking.request(openid({ id_token: { email: null }, userinfo: { groups: null } }))
    const { page } = await walk(browser, request.url, asking.redirectUri)
    const form = passwordForm(page)
    const body = filledIn(form, alice)
    const posted = await browser.send(new URL(form.action, page.url).href, { method: 'POST', body })
    const { page: consent } = await walk(
      browser,
      new URL(posted.headers.get('location') ?? '', page.url).href,
      asking.redirectUri,
    )
    assert.match(consent.body, /See your email address/)
    assert.match(consent.body, /See the teams that you are in/)

    const [agree] = parseForms(consent.body)
    const agreed = await browser.send(new URL(agree?.action ?? '', consent.url).href, {
      method: 'POST',
      body: new URLSearchParams({ decision: 'allow' }),
    })
    const callback = await walkToCallback(browser, agreed, asking.redirectUri)

    assert.equal((await asking.redeem(callback, request)).claims()?.['email'], 'alice@example.test')
  })

  for (const [what, claims] of Object.entries({
    'no JSON': '{',
    'a list': '[]',
    'no member': '{}',
    'a claim that is a text': '{"id_token":{"sub":"x"}}',
    'a class that is a number': '{"id_token":{"acr":{"essential":true,"value":7}}}',
    'classes that are no list': '{"id_token":{"acr":{"essential":true,"values":"gold"}}}',
    'a thousand classes': JSON.stringify({ id_token: { acr: { essential: true, values: Array(1000).fill('x') } } }),
  })) {
    it(`are refused when they mean nothing: ${what}`, async (test) => {
      const { callback = '' } = await walk(browserOf(test), (await app.request({ claims })).url, app.redirectUri)

      assert.equal(queryOf(callback).get('error'), 'invalid_request')
    })
  }

  it('name the person who must sign in, and nobody else gets in', async (test) => {
    const first = await carolFor(browserOf(test), {})
    const subject = (await app.redeem(first.callback, first.request)).claims()?.sub
    const parameters = { claims: JSON.stringify({ id_token: { sub: { value: subject } } }) }

    const right = await carolFor(browserOf(test), parameters)
    idp.claims = { sub: 'dave', preferred_username: 'dave' }
    const wrong = await carolFor(browserOf(test), parameters)

    assert.ok(queryOf(right.callback).get('code'))
    assert.equal(queryOf(wrong.callback).get('error'), 'login_required')
  })
})

describe('an essential class of authentication (acr)', () => {
  const demand = (acr: unknown) => ({ claims: JSON.stringify({ id_token: { acr } }) })

  it('is met by a password where that is enough', async (test) => {
    const parameters = demand({ essential: true, values: ['gold', passwordClass] })
    const { callback, request } = await authorize(browserOf(test), app, { ...alice, parameters })

    assert.equal((await app.redeem(callback, request)).claims()?.['acr'], passwordClass)
  })

  it('sends somebody who is signed in with less to the page, and the provider is asked for it', async (test) => {
    const browser = browserOf(test)
    await carol(browser)
    const request = await app.request(demand({ essential: true, value: 'gold' }))
    const { page } = await walk(browser, request.url, app.redirectUri)
    const upstream = await upstreamOf(browser, page, 'Continue with Partners')
    idp.claims = { ...idp.claims, acr: 'gold' }

    const { callback = '' } = await walk(browser, upstream.href, app.redirectUri)

    assert.equal(upstream.searchParams.get('acr_values'), 'gold')
    assert.equal((await app.redeem(callback, request)).claims()?.['acr'], 'gold')
  })

  it('that the sign-in does not reach is a failed one, not an endless question [step-up-any-method]', async (test) => {
    const parameters = demand({ essential: true, values: ['gold'] })

    idp.claims = { ...idp.claims, acr: 'silver' }
    const { callback } = await carolFor(browserOf(test), parameters)

    assert.equal(queryOf(callback).get('error'), 'unmet_authentication_requirements')
  })

  it('cannot be met without a question (prompt=none)', async (test) => {
    const browser = browserOf(test)
    await carol(browser)
    const parameters = { ...demand({ essential: true, values: ['gold'] }), prompt: 'none' }

    const { callback = '' } = await walk(browser, (await app.request(parameters)).url, app.redirectUri)

    assert.match(queryOf(callback).get('error') ?? '', /^(?:login|interaction)_required$/)
  })

  it('that is only wished for is no demand: the answer says the truth', async (test) => {
    idp.claims = { ...idp.claims, acr: 'silver' }
    for (const parameters of [demand({ values: ['gold'] }), { acr_values: 'gold' }]) {
      const { callback, request } = await carolFor(browserOf(test), parameters)

      assert.equal((await app.redeem(callback, request)).claims()?.['acr'], 'silver')
    }
  })
})

it('discovery says what products may ask for', async () => {
  const metadata = (await (await fetch(`${gatehouse.url}/.well-known/openid-configuration`)).json()) as Record<
    string,
    unknown
  >

  assert.deepEqual(
    [
      metadata['claims_parameter_supported'],
      metadata['acr_values_supported'],
      metadata['prompt_values_supported'],
      metadata['ui_locales_supported'],
    ],
    [true, [passwordClass], ['none', 'login', 'consent', 'select_account'], ['en']],
  )
})
