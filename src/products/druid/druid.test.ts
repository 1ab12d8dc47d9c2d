/** Druid ignores a key that it does not know, so that a wrong one shows only when nobody can sign in. Each has to be known here. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { readProperties } from '../../../test/support/read-formats.ts'
import { isBefore, parseVersion } from '../writing/version.ts'

/** Documented keys, and the first release that this project knows them of (older than the oldest it renders for: 0). */
const since: Readonly<Record<string, string>> = {
  'druid.auth.authenticatorChain': '0',
  'druid.auth.authenticator.Oidc.type': '0',
  'druid.auth.authenticator.Oidc.authorizerName': '0',
  'druid.auth.pac4j.cookiePassphrase': '0',
  'druid.auth.pac4j.enableCustomSslContext': '0',
  'druid.auth.pac4j.oidc.clientID': '0',
  'druid.auth.pac4j.oidc.clientSecret': '0',
  'druid.auth.pac4j.oidc.discoveryURI': '0',
  // With the authenticator jwt.
  'druid.auth.pac4j.oidc.oidcClaim': '26',
  // apache/druid#13973
  'druid.auth.pac4j.oidc.scope': '27',
  // apache/druid#19020
  'druid.auth.pac4j.oidc.clientAuthenticationMethod': '37',
  'druid.client.https.trustStoreType': '0',
  'druid.client.https.trustStorePath': '0',
  'druid.client.https.trustStorePassword': '0',
  'druid.auth.authenticator.Ldap.type': '0',
  'druid.auth.authenticator.Ldap.authorizerName': '0',
  'druid.auth.authenticator.Ldap.enableCacheNotifications': '0',
  'druid.auth.authenticator.Ldap.credentialsValidator.type': '0',
  'druid.auth.authenticator.Ldap.credentialsValidator.url': '0',
  'druid.auth.authenticator.Ldap.credentialsValidator.bindUser': '0',
  'druid.auth.authenticator.Ldap.credentialsValidator.bindPassword': '0',
  'druid.auth.authenticator.Ldap.credentialsValidator.baseDn': '0',
  'druid.auth.authenticator.Ldap.credentialsValidator.userAttribute': '0',
  'druid.auth.authenticator.Ldap.credentialsValidator.userSearch': '0',
  'druid.auth.basic.ssl.trustStoreType': '0',
  'druid.auth.basic.ssl.trustStorePath': '0',
  'druid.auth.basic.ssl.trustStorePassword': '0',
  'druid.auth.authenticator.DruidSystemAuthenticator.type': '0',
  'druid.auth.authenticator.DruidSystemAuthenticator.credentialsValidator.type': '0',
  'druid.auth.authenticator.DruidSystemAuthenticator.initialInternalClientPassword': '0',
  'druid.auth.authenticator.DruidSystemAuthenticator.authorizerName': '0',
  'druid.auth.authenticator.DruidSystemAuthenticator.skipOnFailure': '0',
  'druid.auth.authenticator.TechnicalUsers.type': '0',
  'druid.auth.authenticator.TechnicalUsers.credentialsValidator.type': '0',
  'druid.auth.authenticator.TechnicalUsers.initialAdminPassword': '0',
  'druid.auth.authenticator.TechnicalUsers.authorizerName': '0',
  'druid.auth.authenticator.TechnicalUsers.skipOnFailure': '0',
  'druid.auth.authorizer.TechnicalUsersAuthorizer.type': '0',
  'druid.escalator.type': '0',
  'druid.escalator.internalClientUsername': '0',
  'druid.escalator.internalClientPassword': '0',
  'druid.escalator.authorizerName': '0',
  'druid.auth.authorizers': '0',
  'druid.auth.authorizer.OidcAuthorizer.type': '0',
  'druid.auth.authorizer.LdapAuthorizer.type': '0',
  'druid.auth.authorizer.DruidSystemAuthorizer.type': '0',
  'druid.enablePlaintextPort': '0',
  'druid.enableTlsPort': '0',
  'druid.server.https.requireClientCertificate': '0',
  'druid.server.https.trustStoreType': '0',
  'druid.server.https.trustStorePath': '0',
  'druid.server.https.trustStorePassword': '0',
}

const golden = join(import.meta.dirname, '../../../test/golden/druid')

function keysOf(name: string): string[] {
  const file = join(golden, name, 'common.runtime.properties')
  return readProperties(readFileSync(file, 'utf8')).map(([key]) => key)
}

// In `extra` the operator wrote keys of Druid, which need not be ours.
const cases = readdirSync(golden).filter(
  (name) => name !== 'extra' && readdirSync(join(golden, name)).includes('common.runtime.properties'),
)

test('every rendered key is a documented one, and not younger than the Druid that reads it', () => {
  for (const name of cases) {
    const config = parse(readFileSync(join(golden, name, 'gatehouse.yaml'), 'utf8'))
    const version = parseVersion(config.products.druid.version ?? '37.0.0')
    for (const key of keysOf(name)) {
      const first = since[key]
      assert.ok(first !== undefined, `${name}: ${key} is not documented`)
      assert.equal(isBefore(version, first), false, `${name}: ${key} is of Druid ${first}`)
    }
  }
})

test('every documented key is rendered somewhere, and none twice in a file', () => {
  const rendered = cases.map(keysOf)

  assert.deepEqual([...new Set(rendered.flat())].sort(), Object.keys(since).sort())
  for (const keys of rendered) assert.equal(new Set(keys).size, keys.length)
})

test('lists are JSON, and each authenticator and authorizer in them is described', () => {
  for (const name of cases) {
    const file = join(golden, name, 'common.runtime.properties')
    const values = new Map(readProperties(readFileSync(file, 'utf8')))
    for (const list of ['authenticatorChain', 'authorizers']) {
      const text = values.get(`druid.auth.${list}`)
      if (text === undefined) continue
      const kind = list === 'authorizers' ? 'authorizer' : 'authenticator'
      const names: unknown = JSON.parse(text)
      assert.ok(Array.isArray(names))
      // Where something else decides, the type of the authorizer of people is left to whoever runs Druid.
      const left = name === 'authorization-elsewhere' && kind === 'authorizer' ? ['OidcAuthorizer'] : []
      const missing = names.filter((one) => !values.has(`druid.auth.${kind}.${one}.type`))
      assert.deepEqual(missing, left, name)
    }
  }
})
