/** Tokens that come with the browser, for clients that may do nothing else: whoever is at the browser can have written them. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import { SignJWT } from 'jose'
import { type HostileIdp, startHostileIdp } from '../../test/support/hostile-idp.ts'
import { loadConfig } from '../config/load.ts'
import { AppError } from '../errors.ts'
import { createFetch } from '../outgoing.ts'
import { createOidcConnector, type OidcConnectorOptions } from './oidc.ts'

const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }
const redirectUri = 'http://localhost/callback/corp'
const hashOf = (token: string) => hash('sha256', token, 'buffer').subarray(0, 16).toString('base64url')

let idp: HostileIdp
before(async () => {
  idp = await startHostileIdp(checks.nonce)
})
after(() => idp[Symbol.asyncDispose]())
beforeEach(() => {
  Object.assign(idp, { document: {}, userinfo: {}, asked: [] })
})

const connectorWith = (options: Partial<OidcConnectorOptions> = {}) =>
  createOidcConnector({
    name: 'corp',
    issuer: idp.issuer,
    clientId: idp.clientId,
    clientSecret: '',
    clientAuthenticationMethod: 'none',
    scopes: ['openid', 'email'],
    principalClaim: 'preferred_username',
    groupsClaims: [['groups']],
    responseType: 'id_token',
    fetch: createFetch({ timeout: 5000 }),
    clock: { now: () => Date.now() },
    ...options,
  })

const claimsWith = (more: Record<string, unknown> = {}) => {
  const now = Math.floor(Date.now() / 1000)
  const usual = { iss: idp.issuer, aud: idp.clientId, sub: 'subject-1', iat: now, exp: now + 60, nonce: checks.nonce }
  return { ...usual, preferred_username: 'alice', ...more }
}

function comeBack(answer: Record<string, string>, options: Partial<OidcConnectorOptions> = {}) {
  const callbackUrl = new URL(`${redirectUri}?${new URLSearchParams({ state: checks.state, ...answer })}`)
  return connectorWith(options).identify({ callbackUrl, redirectUri, checks })
}

const refused = (work: Promise<unknown>, code: string, details: Record<string, unknown> = {}) =>
  assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, code, JSON.stringify(error.details))
    assert.deepEqual({ ...error.details, ...details }, error.details)
    return true
  })

test('an ID token is asked for, always with a nonce, and as a form where the provider can', async () => {
  const asked = async (responseType: string) => {
    const url = await connectorWith({ responseType }).authorizationUrl({ redirectUri, checks, fresh: false })
    return ['response_type', 'response_mode', 'nonce', 'state', 'code_challenge'].map((name) =>
      url.searchParams.get(name),
    )
  }

  assert.deepEqual(await asked('id_token'), ['id_token', null, checks.nonce, checks.state, null])
  assert.deepEqual(await asked('token'), ['token', null, checks.nonce, checks.state, null])
  idp.document = { response_modes_supported: ['query', 'fragment', 'form_post'] }
  assert.deepEqual(await asked('id_token token'), ['id_token token', 'form_post', checks.nonce, checks.state, null])
})

test('who the ID token names signs in, and no token endpoint is asked', async () => {
  const { key, principal, idToken } = await comeBack({ id_token: await idp.sign(claimsWith()) })

  assert.deepEqual([key.subject, principal, typeof idToken], ['subject-1', 'alice', 'string'])
  assert.deepEqual(idp.asked, ['discovery', 'jwks'])
})

describe('an access token beside it', () => {
  const options = { responseType: 'id_token token' }
  const answer = async (more: Record<string, unknown>) => ({
    access_token: 'access',
    id_token: await idp.sign(claimsWith(more)),
  })

  test('asks for more about the person, if it belongs to the ID token', async () => {
    assert.equal((await comeBack(await answer({ at_hash: hashOf('access') }), options)).email, 'alice@example.test')
  })

  test('of somebody else is refused, and one that nothing binds is not used', async () => {
    await refused(comeBack(await answer({ at_hash: hashOf('another') }), options), 'id-token-invalid', {
      claim: 'at_hash',
    })
    assert.equal((await comeBack(await answer({}), options)).email, undefined)
    assert.ok(!idp.asked.includes('userinfo'))
  })

  test('alone signs nobody in: it may have been issued for another client', async () => {
    for (const responseType of ['token', 'id_token token', 'id_token'])
      await refused(comeBack({ access_token: 'access' }, { responseType }), 'callback-mismatch')
    assert.ok(!idp.asked.includes('userinfo'))
  })
})

describe('what comes with the browser signs nobody in', () => {
  // biome-ignore format: one table
  const wrong: [string, Record<string, unknown>, string, string][] = [
    ['with the nonce of another attempt [nonce-bound]', { nonce: 'of-another' }, 'id-token-invalid', 'nonce'],
    ['without a nonce [nonce-bound]', { nonce: undefined }, 'id-token-invalid', 'nonce'],
    ['for another client [upstream-jwt-aud-exp]', { aud: 'another' }, 'id-token-invalid', 'aud'],
    ['for several clients without azp', { aud: ['gatehouse', 'another'] }, 'id-token-invalid', 'azp'],
    ['of another issuer [mixup-iss]', { iss: 'https://evil.test' }, 'issuer-mismatch', 'iss'],
    ['that has expired [upstream-jwt-aud-exp]', { exp: 1_000_000_000 }, 'clock-skew', 'exp'],
    ['without an end', { exp: undefined }, 'id-token-invalid', 'exp'],
    ['of tomorrow', { iat: 9_999_999_999 }, 'clock-skew', 'iat'],
    ['without a subject', { sub: undefined }, 'id-token-invalid', 'sub'],
  ]
  for (const [what, claims, code, claim] of wrong) {
    test(`as a token ${what}`, async () => {
      await refused(comeBack({ id_token: await idp.sign(claimsWith(claims)) }), code, { claim })
    })
  }

  test('without a signature, or with one by the public key [alg-confusion]', async () => {
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const secret = new TextEncoder().encode(JSON.stringify(idp.publicJwk))
    const none = `${encoded({ alg: 'none' })}.${encoded(claimsWith())}.`
    const hmac = await new SignJWT(claimsWith()).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(secret)

    for (const id_token of [none, hmac]) await refused(comeBack({ id_token }), 'id-token-invalid', { claim: 'alg' })
    const [head, , signature] = (await idp.sign(claimsWith())).split('.')
    const changed = `${head}.${encoded(claimsWith({ sub: 'subject-2' }))}.${signature}`
    await refused(comeBack({ id_token: changed }), 'id-token-invalid', { claim: 'signature' })
    for (const id_token of ['x', 'a.b.c', '..']) await refused(comeBack({ id_token }), 'id-token-invalid')
  })

  test('as an answer to another attempt, or of another provider [state-login-csrf] [mixup-iss]', async () => {
    const id_token = await idp.sign(claimsWith())

    await refused(comeBack({ id_token, state: 'another' }), 'callback-mismatch')
    await refused(comeBack({ id_token, iss: 'https://evil.test' }), 'callback-mismatch')
    await refused(comeBack({ code: 'a code' }), 'callback-mismatch')
    const twice = new URL(`${redirectUri}?state=${checks.state}&id_token=${id_token}&id_token=${id_token}`)
    await refused(connectorWith().identify({ callbackUrl: twice, redirectUri, checks }), 'callback-mismatch')
  })

  test('as a refusal, which is said in our words', async () => {
    await refused(comeBack({ error: 'access_denied' }), 'sign-in-cancelled', { error: 'access_denied' })
    await refused(comeBack({ error: 'server_error' }), 'provider-unavailable')
  })
})

test('a class says what comes with the browser, and nothing without flow: implicit', () => {
  const said = (oidc: string) => {
    const text = `authenticationClasses: { corp: { oidc: { hostname: sso.example.com, principalClaim: sub, ${oidc} } } }`
    return loadConfig({ files: [{ name: 'x.yaml', text }], baseDir: '/' }, {})
      .problems.filter(({ severity }) => severity === 'error')
      .map(({ path }) => path)
  }
  const at = 'authenticationClasses.corp.oidc.authUrlParams.response_type'

  assert.deepEqual(said('flow: implicit'), [])
  for (const type of ['id_token', 'id_token token', 'token id_token', 'token'])
    assert.deepEqual(said(`flow: implicit, authUrlParams: { response_type: ${type} }`), [], type)
  for (const type of ['code', 'code id_token', 'none', 'id_token id_token'])
    assert.deepEqual(said(`flow: implicit, authUrlParams: { response_type: ${type} }`), [at], type)
  assert.deepEqual(said('authUrlParams: { response_type: id_token }'), [at])
  assert.deepEqual(said('flow: hybrid'), ['authenticationClasses.corp.oidc.flow'])
})
