import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readEnv, readYaml } from '../../../test/support/read-formats.ts'
import { Config } from '../../config/schema.ts'
import { allFiles, renderProduct } from '../../products/render-product.ts'
import type { Imported } from '../contract.ts'
import { flaskoidc } from './index.ts'

const golden = join(import.meta.dirname, '../../../test/golden/amundsen')

function rendered({ config }: Imported): Map<string, string> {
  const { amundsen } = config['products'] as unknown as Record<string, object>
  // Files need not say the address; whoever imports them writes it.
  const products = { amundsen: { url: 'https://amundsen.example.com', ...amundsen } }
  const result = renderProduct(Config.parse({ ...config, products }), 'amundsen')
  assert.deepEqual(
    result.problems.filter(({ severity }) => severity === 'error'),
    [],
  )
  return new Map(allFiles(result).map(({ path, content }) => [path, content]))
}

function environmentOf(files: Map<string, string>, service: string): Map<string, string> {
  return new Map(readEnv(files.get(`${service}.env`) ?? ''))
}

function whyOf({ notCarried }: Imported, what: RegExp): string {
  const found = notCarried.find((entry) => what.test(entry.what))
  assert.ok(found, JSON.stringify(notCarried))
  return found.why
}

/** Without what is said of every import: what the rendered files have besides. */
function lossesOf({ notCarried }: Imported) {
  return notCarried.filter(({ effect }) => effect !== 'added')
}

