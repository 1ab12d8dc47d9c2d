/**
 * The certification plans of the OpenID conformance suite, as a client of our own: basic, form_post, config, RP-initiated logout, implicit, hybrid.
 *
 * Each test is named after the module of the suite whose checks it makes against a real server over HTTP. A module that asks a person to
 * look at a page (REVIEW) checks here that the page is the right one. Modules about what this server does not have (scopes `address` and
 * `phone`, unsigned request objects) check that it says so.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { SignJWT, UnsecuredJWT } from 'jose'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import {
  type Answer,
  type ClientUnderTest,
  ConformanceClient,
  type Metadata,
  newBrowser,
  type Variant,
} from './support/conformance-client.ts'
import { parseForms } from './support/html-forms.ts'
import type { ScriptedBrowser } from './support/scripted-browser.ts'

const account = { username: 'alice', password: 'correct horse battery staple' }
const secret = 'a-secret-of-at-least-32-characters!'
const callback = (client: string) => `https://127.0.0.1:8443/test/a/${client}/callback`
const afterLogout = 'https://127.0.0.1:8443/test/a/first/post_logout_redirect'
const everyType = '[code, id_token, id_token token, code id_token, code token, code id_token token]'
let gatehouse: Gatehouse
let metadata: Metadata

before(async () => {
  const product = (name: string, method: string) => `
  ${name}:
    product: oidc
    url: https://127.0.0.1:8443
    redirectUris: ["${callback(name)}", "${callback(name)}?dummy1=lorem&dummy2=ipsum"]
    postLogoutRedirectUris: ["${afterLogout}"]
    responseTypes: ${everyType}
    authentication: [{ authenticationClass: gatehouse, oidc: { clientCredentialsSecret: ${name}, clientAuthenticationMethod: ${method} } }]`
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
secrets:
  first: { clientId: first, clientSecret: "\${env:CLIENT_SECRET}" }
  second: { clientId: second, clientSecret: "\${env:CLIENT_SECRET}" }
  posting: { clientId: posting, clientSecret: "\${env:CLIENT_SECRET}" }
products:${product('first', 'client_secret_basic')}${product('second', 'client_secret_basic')}${product('posting', 'client_secret_post')}
`,
    env: { CLIENT_SECRET: secret },
  })
  await gatehouse.addUser('alice', account.password, ['--email', 'alice@example.test', '--name', 'Alice Archer'])
  metadata = (await (await fetch(`${gatehouse.url}/.well-known/openid-configuration`)).json()) as Metadata
})
after(() => gatehouse.stop())

const clientNamed = (id: string): ClientUnderTest => ({ id, secret, redirectUri: callback(id) })
const clientFor = (variant: Variant, id = 'first') => new ConformanceClient(metadata, clientNamed(id), variant, account)

type Module = (client: ConformanceClient, browser: ScriptedBrowser) => Promise<void>

/** One sign-in and everything that comes of it. */
async function signIn(
  client: ConformanceClient,
  browser: ScriptedBrowser,
  more: Record<string, string | undefined> = {},
) {
  const request = client.request(more)
  const answer = await client.succeed(browser, request)
  return { answer, request, ...(await client.tokens(answer, request)) }
}

const succeedsWith =
  (more: Record<string, string | undefined>): Module =>
  async (client, browser) => {
    await signIn(client, browser, more)
  }

/** The ID token where there is no access token, else userinfo. */
async function claimsOf(client: ConformanceClient, browser: ScriptedBrowser, scope: string) {
  const { accessToken, claims } = await signIn(client, browser, { scope })
  return accessToken === undefined ? claims : client.userinfo(accessToken)
}

function unusedSoFar(answer: Answer): string {
  return answer.parameters.get('code') ?? assert.fail('no code')
}

async function refusedCode(client: ConformanceClient, answer: Answer): Promise<void> {
  const { status, body } = await client.redeem(answer)
  assert.deepEqual([status, body['error']], [400, 'invalid_grant'])
}

