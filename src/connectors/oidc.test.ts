import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, mock, type TestContext, test } from 'node:test'
import { browserOf, type ScriptedBrowser, signInAtKeycloak } from '../../test/e2e/support/scripted-browser.ts'
import { type DevIdp, startDevIdp } from '../dev-idp/index.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { createFetch, type Fetch } from '../outgoing.ts'
import type { RedirectConnector } from './contract.ts'
import { createOidcConnector, type OidcConnectorOptions } from './oidc.ts'

const direct = createFetch()
const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }

let idp: DevIdp
let landing: Server
let redirectUri: string
before(async () => {
  idp = await startDevIdp({})
  landing = createServer((_request, response) => response.end('here'))
  await new Promise<void>((resolve) => landing.listen(0, '127.0.0.1', resolve))
  redirectUri = `http://localhost:${(landing.address() as AddressInfo).port}/callback/keycloak`
})
after(async () => {
  landing.close()
  landing.closeAllConnections()
  await idp.close()
})

function connectorTo({ issuer, clientId, clientSecret }: DevIdp, options: Partial<OidcConnectorOptions> = {}) {
  return createOidcConnector({
    name: 'keycloak',
    issuer,
    clientId,
    clientSecret,
    clientAuthenticationMethod: 'client_secret_basic',
    scopes: ['openid', 'profile', 'email'],
    principalClaim: 'preferred_username',
    groupsClaims: [['groups']],
    fetch: direct,
    clock: { now: () => Date.now() },
    ...options,
  })
}

/** The address that the browser comes back to after alice signed in there. */
async function comeBack(t: TestContext, connector: RedirectConnector, browser: ScriptedBrowser = browserOf(t)) {
  const url = await connector.authorizationUrl({ redirectUri, checks, fresh: false })
  const [{ username, password } = { username: '', password: '' }] = idp.users
  const page = await signInAtKeycloak(browser, { issuer: idp.issuer, startUrl: url.href, username, password })
  return new URL(page.url)
}

/** A fetch that answers in place of the provider, or lets the question through. */
function answering(answer: (url: string) => Promise<Response | undefined> | Response | undefined): Fetch {
  return async (url, init) => (await answer(String(url))) ?? direct(url, init)
}

async function documentWith(changes: Record<string, unknown>): Promise<Response> {
  const answer = await direct(`${idp.issuer}/.well-known/openid-configuration`)
  return Response.json({ ...((await answer.json()) as object), ...changes })
}

const isDocument = (url: string) => url.endsWith('/.well-known/openid-configuration')
const isToken = (url: string) => url.endsWith('/token')

function failsWith(code: ErrorCode, details: Record<string, unknown> = {}) {
  return (error: unknown) => {
    assert.ok(error instanceof AppError, String(error))
    const { issuer: _, clientId: __, ...rest } = error.details
    assert.equal(error.code, code, JSON.stringify(rest))
    assert.deepEqual({ ...rest, ...details }, rest)
    return true
  }
}

test('an identity has the key (issuer, sub), and what userinfo adds to the ID token', async (t) => {
  const asked: string[] = []
  const connector = connectorTo(idp, {
    fetch: answering((url) => {
      asked.push(new URL(url).pathname.split('/').at(-1) ?? '')
      return undefined
    }),
    groupsClaims: [['department']],
  })

  const identity = await connector.identify({ callbackUrl: await comeBack(t, connector), redirectUri, checks })

  const [alice] = idp.users
  assert.equal(identity.key.issuer, idp.issuer)
  assert.notEqual(identity.key.subject, '')
  assert.equal(identity.principal, alice?.username)
  assert.equal(identity.email, alice?.email)
  assert.deepEqual(identity.groups, [])
  assert.ok(identity.idToken)
  // The ID token holds no such claim, so userinfo was asked for it.
  assert.ok(asked.includes('userinfo'))
})

