/**
 * The same manifests give the same settings that Stackable's operators write (as documented for 26.7). Deliberate
 * differences are in `differs`, and their reasons in docs/decisions/0007-where-we-differ-from-stackable.md.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../src/config/load.ts'
import { readSources } from '../src/config/read.ts'
import { allFiles, type RenderedProduct, renderProduct } from '../src/products/render-product.ts'
import { readProperties, readPython, readXml } from './support/read-formats.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-stackable-'))
after(() => rmSync(folder, { recursive: true }))

const decision = readFileSync(
  join(import.meta.dirname, '../docs/decisions/0007-where-we-differ-from-stackable.md'),
  'utf8',
)

const keycloak = `apiVersion: authentication.stackable.tech/v1alpha1
kind: AuthenticationClass
metadata: { name: keycloak }
spec:
  provider:
    oidc:
      hostname: sso.example.com
      rootPath: /realms/data/
      scopes: [openid, email, profile]
      principalClaim: preferred_username
      providerHint: Keycloak
      tls: { verification: { server: { caCert: { webPki: {} } } } }
---
apiVersion: v1
kind: Secret
metadata: { name: my-keycloak-client }
stringData: { clientId: it, clientSecret: hunter2 }
---
`
const ldap = `apiVersion: authentication.stackable.tech/v1alpha1
kind: AuthenticationClass
metadata: { name: people }
spec:
  provider:
    ldap:
      hostname: ldap.example.com
      searchBase: ou=people,dc=example,dc=com
      SEARCH_FILTER
      bindCredentials: { secretClass: ldap-bind }
      tls: { verification: { server: { caCert: { secretClass: ldap-ca } } } }
---
`

function cluster(kind: string, version: string, authentication: string, clusterConfig = ''): string {
  return `apiVersion: ${kind.replace('Cluster', '').toLowerCase()}.stackable.tech/v1alpha1
kind: ${kind}
metadata:
  name: it
  annotations: { gatehouse/url: https://it.example.com }
spec:
  image: { productVersion: "${version}" }
  clusterConfig:
    authentication:
      - ${authentication}
    ${clusterConfig}
`
}

const oidcEntry = 'authenticationClass: keycloak\n        oidc: { clientCredentialsSecret: my-keycloak-client'
const ldapEntry = 'authenticationClass: people'
const prefix = 'OIDC_68098419C6E0D0C6'
const issuer = 'https://sso.example.com/realms/data'

/** The rendered files of the one product of some manifests, which has no errors. */
function filesOf(manifests: string): Map<string, string> {
  const rendered = renderedOf(manifests)
  const errors = rendered.problems.filter(({ severity }) => severity === 'error')
  assert.deepEqual(errors, [])
  return new Map(allFiles(rendered).map(({ path, content }) => [path, content]))
}

function problemsOf(manifests: string): string[] {
  return renderedOf(manifests).problems.map(({ message }) => message)
}

function renderedOf(manifests: string): RenderedProduct {
  const file = join(folder, 'manifests.yaml')
  writeFileSync(file, manifests)
  const { config, problems } = loadConfig(readSources([file]), {})
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  )
  assert.ok(config)
  return renderProduct(config, 'it')
}

function same(
  found: ReadonlyMap<string, unknown>,
  expected: Readonly<Record<string, unknown>>,
  differs: readonly string[] = [],
): void {
  for (const [key, value] of Object.entries(expected)) {
    if (differs.includes(key)) {
      assert.notDeepEqual(found.get(key), value, `${key} does not differ any more`)
      assert.ok(decision.includes(`\`${key}\``), `the decision says why ${key} differs`)
    } else assert.deepEqual(found.get(key), value, key)
  }
}

function propertiesOf(files: ReadonlyMap<string, string>, name: string): Map<string, string> {
  return new Map(readProperties(files.get(name) ?? assert.fail(`no ${name}`)))
}

test('Trino with OpenID Connect', () => {
  const files = filesOf(keycloak + cluster('TrinoCluster', '481', `${oidcEntry}, extraScopes: [offline_access] }`))

  same(propertiesOf(files, 'config.properties'), {
    'http-server.authentication.type': 'OAUTH2',
    'http-server.authentication.oauth2.issuer': issuer,
    'http-server.authentication.oauth2.scopes': 'openid,email,profile,offline_access',
    'http-server.authentication.oauth2.client-id': `\${ENV:${prefix}_CLIENT_ID}`,
    'http-server.authentication.oauth2.client-secret': `\${ENV:${prefix}_CLIENT_SECRET}`,
    'http-server.authentication.oauth2.principal-field': 'preferred_username',
    'web-ui.authentication.type': 'oauth2',
  })
})