describe('the examples of the guides', () => {
  test('variables of flaskoidc 1.x for Google with the directory', () => {
    const result = flaskoidc.read([
      {
        name: 'amundsen.env',
        text: `FRONTEND_SVC_CONFIG_MODULE_CLASS: amundsen_application.oidc_config.OidcConfig
FLASK_APP_MODULE_NAME: flaskoidc
FLASK_APP_CLASS_NAME: FlaskOIDC
FLASK_OIDC_PROVIDER_NAME: google
FLASK_OIDC_SCOPES: openid email profile https://www.googleapis.com/auth/directory.readonly
FLASK_OIDC_CLIENT_ID: 1234-abc.apps.googleusercontent.com
FLASK_OIDC_CLIENT_SECRET: GOCSPX-secret
FLASK_OIDC_REDIRECT_URI: /auth
FLASK_OIDC_CONFIG_URL: https://accounts.google.com/.well-known/openid-configuration
FRONTEND_BASE: https://amundsen.example.com
`,
      },
    ])

    const files = rendered(result)

    assert.doesNotMatch(JSON.stringify(result), /GOCSPX-secret/)
    assert.match(whyOf(result, /client secret/), /\$\{env:FLASK_OIDC_CLIENT_SECRET\}/)
    const frontend = environmentOf(files, 'frontend')
    assert.equal(frontend.get('FLASK_OIDC_PROVIDER_NAME'), 'google')
    assert.equal(
      frontend.get('FLASK_OIDC_SCOPES'),
      'openid email profile https://www.googleapis.com/auth/directory.readonly',
    )
    assert.equal(frontend.get('FLASK_OIDC_CLIENT_ID'), '1234-abc.apps.googleusercontent.com')
    assert.equal(frontend.get('FLASK_OIDC_USER_ID_FIELD'), 'email')
    assert.match(files.get('gatehouse_amundsen.py') ?? '', /"profiles": "google"/)
  })

  test('Okta with the Users API', () => {
    const result = flaskoidc.read([
      {
        name: 'frontend.env',
        text: `FLASK_OIDC_PROVIDER_NAME=okta
FLASK_OIDC_SCOPES="openid email profile okta.users.read okta.users.read.self"
FLASK_OIDC_CLIENT_ID=0oa1abcd
FLASK_OIDC_CLIENT_SECRET=$OKTA_SECRET
FLASK_OIDC_CONFIG_URL=https://example.okta.com/.well-known/openid-configuration
FLASK_OIDC_FORCE_SCHEME=https
FRONTEND_BASE=http://amundsen.example.com
`,
      },
    ])

    const files = rendered(result)

    assert.deepEqual(lossesOf(result), [])
    assert.match(files.get('gatehouse_amundsen.py') ?? '', /"profiles": "okta"/)
    assert.match(files.get('REGISTER.md') ?? '', /https:\/\/amundsen\.example\.com\/auth/)
  })

  test('the chart of flaskoidc 0.x for Okta', () => {
    const result = flaskoidc.read([
      {
        name: 'values.yaml',
        text: `oidcEnabled: true
createOidcSecret: true
OIDC_ORG_URL: https://amundsen.okta.com
# You also will need a custom oidc frontend build too
frontEndServiceImage: 123.dkr.ecr.us-west-2.amazonaws.com/edmunds/amundsen-frontend:oidc-test
`,
      },
    ])

    const files = rendered(result)

    const [values] = readYaml(files.get('values.yaml') ?? '')
    assert.ok(values instanceof Map)
    assert.equal(values.get('oidcEnabled'), true)
    assert.equal(values.get('OIDC_ORG_URL'), 'https://amundsen.okta.com')
    assert.equal(values.get('OIDC_AUTH_SERVER_ID'), 'default')
    assert.match(files.get('gatehouse_amundsen.py') ?? '', /"flaskoidc": "0"/)
    assert.match(whyOf(result, /authorization server/), /it is default/)
    assert.match(whyOf(result, /amundsen-frontend:oidc-test/), /Images/)
  })

  test('client_secrets.json and variables of flaskoidc 0.x', () => {
    const result = flaskoidc.read([
      {
        name: 'client_secrets.json',
        text: JSON.stringify({
          web: {
            issuer: 'https://sso.example.com/auth/realms/data',
            client_id: 'amundsen',
            client_secret: 'in-the-clear',
            redirect_uris: ['https://amundsen.example.com/oidc_callback'],
          },
        }),
      },
      {
        name: 'frontend.env',
        text: 'APP_WRAPPER=flaskoidc\nOIDC_CLIENT_SECRETS=/etc/client_secrets.json\nOIDC_SCOPES=openid,email,profile\nSQLALCHEMY_DATABASE_URI=mysql://u:p@db/sessions\n',
      },
    ])

    const files = rendered(result)

    const frontend = environmentOf(files, 'frontend')
    assert.equal(frontend.get('OIDC_SCOPES'), 'openid,email,profile')
    assert.equal(frontend.get('OVERWRITE_REDIRECT_URI'), 'https://amundsen.example.com/oidc_callback')
    assert.match(
      files.get('client_secrets.template.json') ?? '',
      /"issuer": "https:\/\/sso\.example\.com\/auth\/realms\/data"/,
    )
    assert.match(files.get('secrets.env.example') ?? '', /^SQLALCHEMY_DATABASE_URI=$/m)
    assert.doesNotMatch(JSON.stringify(result), /in-the-clear|u:p@/)
  })

  test('the chart of flaskoidc 1.x with a client for each service', () => {
    const result = flaskoidc.read([
      {
        name: 'values.yaml',
        text: `LONG_RANDOM_STRING: 1234
oidc:
  enabled: true
  frontend: { client_id: front, client_secret: front-secret }
  metadata: { client_id: meta, client_secret: "" }
  search: { client_id: find, client_secret: "" }
  configs:
    FLASK_OIDC_PROVIDER_NAME: keycloak
    FLASK_OIDC_SCOPES: "openid email profile"
    FLASK_OIDC_USER_ID_FIELD: preferred_username
    FLASK_OIDC_REDIRECT_URI: "/auth"
    FLASK_OIDC_CONFIG_URL: "http://keycloak.auth.svc:8080/auth/realms/data/.well-known/openid-configuration"
    FLASK_OIDC_WHITELISTED_ENDPOINTS: "status,healthcheck,health,api.metrics"
frontEnd:
  baseUrl: https://amundsen.example.com
  config: { class: my_company.Config }
  envVars: { LOG_LEVEL: INFO, FLASK_OIDC_SECRET_KEY: a-known-key }
`,
      },
    ])

    const files = rendered(result)

    assert.equal(environmentOf(files, 'metadata').get('FLASK_OIDC_CLIENT_ID'), 'meta')
    assert.equal(environmentOf(files, 'search').get('FLASK_OIDC_CLIENT_ID'), 'find')
    assert.equal(
      environmentOf(files, 'frontend').get('FLASK_OIDC_CONFIG_URL'),
      'http://keycloak.auth.svc:8080/auth/realms/data/.well-known/openid-configuration',
    )
    assert.match(whyOf(result, /my_company\.Config/), /gatehouse_amundsen\.FrontendSignIn/)
    assert.match(whyOf(result, /api\.metrics/), /health checks/)
    assert.match(whyOf(result, /LOG_LEVEL/), /Keep them/)
    assert.match(whyOf(result, /key of the sessions/), /Create a new one/)
    assert.doesNotMatch(JSON.stringify(result), /front-secret|a-known-key/)
  })
})

test('what the services say differently is named', () => {
  const text = (field: string) =>
    `FLASK_OIDC_CONFIG_URL=https://sso.example.com/realms/a\nFLASK_OIDC_USER_ID_FIELD=${field}\n`

  const result = flaskoidc.read([
    { name: 'frontend.env', text: text('email') },
    { name: 'metadata.env', text: text('sub') },
  ])

  assert.match(whyOf(result, /another FLASK_OIDC_USER_ID_FIELD/), /The value of the frontend was taken/)
})

const keycloak = 'FLASK_OIDC_CONFIG_URL=https://sso.example.com/realms/a\nFLASK_OIDC_CLIENT_ID=a\n'

function urlOf({ config }: Imported): unknown {
  return (config['products'] as unknown as Record<string, Record<string, unknown>>)['amundsen']?.['url']
}

