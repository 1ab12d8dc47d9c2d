import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatProblem } from '../config/problem.ts'
import { discoveryUrlOf, isSameProvider, otherSpelling } from '../issuer-text.ts'
import { issuerOf } from './issuer.ts'
import { loadConfig } from './load.ts'

type Provider = Parameters<typeof issuerOf>[0]
const tls = { verification: { server: { caCert: { webPki: {} } } } } as unknown as Provider['tls']
const provider = (rootPath: string, rest: Partial<Provider> = {}): Provider => ({
  hostname: 'idp.example.com',
  rootPath,
  tls,
  ...rest,
})

function problemsOf(text: string): string[] {
  const { problems } = loadConfig({ files: [{ name: 'gatehouse.yaml', text }], baseDir: '/' }, {})
  return problems.map((problem) => formatProblem(problem))
}

const aClass = (rootPath: string, hint = '', hostname = 'idp.example.com') => `authenticationClasses:
  idp:
    oidc:
      hostname: ${hostname}
      rootPath: ${JSON.stringify(rootPath)}
      principalClaim: email${hint === '' ? '' : `\n      providerHint: ${hint}`}
      tls: { verification: { server: { caCert: { webPki: {} } } } }
`

// biome-ignore format: one table
const written: readonly [rootPath: string, rest: Partial<Provider>, issuer: string][] = [
  ['/application/o/platform/', {}, 'https://idp.example.com/application/o/platform/'],
  ['application/o/platform/', {}, 'https://idp.example.com/application/o/platform/'],
  ['/application/o/platform', {}, 'https://idp.example.com/application/o/platform'],
  ['/application/o/platform///', {}, 'https://idp.example.com/application/o/platform/'],
  ['/', {}, 'https://idp.example.com/'],
  ['', {}, 'https://idp.example.com'],
  ['/dex/', { providerHint: 'Dex' }, 'https://idp.example.com/dex/'],
  ['/Ä%20b/', { port: 8443 }, 'https://idp.example.com:8443/Ä%20b/'],
  // Vendors that never write it.
  ['/realms/demo/', { providerHint: 'Keycloak' }, 'https://idp.example.com/realms/demo'],
  ['/auth/realms/demo/', { providerHint: 'Keycloak' }, 'https://idp.example.com/auth/realms/demo'],
  ['/realms/demo/', {}, 'https://idp.example.com/realms/demo'],
  ['realms/demo', {}, 'https://idp.example.com/realms/demo'],
  ['/oauth2/default/', { providerHint: 'Okta' }, 'https://idp.example.com/oauth2/default'],
  ['/oauth2/default/', { hostname: 'acme.okta.com' }, 'https://acme.okta.com/oauth2/default'],
  ['/adfs/', {}, 'https://idp.example.com/adfs'],
  // One that always does, where the class says who it is.
  ['/application/o/platform', { providerHint: 'Authentik' }, 'https://idp.example.com/application/o/platform/'],
  ['', { providerHint: 'Authentik' }, 'https://idp.example.com/'],
  ['/', { providerHint: 'Google' }, 'https://idp.example.com'],
  ['/', { hostname: 'gitlab.com' }, 'https://gitlab.com'],
  ['/', { providerHint: 'Auth0' }, 'https://idp.example.com/'],
  ['', { providerHint: 'Auth0' }, 'https://idp.example.com/'],
  // A hint that the address contradicts.
  ['/application/o/platform/', { providerHint: 'Keycloak' }, 'https://idp.example.com/application/o/platform/'],
]
describe('an issuer is what is written', () => {
  for (const [rootPath, rest, issuer] of written) {
    test(`${JSON.stringify(rootPath)} ${JSON.stringify(rest)}`, () =>
      assert.equal(issuerOf(provider(rootPath, rest)), issuer))
  }
})

test('the discovery document has one address whether the issuer ends in a slash or not', () => {
  const address = 'https://idp.example.com/o/x/.well-known/openid-configuration'

  assert.deepEqual(['https://idp.example.com/o/x', 'https://idp.example.com/o/x/'].map(discoveryUrlOf), [
    address,
    address,
  ])
})