test('Trino with LDAP', () => {
  const files = filesOf(ldap.replace('SEARCH_FILTER', '') + cluster('TrinoCluster', '481', ldapEntry))

  same(propertiesOf(files, 'config.properties'), { 'http-server.authentication.type': 'PASSWORD' })
  same(
    propertiesOf(files, 'password-authenticator.properties'),
    {
      'password-authenticator.name': 'ldap',
      'ldap.url': 'ldaps://ldap.example.com:636',
      'ldap.user-base-dn': 'ou=people,dc=example,dc=com',
      'ldap.group-auth-pattern': '(&(uid=${USER}))',
      'ldap.bind-dn': '${ENV:LDAP_USER_PEOPLE}',
      'ldap.bind-password': '${ENV:LDAP_PASSWORD_PEOPLE}',
      'ldap.ssl.truststore.path': '/stackable/secrets/ldap-ca/ca.crt',
    },
    ['ldap.ssl.truststore.path'],
  )
})

test('Trino with LDAP and no account that searches', () => {
  const files = filesOf(
    ldap.replace('SEARCH_FILTER', '').replace(/ +bindCredentials.*\n/, '') + cluster('TrinoCluster', '481', ldapEntry),
  )
  const properties = propertiesOf(files, 'password-authenticator.properties')

  same(
    properties,
    {
      'password-authenticator.name': 'ldap',
      'ldap.url': 'ldaps://ldap.example.com:636',
      'ldap.user-base-dn': 'ou=people,dc=example,dc=com',
      'ldap.group-auth-pattern': '(&(uid=${USER}))',
    },
    ['ldap.user-base-dn', 'ldap.group-auth-pattern'],
  )
  assert.equal(properties.get('ldap.user-bind-pattern'), 'uid=${USER},ou=people,dc=example,dc=com')
})

const superset = { kind: 'SupersetCluster', version: '6.1.0', file: 'superset_config.py' }
const airflow = { kind: 'AirflowCluster', version: '3.2.2', file: 'webserver_config.py' }

for (const { kind, version, file } of [superset, airflow]) {
  test(`${kind} with OpenID Connect`, () => {
    const entry = `${oidcEntry}, clientAuthenticationMethod: client_secret_post }\n        userRegistrationRole: Gamma\n        syncRolesAt: Login`
    const files = filesOf(keycloak + cluster(kind, version, entry))
    const { values } = readPython(files.get(file) ?? '')

    same(values, {
      AUTH_TYPE: { name: 'AUTH_OAUTH' },
      AUTH_USER_REGISTRATION: true,
      AUTH_USER_REGISTRATION_ROLE: 'Gamma',
      AUTH_ROLES_SYNC_AT_LOGIN: true,
    })
    const [provider] = values.get('OAUTH_PROVIDERS') as Map<string, Map<string, unknown>>[]
    same(provider ?? new Map(), { name: 'keycloak', icon: 'fa-key', token_key: 'access_token' })
    const app = provider?.get('remote_app') ?? new Map<string, unknown>()
    same(
      app,
      {
        client_id: { environ: `${prefix}_CLIENT_ID` },
        client_secret: { environ: `${prefix}_CLIENT_SECRET` },
        api_base_url: `${issuer}/protocol/`,
        server_metadata_url: `${issuer}/.well-known/openid-configuration`,
        token_endpoint_auth_method: 'client_secret_post',
      },
      ['token_endpoint_auth_method'],
    )
    const client = app.get('client_kwargs') as Map<string, unknown>
    same(client, { scope: 'openid email profile' })
    assert.equal(client.get('token_endpoint_auth_method'), 'client_secret_post')
  })

  test(`${kind} with LDAP`, () => {
    const files = filesOf(
      ldap.replace('SEARCH_FILTER', 'searchFilter: (memberOf=cn=data)') + cluster(kind, version, ldapEntry),
    )
    const { values } = readPython(files.get(file) ?? '')

    same(
      values,
      {
        AUTH_TYPE: { name: 'AUTH_LDAP' },
        AUTH_LDAP_SERVER: 'ldaps://ldap.example.com:636',
        AUTH_LDAP_SEARCH: 'ou=people,dc=example,dc=com',
        AUTH_LDAP_SEARCH_FILTER: '(memberOf=cn=data)',
        AUTH_LDAP_UID_FIELD: 'uid',
        AUTH_LDAP_GROUP_FIELD: 'memberof',
        AUTH_LDAP_FIRSTNAME_FIELD: 'givenName',
        AUTH_LDAP_LASTNAME_FIELD: 'sn',
        AUTH_LDAP_TLS_DEMAND: true,
      },
      ['AUTH_LDAP_GROUP_FIELD'],
    )
  })
}

