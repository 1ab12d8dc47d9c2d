/** What is said and written about registrations, for every vendor: facts of their documents, and rules of our own. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { oneLine } from '../../../test/support/hostile-text.ts'
import { fc, runs } from '../../../test/support/properties.ts'
import { type HclReadBody, readCodeSpans, readHcl } from '../../../test/support/read-formats.ts'
import { loadConfig } from '../../config/load.ts'
import { readSources } from '../../config/read.ts'
import { Config } from '../../config/schema.ts'
import type { ProviderHint } from '../../vendors/contract.ts'
import { vendors } from '../../vendors/index.ts'
import type { ClientProfile, Provider } from '../contract.ts'
import { products } from '../index.ts'
import { renderProduct } from '../render-product.ts'
import { resolveProduct } from '../resolve.ts'
import type { Registration } from './contract.ts'
import { vendorGuides } from './index.ts'

interface Case {
  hint: ProviderHint
  hostname: string
  rootPath?: string
  issuer: string
}

/** As the vendors' own discovery documents show it. */
const cases: readonly Case[] = [
  {
    hint: 'Keycloak',
    hostname: 'sso.example.com',
    rootPath: '/realms/data',
    issuer: 'https://sso.example.com/realms/data',
  },
  {
    hint: 'EntraID',
    hostname: 'login.microsoftonline.com',
    rootPath: '/3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31/v2.0',
    issuer: 'https://login.microsoftonline.com/3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31/v2.0',
  },
  { hint: 'Okta', hostname: 'acme.okta.com', issuer: 'https://acme.okta.com' },
  { hint: 'Auth0', hostname: 'acme.eu.auth0.com', issuer: 'https://acme.eu.auth0.com/' },
  {
    hint: 'Cognito',
    hostname: 'cognito-idp.eu-central-1.amazonaws.com',
    rootPath: '/eu-central-1_Ab12Cd34E',
    issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12Cd34E',
  },
  { hint: 'Google', hostname: 'accounts.google.com', issuer: 'https://accounts.google.com' },
  { hint: 'ADFS', hostname: 'sts.example.com', rootPath: '/adfs', issuer: 'https://sts.example.com/adfs' },
  { hint: 'Dex', hostname: 'dex.example.com', rootPath: '/dex', issuer: 'https://dex.example.com/dex' },
  { hint: 'GitLab', hostname: 'gitlab.com', issuer: 'https://gitlab.com' },
  {
    hint: 'Authentik',
    hostname: 'auth.example.com',
    rootPath: '/application/o/portal',
    issuer: 'https://auth.example.com/application/o/portal/',
  },
]

interface Wish {
  groups?: boolean
  product?: object
  oidc?: object
  clientId?: string
  claims?: object
}

function configOf({ hint, hostname, rootPath }: Omit<Case, 'issuer'>, wish: Wish = {}): Config {
  const vendor = Object.values(vendors).find((found) => found.hint === hint)
  assert.ok(vendor)
  const groupsClaim = hint === 'Auth0' ? 'https://example.com/groups' : vendor.groups.claim
  const wantsClaim = wish.groups && vendor.groups.scope === undefined
  return Config.parse({
    authenticationClasses: {
      idp: {
        oidc: {
          hostname,
          ...(rootPath === undefined ? {} : { rootPath }),
          principalClaim: 'email',
          providerHint: hint,
          ...(wantsClaim ? { groupsClaim } : {}),
          ...wish.claims,
          tls: { verification: { server: { caCert: { webPki: {} } } } },
        },
      },
    },
    secrets: { client: { clientId: wish.clientId ?? 'portal-client', clientSecret: '${env:PORTAL_SECRET}' } },
    products: {
      portal: {
        product: 'oidc',
        url: 'https://portal.example.com',
        redirectUris: ['https://portal.example.com/callback'],
        authentication: [
          {
            authenticationClass: 'idp',
            oidc: {
              clientCredentialsSecret: 'client',
              ...(wish.groups && !wantsClaim ? { extraScopes: ['groups'] } : {}),
              ...wish.oidc,
            },
          },
        ],
        ...wish.product,
      },
    },
  })
}

function providerOf(found: Case, wish?: Wish): Provider {
  const [provider] = resolveProduct(configOf(found, wish), 'portal').providers
  assert.ok(provider)
  return provider
}

