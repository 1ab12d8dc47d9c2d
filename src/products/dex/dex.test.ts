/** Dex ignores a key that it does not know, so every golden is held against those that it has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { goldenFiles } from '../../../test/support/accepted-keys.ts'
import {
  type DexConnectorText as Connector,
  type DexText as DexFile,
  refusedByDex,
  refusedConnector,
} from '../../../test/support/dex-keys.ts'

function connectorsOf(text: string): Connector[] {
  const data = parse(text) as DexFile | Connector[]
  return Array.isArray(data) ? data : data.connectors
}

const dexFiles = [...goldenFiles('dex', 'dex.yaml'), ...goldenFiles('kubeflow', 'dex.yaml')]
const connectorFiles = [...dexFiles, ...goldenFiles('kubeflow', 'oidc-connector.json')]

test('groups of a directory are found by the DN of their members, and those of POSIX by uid', () => {
  // A directory whose search the configuration says itself has that one.
  const files = [...goldenFiles('dex', 'dex.yaml'), ...goldenFiles('kubeflow', 'dex.yaml')].filter(({ path }) =>
    /ldap/.test(path),
  )
  const searches = files.flatMap(({ text }) =>
    (
      (parse(text) as { connectors?: { config: { groupSearch?: { userMatchers: unknown } } }[] }).connectors ?? []
    ).flatMap(({ config }) => (config.groupSearch ? [config.groupSearch.userMatchers] : [])),
  )

  assert.ok(searches.length > 2)
  for (const matchers of searches) {
    assert.deepEqual(matchers, [
      { userAttr: 'DN', groupAttr: 'member' },
      { userAttr: 'DN', groupAttr: 'uniqueMember' },
      { userAttr: 'uid', groupAttr: 'memberUid' },
    ])
  }
})

test('every dex.yaml has keys and types that Dex knows', () => {
  assert.ok(dexFiles.length > 30)
  for (const { path, text } of dexFiles) {
    const { connectors, ...rest } = parse(text) as DexFile

    assert.ok(connectors.length > 0 || path.includes('own-accounts'), path)
    assert.deepEqual(refusedByDex({ ...rest, connectors: [] }), [], path)
  }
})

test('every connector has keys and types that Dex knows, in the file for Charmed Kubeflow too', () => {
  for (const { path, text } of connectorFiles) {
    for (const connector of connectorsOf(text)) assert.deepEqual(refusedConnector(connector, ''), [], path)
  }
})

test('Charmed Kubeflow takes a list of connectors and nothing around it', () => {
  const files = goldenFiles('kubeflow', 'oidc-connector.json')

  assert.ok(files.length > 10)
  for (const { path, text } of files) assert.ok(Array.isArray(JSON.parse(text)), path)
})

test('groups are limited only where Dex enforces it', () => {
  for (const { path, text } of connectorFiles) {
    for (const { type, config } of connectorsOf(text)) {
      if (type !== 'oidc' || config['allowedGroups'] === undefined) continue
      assert.equal(config['insecureEnableGroups'], true, path)
    }
  }
})

test('no connector holds a secret or asks for openid, which Dex adds itself', () => {
  for (const { path, text } of connectorFiles) {
    for (const { config } of connectorsOf(text)) {
      for (const key of ['clientSecret', 'bindPW', 'bindDN', 'keystonePassword']) {
        if (config[key] === undefined) continue
        assert.match(String(config[key]), /^\$[A-Z][A-Z0-9_]*$/, path)
      }
      assert.ok(!(config['scopes'] as string[] | undefined)?.includes('openid'), path)
    }
  }
})

test('every connector returns to the issuer of its Dex, unless the configuration says where', () => {
  for (const { path, text } of dexFiles) {
    if (path.includes('vendor-connectors')) continue
    const { issuer, connectors } = parse(text) as DexFile
    for (const { config } of connectors) {
      if (config['redirectURI'] !== undefined) assert.equal(config['redirectURI'], `${issuer}/callback`, path)
    }
  }
})

test('every client has a name, and a secret by variable unless it is public', () => {
  for (const { path, text } of dexFiles) {
    for (const { name, secretEnv, public: isPublic } of (parse(text) as DexFile).staticClients ?? []) {
      assert.ok(name, path)
      assert.equal(secretEnv === undefined, isPublic === true, path)
    }
  }
})
