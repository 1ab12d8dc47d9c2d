import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadConfig } from './load.ts'

const id = '3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31'

function problemsOf(rootPath: string, wayIn: string): string[] {
  const text = `
authenticationClasses:
  staff:
    oidc:
      hostname: login.microsoftonline.com
      rootPath: ${rootPath}
      principalClaim: email
      providerHint: EntraID
      tls: { verification: { server: { caCert: { webPki: {} } } } }
login:
  - ${wayIn}
secrets:
  client: { clientId: gatehouse, clientSecret: '\${env:STAFF_SECRET}' }
`
  const { problems } = loadConfig({ files: [{ name: 'gatehouse.yaml', text }], baseDir: '/' }, {})
  return problems.map(({ path, message }) => `${path}: ${message}`)
}

const staff = '{ authenticationClass: staff, oidc: { clientCredentialsSecret: client } }'
const issuer = 'https://login.microsoftonline.com'
const end = 'write the id of your tenant in authenticationClasses.staff.oidc.rootPath'

describe('a way in at Entra ID whose issuer no token has is refused when the configuration is loaded', () => {
  const cases = {
    '/contoso.onmicrosoft.com/v2.0': `Microsoft Entra ID puts the id of the tenant into tokens where ${issuer}/contoso.onmicrosoft.com/v2.0 has another word, so that issuers differ: ${end}`,
    '/common/v2.0': `Microsoft Entra ID puts the id of the tenant into tokens where ${issuer}/common/v2.0 has another word, so that issuers differ and people of every tenant can come: ${end}`,
    '/organizations/v2.0': `Microsoft Entra ID puts the id of the tenant into tokens where ${issuer}/organizations/v2.0 has another word, so that issuers differ and people of every tenant can come: ${end}`,
    '/': `Microsoft Entra ID puts the id of the tenant into tokens where ${issuer}/ has nothing, so that issuers differ: ${end}`,
    [`/${id}`]: `the issuer in tokens of Microsoft Entra ID is ${issuer}/${id}/v2.0, and not ${issuer}/${id}: write /${id}/v2.0 in authenticationClasses.staff.oidc.rootPath`,
    [`/${id.toUpperCase()}/v2.0`]: `the issuer in tokens of Microsoft Entra ID is ${issuer}/${id}/v2.0, and not ${issuer}/${id.toUpperCase()}/v2.0: write /${id}/v2.0 in authenticationClasses.staff.oidc.rootPath`,
  }
  for (const [rootPath, sentence] of Object.entries(cases)) {
    test(rootPath, () => {
      assert.deepEqual(problemsOf(rootPath, staff), [`login.0.authenticationClass: ${sentence}`])
    })
  }
})

test('the id of a tenant is no problem, and a slash behind it is left out', () => {
  assert.deepEqual(problemsOf(`/${id}/v2.0`, staff), [])
  assert.match(problemsOf(`/${id}/v2.0/`, staff).join(), /rootPath: has a slash at the end, which is left out/)
})

test('a class that is no way in is left to the products that name it', () => {
  assert.deepEqual(problemsOf('/common/v2.0', '{ local: {} }'), [])
})