/** Modules of every plan; those about userinfo and codes are left out where there are none. */
const modules: Record<string, Module> = {
  'oidcc-server': succeedsWith({}),
  'oidcc-response-type-missing': async (client, browser) => {
    const { answer, page } = await client.send(browser, client.request({ response_type: undefined }))
    assert.ok(
      page !== undefined || /^(invalid_request|unsupported_response_type)$/.test(answer?.parameters.get('error') ?? ''),
    )
  },
  'oidcc-idtoken-signature': async (client, browser) => {
    const { claims } = await signIn(client, browser)
    assert.ok(claims.sub)
  },
  'oidcc-idtoken-unsigned': async () => {
    assert.ok(!(metadata['id_token_signing_alg_values_supported'] as string[]).includes('none'))
  },
  'oidcc-scope-profile': async (client, browser) => {
    const claims = await claimsOf(client, browser, 'openid profile')
    assert.deepEqual([claims['name'], claims['preferred_username']], ['Alice Archer', 'alice'])
  },
  'oidcc-scope-email': async (client, browser) => {
    const claims = await claimsOf(client, browser, 'openid email')
    assert.equal(claims['email'], 'alice@example.test')
  },
  'oidcc-scope-address': succeedsWith({ scope: 'openid address' }),
  'oidcc-scope-phone': succeedsWith({ scope: 'openid phone' }),
  'oidcc-scope-all': succeedsWith({ scope: 'openid profile email address phone' }),
  'oidcc-alternate-happy-flow': async (client, browser) => {
    const request = new URLSearchParams([...client.request({ scope: 'email openid' })].reverse())
    const answer = await client.succeed(browser, request)
    await client.tokens(answer, request)
  },
  'oidcc-display-page': succeedsWith({ display: 'page' }),
  'oidcc-display-popup': succeedsWith({ display: 'popup' }),
  'oidcc-prompt-login': async (client, browser) => {
    const first = await signIn(client, browser)
    const { page } = await client.send(browser, client.request({ prompt: 'login' }), { pages: false })
    assert.match(page?.body ?? '', /name="password"/, 'the person is asked again')
    const second = await signIn(client, browser, { prompt: 'login' })
    assert.ok(Number(second.claims['auth_time']) >= Number(first.claims['auth_time']))
  },
  'oidcc-prompt-none-not-logged-in': async (client, browser) => {
    const { answer } = await client.send(browser, client.request({ prompt: 'none' }))
    assert.match(
      answer?.parameters.get('error') ?? '',
      /^(login|interaction|consent)_required$|^account_selection_required$/,
    )
    assert.equal(answer?.by, client.expectedMode)
  },
  'oidcc-prompt-none-logged-in': async (client, browser) => {
    const first = await signIn(client, browser)
    const request = client.request({ prompt: 'none' })
    const answer = await client.succeed(browser, request)
    const second = await client.tokens(answer, request)
    assert.equal(second.claims.sub, first.claims.sub)
    assert.equal(second.claims['auth_time'], first.claims['auth_time'])
  },
  'oidcc-max-age-1': async (client, browser) => {
    await signIn(client, browser)
    await new Promise((resolve) => setTimeout(resolve, 2_100))
    const { page } = await client.send(browser, client.request({ max_age: '1' }), { pages: false })
    assert.match(page?.body ?? '', /name="password"/)
    const { claims } = await signIn(client, browser, { max_age: '1' })
    assert.ok(Date.now() / 1000 - Number(claims['auth_time']) < 30)
  },
  'oidcc-max-age-10000': async (client, browser) => {
    const first = await signIn(client, browser)
    const request = client.request({ max_age: '10000' })
    const { answer } = await client.send(browser, request, { pages: false })
    const second = await client.tokens(answer ?? assert.fail('asked again'), request)
    assert.equal(second.claims['auth_time'], first.claims['auth_time'])
  },
  'oidcc-ensure-request-with-unknown-parameter-succeeds': succeedsWith({ extra: 'foobar' }),
  'oidcc-id-token-hint': async (client, browser) => {
    const request = client.request()
    const answer = await client.succeed(browser, request)
    const { body, claims } = await client.tokens(answer, request)
    const hint = answer.parameters.get('id_token') ?? String((body as Record<string, string>)['id_token'])
    const second = await signIn(client, browser, { prompt: 'none', id_token_hint: hint })
    assert.equal(second.claims.sub, claims.sub)
  },
  'oidcc-login-hint': async (client, browser) => {
    const request = client.request({ login_hint: 'alice@example.test' })
    const { page } = await client.send(browser, request, { pages: false })
    assert.match(page?.body ?? '', /value="alice@example\.test"/)
    await client.succeed(browser, request)
  },
  'oidcc-ui-locales': succeedsWith({ ui_locales: 'se' }),
  'oidcc-claims-locales': succeedsWith({ claims_locales: 'se' }),
  'oidcc-ensure-request-with-acr-values-succeeds': async (client, browser) => {
    const [offered = '1'] = (metadata['acr_values_supported'] as string[] | undefined) ?? []
    const { claims } = await signIn(client, browser, { acr_values: offered })
    assert.equal(claims['acr'], offered)
  },
  'oidcc-ensure-registered-redirect-uri': async (client, browser) => {
    const { answer, page } = await client.send(
      browser,
      client.request({ redirect_uri: `${client.client.redirectUri}x` }),
    )
    assert.equal(answer, undefined)
    assert.equal(page?.status, 400)
    assert.match(page.body, /redirect-uri-not-registered/)
  },
  'oidcc-ensure-post-request-succeeds': async (client, browser) => {
    const request = client.request()
    await client.tokens(await client.succeed(browser, request, { method: 'POST' }), request)
  },
  'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported': async (client, browser) => {
    const request = client.request()
    request.set('request', new UnsecuredJWT(Object.fromEntries(request)).encode())
    const { answer } = await client.send(browser, request)
    assert.match(answer?.parameters.get('error') ?? '', /^(invalid_request_object|request_not_supported)$/)
    assert.equal(answer?.by, client.expectedMode)
  },
  'oidcc-ensure-request-object-with-redirect-uri': async (client, browser) => {
    const request = client.request()
    const signed = await new SignJWT({ ...Object.fromEntries(request), iss: 'first', aud: metadata.issuer })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(secret))
    const outside = new URLSearchParams({
      client_id: 'first',
      response_type: request.get('response_type') ?? '',
      scope: 'openid',
      redirect_uri: `${client.client.redirectUri}?x`,
      request: signed,
    })
    const { answer, page } = await client.send(browser, outside)
    // The address inside counts, or the request is refused: nobody goes to the one outside.
    assert.ok(page !== undefined || answer?.parameters.get('state') === request.get('state'))
  },
  'oidcc-claims-essential': async (client, browser) => {
    const member = client.variant.responseType === 'id_token' ? 'id_token' : 'userinfo'
    const { accessToken, claims } = await signIn(client, browser, {
      claims: JSON.stringify({ [member]: { name: { essential: true } } }),
    })
    const found = member === 'id_token' ? claims : await client.userinfo(accessToken)
    assert.equal(found['name'], 'Alice Archer')
  },
}

