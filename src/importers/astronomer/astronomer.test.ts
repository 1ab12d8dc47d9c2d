import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readEnv, readYaml } from '../../../test/support/read-formats.ts'
import { Config } from '../../config/schema.ts'
import { allFiles, renderProduct } from '../../products/render-product.ts'
import type { Imported, ImportFile } from '../contract.ts'
import { astronomer } from './index.ts'

const golden = join(import.meta.dirname, '../../../test/golden/astronomer')

function imported(...texts: readonly string[]): Imported {
  return astronomer.read(
    texts.map((text, index) => ({ name: index === 0 ? 'values.yaml' : `values-${index}.yaml`, text })),
  )
}

/** What `render` writes for an import, by name; the configuration must pass the schema. */
function rendered({ config }: Imported, issuer?: string): Map<string, string> {
  const product = (config['products'] as unknown as Record<string, object>)['astronomer']
  // Files need not say the address; whoever imports them writes it.
  const products = { astronomer: { url: 'https://app.astronomer.example.com', ...product } }
  const parsed = Config.parse({ ...(issuer === undefined ? {} : { issuer }), ...config, products })
  const result = renderProduct(parsed, 'astronomer')
  assert.deepEqual(
    result.problems.filter(({ severity }) => severity === 'error'),
    [],
  )
  return new Map(allFiles(result).map(({ path, content }) => [path, content]))
}

function valuesOf(files: Map<string, string>): Map<string, unknown> {
  const [document] = readYaml(files.get('values.yaml') ?? '')
  return document as Map<string, unknown>
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner instanceof Map ? inner.get(key) : undefined), value)
}

const auth = ['astronomer', 'houston', 'config', 'auth'] as const

function whyOf({ notCarried }: Imported, what: RegExp): string {
  const found = notCarried.find((entry) => what.test(entry.what))
  assert.ok(found, JSON.stringify(notCarried))
  return found.why
}