const druidSystem = {
  'druid.auth.authenticator.DruidSystemAuthenticator.type': 'basic',
  'druid.auth.authenticator.DruidSystemAuthenticator.credentialsValidator.type': 'metadata',
  'druid.auth.authenticator.DruidSystemAuthenticator.initialInternalClientPassword':
    '${env:INTERNAL_INITIAL_CLIENT_PASSWORD}',
  'druid.auth.authenticator.DruidSystemAuthenticator.authorizerName': 'DruidSystemAuthorizer',
  'druid.auth.authenticator.DruidSystemAuthenticator.skipOnFailure': 'true',
  'druid.escalator.type': 'basic',
  'druid.escalator.internalClientUsername': 'druid_system',
  'druid.escalator.internalClientPassword': '${env:INTERNAL_INITIAL_CLIENT_PASSWORD}',
  'druid.escalator.authorizerName': 'DruidSystemAuthorizer',
  'druid.auth.authorizer.DruidSystemAuthorizer.type': 'allowAll',
}

function withoutBlanks(properties: ReadonlyMap<string, string>): Map<string, string> {
  return new Map(
    [...properties].map(([key, value]) => [key, value.startsWith('[') ? value.replaceAll(' ', '') : value]),
  )
}

test('Druid with OpenID Connect', () => {
  const files = filesOf(keycloak + cluster('DruidCluster', '37.0.0', `${oidcEntry} }`))

  same(withoutBlanks(propertiesOf(files, 'common.runtime.properties')), {
    ...druidSystem,
    'druid.auth.authenticatorChain': '["DruidSystemAuthenticator","Oidc"]',
    'druid.auth.authenticator.Oidc.type': 'pac4j',
    'druid.auth.authenticator.Oidc.authorizerName': 'OidcAuthorizer',
    'druid.auth.pac4j.cookiePassphrase': '${env:OIDC_COOKIE_PASSPHRASE}',
    'druid.auth.pac4j.oidc.clientID': `\${env:${prefix}_CLIENT_ID}`,
    'druid.auth.pac4j.oidc.clientSecret': `\${env:${prefix}_CLIENT_SECRET}`,
    'druid.auth.pac4j.oidc.discoveryURI': `${issuer}/.well-known/openid-configuration`,
    'druid.auth.pac4j.oidc.oidcClaim': 'preferred_username',
    'druid.auth.pac4j.oidc.scope': 'openid email profile',
    'druid.auth.pac4j.oidc.clientAuthenticationMethod': 'client_secret_basic',
    'druid.auth.authorizers': '["OidcAuthorizer","DruidSystemAuthorizer"]',
    'druid.auth.authorizer.OidcAuthorizer.type': 'allowAll',
  })
})

test('Druid with LDAP', () => {
  const files = filesOf(
    ldap.replace('SEARCH_FILTER', 'searchFilter: (uid=%s)') + cluster('DruidCluster', '37.0.0', ldapEntry),
  )
  const ldapPrefix = 'druid.auth.authenticator.Ldap'

  same(
    withoutBlanks(propertiesOf(files, 'common.runtime.properties')),
    {
      ...druidSystem,
      'druid.auth.authenticatorChain': '["DruidSystemAuthenticator","Ldap"]',
      [`${ldapPrefix}.type`]: 'basic',
      [`${ldapPrefix}.enableCacheNotifications`]: 'true',
      [`${ldapPrefix}.credentialsValidator.type`]: 'ldap',
      [`${ldapPrefix}.credentialsValidator.url`]: 'ldaps://ldap.example.com:636',
      [`${ldapPrefix}.credentialsValidator.bindUser`]: '${file:UTF-8:/stackable/secrets/ldap-bind/user}',
      [`${ldapPrefix}.credentialsValidator.bindPassword`]: '${file:UTF-8:/stackable/secrets/ldap-bind/password}',
      [`${ldapPrefix}.credentialsValidator.baseDn`]: 'ou=people,dc=example,dc=com',
      [`${ldapPrefix}.credentialsValidator.userAttribute`]: 'uid',
      [`${ldapPrefix}.credentialsValidator.userSearch`]: '(uid=%s)',
      [`${ldapPrefix}.authorizerName`]: 'LdapAuthorizer',
    },
    [`${ldapPrefix}.credentialsValidator.bindUser`, `${ldapPrefix}.credentialsValidator.bindPassword`],
  )
})