const withUserinfo: Record<string, Module> = {
  'oidcc-userinfo-get': async (client, browser) => {
    const { accessToken, claims } = await signIn(client, browser)
    assert.equal((await client.userinfo(accessToken))['sub'], claims.sub)
  },
  'oidcc-userinfo-post-header': async (client, browser) => {
    const { accessToken, claims } = await signIn(client, browser)
    assert.equal((await client.userinfo(accessToken, { method: 'POST' }))['sub'], claims.sub)
  },
  'oidcc-userinfo-post-body': async (client, browser) => {
    const { accessToken = '', claims } = await signIn(client, browser)
    const body = new URLSearchParams({ access_token: accessToken })
    assert.equal((await client.userinfo(undefined, { method: 'POST', body }))['sub'], claims.sub)
  },
}

const withCodes: Record<string, Module> = {
  'oidcc-codereuse': async (client, browser) => {
    const request = client.request()
    const answer = await client.succeed(browser, request)
    const { accessToken } = await client.tokens(answer, request)
    await refusedCode(client, answer)
    const headers = { authorization: `Bearer ${accessToken}` }
    assert.equal((await fetch(client.endpoint('userinfo'), { headers })).status, 401, 'what it gave ends')
  },
  'oidcc-codereuse-30seconds': async (client, browser) => {
    const answer = await client.succeed(browser, client.request())
    assert.ok(unusedSoFar(answer))
    assert.equal((await client.redeem(answer)).status, 200)
    // The suite waits for 30 seconds; that a later reuse is a reuse is a question of what is stored, not of the time.
    await refusedCode(client, answer)
  },
  'oidcc-server-client-secret-post': async (client, browser) => {
    const posting = clientFor(client.variant, 'posting')
    const request = posting.request()
    await posting.tokens(await posting.succeed(browser, request), request, 'post')
  },
  'oidcc-refresh-token': async (client, browser) => {
    const request = client.request({ scope: 'openid offline_access', prompt: 'consent' })
    const { body } = await client.tokens(await client.succeed(browser, request), request)
    const { refresh_token: token = '', id_token: before = '' } = body as Record<string, string>
    const renewed = await client.token({ grant_type: 'refresh_token', refresh_token: token })
    assert.equal(renewed.status, 200)
    const [first, second] = [before, renewed.body['id_token'] ?? ''].map((each) =>
      JSON.parse(Buffer.from(each.split('.')[1] ?? '', 'base64url').toString()),
    )
    for (const claim of ['sub', 'iss', 'aud', 'auth_time']) assert.deepEqual(second[claim], first[claim])
    const other = await clientFor(client.variant, 'second').token({
      grant_type: 'refresh_token',
      refresh_token: renewed.body['refresh_token'] ?? token,
    })
    assert.equal(other.body['error'], 'invalid_grant', 'it belongs to the client that got it')
  },
  'oidcc-ensure-request-with-valid-pkce-succeeds': async (client, browser) => {
    const verifier = 'v'.repeat(43)
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
    const challenge = Buffer.from(digest).toString('base64url')
    const answer = await client.succeed(
      browser,
      client.request({ code_challenge: challenge, code_challenge_method: 'S256' }),
    )
    assert.equal((await client.redeem(answer, { code_verifier: verifier })).status, 200)
  },
}

