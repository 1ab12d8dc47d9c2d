/** Dex ignores a key that it does not know, so every golden is held against those that Dex 2.41 has. Later ones have them too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { type Accepted, goldenFiles, refused } from '../../../test/support/accepted-keys.ts'

const oidc: Accepted = {
  issuer: 'text',
  clientID: 'text',
  clientSecret: 'text',
  redirectURI: 'text',
  providerDiscoveryOverrides: { tokenURL: 'text', authURL: 'text', jwksURL: 'text' },
  basicAuthUnsupported: 'bool',
  scopes: 'texts',
  rootCAs: 'texts',
  insecureSkipEmailVerified: 'bool',
  insecureEnableGroups: 'bool',
  allowedGroups: 'texts',
  acrValues: 'texts',
  insecureSkipVerify: 'bool',
  getUserInfo: 'bool',
  userIDKey: 'text',
  userNameKey: 'text',
  promptType: 'text',
  overrideClaimMapping: 'bool',
  claimMapping: { preferred_username: 'text', email: 'text', groups: 'text' },
}

const ldap: Accepted = {
  host: 'text',
  rootCA: 'text',
  rootCAData: 'text',
  clientCert: 'text',
  clientKey: 'text',
  insecureNoSSL: 'bool',
  insecureSkipVerify: 'bool',
  startTLS: 'bool',
  bindDN: 'text',
  bindPW: 'text',
  usernamePrompt: 'text',
  userSearch: {
    baseDN: 'text',
    filter: 'text',
    username: 'text',
    scope: 'text',
    idAttr: 'text',
    emailAttr: 'text',
    nameAttr: 'text',
    preferredUsernameAttr: 'text',
    emailSuffix: 'text',
  },
  groupSearch: {
    baseDN: 'text',
    filter: 'text',
    scope: 'text',
    userMatchers: [{ userAttr: 'text', groupAttr: 'text' }],
    nameAttr: 'text',
  },
}

const github: Accepted = {
  clientID: 'text',
  clientSecret: 'text',
  redirectURI: 'text',
  orgs: [{ name: 'text', teams: 'texts' }],
  hostName: 'text',
  rootCA: 'text',
  teamNameField: 'text',
  loadAllGroups: 'bool',
  useLoginAsID: 'bool',
  preferredEmailDomain: 'text',
}

const configurations: Readonly<Record<string, Accepted>> = { oidc, ldap, github }

const top: Accepted = {
  issuer: 'text',
  storage: { type: 'text', config: { inCluster: 'bool', kubeConfigFile: 'text', file: 'text' } },
  web: {
    http: 'text',
    https: 'text',
    tlsCert: 'text',
    tlsKey: 'text',
    allowedOrigins: 'texts',
    headers: {
      'Content-Security-Policy': 'text',
      'X-Frame-Options': 'text',
      'X-Content-Type-Options': 'text',
      'X-XSS-Protection': 'text',
      'Strict-Transport-Security': 'text',
    },
  },
  oauth2: { grantTypes: 'texts', responseTypes: 'texts', skipApprovalScreen: 'bool', passwordConnector: 'text' },
  enablePasswordDB: 'bool',
  staticPasswords: [{ email: 'text', hash: 'text', hashFromEnv: 'text', username: 'text', userID: 'text' }],
  staticClients: [
    {
      id: 'text',
      idEnv: 'text',
      secret: 'text',
      secretEnv: 'text',
      redirectURIs: 'texts',
      trustedPeers: 'texts',
      public: 'bool',
      name: 'text',
      logoURL: 'text',
    },
  ],
}

interface Connector {
  type: string
  id: string
  name: string
  config: Record<string, unknown>
}

interface DexFile {
  connectors: Connector[]
  staticClients?: { id?: string; secretEnv?: string; public?: boolean; name?: string }[]
  issuer: string
}

function connectorsOf(text: string): Connector[] {
  const data = parse(text) as DexFile | Connector[]
  return Array.isArray(data) ? data : data.connectors
}

const dexFiles = [...goldenFiles('dex', 'dex.yaml'), ...goldenFiles('kubeflow', 'dex.yaml')]
const connectorFiles = [...dexFiles, ...goldenFiles('kubeflow', 'oidc-connector.json')]

test('every dex.yaml has keys and types that Dex knows', () => {
  assert.ok(dexFiles.length > 30)
  for (const { path, text } of dexFiles) {
    const { connectors, ...rest } = parse(text) as DexFile

    assert.ok(connectors.length > 0, path)
    assert.deepEqual(refused(rest, top), [], path)
  }
})

test('every connector has keys and types that Dex knows, in the file for Charmed Kubeflow too', () => {
  for (const { path, text } of connectorFiles) {
    for (const { type, id, name, config, ...others } of connectorsOf(text)) {
      const accepted = configurations[type]

      assert.ok(accepted && id !== '' && name !== '', `${path}: ${type}`)
      assert.deepEqual(others, {}, path)
      assert.deepEqual(refused(config, accepted), [], path)
    }
  }
})

test('Charmed Kubeflow takes a list of connectors and nothing around it', () => {
  const files = goldenFiles('kubeflow', 'oidc-connector.json')

  assert.ok(files.length > 10)
  for (const { path, text } of files) assert.ok(Array.isArray(JSON.parse(text)), path)
})

test('groups are limited only where Dex enforces it', () => {
  for (const { path, text } of connectorFiles) {
    for (const { config } of connectorsOf(text)) {
      if (config['allowedGroups'] === undefined) continue
      assert.equal(config['insecureEnableGroups'], true, path)
    }
  }
})

test('no connector holds a secret or asks for openid, which Dex adds itself', () => {
  for (const { path, text } of connectorFiles) {
    for (const { config } of connectorsOf(text)) {
      for (const key of ['clientSecret', 'bindPW', 'bindDN']) {
        if (config[key] === undefined) continue
        assert.match(String(config[key]), /^\$[A-Z][A-Z0-9_]*$/, path)
      }
      assert.ok(!(config['scopes'] as string[] | undefined)?.includes('openid'), path)
    }
  }
})

test('every connector returns to the issuer of its Dex', () => {
  for (const { path, text } of dexFiles) {
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
