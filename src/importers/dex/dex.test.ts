import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { goldenFiles } from '../../../test/support/accepted-keys.ts'
import { renderData } from '../../../test/support/golden-cases.ts'
import { Config } from '../../config/schema.ts'
import { allFiles } from '../../products/render-product.ts'
import { type Imported, UnreadableImport } from '../contract.ts'
import { dex } from './index.ts'

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
      const result = imported(text)

      assert.deepEqual(rendered(result), parse(text))
      assert.doesNotMatch(JSON.stringify(result.notCarried), /[Tt]he rendered file/)
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

    assert.match(whyOf(result, /allowedGroups$/), /everyone got in/)
    assert.doesNotMatch(JSON.stringify(result.config), /admins/)
  })

  test('groups of one connector among several are not given to all', () => {
    const text = `${head}connectors: ${JSON.stringify([
      { type: 'oidc', id: 'a', name: 'a', config: { ...keycloak, insecureEnableGroups: true, allowedGroups: ['x'] } },
      { type: 'oidc', id: 'b', name: 'b', config: { ...keycloak, issuer: 'https://other.example.com/realms/x' } },
    ])}\n`

    assert.match(whyOf(imported(text), /connector a/), /EVERYONE/)
  })

  test('domains of Google are not forgotten', () => {
    const result = imported(withConnector({ ...keycloak, hostedDomains: ['example.com'] }, 'google'))

    assert.match(whyOf(result, /hostedDomains/), /keeps out people of other domains/)
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
    'config.yaml',
    'connectors[0].config',
    'config.yaml',
  ])
})

test('what has no place is one entry, with the values of what is no secret', () => {
  const text = `${withConnector({ ...keycloak, clientSecret: '$S', foo: 'a', bar: { baz: 1 } })}oauth2: {passwordConnector: local}
web: {https: "0.0.0.0:5554", tlsCert: /c.pem}
grpc: {addr: ":5557", reflection: true}
logger: {level: debug}
staticPasswords: [{email: a@example.com, hash: "hunter2", username: a}]
`
  const { notCarried } = imported(text)

  const lines = notCarried.map(({ where, what, why }) => `${where} | ${what} | ${why}`).join('\n')
  for (const line of [
    /^config.yaml: connectors\[0\]\.config \| foo: "a", bar\.baz: 1 \| No place in gatehouse\.yaml\. Put back/m,
    /^config.yaml \| oauth2\.passwordConnector: "local", grpc\.addr: ":5557", grpc\.reflection: true, logger\.level: "debug" \| No place/m,
    /^config.yaml: web \| https: "0\.0\.0\.0:5554", tlsCert: "\/c\.pem" \| /m,
    /^config.yaml: staticPasswords \| local accounts \| /m,
  ]) {
    assert.match(lines, line)
  }
  assert.doesNotMatch(lines, /hunter2/)
})

