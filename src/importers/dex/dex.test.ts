import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { goldenFiles } from '../../../test/support/accepted-keys.ts'
import { type DexText, refusedByDex } from '../../../test/support/dex-keys.ts'
import { meaningOf } from '../../../test/support/dex-meaning.ts'
import { renderData } from '../../../test/support/golden-cases.ts'
import { importCases } from '../../../test/support/import-cases.ts'
import { Config } from '../../config/schema.ts'
import { allFiles } from '../../products/render-product.ts'
import { type Imported, type NotCarried, UnreadableImport } from '../contract.ts'
import { dexFilesOf } from './documents.ts'
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
  // The class gatehouse is this server, which no file of Dex can say. No scopes come back as those that Dex then asks for.
  const files = goldenFiles('dex', 'dex.yaml').filter(({ path }) => !/gatehouse|only-openid/.test(path))

  for (const { path, text } of files) {
    test(`${path} is imported and rendered the same`, () => {
      const result = imported(text)

      assert.deepEqual(rendered(result), parse(text))
      assert.doesNotMatch(JSON.stringify(result.notCarried), /[Tt]he rendered file/)
    })
  }
})

/** What each case of the corpus loses: paths in its meaning, and the text that names it among the losses. */
const lostInCorpus: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'dex/public-clients': {
    'clients.4.redirectURIs': 'staticClients[4].redirectURIs',
    'clients.4.postLogoutRedirectURIs': 'postLogoutRedirectURIs',
  },
  'dex/gitlab-groups': { 'connectors.0.config.inheritedGroups': 'inheritedGroups' },
  'dex/oidc-claims': { 'connectors.0.config.jwksUri': 'jwksUri' },
  'dex/capitals': { 'connectors.0.config.client_secret': 'client_secret' },
  'dex/other-connectors': { 'connectors.8': 'a connector of type slack' },
}

function without(data: unknown, path: readonly string[]): unknown {
  const [first, ...rest] = path
  if (first === undefined || typeof data !== 'object' || data === null) return data
  const { [first]: inner, ...others } = data as Record<string, unknown>
  return rest.length === 0 ? others : { ...others, [first]: without(inner, rest) }
}

describe('what is rendered of an import means the same to Dex', () => {
  const cases = importCases('dex').filter(({ refused }) => refused === undefined)

  test('in all shapes of the corpus', () => {
    assert.ok(cases.length >= 20)
  })

  for (const { name, folder, inputs, arguments: args } of cases) {
    test(name, () => {
      const files = inputs.map((input) => ({ name: input, text: readFileSync(join(folder, 'input', input), 'utf8') }))
      const [mine] = files.flatMap(dexFilesOf)
      assert.ok(mine)
      const result = dex.read(files, args[0] === '--url' ? { url: String(args[1]) } : {})
      const written = rendered(result)

      assert.deepEqual(refusedByDex(written as unknown as DexText), [], 'a key that Dex does not know')
      const losses = JSON.stringify(result.notCarried)
      let expected: unknown = meaningOf(mine.data)
      for (const [path, text] of Object.entries(lostInCorpus[name] ?? {})) {
        assert.ok(losses.includes(text), `${text} is named`)
        expected = without(expected, path.split('.'))
      }
      const found = meaningOf(written)
      if (mine.isWhole) assert.deepEqual(found, expected)
      // A program adds the rest of the file, and the address of each connector.
      else assert.deepEqual(withoutReturn(found.connectors), withoutReturn((expected as typeof found).connectors))
    })
  }
})

function withoutReturn(connectors: Readonly<Record<string, unknown>>): unknown {
  return Object.keys(connectors).map((key) => without(connectors, [key, 'config', 'redirectURI']))
}

test('the connectors of Charmed Kubeflow are a list, whose address of return says where Dex is', () => {
  for (const { path, text } of goldenFiles('kubeflow', 'oidc-connector.json')) {
    const result = imported(text, 'oidc-connector.json')

    const { authenticationClasses } = result.config as Record<string, Record<string, object>>
    assert.ok(Object.keys(authenticationClasses ?? {}).length > 0, path)
  }
})