/** No ID token comes with the answer, and so nothing that a nonce would bind. */
const withoutIdToken: Record<string, Module> = {
  'oidcc-ensure-request-without-nonce-succeeds-for-code-flow': succeedsWith({ nonce: undefined }),
}

const withIdToken: Record<string, Module> = {
  'oidcc-ensure-request-without-nonce-fails': async (client, browser) => {
    const request = client.request({ nonce: undefined })
    const { answer } = await client.send(browser, request)
    assert.equal(answer?.parameters.get('error'), 'invalid_request')
    assert.equal(answer.parameters.get('state'), request.get('state'))
    assert.equal(answer.by, client.expectedMode)
  },
}

const ofOtherFlows: Record<string, Module> = {
  'tokens never come in the query': async (client, browser) => {
    const { answer } = await client.send(browser, client.request({ response_mode: 'query' }))
    assert.equal(answer?.parameters.get('error'), 'invalid_request')
  },
}

function plan(title: string, variants: readonly Variant[]): void {
  for (const variant of variants) {
    const { responseType, responseMode } = variant
    const types = responseType.split(' ')
    const runs = {
      ...modules,
      ...(responseType === 'id_token' ? {} : withUserinfo),
      ...(types.includes('code') ? withCodes : {}),
      ...(types.includes('id_token') ? withIdToken : withoutIdToken),
      ...(responseType !== 'code' && responseMode === 'default' ? ofOtherFlows : {}),
    }
    describe(`${title}: response_type=${responseType}, response_mode=${responseMode}`, () => {
      for (const [name, module] of Object.entries(runs)) {
        it(name, async () => {
          const browser = newBrowser()
          try {
            await module(clientFor(variant), browser)
          } finally {
            await browser.close()
          }
        })
      }
    })
  }
}

