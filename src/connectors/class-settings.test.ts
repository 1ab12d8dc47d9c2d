/** What a class says about a sign-in, and what becomes of it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connectorOptions } from '../../test/support/connector-options.ts'
import { type HostileIdp, startHostileIdp } from '../../test/support/hostile-idp.ts'
import { loadConfig } from '../config/load.ts'
import type { AppError } from '../errors.ts'
import { createFetch } from '../outgoing.ts'
import { matcherOf } from './group-pattern.ts'
import { createOidcConnector, type OidcConnectorOptions } from './oidc.ts'

const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }
const redirectUri = 'http://localhost/callback/corp'

let idp: HostileIdp
before(async () => {
  idp = await startHostileIdp(checks.nonce)
})
after(() => idp[Symbol.asyncDispose]())

const connectorWith = (options: Partial<OidcConnectorOptions>) =>
  createOidcConnector({
    ...connectorOptions(idp),
    fetch: createFetch({ timeout: 5000 }),
    ...options,
  })

function signIn(options: Partial<OidcConnectorOptions>, claims: Record<string, unknown>) {
  idp.claims = claims
  const callbackUrl = new URL(`${redirectUri}?code=c&state=${checks.state}`)
  return connectorWith(options).identify({ callbackUrl, redirectUri, checks })
}

test('parameters of the class go to the provider, and those that a product asks for come before them', async () => {
  const authUrlParams = {
    audience: 'api',
    domain_hint: 'example.com',
    prompt: 'consent',
    state: 'of-somebody',
    nonce: 'x',
  }
  const connector = connectorWith({ authUrlParams })
  const asked = async (fresh: boolean) =>
    (await connector.authorizationUrl({ redirectUri, checks, fresh, hints: { loginHint: 'alice' } })).searchParams

  const usual = await asked(false)
  const fresh = await asked(true)

  assert.deepEqual(
    ['audience', 'domain_hint', 'prompt', 'login_hint', 'state', 'nonce'].map((name) => usual.get(name)),
    ['api', 'example.com', 'consent', 'alice', checks.state, checks.nonce],
  )
  assert.deepEqual([fresh.get('prompt'), fresh.getAll('prompt').length], ['login', 1])
})

test('only groups that match are taken, with the prefix; a limit of the class sees all of them', async () => {
  const groups = ['data-admins', 'data-analysts', 'payroll']
  const limited = {
    takesGroup: matcherOf('^data-', 'x'),
    groupsPrefix: 'corp:',
    admission: { allowedGroups: ['payroll'], hostedDomains: [] },
  }

  assert.deepEqual((await signIn(limited, { groups })).groups, ['corp:data-admins', 'corp:data-analysts'])
  assert.deepEqual((await signIn({}, { groups })).groups, groups)
  assert.deepEqual((await signIn({ takesGroup: matcherOf('a$', 'x') }, { groups })).groups, [])
})

test('a clock may differ by as much as the class says', async () => {
  const now = Math.floor(Date.now() / 1000)
  const ahead = (seconds: number) => ({ iat: now + seconds, exp: now + 600 })
  const refused = (work: Promise<unknown>) => assert.rejects(work, ({ code }: AppError) => code === 'clock-skew')

  assert.ok(await signIn({ clockTolerance: 120 }, ahead(100)))
  assert.ok(await signIn({}, ahead(30)))
  await refused(signIn({}, ahead(100)))
  await refused(signIn({ clockTolerance: 0 }, ahead(30)))
  await refused(signIn({ clockTolerance: 0 }, { iat: now - 100, exp: now - 10 }))
})

test('a class and a client are refused that mean something else than they say', () => {
  const said = (oidc: string, entry = '', secret = 'clientSecret: "${env:S}"') => {
    const text = `authenticationClasses: { corp: { oidc: { hostname: sso.example.com, principalClaim: sub, ${oidc} } } }
login: [{ authenticationClass: corp, oidc: { clientCredentialsSecret: c${entry} } }]
secrets: { c: { clientId: x, ${secret} } }`
    return loadConfig({ files: [{ name: 'x.yaml', text }], baseDir: '/' }, {})
      .problems.filter(({ severity }) => severity === 'error')
      .map(({ path }) => path)
  }
  const at = 'authenticationClasses.corp.oidc'

  assert.deepEqual(said('authUrlParams: { audience: api, prompt: select_account }, clockTolerance: 0'), [])
  assert.deepEqual(said('groupsFilter: "^data-", groupsPrefix: "corp:"'), [])
  for (const name of [
    'state',
    'nonce',
    'redirect_uri',
    'client_id',
    'code_challenge',
    'scope',
    'response_type',
    'request',
  ])
    assert.deepEqual(said(`authUrlParams: { ${name}: x }`), [`${at}.authUrlParams.${name}`])
  assert.deepEqual(said('groupsFilter: "("'), [`${at}.groupsFilter`])
  assert.deepEqual(said('groupsFilter: "(?=a)"'), [`${at}.groupsFilter`], 'RE2 has no lookahead')
  for (const wrong of ['-1', '601', '1.5', '"60"'])
    assert.deepEqual(said(`clockTolerance: ${wrong}`), [`${at}.clockTolerance`])
  for (const method of ['client_secret_jwt', 'private_key_jwt', 'none'])
    assert.deepEqual(
      said('', `, clientAuthenticationMethod: ${method}`, 'clientSecret: "${env:S}", privateKey: "${file:k}"'),
      [],
    )
  assert.deepEqual(said('', '', 'keyId: one'), ['secrets.c'])
})