test('only members of the groups of the class sign in, by the groups that userinfo adds as well', async (t) => {
  const groups = (allowedGroups: string[]) =>
    connectorTo(idp, {
      groupsClaims: [['teams']],
      admission: { allowedGroups, hostedDomains: [] },
      fetch: answering(async (url) => {
        if (!url.endsWith('/userinfo')) return undefined
        const { sub } = decoded as { sub: string }
        return Response.json({ sub, teams: ['data'] })
      }),
    })
  let decoded: unknown
  const signIn = async (connector: RedirectConnector) => {
    const callbackUrl = await comeBack(t, connector)
    return connector.identify({ callbackUrl, redirectUri, checks })
  }
  const plain = await signIn(connectorTo(idp))
  decoded = { sub: plain.key.subject }

  assert.deepEqual((await signIn(groups(['data']))).groups, ['data'])
  await assert.rejects(signIn(groups(['admins'])), failsWith('person-not-admitted', { setting: 'allowedGroups' }))
})

test('signing out goes by the provider, with the ID token as a hint, and comes back with the state', async (t) => {
  const connector = connectorTo(idp)
  const browser = browserOf(t)
  const { idToken } = await connector.identify({
    callbackUrl: await comeBack(t, connector, browser),
    redirectUri,
    checks,
  })
  const signedOut = redirectUri.replace('/callback/keycloak', '/login/signed-out')

  const url = await connector.endSessionUrl?.({ idToken, postLogoutRedirectUri: signedOut, state: 'back' })

  assert.equal(url?.searchParams.get('id_token_hint'), idToken)
  assert.ok(connector.signOutOrigins.includes(url?.origin ?? ''))
  assert.equal((await browser.open(url?.href ?? '')).url, `${signedOut}?state=back`)
  const again = await connector.authorizationUrl({ redirectUri, checks, fresh: false })
  assert.match((await browser.open(again.href)).body, /password/, 'the session at the provider has ended')
})

test('without an ID token there is no hint, and the client is named instead', async () => {
  const connector = connectorTo(idp)

  const url = await connector.endSessionUrl?.({ idToken: undefined, postLogoutRedirectUri: redirectUri, state: 's' })

  assert.equal(url?.searchParams.has('id_token_hint'), false)
  assert.equal(url?.searchParams.get('client_id'), idp.clientId)
})

test('a provider that ends no sessions has no address for it', async () => {
  const fetch = answering((url) => (isDocument(url) ? documentWith({ end_session_endpoint: undefined }) : undefined))

  const url = await connectorTo(idp, { fetch }).endSessionUrl?.({
    idToken: undefined,
    postLogoutRedirectUri: redirectUri,
    state: 's',
  })

  assert.equal(url, undefined)
})

test('signing out here does not hang on a provider that is down', async () => {
  const fetch = answering(() => Promise.reject(new TypeError('fetch failed')))

  const url = await connectorTo(idp, { fetch }).endSessionUrl?.({
    idToken: undefined,
    postLogoutRedirectUri: redirectUri,
    state: 's',
  })

  assert.equal(url, undefined)
})

test('the discovery document is asked for again after ten minutes, after a failure in five seconds', async () => {
  let now = 0
  let asked = 0
  let down = true
  const fetch = answering(() => {
    asked++
    if (down) throw new TypeError('fetch failed')
    return undefined
  })
  const connector = connectorTo(idp, { fetch, clock: { now: () => now } })
  const ask = () => connector.authorizationUrl({ redirectUri, checks, fresh: false })

  await assert.rejects(ask(), failsWith('provider-unreachable'))
  down = false
  await assert.rejects(ask(), failsWith('provider-unreachable'))
  assert.equal(asked, 1)

  now += 5_000
  await ask()
  now += 10 * 60_000 - 1
  await ask()
  assert.equal(asked, 2)

  now += 1
  await ask()
  assert.equal(asked, 3)
})

test('a fresh sign-in asks for the password again', async () => {
  const url = await connectorTo(idp).authorizationUrl({ redirectUri, checks, fresh: true })

  assert.equal(url.searchParams.get('prompt'), 'login')
  assert.equal(url.searchParams.get('max_age'), '0')
})

const brokenDocuments: readonly [string, () => Promise<Response> | Response, ErrorCode, Record<string, unknown>?][] = [
  [
    'names another issuer',
    () => documentWith({ issuer: 'https://else.example.com' }),
    'issuer-mismatch',
    { published: 'https://else.example.com' },
  ],
  ['is not JSON', () => new Response('<html>', { headers: { 'content-type': 'text/html' } }), 'provider-unreachable'],
  ['is not there', () => new Response('', { status: 404 }), 'provider-unreachable'],
  [
    'is broken JSON',
    () => new Response('{', { headers: { 'content-type': 'application/json' } }),
    'provider-unreachable',
  ],
]
for (const [fault, answer, code, details] of brokenDocuments) {
  test(`a discovery document that ${fault} is ${code}`, async () => {
    const connector = connectorTo(idp, { fetch: answering(() => answer()) })

    await assert.rejects(connector.authorizationUrl({ redirectUri, checks, fresh: false }), failsWith(code, details))
  })
}