const implicit = ['id_token', 'id_token token']
const hybrid = ['code id_token', 'code token', 'code id_token token']
const by = (responseMode: Variant['responseMode']) => (responseType: string) => ({ responseType, responseMode })
plan('oidcc-basic-certification-test-plan', [{ responseType: 'code', responseMode: 'default' }])
plan('oidcc-formpost-basic-certification-test-plan', [{ responseType: 'code', responseMode: 'form_post' }])
plan('oidcc-implicit-certification-test-plan', implicit.map(by('default')))
plan('oidcc-formpost-implicit-certification-test-plan', implicit.map(by('form_post')))
plan('oidcc-hybrid-certification-test-plan', hybrid.map(by('default')))
plan('oidcc-formpost-hybrid-certification-test-plan', hybrid.map(by('form_post')))

describe('oidcc-config-certification-test-plan', () => {
  it('oidcc-discovery-endpoint-verification', async () => {
    assert.equal(metadata.issuer, gatehouse.url)
    for (const name of [
      'authorization_endpoint',
      'token_endpoint',
      'userinfo_endpoint',
      'jwks_uri',
      'end_session_endpoint',
    ])
      assert.ok(URL.canParse(String(metadata[name])), name)
    const has = (name: string, ...values: string[]) => {
      for (const value of values) assert.ok((metadata[name] as string[]).includes(value), `${name} has ${value}`)
    }
    has('scopes_supported', 'openid')
    has('response_types_supported', 'code', 'id_token', 'id_token token')
    has('subject_types_supported', 'public')
    has('id_token_signing_alg_values_supported', 'RS256')
    has('claims_supported', 'sub', 'iss', 'auth_time', 'acr')
    const { keys } = (await (await fetch(metadata.jwks_uri)).json()) as { keys: Record<string, string>[] }
    assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length)
    for (const key of keys) assert.ok(!('d' in key) && key['use'] === 'sig', JSON.stringify(key))
  })
})