describe('what Dex does otherwise with the rendered file', () => {
  const quiet = { ...keycloak, userNameKey: 'preferred_username' }

  test('is listed: people without email_verified are refused', () => {
    const result = imported(withConnector({ ...quiet, insecureSkipEmailVerified: true }))

    assert.match(whyOf(result, /insecureSkipEmailVerified$/), /missing "email_verified" claim/)
  })

  test('is not listed where render writes the same', () => {
    const issuer = 'https://adfs.example.com/adfs'
    const result = imported(
      withConnector({ ...quiet, issuer, insecureSkipEmailVerified: true, userNameKey: 'preferred_username' }),
    )

    assert.ok(!result.notCarried.some(({ where }) => where.endsWith('insecureSkipEmailVerified')))
  })

  test('certificate authorities beside insecureSkipVerify are listed', () => {
    const result = imported(withConnector({ ...quiet, rootCAs: ['/ca.pem'], insecureSkipVerify: true }))

    assert.match(whyOf(result, /rootCAs$/), /no certificate is checked/)
  })

  test('a certificate authority is mounted elsewhere', () => {
    const result = imported(withConnector({ ...quiet, rootCAs: ['/ca.pem'] }))

    assert.match(whyOf(result, /rootCAs$/), /\/etc\/dex\/ca\/sso-ca\/ca\.crt.*Mount the file there/)
  })

  test('PKCE is left to Dex', () => {
    assert.match(whyOf(imported(withConnector({ ...quiet, pkceChallenge: 'S256' })), /pkceChallenge$/), /2\.45/)
    assert.match(whyOf(imported(withConnector({ ...quiet, pkceChallenge: 'plain' })), /pkceChallenge$/), /2\.45/)
  })

  test('people come back to the issuer of Dex, wherever they came back to before', () => {
    const redirectURI = 'https://old.example.com/dex/callback'

    for (const type of ['oidc', 'google']) {
      const result = imported(withConnector({ ...quiet, redirectURI }, type))

      assert.match(whyOf(result, /redirectURI$/), /https:\/\/id\.example\.com\/dex\/callback.*Register that address/)
    }
    const same = imported(withConnector(quiet))
    assert.ok(!same.notCarried.some(({ where }) => where.endsWith('redirectURI')))
  })

  test('people have another name where Dex took the claim `name`', () => {
    const result = imported(withConnector(keycloak))

    const entry = result.notCarried.find(({ what }) => what.includes('userNameKey'))
    assert.match(entry?.what ?? '', /not in yours: userNameKey: "preferred_username"$/)
    assert.match(entry?.why ?? '', /takes the claim `name`/)
  })

  test('its own settings that are new are one entry', () => {
    const { notCarried } = imported(withConnector(quiet))

    assert.deepEqual(
      notCarried.filter(({ what }) => what.startsWith('set in')).map(({ where }) => where),
      ['config.yaml'],
    )
    assert.match(JSON.stringify(notCarried), /oauth2\.skipApprovalScreen: true/)
  })

  test('a connector of another type in its place is named', () => {
    assert.match(whyOf(imported(withConnector(quiet, 'google')), /connectors\[0\]\.type$/), /connector oidc/)
  })

  test('nothing of a missing address is shown', () => {
    const text = `connectors: ${JSON.stringify([{ type: 'oidc', id: 'sso', name: 'sso', config: keycloak }])}\n`

    assert.doesNotMatch(JSON.stringify(imported(text)), /address\.invalid/)
  })

  test('a slash at the end of the issuer comes with what to do', () => {
    const result = imported(withConnector({ ...quiet, issuer: 'https://sso.example.com/realms/data/' }))

    assert.match(whyOf(result, /config\.issuer$/), /write issuer: "https:\/\/sso\.example\.com\/realms\/data\/" back/)
  })
})

test('the result says what it was imported from, and where something is to be written', () => {
  const { clientID: _, ...config } = keycloak
  const { comments } = imported(`connectors: ${JSON.stringify([{ type: 'oidc', id: 'sso', name: 'sso', config }])}\n`)

  assert.deepEqual(
    comments.map(({ path, text }) => `${path.join('.')}: ${text}`),
    [
      ': Imported from config.yaml of Dex.',
      'products.dex: Set url to the issuer of Dex.',
      'secrets.sso-client.clientId: Put the client id here.',
      'authenticationClasses.sso: Check that this is Keycloak: only the path /realms/data says so. If it is not, take out providerHint.',
    ],
  )
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

test('the tenant of Microsoft is written as tokens have it, and what is no id is said', () => {
  const tenant = 'AAAAAAAA-2222-3333-4444-555555555555'
  const capitals = imported(withConnector({ ...keycloak, tenant }, 'microsoft'))
  const domain = imported(withConnector({ ...keycloak, tenant: 'contoso.onmicrosoft.com' }, 'microsoft'))
  const hyphens = imported(withConnector({ ...keycloak, tenant: '-'.repeat(36) }, 'microsoft'))

  assert.match(JSON.stringify(capitals.config), new RegExp(`/${tenant.toLowerCase()}/v2.0`))
  assert.match(whyOf(domain, /config\.tenant$/), /one tenant, by its id/)
  assert.match(whyOf(hyphens, /config\.tenant$/), /one tenant, by its id/)
})

test('a file of something else is refused', () => {
  assert.throws(() => imported('hello: world\n'), UnreadableImport)
})
