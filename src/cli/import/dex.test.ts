import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { goldenFiles } from '../../../test/support/accepted-keys.ts'
import { renderData } from '../../../test/support/golden-cases.ts'
import { Config } from '../../config/schema.ts'
import { allFiles } from '../../products/render-product.ts'
import { type Imported, UnreadableImport } from './contract.ts'
import { dex } from './dex.ts'

function imported(text: string, name = 'config.yaml'): Imported {
  return dex.read([{ name, text }])
}

/** What `render` writes for an import. */
function rendered({ config }: Imported): Record<string, unknown> {
  const result = renderData(JSON.parse(JSON.stringify(config)))
  const file = result && allFiles(result).find(({ path }) => path === 'dex.yaml')
  assert.ok(file, JSON.stringify(result?.problems))
  return parse(file.content) as Record<string, unknown>
}

function whyOf({ notCarried }: Imported, where: RegExp): string {
  const found = notCarried.find((entry) => where.test(entry.where))
  assert.ok(found, JSON.stringify(notCarried))
  return found.why
}

const head = 'issuer: https://id.example.com/dex\nstorage: {type: memory}\n'

function withConnector(config: object, type = 'oidc'): string {
  return `${head}connectors: ${JSON.stringify([{ type, id: 'sso', name: 'sso', config }])}\n`
}

const keycloak = {
  issuer: 'https://sso.example.com/realms/data',
  clientID: 'dex',
  clientSecret: '$SSO_SECRET',
  redirectURI: 'https://id.example.com/dex/callback',
}

describe('there and back', () => {
  // The class gatehouse is this server, which no file of Dex can say.
  const files = goldenFiles('dex', 'dex.yaml').filter(({ path }) => !path.includes('gatehouse'))

  for (const { path, text } of files) {
    test(`${path} is imported and rendered the same`, () => {
      assert.deepEqual(rendered(imported(text)), parse(text))
    })
  }
})

test('the connectors of Charmed Kubeflow are a list', () => {
  for (const { path, text } of goldenFiles('kubeflow', 'oidc-connector.json')) {
    const result = imported(text, 'oidc-connector.json')

    const { authenticationClasses, products } = result.config as Record<string, Record<string, object>>
    assert.ok(Object.keys(authenticationClasses ?? {}).length > 0, path)
    assert.equal(Object.hasOwn(products?.['dex'] ?? {}, 'url'), false)
    assert.match(whyOf(result, /oidc-connector.json$/), /products\.dex\.url/)
  }
})

test('the ConfigMap of the Kubeflow manifests holds the file', () => {
  const file = `${withConnector(keycloak)}staticClients:
- idEnv: OIDC_CLIENT_ID
  redirectURIs: ["/oauth2/callback"]
  name: Dex Login Application
  secretEnv: OIDC_CLIENT_SECRET
`
  const map = `apiVersion: v1
kind: ConfigMap
metadata: {name: dex}
data:
  config.yaml: |
${file.replace(/^/gm, '    ')}
`
  const result = imported(map, 'configmap.yaml')

  assert.match(whyOf(result, /staticClients\[0\]\.redirectURIs/), /product kubeflow/)
  assert.equal((rendered(result)['connectors'] as unknown[]).length, 1)
})

describe('secrets', () => {
  test('a secret in clear text is named and not copied', () => {
    const result = imported(withConnector({ ...keycloak, clientSecret: 'hunter2-in-clear' }))

    assert.doesNotMatch(JSON.stringify(result), /hunter2/)
    assert.match(whyOf(result, /connectors\[0\]\.config\.clientSecret$/), /SSO_CLIENT_SECRET/)
    assert.deepEqual(result.config['secrets'], {
      'sso-client': { clientId: 'dex', clientSecret: '${env:SSO_CLIENT_SECRET}' },
    })
  })

  test('those of clients and of LDAP neither', () => {
    const ldap = { host: 'ldap.example.com', bindDN: 'cn=x', bindPW: 'hunter2', userSearch: { baseDN: 'dc=x' } }
    const clients = 'staticClients: [{id: a, secret: hunter2, name: A, redirectURIs: [https://a.example.com/cb]}]\n'

    const result = imported(withConnector(ldap, 'ldap') + clients)

    assert.doesNotMatch(JSON.stringify(result), /hunter2/)
    assert.match(whyOf(result, /staticClients\[0\]\.secret/), /secrets\.env\.example/)
  })

  test('a file that cannot be read does not show what it holds', () => {
    assert.throws(
      () => imported('clientSecret: "hunter2\nx'),
      (error) => error instanceof UnreadableImport && !error.message.includes('hunter2'),
    )
  })
})

describe('who gets in', () => {
  test('groups that Dex did not enforce are not enforced in silence', () => {
    const result = imported(withConnector({ ...keycloak, allowedGroups: ['admins'] }))

    assert.match(whyOf(result, /allowedGroups$/), /everybody got in/)
    assert.doesNotMatch(JSON.stringify(result.config), /admins/)
  })

  test('groups of one connector among several are not given to all', () => {
    const text = `${head}connectors: ${JSON.stringify([
      { type: 'oidc', id: 'a', name: 'a', config: { ...keycloak, insecureEnableGroups: true, allowedGroups: ['x'] } },
      { type: 'oidc', id: 'b', name: 'b', config: { ...keycloak, issuer: 'https://other.example.com/realms/x' } },
    ])}\n`

    assert.match(whyOf(imported(text), /connector a/), /EVERYBODY/)
  })

  test('domains of Google are not forgotten', () => {
    const result = imported(withConnector({ ...keycloak, hostedDomains: ['example.com'] }, 'google'))

    assert.match(whyOf(result, /hostedDomains/), /keeps people of other domains out/)
  })
})

test('what Gatehouse or Dex does not know is listed, each with its place', () => {
  const text = `${withConnector({ ...keycloak, jwksUri: 'https://x', acrValues: ['gold'] })}enablePasswordDB: true
expiry: {idTokens: 1h}
grpc: {addr: ":5557"}
`
  const { notCarried } = imported(text)

  const places = notCarried.map(({ where }) => where.replace('config.yaml: ', ''))
  assert.deepEqual(places, [
    'connectors[0].config.jwksUri',
    'connectors[0].config.acrValues',
    'enablePasswordDB',
    'expiry',
    'grpc',
  ])
})

test('a connector without a class is left out with a reason', () => {
  const result = imported(withConnector({}, 'saml'))

  assert.match(whyOf(result, /connectors\[0\]$/), /no class/)
})

test('Microsoft and GitLab become classes of their own kind', () => {
  const tenant = '11111111-2222-3333-4444-555555555555'
  const microsoft = imported(withConnector({ ...keycloak, tenant }, 'microsoft'))
  const gitlab = imported(
    withConnector({ ...keycloak, baseURL: 'https://git.example.com', groups: ['acme'] }, 'gitlab'),
  )

  for (const { config } of [microsoft, gitlab]) assert.ok(Config.safeParse(config).success)
  assert.match(JSON.stringify(microsoft.config), new RegExp(`/${tenant}/v2.0.*EntraID`))
  assert.match(JSON.stringify(gitlab.config), /git\.example\.com.*GitLab.*"allowedGroups":\["acme"\]/)
})

test('a file of something else is refused', () => {
  assert.throws(() => imported('hello: world\n'), UnreadableImport)
})