test('NiFi with LDAP', () => {
  const admin = `authorization:
      standard: { accessPolicyProvider: { fileBased: { initialAdminUser: "uid=alice,ou=people,dc=example,dc=com" } } }`
  const files = filesOf(ldap.replace('SEARCH_FILTER', '') + cluster('NifiCluster', '2.9.0', ldapEntry, admin))
  const [provider] = readXml(files.get('login-identity-providers.xml') ?? '').children
  const text = (name: string) => provider?.children.find((child) => child.name === name)?.text
  const properties = new Map(
    provider?.children
      .filter(({ name }) => name === 'property')
      .map(({ attributes, text: value }) => [attributes.get('name') ?? '', value]),
  )

  same(propertiesOf(files, 'nifi.properties'), {
    'nifi.security.user.login.identity.provider': 'login-identity-provider',
    'nifi.security.allow.anonymous.authentication': 'false',
  })
  assert.deepEqual(
    [text('identifier'), text('class')],
    ['login-identity-provider', 'org.apache.nifi.ldap.LdapProvider'],
  )
  same(
    properties,
    {
      'Authentication Strategy': 'LDAPS',
      'Manager DN': '${file:UTF-8:/stackable/secrets/ldap-bind/user}',
      'Manager Password': '${file:UTF-8:/stackable/secrets/ldap-bind/password}',
      'Referral Strategy': 'THROW',
      'Connect Timeout': '10 secs',
      'Read Timeout': '10 secs',
      Url: 'ldaps://ldap.example.com:636',
      'User Search Base': 'ou=people,dc=example,dc=com',
      'User Search Filter': 'uid={0}',
      'TLS - Client Auth': 'NONE',
      'TLS - Keystore': '/stackable/server_tls/keystore.p12',
      'TLS - Keystore Type': 'PKCS12',
      'TLS - Truststore': '/stackable/server_tls/truststore.p12',
      'TLS - Truststore Type': 'PKCS12',
      'TLS - Protocol': 'TLSv1.2',
      'TLS - Shutdown Gracefully': 'true',
      'Identity Strategy': 'USE_DN',
      'Authentication Expiration': '7 days',
    },
    ['Manager DN', 'Manager Password', 'TLS - Keystore', 'TLS - Keystore Type', 'TLS - Truststore'],
  )
})

test('NiFi and Superset in which Open Policy Agent decides need no administrator and no roles', () => {
  const opa = 'authorization: { opa: { configMapName: opa, package: nifi } }'
  const roles = 'authorization: { roleMappingFromOpa: { configMapName: opa, package: superset } }'
  const nifi = filesOf(keycloak + cluster('NifiCluster', '2.9.0', `${oidcEntry} }`, opa))
  const bi = problemsOf(keycloak + cluster('SupersetCluster', '6.1.0', `${oidcEntry} }`, roles))

  assert.equal(propertiesOf(nifi, 'nifi.properties').get('nifi.security.user.authorizer'), undefined)
  assert.ok(!nifi.has('authorizers.xml'))
  assert.deepEqual(bi, [])
  assert.match(problemsOf(keycloak + cluster('SupersetCluster', '6.1.0', `${oidcEntry} }`)).join(), /has no roles/)
})

test('NiFi with OpenID Connect', () => {
  const admin = `authorization:
      standard: { accessPolicyProvider: { fileBased: { initialAdminUser: alice } } }`
  const files = filesOf(keycloak + cluster('NifiCluster', '2.9.0', `${oidcEntry} }`, admin))

  same(
    propertiesOf(files, 'nifi.properties'),
    {
      'nifi.security.user.oidc.discovery.url': `${issuer}/.well-known/openid-configuration`,
      'nifi.security.user.oidc.client.id': `\${env:${prefix}_CLIENT_ID}`,
      'nifi.security.user.oidc.client.secret': `\${env:${prefix}_CLIENT_SECRET}`,
      'nifi.security.user.oidc.additional.scopes': 'openid,email,profile',
      'nifi.security.user.oidc.claim.identifying.user': 'preferred_username',
      'nifi.security.user.oidc.truststore.strategy': 'JDK',
      'nifi.security.user.login.identity.provider': 'login-identity-provider',
      'nifi.security.user.authorizer': 'authorizer',
      'nifi.security.allow.anonymous.authentication': 'false',
    },
    ['nifi.security.user.login.identity.provider', 'nifi.security.user.authorizer'],
  )
})
