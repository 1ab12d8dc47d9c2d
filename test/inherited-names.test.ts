/** Names of properties that every JavaScript object inherits: in names from outside they are ordinary names. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadConfig } from '../src/config/load.ts'
import { Config } from '../src/config/schema.ts'
import { resolveSecret } from '../src/config/secret-reference.ts'
import { AppError } from '../src/errors.ts'
import type { Imported } from '../src/importers/contract.ts'
import { importers } from '../src/importers/index.ts'
import { allFiles, renderProduct } from '../src/products/render-product.ts'
import { clientSecretOf, withoutSecrets } from '../src/provider/clients.ts'
import { vendors } from '../src/vendors/index.ts'
import { startLogin } from './support/login-testbed.ts'

const inherited = ['constructor', 'toString', '__proto__', 'hasOwnProperty']

function problemsOf(text: string, env: Record<string, string> = {}): string[] {
  const { problems } = loadConfig({ files: [{ name: 'gatehouse.yaml', text }], baseDir: '/' }, env)
  return problems.map(({ path, message }) => `${path}: ${message}`)
}

describe('the configuration', () => {
  for (const name of inherited) {
    const impossible = name === '__proto__' ? [`${name}: cannot be a name here: choose another one`] : []

    test(`knows no setting ${name}`, () => {
      const problems = problemsOf(`${name}: { a: 1 }\nteams: {}\n`)

      assert.ok(problems.length > 0)
      const expected = [`${name}: unknown key`, ...impossible]
      assert.deepEqual(
        problems.filter((problem) => !expected.includes(problem)),
        [],
      )
    })

    test(`says that a secret is missing where the variable ${name} is not set`, () => {
      assert.throws(
        () => resolveSecret(`\${env:${name}}`, { env: process.env, baseDir: '/' }),
        (error) => error instanceof AppError && error.code === 'secret-not-found',
      )
    })
  }

  for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
    const text = `
issuer: https://id.example.com
teams: { ${name}: {} }
services: { ${name}: { url: https://app.example.com, rules: [{ path: /, allow: ["team:${name}"] }] } }
products: { ${name}: { product: trino, url: https://lake.example.com, authentication: [{ authenticationClass: gatehouse }] } }
`
    test(`may call a team, a service and a product ${name}`, () => {
      const { config, problems } = loadConfig({ files: [{ name: 'gatehouse.yaml', text }], baseDir: '/' }, {})

      // Names are of small letters; what is refused is refused by that rule and no other.
      if (name !== name.toLowerCase()) {
        assert.ok(problems.length > 0 && problems.every(({ message }) => !message.includes('function')))
        return
      }
      assert.deepEqual(problems, [])
      assert.ok(config)
      assert.ok(allFiles(renderProduct(config, name)).length > 0)
      assert.deepEqual(
        withoutSecrets(config).map(({ product }) => product),
        [name],
      )
    })

    test(`names no product ${name} that is not there`, () => {
      const context = { config: Config.parse({}), baseDir: '/', env: {}, sealer: { derive: () => 'derived' } }

      assert.equal(clientSecretOf(name, context), 'derived')
    })

    test(`names no class, no team and no secret ${name} that is not there`, () => {
      const problems = problemsOf(`
issuer: https://id.example.com
services: { app: { url: https://app.example.com, rules: [{ path: /, allow: ["team:${name}"] }] } }
login: [{ authenticationClass: ${name}, oidc: { clientCredentialsSecret: ${name} } }]
`)

      assert.deepEqual(problems.map((problem) => problem.replace(/^.*: (there is no \S+).*$/, '$1')).sort(), [
        'there is no authenticationClass',
        'there is no entry',
        'there is no team',
      ])
    })
  }
})

describe('what is imported', () => {
  const settings = (write: (name: string) => string) => inherited.map(write).join('\n')
  const files: readonly [source: string, name: string, text: string][] = [
    [
      'oauth2-proxy',
      'oauth2-proxy.cfg',
      `provider = "oidc"\noidc_issuer_url = "https://sso.example.com/realms/data"\nclient_id = "p"\n${settings((name) => `"${name}" = "v-${name}"`)}`,
    ],
    [
      'dex',
      'config.yaml',
      `issuer: https://id.example.com/dex\nstorage: { type: memory }\n${settings((name) => `${name}: v-${name}`)}\nconnectors:\n- { type: oidc, id: sso, name: sso, config: { issuer: https://sso.example.com/realms/data, clientID: dex, clientSecret: $SECRET, ${inherited.map((name) => `${name}: w-${name}`).join(', ')} } }`,
    ],
  ]
  for (const [source, name, text] of files) {
    test(`${source}: settings with such names are lost like others, by their names`, () => {
      const { notCarried } = read(source, name, text)

      const said = notCarried.map(({ where, what }) => `${where} ${what}`).join('\n')
      // oauth2-proxy reads keys without regard to case.
      for (const setting of inherited)
        assert.ok(said.toLowerCase().includes(setting.toLowerCase()), `${setting} in\n${said}`)
      assert.ok(notCarried.every(({ why }) => typeof why === 'string'))
    })
  }

  for (const name of inherited) {
    test(`a provider called ${name} is none that is known`, () => {
      const proxied = read('oauth2-proxy', 'oauth2-proxy.cfg', `provider = "${name}"\nclient_id = "p"\n`)
      const connected = read(
        'dex',
        'config.yaml',
        `issuer: https://id.example.com/dex\nstorage: { type: memory }\nconnectors: [{ type: ${name}, id: sso, name: sso, config: {} }]\n`,
      )
      const asked = read(
        'flaskoidc',
        'amundsen.env',
        `FLASK_OIDC_PROVIDER_NAME=${name}\nFLASK_OIDC_CONFIG_URL=https://sso.example.com/.well-known/openid-configuration\nFLASK_OIDC_CLIENT_ID=a\n`,
      )

      assert.ok(proxied.notCarried.some(({ where }) => where.includes('provider')))
      assert.ok(connected.notCarried.some(({ what }) => what === `a connector of type ${name}`))
      assert.ok(!JSON.stringify(asked.config).includes('providerHint'))
    })
  }

  function read(source: string, name: string, text: string): Imported {
    return importers[source as keyof typeof importers].read([{ name, text }])
  }
})

test('no vendor has an API called like what objects inherit', () => {
  for (const name of inherited) {
    const issuer = 'https://login.microsoftonline.com/3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31/v2.0'

    assert.deepEqual(vendors.entra.accessToken({ issuer, scopes: [`${name}/.default`] }), {
      kind: 'signed',
      audience: name,
    })
  }
})

test('a service that is not there gets no code, whatever it is called', async () => {
  const login = await startLogin({ login: [{ local: {} }], connectors: [] })
  try {
    for (const service of inherited) {
      const query = new URLSearchParams({ service, return_to: 'https://app.example.com/', state: 's' })
      const handed = await login.ask(`/login/handoff?${query}`)
      const shown = await login.ask(`/login?${query}`)

      assert.equal(handed.status, 400, service)
      assert.equal(shown.status, 200, service)
    }
  } finally {
    await login.close()
  }
})