const certificates: readonly [string, ErrorCode][] = [
  ['CERT_HAS_EXPIRED', 'certificate-expired'],
  ['CERT_NOT_YET_VALID', 'certificate-expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate-hostname-mismatch'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'certificate-untrusted'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'certificate-untrusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate-untrusted'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'certificate-untrusted'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate-untrusted'],
  ['ECONNREFUSED', 'provider-unreachable'],
]
for (const [tls, code] of certificates) {
  test(`a connection that fails with ${tls} is ${code}`, async () => {
    const cause = Object.assign(new Error('no'), { code: tls })
    const fetch = answering(() => Promise.reject(new TypeError('fetch failed', { cause })))

    const asking = connectorTo(idp, { fetch }).authorizationUrl({ redirectUri, checks, fresh: false })

    await assert.rejects(asking, failsWith(code))
  })
}

const secretMethods = ['client_secret_basic', 'client_secret_post'] as const
for (const clientAuthenticationMethod of secretMethods) {
  test(`a wrong secret is said to be one (${clientAuthenticationMethod})`, async (t) => {
    const connector = connectorTo(idp, { clientSecret: 'wrong', clientAuthenticationMethod })

    const identifying = connector.identify({ callbackUrl: await comeBack(t, connector), redirectUri, checks })

    await assert.rejects(identifying, failsWith('client-credentials-rejected'))
  })
}

test('a code that was used is refused by the provider, in its own words', async (t) => {
  const connector = connectorTo(idp)
  const callbackUrl = await comeBack(t, connector)
  await connector.identify({ callbackUrl, redirectUri, checks })

  const again = connector.identify({ callbackUrl, redirectUri, checks })

  await assert.rejects(again, failsWith('provider-refused', { error: 'invalid_grant' }))
})

test('a refusal in the answer of the browser is the provider’s, cut to a length that a log line bears', async () => {
  const callbackUrl = new URL(redirectUri)
  const query = { error: 'access_denied', error_description: 'x'.repeat(600), state: checks.state, iss: idp.issuer }
  callbackUrl.search = String(new URLSearchParams(query))

  const identifying = connectorTo(idp).identify({ callbackUrl, redirectUri, checks })

  await assert.rejects(
    identifying,
    failsWith('sign-in-cancelled', { error: 'access_denied', description: 'x'.repeat(500) }),
  )
})

test('an answer of another provider is one to no sign-in (RFC 9207) [mixup-iss]', async (t) => {
  const connector = connectorTo(idp)
  const callbackUrl = await comeBack(t, connector)
  callbackUrl.searchParams.set('iss', 'https://else.example.com')

  await assert.rejects(connector.identify({ callbackUrl, redirectUri, checks }), failsWith('callback-mismatch'))
})

test('an answer to another attempt is refused by its state [state-login-csrf]', async (t) => {
  const connector = connectorTo(idp)
  const callbackUrl = await comeBack(t, connector)

  const identifying = connector.identify({ callbackUrl, redirectUri, checks: { ...checks, state: 'another' } })

  await assert.rejects(identifying)
})

test('an ID token for another attempt is invalid, and the claim is named [nonce-bound]', async (t) => {
  const connector = connectorTo(idp)
  const callbackUrl = await comeBack(t, connector)

  const identifying = connector.identify({ callbackUrl, redirectUri, checks: { ...checks, nonce: 'another' } })

  await assert.rejects(identifying, failsWith('id-token-invalid', { claim: 'nonce' }))
})

test('an ID token of another issuer is an issuer-mismatch, and says whose it is', async (t) => {
  const elsewhere = `${idp.issuer}-elsewhere`
  const changes = { issuer: elsewhere, authorization_response_iss_parameter_supported: undefined }
  const fetch = answering((url) => (isDocument(url) ? documentWith(changes) : undefined))
  const connector = connectorTo(idp, { fetch, issuer: elsewhere })
  const callbackUrl = await comeBack(t, connector)
  callbackUrl.searchParams.delete('iss')

  const identifying = connector.identify({ callbackUrl, redirectUri, checks })

  await assert.rejects(identifying, failsWith('issuer-mismatch', { configured: elsewhere, published: idp.issuer }))
})

const interruptions = ['TimeoutError', 'AbortError']
for (const name of interruptions) {
  test(`a provider that does not answer in time is provider-unreachable (${name})`, async (t) => {
    const late = answering(() => Promise.reject(new DOMException('too late', name)))
    const lateTokens = answering((url) => (isToken(url) ? Promise.reject(new DOMException('late', name)) : undefined))
    const connector = connectorTo(idp, { fetch: lateTokens })
    const callbackUrl = await comeBack(t, connector)

    const asking = connectorTo(idp, { fetch: late }).authorizationUrl({ redirectUri, checks, fresh: false })
    await assert.rejects(asking, failsWith('provider-unreachable'))

    const identifying = connector.identify({ callbackUrl, redirectUri, checks })
    await assert.rejects(identifying, failsWith('provider-unreachable'))
  })
}

test('an answer of the token endpoint without an ID token is invalid', async (t) => {
  const fetch = answering((url) =>
    isToken(url) ? Response.json({ access_token: 'opaque', token_type: 'bearer', expires_in: 60 }) : undefined,
  )
  const connector = connectorTo(idp, { fetch })

  const identifying = connector.identify({ callbackUrl: await comeBack(t, connector), redirectUri, checks })

  await assert.rejects(identifying, failsWith('id-token-invalid'))
})

test('a clock that is an hour ahead of the provider’s is clock-skew', async (t) => {
  t.after(() => mock.timers.reset())
  const fetch: Fetch = async (url, init) => {
    const answer = await direct(url, init)
    if (isToken(String(url))) mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_600_000 })
    return answer
  }
  const connector = connectorTo(idp, { fetch })

  const identifying = connector.identify({ callbackUrl: await comeBack(t, connector), redirectUri, checks })

  await assert.rejects(identifying, failsWith('clock-skew'))
})