test('two spellings are one provider only when a slash at the end is all that differs', () => {
  const issuer = 'https://idp.example.com/o/x'

  assert.equal(otherSpelling(otherSpelling(issuer)), issuer)
  for (const same of [issuer, `${issuer}/`, 'https://IDP.example.com:443/o/x'])
    assert.ok(isSameProvider(issuer, same), same)
  for (const other of [`${issuer}//`, 'https://idp.example.com/o', 'http://idp.example.com/o/x', `${issuer}/y`, 'x'])
    assert.equal(isSameProvider(issuer, other), false, other)
})

test('a slash that the vendor never writes is a warning with the right value', () => {
  assert.deepEqual(problemsOf(aClass('/realms/demo/', 'Keycloak')), [
    'gatehouse.yaml:5:7 authenticationClasses.idp.oidc.rootPath: warning: has a slash at the end, which is left out: issuers of Keycloak have none. Write /realms/demo',
  ])
  assert.match(
    problemsOf(aClass('/realms/demo/')).join(),
    /looks like Keycloak, whose issuers have none there. Write \/realms\/demo$/,
  )
  assert.match(
    problemsOf(aClass('/application/o/x/', 'Keycloak')).join(),
    /it is kept.*take out providerHint; else write \/application\/o\/x$/,
  )
  assert.match(
    problemsOf(aClass('/application/o/x', 'Authentik')).join(),
    /has no slash at the end, which is added: issuers of authentik \(providerHint\) end in one. Write \/application\/o\/x\/$/,
  )
  assert.match(problemsOf(aClass('', 'Auth0')).join(), /issuers of Auth0 end in a slash: write \//)
  for (const [rootPath, hint] of [
    ['/application/o/x/', ''],
    ['/realms/demo', 'Keycloak'],
    ['/', 'Google'],
    ['', ''],
    ['/dex/', 'Dex'],
  ] as const)
    assert.deepEqual(problemsOf(aClass(rootPath, hint)), [], rootPath)
})

test('more than the path of an issuer is refused with the right value', () => {
  const corrected = {
    '/realms/data/.well-known/openid-configuration': 'write /realms/data ',
    'realms/data/.well-known/openid-configuration/': 'write realms/data ',
    '/.well-known/openid-configuration': 'write / ',
    '/.well-known/oauth-authorization-server/realms/data': 'write /realms/data ',
    'https://sso.example.com/realms/data': 'write /realms/data$',
    'https://sso.example.com': 'write /$',
    'https://sso.example.com/realms/data/.well-known/openid-configuration': 'write /realms/data ',
  }
  for (const [rootPath, said] of Object.entries(corrected)) {
    const [problem = '', ...more] = problemsOf(aClass(rootPath))
    assert.deepEqual(more, [])
    assert.match(problem, /rootPath: (?:error: )?(?:is the address of a document|must be the path alone)/)
    assert.match(problem, new RegExp(said))
  }
})

test('the address of our own document is no issuer either', () => {
  assert.deepEqual(problemsOf('issuer: https://id.example.com/sso/.well-known/openid-configuration\n'), [
    'gatehouse.yaml:1:1 issuer: is the address of a document, not the issuer: write https://id.example.com/sso',
  ])
  assert.deepEqual(problemsOf('issuer: https://id.example.com/sso\n'), [])
})

test('a way in at every tenant of Entra is refused without providerHint, too', () => {
  const login =
    'login: [{ authenticationClass: idp, oidc: { clientCredentialsSecret: c } }]\nsecrets: { c: { clientId: c, clientSecret: "${env:S}" } }\n'
  for (const rootPath of ['/common/v2.0', '/organizations/v2.0', '/common']) {
    const text = aClass(rootPath, '', 'login.microsoftonline.com') + login

    assert.match(
      problemsOf(text).join('\n'),
      /people of every tenant can come: write the id of your tenant in authenticationClasses.idp.oidc.rootPath/,
    )
  }
})
