import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ImportSource, importSources, UnreadableImport } from './contract.ts'
import { importers } from './index.ts'

function refusal(source: ImportSource, name: string, text: string): string {
  try {
    return `imported: ${JSON.stringify(importers[source].read([{ name, text }]).config)}`
  } catch (error) {
    assert.ok(error instanceof UnreadableImport, String(error))
    return error.message
  }
}

const own: Readonly<Record<ImportSource, readonly [string, string]>> = {
  dex: ['dex.yaml', 'issuer: https://dex.example.com\nstaticClients: []\n'],
  'oauth2-proxy': ['a.cfg', 'email_domains = ["*"]\ncookie_secure = true\n'],
  flaskoidc: ['a.env', 'FLASK_OIDC_CLIENT_ID=a\n'],
  astronomer: ['values.yaml', 'astronomer: { houston: { config: { auth: { local: { enabled: true } } } } }\n'],
  stackable: [
    'm.yaml',
    'apiVersion: authentication.stackable.tech/v1alpha1\nkind: AuthenticationClass\nmetadata: { name: a }\nspec: { provider: { static: { userCredentialsSecret: { name: b } } } }\n',
  ],
}

for (const source of importSources) {
  for (const other of importSources.filter((tool) => tool !== source)) {
    test(`a file of ${other}, given to the importer of ${source}, is sent on`, () => {
      const [name, text] = own[other]

      assert.doesNotMatch(refusal(other, name, text), new RegExp(`gatehouse import ${other}`))
      assert.match(refusal(source, name, text), new RegExp(`gatehouse import ${other} ${name}$`))
    })
  }

  test(`${source}: what is no configuration of any tool is named for what it is`, () => {
    for (const [name, text, found] of [
      ['a.yaml', '# only a comment\n', /It is empty$/],
      ['a.yaml', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\n', /It has Deployment of Kubernetes$/],
      ['a.yaml', 'services: { web: { image: a } }\nvolumes: {}\n', /It has the keys services, volumes$/],
      ['gatehouse.yaml', 'issuer: https://id.example.com\nproducts: {}\n', /gatehouse check reads it$/],
      ['realm.json', '{ "realm": "data", "clients": [] }', /export of a realm of Keycloak/],
      ['a.html', '<!DOCTYPE html>\n<html></html>\n', /page of HTML/],
      ['a.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', /certificate or a key$/],
    ] as const) {
      assert.match(refusal(source, name, text), found, `${source} ${name}`)
    }
  })
}

test('a key that is there twice is named, with both lines', () => {
  for (const [source, name, text, key, lines] of [
    [
      'dex',
      'a.yaml',
      'issuer: https://dex.example.com\nconnectors: []\nissuer: https://other.example.com\n',
      'issuer',
      [3, 1],
    ],
    ['dex', 'a.yaml', 'connectors:\n- type: saml\n  config:\n    ssoURL: a\n    ssoURL: b\n', 'ssoURL', [5, 4]],
    [
      'oauth2-proxy',
      'a.cfg',
      'upstreams = [\n  "http://a:1/",\n]\nscope = "openid"\nupstreams = []\n',
      'upstreams',
      [5, 1],
    ],
    ['oauth2-proxy', 'a.cfg', 'client_secret = "one of them"\nclient_secret = "the other"\n', 'client_secret', [2, 1]],
    ['astronomer', 'values.yaml', 'astronomer:\n  houston: {}\n  houston: {}\n', 'houston', [3, 2]],
    ['flaskoidc', 'values.yaml', 'oidc:\n  enabled: true\n  enabled: false\n', 'enabled', [3, 2]],
    ['stackable', 'm.yaml', 'kind: Secret\napiVersion: v1\nkind: ConfigMap\n', 'kind', [3, 1]],
  ] as const) {
    const said = refusal(source, name, text)
    assert.match(said, new RegExp(`line ${lines[0]}: "${key}" is set twice.*first in line ${lines[1]}`), text)
    assert.doesNotMatch(said, /one of them"|the other/)
  }
})

test('slips in TOML are told in plain words, without a word of the file', () => {
  for (const [text, said] of [
    ['a = "hunter2', /line 1: this quote is never closed/],
    ['a = ["hunter2"', /line 2: a comma or the closing bracket is missing/],
    ['a = hunter2', /line 1: is no TOML value: put a text in quotes/],
    ['a = "x" hunter2', /line 1: is no TOML: one line holds one setting/],
    ['hunter2', /line 1: is no TOML: write `name = "value"`/],
  ] as const) {
    const message = refusal('oauth2-proxy', 'a.cfg', `${text}\n`)
    assert.match(message, said)
    assert.doesNotMatch(message, /hunter2/)
  }
})

test('a mark of the encoding and lines of Windows change nothing', () => {
  for (const source of importSources) {
    const [name, text] = own[source]
    const windows = `\uFEFF${text.replaceAll('\n', '\r\n')}`

    assert.deepEqual(importers[source].read([{ name, text: windows }]), importers[source].read([{ name, text }]))
  }
})