describe('the examples of the documentation', () => {
  test('Microsoft Entra ID, with a secret in clear text', () => {
    const result = imported(`astronomer:
  houston:
    config:
      auth:
        openidConnect:
          flow: "code"
          google:
            enabled: false
          microsoft:
            enabled: true
            clientId: 99999999-8888-7777-6666-555555555555
            discoveryUrl: https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0/.well-known/openid-configuration
            # Configure a secret only if you're importing Microsoft Entra ID user groups as Teams
            clientSecret: Very~Secret~Text
            baseDomain: login.microsoftonline.com
            authUrlParams:
              audience: 99999999-8888-7777-6666-555555555555
        github:
          enabled: false
`)

    const files = rendered(result)

    assert.doesNotMatch(JSON.stringify(result), /Very~Secret~Text/)
    assert.match(whyOf(result, /clear text/), /\$\{env:MICROSOFT_CLIENT_SECRET\}.*Create a new one at the provider/)
    assert.doesNotMatch(JSON.stringify(result.notCarried), /Gatehouse and Houston/)
    assert.deepEqual(
      at(valuesOf(files), ...auth, 'openidConnect'),
      new Map<string, unknown>([
        ['flow', 'code'],
        ['google', new Map([['enabled', false]])],
        [
          'microsoft',
          new Map<string, unknown>([
            ['enabled', true],
            ['clientId', '99999999-8888-7777-6666-555555555555'],
            [
              'discoveryUrl',
              'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0/.well-known/openid-configuration',
            ],
            ['baseDomain', 'login.microsoftonline.com'],
            ['authUrlParams', new Map([['audience', '99999999-8888-7777-6666-555555555555']])],
          ]),
        ],
      ]),
    )
  })

  test('Okta keeps the implicit flow and the sign-ins that the chart opens by default', () => {
    const result = imported(`astronomer:
  houston:
    config:
      auth:
        openidConnect:
          okta:
            enabled: true
            clientId: "0oa1abcd"
            discoveryUrl: "https://example.okta.com/.well-known/openid-configuration"
`)

    const values = valuesOf(rendered(result))

    assert.equal(at(values, ...auth, 'openidConnect', 'flow'), 'implicit')
    assert.equal(at(values, ...auth, 'github', 'enabled'), true)
    assert.equal(at(values, ...auth, 'openidConnect', 'google', 'enabled'), true)
    assert.equal(at(values, ...auth, 'openidConnect', 'okta', 'clientId'), '0oa1abcd')
    assert.deepEqual(
      result.comments.map(({ path }) => path.at(-1)),
      [undefined, 'flow', 'github', 'google', 'astronomer'],
    )
  })

  test('Auth0 by its tenant alone', () => {
    const values = valuesOf(
      rendered(
        imported(`astronomer:
  houston:
    config:
      auth:
        openidConnect:
          auth0:
            enabled: true
            clientId: "abc"
            discoveryUrl: https://example.auth0.com
`),
      ),
    )

    assert.equal(at(values, ...auth, 'openidConnect', 'auth0', 'discoveryUrl'), 'https://example.auth0.com')
  })

  test('Cognito with its response type', () => {
    const values = valuesOf(
      rendered(
        imported(`astronomer:
  houston:
    config:
      auth:
        openidConnect:
          cognito:
            enabled: true
            clientId: abc
            discoveryUrl: https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC/.well-known/openid-configuration
            authUrlParams:
              response_type: token
`),
      ),
    )

    assert.deepEqual(
      at(values, ...auth, 'openidConnect', 'cognito', 'authUrlParams'),
      new Map([['response_type', 'token']]),
    )
  })

  test('local accounts alone', () => {
    const result = imported(`astronomer:
  houston:
    config:
      auth:
        local:
          enabled: true
`)

    const values = valuesOf(rendered(result))

    assert.equal(at(values, ...auth, 'local', 'enabled'), true)
    assert.equal(at(result.config, 'authenticationClasses'), undefined)
  })

  test('any other provider keeps its name, the clock and the proxy', () => {
    const result = imported(`astronomer:
  houston:
    config:
      auth:
        openidConnect:
          clockTolerance: 0
          acme:
            enabled: true
            discoveryUrl: https://sso.example.com/.well-known/openid-configuration
            clientId: astronomer
            authUrlParams:
    env:
      - name: GLOBAL_AGENT_HTTPS_PROXY
        value: http://my-proxy:3129
      - name: LOG_LEVEL
        value: debug
`)

    const values = valuesOf(rendered(result))

    assert.equal(at(values, ...auth, 'openidConnect', 'acme', 'enabled'), true)
    assert.equal(at(values, ...auth, 'openidConnect', 'clockTolerance'), 0)
    assert.deepEqual(at(values, 'astronomer', 'houston', 'env'), [
      new Map([
        ['name', 'GLOBAL_AGENT_HTTPS_PROXY'],
        ['value', 'http://my-proxy:3129'],
      ]),
    ])
    assert.match(whyOf(result, /LOG_LEVEL/), /Helm replaces the whole list/)
  })

  test('a proxy with a password is named without it, and left out', () => {
    const result = imported(`astronomer:
  houston:
    env:
      - name: GLOBAL_AGENT_HTTPS_PROXY
        value: http://houston:hunter2@my-proxy:3129
    config:
      auth:
        openidConnect:
          acme:
            enabled: true
            discoveryUrl: https://sso.example.com/.well-known/openid-configuration
            clientId: astronomer
`)

    assert.match(whyOf(result, /the proxy http:\/\/my-proxy:3129/), /not copied/)
    assert.doesNotMatch(JSON.stringify(result), /hunter2/)
    assert.equal(at(valuesOf(rendered(result)), 'astronomer', 'houston', 'env'), undefined)
  })

  test('the code flow of Okta, which stands beside openidConnect there', () => {
    const result = imported(
      `astronomer:
  houston:
    config:
      auth:
        # Local database (user/pass) configuration.
        local:
          enabled: true
        openidConnect:
        # Valid values are "code" and "implicit"
        flow: "code"
`,
      `astronomer:
  houston:
    config:
      auth:
        okta:
          enabled: true
          clientId: ffhsdf78f734h2fsd
          clientSecret: FSDFSLDFJELLGJLSDFGJL42353425
          discoveryUrl: "https://example.okta.com/oauth2/default/.well-known/openid-configuration"
          authUrlParams:
            audience: "GYHWEYHTHR443fFEW"
`,
    )

    const files = rendered(result)

    assert.equal(at(valuesOf(files), ...auth, 'openidConnect', 'flow'), 'code')
    assert.deepEqual(
      at(valuesOf(files), ...auth, 'openidConnect', 'okta', 'authUrlParams'),
      new Map([['audience', 'GYHWEYHTHR443fFEW']]),
    )
    assert.doesNotMatch(JSON.stringify(result), /FSDFSLDFJELLGJLSDFGJL42353425/)
  })

  test('variables, a Secret beside them, and SCIM', () => {
    const env = `# Replace <idp-provider> with OKTA, AUTH0, or CUSTOM
AUTH__OPENID_CONNECT__CUSTOM__ENABLED="true"
AUTH__OPENID_CONNECT__CUSTOM__CLIENT_ID="astronomer"
AUTH__OPENID_CONNECT__CUSTOM__DISCOVERY_URL="https://sso.example.com/realms/data/.well-known/openid-configuration"
AUTH__OPENID_CONNECT__CUSTOM__AUTH_URL_PARAMS__AUDIENCE="astronomer"
AUTH__OPENID_CONNECT__FLOW="code"
AUTH__OPENID_CONNECT__CUSTOM__DISPLAY_NAME="Custom OAuth" # Only used for custom flows
`
    const values = `global: { baseDomain: astro.example.com }
astronomer:
  houston:
    secret:
      - envName: "AUTH__OPENID_CONNECT__CUSTOM__CLIENT_SECRET"
        secretName: "custom-secret"
        secretKey: "custom_client_secret"
      - envName: "SCIM_AUTH_CODE_OKTA"
        secretName: "okta-provisioning-secret"
        secretKey: "okta_provisioning_account_secret"
      - envName: "SCIM_AUTH_CODE_MICROSOFT"
        secretName: "azure-provisioning-secret"
        secretKey: "azure_provisioning_secret"
`
    const secret = `kind: Secret
apiVersion: v1
metadata:
  name: custom-secret
type: Opaque
data:
  custom_client_secret: "c2VjcmV0LW9mLWN1c3RvbQ=="
`
    const result = astronomer.read([
      { name: 'houston.env', text: env },
      { name: 'values.yaml', text: values },
      { name: 'secret.yaml', text: secret },
    ])

    const files = rendered(result)

    assert.equal(at(valuesOf(files), ...auth, 'openidConnect', 'custom', 'displayName'), 'Custom OAuth')
    assert.match(files.get('values.yaml') ?? '', /secretName: custom-secret/)
    assert.match(files.get('values.yaml') ?? '', /secretKey: azure_provisioning_secret/)
    assert.match(files.get('REGISTER.md') ?? '', /https:\/\/houston\.astro\.example\.com\/v1\/oauth\/callback\//)
    assert.match(whyOf(result, /custom_client_secret/), /Create the Secret again/)
    assert.doesNotMatch(JSON.stringify(result), /c2VjcmV0/)
  })

  test('Teams of groups under the names of before 2.0', () => {
    const result = imported(`# Auth configuration.
auth:
  openidConnect:
    flow: code
    idpGroupsImportEnabled: true
    manageSystemPermissionsViaIdpGroups:
      enabled: true
      systemAdmin: ["admins", "owners"]
      systemViewer: ["admins"]
    okta: { enabled: true, clientId: a, discoveryUrl: "https://example.okta.com/.well-known/openid-configuration", claimsMapping: teams }
`)

    const openidConnect = at(valuesOf(rendered(result)), ...auth, 'openidConnect')

    assert.equal(at(openidConnect, 'idpGroupsImportEnabled'), true)
    assert.deepEqual(at(openidConnect, 'manageSystemPermissionsViaIdpGroups', 'systemAdmin'), ['admins', 'owners'])
    assert.deepEqual(at(openidConnect, 'manageSystemPermissionsViaIdpGroups', 'systemViewer'), ['admins'])
    assert.equal(at(openidConnect, 'okta', 'claimsMapping'), 'teams')
  })
})

test('two providers whose clients are in one Secret get one each', () => {
  const provider = (name: string) =>
    `          ${name}: { enabled: true, clientId: ${name}, discoveryUrl: "https://${name}.example.com" }`
  const place = (name: string) =>
    `      - { envName: AUTH__OPENID_CONNECT__${name.toUpperCase()}__CLIENT_SECRET, secretName: idps, secretKey: ${name} }`
  const result = imported(`astronomer:
  houston:
    config:
      auth:
        openidConnect:
          flow: code
${provider('okta')}
${provider('adfs')}
    secret:
${place('okta')}
${place('adfs')}
`)

  assert.deepEqual(Object.keys(result.config['secrets'] ?? {}), ['idps', 'astronomer-adfs-client'])
  assert.match(whyOf(result, /the client of adfs/), /Create astronomer-adfs-client/)
})

test('whatever is not carried over is named with a reason', () => {
  const result = imported(`global: { ssl: { enabled: true } }
nginx: { replicas: 2 }
astronomer:
  houston:
    config:
      publicSignups: true
      auth:
        local: { enabled: true, teams: { enabled: true } }
        ldap: { enabled: true, host: ldap.example.com }
        openidConnect:
          insecureIDPTokenLog: true
          broken: { enabled: true, clientId: x }
`)

  assert.deepEqual(
    result.notCarried.map(({ where, what }) => `${where} | ${what}`),
    [
      'values.yaml: astronomer.houston.config.auth.openidConnect.broken | the provider broken',
      'values.yaml: global.baseDomain | the address of the platform',
      'values.yaml: astronomer.houston.config.publicSignups | publicSignups: true',
      'values.yaml: astronomer.houston.config.auth.openidConnect.insecureIDPTokenLog | auth.openidConnect.insecureIDPTokenLog: true',
      'values.yaml: astronomer.houston.config.auth.local | teams.enabled: true',
      'values.yaml: astronomer.houston.config.auth.ldap | enabled: true, host: "ldap.example.com"',
      'values.yaml | global, nginx',
    ],
  )
  for (const { why } of result.notCarried) assert.match(why, /\. .*\.$/s)
})

test('an address that nothing says is left out, so that check asks for it', () => {
  const result = imported('auth: { local: { enabled: true } }\n')

  assert.doesNotMatch(JSON.stringify(result.config), /"url"/)
  assert.ok(!Config.safeParse(result.config).success)
  assert.match(whyOf(result, /address of the platform/), /products\.astronomer\.url/)
})

test('a file without sign-in is refused, and one that is no YAML', () => {
  assert.throws(() => imported('nginx: { replicas: 2 }\n'), /has nothing below astronomer\.houston\.config\.auth/)
  assert.throws(() => imported('a: [\n'), /values\.yaml: line \d/)
})

/** Goldens whose provider can be told from the files: not Gatehouse, whose issuer is not in them; and nothing that is not about sign-in. */
const cases = readdirSync(golden).filter(
  (name) => !name.startsWith('error-') && !name.startsWith('gatehouse') && !['two-classes', 'extra'].includes(name),
)

for (const name of cases) {
  test(`what was rendered for ${name} comes back`, () => {
    const file = (path: string) => readFileSync(join(golden, name, path), 'utf8')
    const result = astronomer.read([{ name: 'values.yaml', text: file('values.yaml') }] satisfies ImportFile[])

    const files = rendered(result)

    assert.deepEqual(
      readYaml(files.get('values.yaml') ?? '').map(withoutAuthorities),
      readYaml(file('values.yaml')).map(withoutAuthorities),
    )
    assert.deepEqual(readEnv(files.get('houston.env') ?? ''), readEnv(file('houston.env')))
  })
}

/** Who signs certificates is not about sign-in: it is named as not carried over. */
function withoutAuthorities(document: unknown): unknown {
  if (document instanceof Map) document.delete('global')
  return document
}