test('without an issuer the address is asked for, or taken from the call', () => {
  const text = 'connectors: [{type: mockCallback, id: mock, name: Mock}]\n'

  assert.match(whyOf(imported(text), /config.yaml$/), /--url/)
  const { config, notCarried } = dex.read([{ name: 'config.yaml', text }], { url: 'https://id.example.com/dex/' })
  assert.equal((config['products'] as { dex: { url: string } }).dex.url, 'https://id.example.com/dex')
  assert.ok(!JSON.stringify(notCarried).includes('issuer'))
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

  test('those of clients, of LDAP, of storages, of accounts and of connectors without a class neither', () => {
    const ldap = { host: 'ldap.example.com', bindDN: 'cn=x', bindPW: 'hunter2', userSearch: { baseDN: 'dc=x' } }
    const connectors = [
      { type: 'ldap', id: 'a', name: 'a', config: ldap },
      { type: 'mockPassword', id: 'b', name: 'b', config: { username: 'ada', password: 'hunter2' } },
      { type: 'gitea', id: 'c', name: 'c', config: { clientID: 'dex', clientSecret: 'hunter2' } },
    ]
    const text = `issuer: https://id.example.com/dex
connectors: ${JSON.stringify(connectors)}
storage: {type: postgres, config: {host: db.example.com, password: hunter2}}
staticClients: [{id: a, secret: hunter2, name: A, redirectURIs: [https://a.example.com/cb]}]
enablePasswordDB: true
staticPasswords: [{email: ada@example.com, hash: hunter2}]
`
    const result = imported(text)

    assert.doesNotMatch(JSON.stringify(result), /hunter2/)
    assert.match(whyOf(result, /staticClients\[0\]\.secret/), /DEX_CLIENT_A_SECRET/)
    assert.equal(result.notCarried.filter(({ effect }) => effect === 'secret').length, 6)
  })

  test('a reference to a Secret of Argo CD is no clear text, in whatever part of the name there is a dot or a colon', () => {
    for (const reference of ['$dex.sso.clientSecret', '$sso:clientSecret', '$my-sso.v2:kc.secret', '$oidcSecret']) {
      const config = `connectors:\n- {type: oidc, id: sso, name: sso, config: {issuer: "https://sso.example.com/realms/data", clientID: "${reference}", clientSecret: "${reference}"}}\n`
      const result = imported(
        JSON.stringify({ kind: 'ConfigMap', data: { url: 'https://argo.example.com', 'dex.config': config } }),
      )

      assert.match(whyOf(result, /clientSecret$/), /valueFrom\.secretKeyRef/)
      assert.doesNotMatch(JSON.stringify(result.notCarried), /clear text/)
      assert.ok(!JSON.stringify(result.config).includes(reference), reference)
    }
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

  test('a team of an organisation that is let in whole needs no place', () => {
    const orgs = [{ name: 'example' }, { name: 'example', teams: ['data'] }, { name: 'other', teams: ['x', 'x'] }]
    const { config } = imported(withConnector({ clientID: 'dex', clientSecret: '$S', orgs }, 'github'))

    const { sso } = config['authenticationClasses'] as { sso: { github: object } }
    assert.deepEqual(sso.github, { organizations: ['example'], teams: ['other/x'] })
  })

  test('a connector that Dex does not have is told first, with what becomes of its people', () => {
    const result = imported(withConnector({}, 'slack'))

    const [entry] = result.notCarried.filter(({ effect }) => effect === 'access')
    assert.match(entry?.why ?? '', /every account of people who signed in before is orphaned/)
  })
})

describe('who people are', () => {
  const sayingOf = ({ notCarried }: Imported): NotCarried[] => notCarried.filter(({ effect }) => effect === 'identity')

  test('what makes `sub` and the names is carried, for each type of connector', () => {
    const of = {
      oidc: { ...keycloak, userIDKey: 'email', userNameKey: 'upn', claimMapping: { email: 'mail' } },
      ldap: {
        host: 'ldap.example.com',
        userSearch: { baseDN: 'dc=x', username: 'mail', idAttr: 'DN', nameAttr: 'sn' },
      },
      github: { clientID: 'dex', clientSecret: '$S', useLoginAsID: true, orgs: [{ name: 'example' }] },
      gitlab: { clientID: 'dex', clientSecret: '$S', useLoginAsID: true },
    }
    for (const [type, config] of Object.entries(of)) {
      const result = imported(withConnector(config, type).replace('"id":"sso"', '"id":"Single Sign-On"'))
      const [connector] = rendered(result)['connectors'] as { id: string; type: string; config: object }[]

      assert.deepEqual(sayingOf(result), [], type)
      assert.equal(connector?.id, 'Single Sign-On')
      assert.equal(connector?.type, type)
    }
  })

  test('what cannot be carried says that every account is orphaned', () => {
    const result = imported(withConnector({ ...keycloak, userIDKey: ['email'] }))

    const [entry] = sayingOf(result)
    assert.match(entry?.what ?? '', /userIDKey/)
    assert.match(entry?.why ?? '', /every account of people who signed in before is orphaned/)
  })
})

test('what Gatehouse or Dex does not know is listed, with what it changes', () => {
  const text = `${withConnector({ ...keycloak, jwksUri: 'https://x', foo: 'a', bar: { baz: 1 } })}sessions: {cookieName: x}
grpc: {addr: ":5557", unheard: 1}
`
  const lines = imported(text).notCarried.map(({ where, what, why }) => `${where} | ${what} | ${why}`)

  for (const line of [
    /^config.yaml: connectors\[0\]\.config \| jwksUri: .* \| Nothing changes/,
    /^config.yaml: connectors\[0\]\.config \| foo: …, bar\.baz: … \| gatehouse\.yaml has no place/,
    /^config.yaml \| sessions\.cookieName: … \| Only a Dex newer than 2\.45/,
    /^config.yaml \| grpc\.unheard: … \| gatehouse\.yaml has no setting.*extra/,
  ]) {
    assert.ok(
      lines.some((text) => line.test(text)),
      `${line}\n${lines.join('\n')}`,
    )
  }
})

describe('what render adds', () => {
  test('is told last, and only what the file does not say', () => {
    const quiet = { ...keycloak, userNameKey: 'preferred_username' }
    const web =
      'web: {http: "0.0.0.0:5556", headers: {X-Frame-Options: DENY, X-Content-Type-Options: nosniff, Strict-Transport-Security: max-age=31536000}}\n'

    assert.deepEqual(
      imported(withConnector(quiet)).notCarried.map(({ effect }) => effect),
      ['added'],
    )
    assert.deepEqual(imported(withConnector(quiet) + web).notCarried, [])
  })

  test('nothing of a missing address is shown', () => {
    const { redirectURI: _, ...config } = keycloak
    const text = `connectors: ${JSON.stringify([{ type: 'oidc', id: 'sso', name: 'sso', config }])}\n`

    assert.doesNotMatch(JSON.stringify(imported(text)), /address\.invalid/)
  })
})

test('the result says what it was imported from, and where something is to be written', () => {
  const { clientID: _, redirectURI: __, ...config } = keycloak
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

test('Microsoft and GitLab become classes of their own kind, with the groups that get in', () => {
  const tenant = '11111111-2222-3333-4444-555555555555'
  const microsoft = imported(withConnector({ ...keycloak, tenant }, 'microsoft'))
  const gitlab = imported(
    withConnector({ ...keycloak, baseURL: 'https://git.example.com', groups: ['acme'] }, 'gitlab'),
  )

  for (const { config } of [microsoft, gitlab]) assert.ok(Config.safeParse(config).success)
  assert.match(JSON.stringify(microsoft.config), new RegExp(`/${tenant}/v2.0.*EntraID`))
  assert.match(JSON.stringify(gitlab.config), /git\.example\.com.*GitLab.*"allowedGroups":\["acme"\]/)
})

test('a tenant of Microsoft that is no id makes no class: the connector is carried as it is', () => {
  const tenant = 'AAAAAAAA-2222-3333-4444-555555555555'
  const capitals = imported(withConnector({ ...keycloak, tenant }, 'microsoft'))

  assert.match(JSON.stringify(capitals.config), new RegExp(`/${tenant.toLowerCase()}/v2.0`))
  for (const other of ['contoso.onmicrosoft.com', '-'.repeat(36), 'common', undefined]) {
    const result = imported(withConnector({ ...keycloak, tenant: other }, 'microsoft'))

    assert.match(whyOf(result, /connectors\[0\]$/), /carried as it is, under dex\.connectors\.sso/)
    const [connector] = rendered(result)['connectors'] as { type: string; config: Record<string, unknown> }[]
    assert.equal(connector?.type, 'microsoft')
    assert.equal(connector?.config['tenant'], other)
  }
})

test('a file of something else is refused', () => {
  const direct =
    'kind: ConfigMap\ndata:\n  oidc.config: |\n    name: A\n    issuer: https://sso.example.com\n    clientID: a\n'
  for (const text of [
    direct,
    'hello: world\n',
    'kind: ConfigMap\ndata: {url: https://argo.example.com}\n',
    '[]\n',
    '- type: a\n',
  ]) {
    assert.throws(() => imported(text), UnreadableImport, text)
  }
})

test('a key too many in a matcher of groups does not take the search of groups away', () => {
  const text = `issuer: https://dex.example.com
connectors:
- type: ldap
  id: corp
  config:
    host: ldap.example.com:636
    userSearch: { baseDN: "ou=people,dc=example,dc=com", username: uid }
    groupSearch: { baseDN: "ou=groups,dc=example,dc=com", nameAttr: cn, userMatchers: [{ pin: 4711, userAttr: DN, groupAttr: member }] }
`
  const { config, notCarried } = dex.read([{ name: 'dex.yaml', text }])

  assert.match(JSON.stringify(config), /"baseDN":"ou=groups,dc=example,dc=com".*"groupAttr":"member"/)
  assert.match(JSON.stringify(notCarried), /groupSearch\.userMatchers\[0\]\.pin: …/)
  assert.doesNotMatch(JSON.stringify({ config, notCarried }), /4711/)
})
