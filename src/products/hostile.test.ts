/** Whatever the schema lets through is either refused with a reason or comes back equal from the rendered files. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readEnv, readProperties, readPython } from '../../test/support/read-formats.ts'
import { Config } from '../config/schema.ts'
import type { RenderedFile } from './contract.ts'
import { renderProduct } from './render-product.ts'

const parts = [
  '"',
  "'",
  '\\',
  '\\n',
  '`',
  '${env:HOME}',
  '${ENV:HOME}',
  '${x}',
  '$(id)',
  '%s',
  '%',
  '#',
  '!',
  '=',
  ':',
  ',',
  ' ',
  '{{ x }}',
  '<b>',
  '](x)',
  '|',
  '\u0085',
  '\u2028',
  '\u2029',
  '\u202e',
  '\ufeff',
  '😀',
  'é',
  '漢',
  '__proto__',
  '"]; import os #',
  '\ud800',
  'groups',
  'a',
  'Z',
  '0',
  '-',
  '_',
  '/',
]
const line = fc.oneof(
  fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 6 }).map((found) => found.join('')),
  // The schema's own rule for a line: no control characters below a blank, and no DEL.
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 12 })
    .map((text) => text.replace(/[^ -~\u0080-\u{10ffff}]/gu, '~')),
)
const scope = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[!#-[\]-~]{1,12}$/) },
  { weight: 1, arbitrary: line },
)
const pathPart = line.map((text) => text.replace(/[\s?#]/g, ''))
const often = (usual: string, other: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other })

const values = fc.record({
  clientId: line,
  variable: often(
    'TRINO_SECRET',
    line.map((text) => text.replaceAll('}', '')).filter((text) => text !== ''),
  ),
  scopes: fc.array(scope, { maxLength: 3 }).map((found) => ['openid', 'profile', ...found]),
  extraScopes: fc.array(scope, { maxLength: 2 }),
  claim: often('preferred_username', line),
  group: line,
  roles: fc.array(line, { maxLength: 3 }),
  path: often('realms/data', pathPart),
  title: line.filter((text) => text.length <= 60),
})
type Values = typeof values extends fc.Arbitrary<infer T> ? T : never

function configOf(product: string, found: Values): Config | undefined {
  const data = {
    authenticationClasses: {
      idp: {
        oidc: {
          hostname: 'sso.example.com',
          rootPath: `/${found.path}`,
          scopes: found.scopes,
          principalClaim: found.claim,
          providerHint: 'Keycloak',
          tls: { verification: { server: { caCert: { secretClass: 'idp-ca' } } } },
        },
      },
    },
    secrets: {
      client: { clientId: found.clientId, clientSecret: `\${env:${found.variable}}` },
      'idp-ca': { 'ca.crt': found.title },
    },
    products: {
      it: {
        product,
        url: 'https://it.example.com',
        title: found.title,
        authentication: [
          { authenticationClass: 'idp', oidc: { clientCredentialsSecret: 'client', extraScopes: found.extraScopes } },
        ],
        roles: { [found.group]: found.roles },
        redirectUris: product === 'oidc' ? [`https://it.example.com/${found.path}`] : [],
      },
    },
  }
  return Config.safeParse(data).data
}

function textOf(files: readonly RenderedFile[], name: string): string {
  const file = files.find(({ path }) => path === name)
  assert.ok(file, `${name} is rendered`)
  return file.content
}

/** Renders; checks what every product promises; hands the files to `check` when there are any. */
function holds(product: string, check: (files: readonly RenderedFile[], found: Values) => void): number {
  let rendered = 0
  fc.assert(
    fc.property(values, (found) => {
      const config = configOf(product, found)
      fc.pre(config !== undefined)

      const { files, problems } = renderProduct(config, 'it')

      if (!files) {
        assert.ok(problems.some(({ severity, message }) => severity === 'error' && message.length > 20))
        return
      }
      rendered++
      for (const { content } of files) assert.ok(content.isWellFormed() && content.endsWith('\n'))
      const example = readEnv(textOf(files, 'secrets.env.example')).map(([name]) => name)
      assert.ok(example.includes(found.variable))
      check(files, found)
    }),
    { numRuns: 400 },
  )
  return rendered
}

function issuerOf({ path }: Values): string {
  return `https://sso.example.com/${path.replace(/\/+$/, '')}`
}

function scopesOf({ scopes, extraScopes }: Values): string[] {
  return [...new Set([...scopes, ...extraScopes])]
}

test('Trino reads the same values whatever is in them', () => {
  const rendered = holds('trino', (files, found) => {
    const properties = new Map(readProperties(textOf(files, 'config.properties')))

    const prefix = 'http-server.authentication.oauth2.'
    assert.equal(properties.get(`${prefix}issuer`), issuerOf(found))
    assert.equal(properties.get(`${prefix}client-id`), found.clientId)
    assert.equal(properties.get(`${prefix}client-secret`), `\${ENV:${found.variable}}`)
    assert.equal(properties.get(`${prefix}principal-field`), found.claim)
    assert.deepEqual(properties.get(`${prefix}scopes`)?.split(','), scopesOf(found))
    assert.equal(properties.size, 9, 'no key came out of a value')
    const references = [...properties.values()].filter((value) => /\$\{[a-zA-Z][\w-]*:[^}]+\}/.test(value))
    assert.equal(references.length, 1, 'Trino replaces nothing but the secret')
  })
  assert.ok(rendered > 50, `only ${rendered} were rendered`)
})

test('Superset reads the same values whatever is in them', () => {
  const rendered = holds('superset', (files, found) => {
    const { imports, values: names } = readPython(textOf(files, 'superset_config.py'))

    assert.deepEqual(imports, ['import os', 'from flask_appbuilder.security.manager import AUTH_OAUTH'])
    const roles = found.group === '__proto__' ? undefined : new Map([[found.group, found.roles]])
    assert.deepEqual(names.get('AUTH_ROLES_MAPPING'), roles)
    const [provider] = asList(names.get('OAUTH_PROVIDERS'))
    const app = asMap(asMap(provider).get('remote_app'))
    assert.equal(app.get('client_id'), found.clientId)
    assert.equal(app.get('api_base_url'), `${issuerOf(found).replace(/\/+$/, '')}/protocol/`)
    assert.deepEqual(app.get('client_secret'), { environ: found.variable })
    assert.equal(asMap(app.get('client_kwargs')).get('scope'), scopesOf(found).join(' '))
  })
  assert.ok(rendered > 50, `only ${rendered} were rendered`)
})

test('an application reads the same values whatever is in them', () => {
  const rendered = holds('oidc', (files, found) => {
    const variables = new Map(readEnv(textOf(files, 'client.env')))

    assert.equal(variables.get('OIDC_CLIENT_ID'), found.clientId)
    assert.equal(variables.get('OIDC_CLIENT_SECRET_VARIABLE'), found.variable)
    assert.equal(variables.get('OIDC_PRINCIPAL_CLAIM'), found.claim)
    assert.deepEqual(variables.get('OIDC_SCOPES')?.split(' '), scopesOf(found))
    assert.equal(variables.get('OIDC_REDIRECT_URIS'), `https://it.example.com/${found.path}`)
    assert.equal(variables.size, 15, 'no variable came out of a value')
  })
  assert.ok(rendered > 50, `only ${rendered} were rendered`)
})

function asList(value: unknown): unknown[] {
  assert.ok(Array.isArray(value))
  return value
}

function asMap(value: unknown): Map<string, unknown> {
  assert.ok(value instanceof Map)
  return value
}