/** The rendered registration: name to content. */
function registrationOf(found: Omit<Case, 'issuer'>, wish?: Wish): Record<string, string> {
  const { registration, problems } = renderProduct(configOf(found, wish), 'portal')
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  )
  return Object.fromEntries(registration.map(({ path, content }) => [path, content]))
}

function caseOf(hint: ProviderHint): Case {
  const found = cases.find((one) => one.hint === hint)
  assert.ok(found)
  return found
}

function parseJson(text: string | undefined): unknown {
  return JSON.parse(text ?? '')
}

describe('every vendor', () => {
  test('has a case here', () => {
    const known = Object.values(vendors).flatMap(({ hint }) => hint ?? [])

    assert.deepEqual(cases.map(({ hint }) => hint).sort(), known.sort())
  })

  for (const found of cases) {
    test(`${found.hint}: the issuer is the one of its discovery document`, () => {
      assert.equal(providerOf(found).issuer, found.issuer)
    })

    test(`${found.hint}: nothing about groups is said when none are wanted`, () => {
      const files = registrationOf(found)

      for (const [name, text] of Object.entries(files)) {
        // Folders of the consoles of ADFS and GitLab are called so.
        const rest = text.replaceAll(/Application Groups?|\(a group\)/g, '')
        assert.doesNotMatch(rest, /groups?\b/i, `${found.hint} ${name}`)
      }
    })

    test(`${found.hint}: wanted groups are spoken of`, () => {
      const { 'REGISTER.md': text = '' } = registrationOf(found, { groups: true })

      assert.match(text.slice(text.indexOf('### ')), /groups/)
    })

    test(`${found.hint}: the addresses and the variable of the secret stand in the steps, and no file holds a secret`, () => {
      const files = registrationOf(found)
      const { 'REGISTER.md': text = '' } = files
      const steps = text.slice(text.indexOf('### In the console'))

      assert.ok(
        readCodeSpans(steps.replaceAll('\n', ' ')).includes('https://portal.example.com/callback') ||
          steps.includes('- https://portal.example.com/callback'),
      )
      assert.match(steps, /PORTAL_SECRET/)
      for (const [name, content] of Object.entries(files)) {
        if (name.endsWith('.json')) assert.doesNotMatch(content, /"secret"/)
        if (name.endsWith('.tf')) assert.doesNotMatch(content, /secret = "/)
      }
    })

    test(`${found.hint}: a step is one line, or ends in a block of code`, () => {
      const { 'REGISTER.md': text = '' } = registrationOf(found, { groups: true })
      const fences = text.match(/^ *```/gm) ?? []

      assert.equal(fences.length % 2, 0)
      for (const line of text.split('\n')) assert.doesNotMatch(line, /undefined|\[object|\s$/, line)
    })
  }
})

describe('a claim that a vendor never sends', () => {
  const warnings = (hint: ProviderHint, claims: object) =>
    renderProduct(configOf(caseOf(hint), { claims }), 'portal')
      .problems.map(({ message }) => message)
      .join('\n')

  test('is a warning when it is to be the user name', () => {
    assert.match(
      warnings('Google', { principalClaim: 'preferred_username' }),
      /which Google never sends: write another/,
    )
    assert.doesNotMatch(warnings('Google', { principalClaim: 'email' }), /never sends/)
  })

  test('is a warning when it is to be the groups, if groups are wanted', () => {
    assert.match(warnings('Auth0', { groupsClaim: 'groups' }), /groups, which Auth0 never sends/)
    assert.doesNotMatch(warnings('Auth0', {}), /never sends/)
    assert.doesNotMatch(warnings('Auth0', { groupsClaim: 'https://example.com/groups' }), /never sends/)
  })
})

interface ClientRepresentation {
  clientId: string
  publicClient: boolean
  attributes: Record<string, string>
  protocolMappers: { protocolMapper: string; config: Record<string, string> }[]
  defaultClientScopes?: string[]
  optionalClientScopes?: string[]
}

interface Imported {
  clients: ClientRepresentation[]
}

function importOf(wish?: Wish): ClientRepresentation {
  const files = registrationOf(caseOf('Keycloak'), wish)
  const { clients } = parseJson(files['keycloak-client-idp.json']) as Imported
  const [client] = clients
  assert.ok(client)
  return client
}

describe('the import for Keycloak', () => {
  test('leaves the scopes of the realm alone when no other one is asked for', () => {
    const client = importOf()

    assert.equal(client.defaultClientScopes, undefined)
    assert.equal(registrationOf(caseOf('Keycloak'))['keycloak-client-scope-idp.json'], undefined)
  })

  test('brings the scope groups as a file of its own, because a partial import drops unknown scopes', () => {
    const files = registrationOf(caseOf('Keycloak'), { groups: true })
    const scope = parseJson(files['keycloak-client-scope-idp.json']) as { name: string; protocolMappers: unknown[] }

    assert.equal(scope.name, 'groups')
    assert.equal(scope.protocolMappers.length, 1)
    assert.ok(importOf({ groups: true }).optionalClientScopes?.includes('groups'))
    assert.ok(
      importOf({ groups: true }).defaultClientScopes?.includes('basic'),
      'else the client has no scope but groups',
    )
  })

  test('has the mapper itself when groups are wanted without a scope', () => {
    const { protocolMappers } = importOf({ claims: { groupsClaim: 'teams' } })

    const [mapper] = protocolMappers.filter(({ protocolMapper }) => protocolMapper.includes('group'))
    assert.equal(mapper?.config['claim.name'], 'teams')
    assert.equal(mapper?.config['full.path'], 'false')
  })

  test('takes the claims of roles for roles, and a dot in an address for a dot', () => {
    const mapperOf = (groupsClaim: string | string[]) => importOf({ claims: { groupsClaim } }).protocolMappers[0]

    assert.equal(mapperOf('realm_access.roles')?.protocolMapper, 'oidc-usermodel-realm-role-mapper')
    const client = mapperOf('resource_access.other-app.roles')
    assert.equal(client?.config['usermodel.clientRoleMapping.clientId'], 'other-app')
    assert.equal(mapperOf('https://example.com/groups')?.config['claim.name'], 'https://example\\.com/groups')
    // A backslash keeps the character behind it, so one of its own is written twice.
    assert.equal(mapperOf(['realm\\', 'roles'])?.config['claim.name'], 'realm\\\\.roles')
  })

  test('asks for PKCE only of products that send it', () => {
    const trino = { product: 'trino', redirectUris: [] }

    assert.equal(importOf().attributes['pkce.code.challenge.method'], 'S256')
    assert.equal(importOf({ product: trino }).attributes['pkce.code.challenge.method'], undefined)
  })

  test('joins addresses for after sign-out as Keycloak keeps them', () => {
    const uris = ['https://portal.example.com/', 'https://portal.example.com/bye']
    const { attributes } = importOf({ product: { postLogoutRedirectUris: uris } })

    assert.equal(attributes['post.logout.redirect.uris'], uris.join('##'))
  })
})

function blocksOf(body: HclReadBody, type: string, label?: string): HclReadBody[] {
  return body.blocks
    .filter((block) => block.type === type && (label === undefined || block.labels[0] === label))
    .map((block) => block.body)
}

describe('Terraform', () => {
  for (const hint of ['Okta', 'Auth0', 'EntraID'] as const) {
    test(`for ${hint} reads back, and its outputs of secrets are sensitive`, () => {
      const files = registrationOf(caseOf(hint), { groups: true })
      const [path = ''] = Object.keys(files).filter((name) => name.endsWith('.tf'))
      const outputs = readHcl(files[path] ?? '').blocks.filter(({ type }) => type === 'output')

      assert.match(path, /^[a-z0-9]+-idp\.tf$/)
      assert.deepEqual(
        outputs.map(({ labels, body }) => [labels[0], body.attributes.get('sensitive')]),
        [
          ['client_id_idp', undefined],
          ['client_secret_idp', true],
        ],
      )
    })
  }

  test('for Okta sends groups by a filter on the org server, and not on a custom one, which serves others too', () => {
    const read = (rootPath?: string) => {
      const found = { ...caseOf('Okta'), ...(rootPath === undefined ? {} : { rootPath }) }
      const [app] = blocksOf(readHcl(registrationOf(found, { groups: true })['okta-idp.tf'] ?? ''), 'resource')
      assert.ok(app)
      return blocksOf(app, 'groups_claim')
    }

    assert.equal(read()[0]?.attributes.get('name'), 'groups')
    assert.deepEqual(read('/oauth2/default'), [])
  })

  test('for Okta names a client id only if Okta takes it', () => {
    const idOf = (clientId: string) => {
      const text = registrationOf(caseOf('Okta'), { clientId })['okta-idp.tf'] ?? ''
      return blocksOf(readHcl(text), 'resource', 'okta_app_oauth')[0]?.attributes.get('client_id')
    }

    assert.equal(idOf('portal-client'), 'portal-client')
    assert.equal(idOf('p"${x}'), undefined)
    assert.equal(idOf('abc'), undefined)
  })

  test('for Auth0 keeps the name of the claim a text of the Action, whatever is in it', () => {
    const groupsClaim = 'https://x/"); api.access.deny("${no}\\'
    const text = registrationOf(caseOf('Auth0'), { claims: { groupsClaim } })['auth0-idp.tf'] ?? ''
    const [action] = blocksOf(readHcl(text), 'resource', 'auth0_action')
    const code = String(action?.attributes.get('code'))
    const sent: unknown[] = []
    const api = { setCustomClaim: (name: string, value: unknown) => sent.push([name, value]) }
    const exports: { onExecutePostLogin?: (event: object, tokens: object) => Promise<void> } = {}

    new Function('exports', code)(exports)

    return exports
      .onExecutePostLogin?.({ authorization: { roles: ['analysts'] } }, { idToken: api, accessToken: api })
      .then(() =>
        assert.deepEqual(sent, [
          [groupsClaim, ['analysts']],
          [groupsClaim, ['analysts']],
        ]),
      )
  })

  test('for Entra ID registers addresses for after sign-out as redirect URIs, with a path', () => {
    const product = { postLogoutRedirectUris: ['https://portal.example.com'] }
    const text = registrationOf(caseOf('EntraID'), { product })['entra-idp.tf'] ?? ''
    const [app] = blocksOf(readHcl(text), 'resource', 'azuread_application')
    assert.ok(app)

    assert.deepEqual(blocksOf(app, 'web')[0]?.attributes.get('redirect_uris'), [
      'https://portal.example.com/callback',
      'https://portal.example.com/',
    ])
  })

  test('is not written for a claim that HCL would change', () => {
    const files = registrationOf(caseOf('Okta'), { claims: { groupsClaim: 'e\u0301' } })

    assert.deepEqual(Object.keys(files), ['REGISTER.md'])
  })
})

describe('whatever the texts are', () => {
  // What the schema calls a line.
  const line = oneLine.map((text) => text.replace(/\p{Cc}/gu, '')).filter((text) => text !== '')
  const wishes = fc.record({ clientId: line, groupsClaim: line, title: line.filter((text) => text.length <= 60) })

  for (const found of cases) {
    test(`the files for ${found.hint} can be read, and hold the same texts`, () => {
      fc.assert(
        fc.property(wishes, ({ clientId, groupsClaim, title }) => {
          const wish = { clientId, claims: { groupsClaim }, product: { title } }
          const config = configOf(found, wish)

          const { registration } = renderProduct(config, 'portal')

          for (const { path, content } of registration) {
            assert.ok(content.isWellFormed() && content.endsWith('\n'), path)
            if (path.endsWith('.tf')) readHcl(content)
          }
          const client = registration.find(({ path }) => path === 'keycloak-client-idp.json')
          if (client) assert.equal((JSON.parse(client.content) as Imported).clients[0]?.clientId, clientId)
        }),
        { numRuns: runs(150) },
      )
    })
  }
})

/** A registration for a product that differs from the generic one. */
function registration(found: Case, change: Partial<ClientProfile>, wish?: Wish): Registration {
  const input = resolveProduct(configOf(found, wish), 'portal')
  const [provider] = input.providers
  assert.ok(provider)
  return {
    input: { ...input, profile: { ...input.profile, ...change } },
    provider,
    description: products.oidc,
    notes: { claims: [], needsAudience: false, steps: [] },
    redirectUris: ['https://portal.example.com/callback'],
    postLogoutRedirectUris: [],
  }
}

describe('a public client', () => {
  for (const found of cases) {
    test(`has no secret at ${found.hint}, neither in the steps nor in the files`, () => {
      const client = registration(found, { clientAuthenticationMethods: ['none'] })
      const vendor = vendorGuides[client.provider.kind]
      const said = [...vendor.steps(client), ...vendor.applying(client)].join('\n')

      assert.doesNotMatch(said, /PORTAL_SECRET|client_secret/)
      for (const { content } of vendor.files(client))
        assert.doesNotMatch(content, /client_secret|azuread_application_password/)
    })
  }

  test('is one for Keycloak, Okta, Auth0 and Entra ID in the files too', () => {
    const fileOf = (hint: ProviderHint) => {
      const client = registration(caseOf(hint), { clientAuthenticationMethods: ['none'] })
      return vendorGuides[client.provider.kind].files(client)[0]?.content ?? ''
    }

    assert.match(fileOf('Keycloak'), /"publicClient": true/)
    assert.match(fileOf('Okta'), /token_endpoint_auth_method = "none"/)
    assert.match(fileOf('Auth0'), /authentication_method = "none"/)
    assert.match(fileOf('EntraID'), /public_client \{/)
  })
})

describe('grants', () => {
  test('of the implicit flow are switched on where the product uses it, and nowhere else', () => {
    const said = (hint: ProviderHint, grantTypes: ClientProfile['grantTypes']) => {
      const client = registration(caseOf(hint), { grantTypes })
      const guide = vendorGuides[client.provider.kind]
      return [...guide.steps(client), ...guide.files(client).map(({ content }) => content)].join('\n')
    }

    for (const hint of ['Keycloak', 'EntraID', 'Okta', 'Auth0', 'Cognito'] as const) {
      assert.match(said(hint, ['implicit']), /implicit/i, hint)
      assert.doesNotMatch(said(hint, ['authorization_code']), /implicit(?!FlowEnabled": false)/i, hint)
    }
  })

  test('of refreshing come with the scope offline_access', () => {
    const client = registration(
      caseOf('Okta'),
      { grantTypes: ['authorization_code'] },
      { oidc: { extraScopes: ['offline_access'] } },
    )

    assert.match(vendorGuides.okta.steps(client).join('\n'), /Refresh Token/)
  })
})

test('two classes of one product have files and outputs of their own, and one list of Terraform providers', () => {
  const config = configOf(caseOf('Okta'))
  const portal = config.products['portal']
  const idp = config.authenticationClasses['idp']
  assert.ok(portal && idp)
  const [entry] = portal.authentication
  assert.ok(entry)
  config.authenticationClasses['second'] = Config.parse(configOf(caseOf('Auth0'))).authenticationClasses['idp'] ?? idp
  portal.authentication.push({ ...entry, authenticationClass: 'second' })
  const input = resolveProduct(config, 'portal')

  const files = input.providers.flatMap((provider) =>
    vendorGuides[provider.kind].files({ ...registration(caseOf('Okta'), {}), input, provider }),
  )

  const bodies = files.map(({ content }) => readHcl(content))
  assert.deepEqual(
    files.map(({ path }) => path),
    ['okta-idp.tf', 'auth0-second.tf'],
  )
  const [required, ...others] = bodies.flatMap((body) => blocksOf(body, 'terraform'))
  assert.deepEqual(others, [], 'Terraform takes one such block in a folder')
  assert.deepEqual([...(required?.blocks[0]?.body.attributes.keys() ?? [])], ['okta', 'auth0'])
  const names = bodies.flatMap(({ blocks }) => blocks.map(({ type, labels }) => [type, ...labels].join(' ')))
  assert.equal(new Set(names).size, names.length)
})

describe('the guides of the providers', () => {
  const folder = join(import.meta.dirname, '../../../docs/guides/providers')
  const written = mkdtempSync(join(tmpdir(), 'guides-'))
  after(() => rmSync(written, { recursive: true }))

  for (const name of readdirSync(folder)) {
    test(`${name} has a configuration without mistakes, and products that render`, () => {
      const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(folder, name), 'utf8')) ?? []
      const file = join(written, name.replace('.md', '.yaml'))
      writeFileSync(file, yaml)

      const { config, problems } = loadConfig(readSources([file]), {})

      assert.deepEqual(problems, [])
      assert.ok(config)
      assert.match(yaml, /^authenticationClasses:/m)
      for (const product of Object.keys(config.products)) {
        assert.deepEqual(
          renderProduct(config, product).problems.filter(({ severity }) => severity === 'error'),
          [],
        )
      }
    })
  }
})