test('an address that nothing says is left out, so that check asks for it', () => {
  const result = flaskoidc.read([{ name: 'amundsen.env', text: keycloak }])

  assert.equal(urlOf(result), undefined)
  assert.ok(!Config.safeParse(result.config).success)
  assert.match(whyOf(result, /address of Amundsen/), /products\.amundsen\.url/)
  assert.ok(result.comments.some(({ path, text }) => path.join('.') === 'products.amundsen' && /url/.test(text)))
})

test('a provider that nothing names gets no made-up host', () => {
  const result = flaskoidc.read([
    { name: 'amundsen.env', text: 'FLASK_OIDC_CLIENT_ID=a\nFRONTEND_BASE=https://a.example.com\n' },
  ])

  assert.doesNotMatch(JSON.stringify(result.config), /hostname/)
  assert.match(whyOf(result, /address of the provider/), /hostname/)
})

test('the address where people land after the sign-in names the host', () => {
  const text = (address: string) => `${keycloak}FLASK_OIDC_OVERWRITE_REDIRECT_URI=${address}\n`

  const deep = flaskoidc.read([{ name: 'amundsen.env', text: text('https://amundsen.example.com/auth') }])
  const root = flaskoidc.read([{ name: 'amundsen.env', text: text('https://amundsen.example.com/') }])

  for (const result of [deep, root]) assert.equal(urlOf(result), 'https://amundsen.example.com')
  const { extra } = (deep.config['products'] as unknown as { amundsen: { extra: unknown } }).amundsen
  const kept = { FLASK_OIDC_OVERWRITE_REDIRECT_URI: 'https://amundsen.example.com/auth' }
  assert.deepEqual(extra, { 'frontend.env': kept, 'metadata.env': kept, 'search.env': kept })
  assert.deepEqual(lossesOf(root), [])
})

test('preferred_username without the scope profile is warned about', () => {
  const read = (scopes: string) =>
    flaskoidc.read([
      {
        name: 'amundsen.env',
        text: `OIDC_CLIENT_SECRETS=/x.json\nOIDC_ISSUER=https://example.okta.com/oauth2/default\nFRONTEND_BASE=https://a.example.com\nOIDC_SCOPES=${scopes}\n`,
      },
    ])

  assert.match(whyOf(read('openid,email'), /no profile/), /Okta.*principalClaim: email/)
  assert.ok(!read('openid,email,profile').notCarried.some(({ what }) => what.includes('profile')))
})

test('variables without a place are one entry, with the values of those that are known to be harmless', () => {
  const text = `${keycloak}FRONTEND_BASE=https://a.example.com\nOIDC_RESOURCE_SERVER_ONLY=INFO\nFLASK_OIDC_B=two\nFLASK_OIDC_TOKEN=hunter2\n`

  const result = flaskoidc.read([{ name: 'amundsen.env', text }])

  assert.deepEqual(
    lossesOf(result).map(({ what }) => what),
    ['OIDC_RESOURCE_SERVER_ONLY = "INFO", FLASK_OIDC_B = …, FLASK_OIDC_TOKEN = …'],
  )
})

test('files without flaskoidc are refused', () => {
  assert.throws(() => flaskoidc.read([{ name: 'x.env', text: 'LOG_LEVEL=INFO\n' }]), /has no variable of flaskoidc/)
  assert.throws(() => flaskoidc.read([{ name: 'values.yaml', text: 'oidc: [\n' }]), /values\.yaml: line \d/)
})

/** Not what is not about sign-in, which stays where it is. */
const rendering = readdirSync(golden).filter(
  (name) => !name.startsWith('error-') && !name.startsWith('gatehouse') && name !== 'extra',
)

for (const name of rendering) {
  const file = (path: string) => readFileSync(join(golden, name, path), 'utf8')
  const has = (path: string) => readdirSync(join(golden, name)).includes(path)
  test(`what was rendered for ${name} comes back from its environment files`, () => {
    const names = ['frontend.env', 'metadata.env', 'search.env', 'client_secrets.template.json'].filter(has)

    const files = rendered(flaskoidc.read(names.map((path) => ({ name: path, text: file(path) }))))

    for (const service of ['frontend', 'metadata', 'search']) {
      assert.deepEqual(changed(environmentOf(files, service)), changed(new Map(readEnv(file(`${service}.env`)))))
    }
  })
}

/** What the files cannot say of themselves: a client id that comes from a variable, and whether search checks tokens. */
function changed(variables: Map<string, string>): [string, string][] {
  const ignored = ['FLASK_OIDC_CLIENT_ID', 'FLASK_APP_MODULE_NAME']
  return [...variables].filter(([key]) => !ignored.includes(key))
}

for (const name of ['keycloak', 'okta-users', 'google-people', 'number-as-client-id']) {
  test(`what was rendered for ${name} comes back from its Helm values`, () => {
    const text = readFileSync(join(golden, name, 'values.yaml'), 'utf8')

    const files = rendered(flaskoidc.read([{ name: 'values.yaml', text }]))

    assert.deepEqual(readYaml(files.get('values.yaml') ?? ''), readYaml(text))
  })
}