describe('oidcc-rp-initiated-logout-certification-test-plan', () => {
  const code: Variant = { responseType: 'code', responseMode: 'default' }

  /** Signs in, asks for the sign-out, and says what came: an address, or a page. */
  async function logout(
    parameters: (hint: string) => Record<string, string> | Promise<Record<string, string>>,
    { press = 'yes' as string | undefined } = {},
  ) {
    const [client, browser] = [clientFor(code), newBrowser()]
    const { body } = await signIn(client, browser)
    const query = new URLSearchParams(await parameters((body as Record<string, string>)['id_token'] ?? ''))
    const first = await browser.send(`${client.endpoint('end_session')}?${query}`)
    const followed = await untilElsewhere(browser, first)
    const [form] = followed.page ? parseForms(followed.page.body) : []
    if (!form || press === undefined) return { client, browser, ...followed, asked: false }
    const fields = new URLSearchParams(
      form.fields.filter(({ type }) => type === 'hidden').map(({ name, value }): [string, string] => [name, value]),
    )
    fields.set('logout', press)
    const pressed = await browser.send(new URL(form.action, followed.page?.url).href, { method: 'POST', body: fields })
    return { client, browser, ...(await untilElsewhere(browser, pressed)), asked: true }
  }

  async function untilElsewhere(browser: ScriptedBrowser, first: Awaited<ReturnType<ScriptedBrowser['send']>>) {
    let page = first
    for (let hop = 0; hop < 10; hop++) {
      const location = page.headers.get('location')
      if (location === null) return { page }
      const next = new URL(location, page.url)
      if (next.origin !== gatehouse.url) return { address: next }
      page = await browser.send(next.href)
    }
    throw new Error('too many hops')
  }

  async function isSignedIn(client: ConformanceClient, browser: ScriptedBrowser): Promise<boolean> {
    const { answer } = await client.send(browser, client.request({ prompt: 'none' }))
    return answer?.parameters.get('error') === null
  }

  const good = (hint: string) => ({ id_token_hint: hint, post_logout_redirect_uri: afterLogout, state: 'the-state' })

  it('oidcc-rp-initiated-logout', async () => {
    const { address, asked, client, browser } = await logout(good)
    assert.equal(address?.href, `${afterLogout}?state=the-state`)
    assert.equal(asked, false, 'the hint proves who is signed out')
    assert.equal(await isSignedIn(client, browser), false)
  })

  it('oidcc-rp-initiated-logout-no-state', async () => {
    const { address } = await logout((hint) => ({ id_token_hint: hint, post_logout_redirect_uri: afterLogout }))
    assert.equal(address?.href, afterLogout)
  })

  it('oidcc-rp-initiated-logout-no-post-logout-redirect-uri', async () => {
    const { address, page, client, browser } = await logout((hint) => ({ id_token_hint: hint, state: 'the-state' }))
    assert.equal(address, undefined)
    assert.match(page?.body ?? '', /signed out/)
    assert.equal(await isSignedIn(client, browser), false)
  })

  for (const [name, parameters] of Object.entries({
    'oidcc-rp-initiated-logout-no-params': () => ({}),
    'oidcc-rp-initiated-logout-only-state': () => ({ state: 'the-state' }),
  })) {
    it(name, async () => {
      const { address, asked, client, browser } = await logout(parameters)
      assert.equal(address, undefined)
      assert.equal(asked, true)
      assert.equal(await isSignedIn(client, browser), false)
    })
  }

  it('oidcc-rp-initiated-logout-no-id-token-hint', async () => {
    const { address, page, asked, client, browser } = await logout(() => ({
      post_logout_redirect_uri: afterLogout,
      state: 'the-state',
    }))
    assert.equal(asked, true)
    assert.equal(address, undefined, 'nobody says whose address this is')
    assert.match(page?.body ?? '', /signed out/)
    assert.equal(await isSignedIn(client, browser), false)
  })

  it('goes back without a hint once the person has agreed, where the request names its client', async () => {
    const { address, asked } = await logout(() => ({
      client_id: 'first',
      post_logout_redirect_uri: afterLogout,
      state: 'the-state',
    }))
    assert.equal(asked, true, 'somebody else may have made the link')
    assert.equal(address?.href, `${afterLogout}?state=the-state`)
  })

  for (const [name, change] of Object.entries<(uri: string) => string>({
    'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri': (uri) => `${uri}/bad`,
    'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri': (uri) => `${uri}?a=b`,
  })) {
    it(name, async () => {
      const { address, page, client, browser } = await logout(
        (hint) => ({ ...good(hint), post_logout_redirect_uri: change(afterLogout) }),
        { press: undefined },
      )
      assert.equal(address, undefined)
      assert.equal(page?.status, 400)
      assert.equal(await isSignedIn(client, browser), true)
    })
  }

  /** What a client signs and this server never issued. */
  const signedBySecret = (claims: Record<string, string>) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(secret))

  for (const [name, change] of Object.entries<(hint: string) => string | Promise<string>>({
    'oidcc-rp-initiated-logout-modified-id-token-hint': (hint) => `${hint.slice(0, -8)}AAAAAAAA`,
    // The suite has issuer and audience the wrong way around.
    'oidcc-rp-initiated-logout-bad-id-token-hint': () =>
      signedBySecret({ sub: 'SubjectID', iss: 'first', aud: metadata.issuer }),
    'keeps people signed in for a hint that a client signed with its secret': () =>
      signedBySecret({ sub: 'SubjectID', iss: metadata.issuer, aud: 'first' }),
    'keeps people signed in for a hint that nobody signed': () =>
      new UnsecuredJWT({ sub: 'x', iss: 'https://evil.test', aud: 'first' }).encode(),
  })) {
    it(name, async () => {
      const { address, page, client, browser } = await logout(async (hint) => good(await change(hint)), {
        press: undefined,
      })
      assert.equal(address, undefined)
      assert.ok((page?.status ?? 0) >= 400 || parseForms(page?.body ?? '').length > 0)
      assert.equal(await isSignedIn(client, browser), true)
    })
  }

  it('oidcc-rp-initiated-logout-discovery-endpoint-verification', () => {
    assert.ok(URL.canParse(String(metadata['end_session_endpoint'])))
  })
})