test('a principal claim that was not sent is missed, with the claims that were', async (t) => {
  const connector = connectorTo(idp, { principalClaim: 'samaccountname' })

  const identifying = connector.identify({ callbackUrl: await comeBack(t, connector), redirectUri, checks })

  await assert.rejects(identifying, (error) => {
    assert.ok(error instanceof AppError)
    assert.equal(error.code, 'principal-claim-missing')
    assert.match(String(error.details['claimsReceived']), /\bpreferred_username\b/)
    return true
  })
})

test('a claim may be called like what every object inherits: it is there when the provider sends it, and else it is not', async (t) => {
  const missing = connectorTo(idp, { principalClaim: 'constructor', groupsClaims: [['__proto__']] })
  const sending = connectorTo(idp, {
    principalClaim: 'constructor',
    groupsClaims: [['__proto__']],
    fetch: answering(async (url) => {
      if (!url.endsWith('/userinfo')) return undefined
      const { sub } = lastClaims
      return new Response(`{"sub":"${sub}","constructor":"alice","__proto__":["analysts"]}`, {
        headers: { 'content-type': 'application/json' },
      })
    }),
  })
  const lastClaims = { sub: '' }

  await assert.rejects(
    missing.identify({ callbackUrl: await comeBack(t, missing), redirectUri, checks }),
    failsWith('principal-claim-missing', { principalClaim: 'constructor' }),
  )
  const usual = connectorTo(idp)
  const { key } = await usual.identify({ callbackUrl: await comeBack(t, usual), redirectUri, checks })
  lastClaims.sub = key.subject
  const identity = await sending.identify({ callbackUrl: await comeBack(t, sending), redirectUri, checks })

  assert.equal(identity.principal, 'alice')
  assert.deepEqual(identity.groups, ['analysts'])
})

test('an address that the vendor does not speak for is not verified, whatever the provider says [noauth-email]', async (t) => {
  for (const owns of [true, false]) {
    const connector = connectorTo(idp, { ownsAddress: (domain) => owns && domain === 'example.com' })
    const callbackUrl = await comeBack(t, connector)

    const identity = await connector.identify({ callbackUrl, redirectUri, checks })

    assert.equal(identity.emailVerified, owns, identity.email)
  }
})
