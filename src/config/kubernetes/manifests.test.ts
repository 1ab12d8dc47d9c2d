import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../load.ts'
import { formatProblem } from '../problem.ts'
import { readSources } from '../read.ts'
import { hashOf } from './secret-piece.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-manifests-'))
after(() => rmSync(folder, { recursive: true }))

function load(files: Record<string, string>, env: Record<string, string> = {}) {
  const names = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  })
  const { config, problems } = loadConfig(readSources(names), env)
  return { config, problems: problems.map((problem) => formatProblem(problem).replace(`${folder}/`, '')) }
}

const keycloak = `apiVersion: authentication.stackable.tech/v1alpha1
kind: AuthenticationClass
metadata: { name: keycloak }
spec:
  provider:
    oidc:
      hostname: sso.example.com
      rootPath: /realms/data/
      scopes: [openid]
      principalClaim: preferred_username
      providerHint: Keycloak
      tls: { verification: { server: { caCert: { secretClass: sso-ca } } } }
`
const secret = `apiVersion: v1
kind: Secret
metadata: { name: my-keycloak-client }
data: { clientId: c3VwZXJzZXQ=, clientSecret: aHVudGVyMg== }
`
const superset = `apiVersion: superset.stackable.tech/v1alpha1
kind: SupersetCluster
metadata:
  name: bi
  annotations: { gatehouse/url: https://bi.example.com }
spec:
  image: { productVersion: 6.1.0 }
  clusterConfig:
    authentication:
      - authenticationClass: keycloak
        oidc: { clientCredentialsSecret: my-keycloak-client }
        userRegistrationRole: Gamma
`

test('a variable is named by the hash that Stackable uses', () => {
  assert.equal(hashOf('my-keycloak-client'), '68098419C6E0D0C6')
  assert.equal(hashOf('test-client-secret1'), 'A96BCC4FA49835D2')
  assert.equal(hashOf('test-client-secret2'), '3A305E38C3B561F3')
})

test('classes, Secrets and clusters say what gatehouse.yaml would say', () => {
  const { config, problems } = load({ 'all.yaml': [keycloak, secret, superset].join('---\n') })

  assert.deepEqual(problems, [])
  assert.equal(config?.authenticationClasses['keycloak']?.oidc?.rootPath, '/realms/data/')
  assert.equal(config?.products['bi']?.product, 'superset')
  assert.equal(config?.products['bi']?.url, 'https://bi.example.com')
  assert.equal(config?.products['bi']?.authentication[0]?.userRegistrationRole, 'Gamma')
  assert.deepEqual(config?.secrets, {
    'my-keycloak-client': {
      clientId: 'superset',
      clientIdVariable: 'OIDC_68098419C6E0D0C6_CLIENT_ID',
      clientSecret: '${env:OIDC_68098419C6E0D0C6_CLIENT_SECRET}',
    },
    'sso-ca': { 'ca.crt': '${file:/stackable/secrets/sso-ca/ca.crt}' },
  })
})

test('the value of a Secret never becomes configuration', () => {
  const { config } = load({ 'all.yaml': [keycloak, secret, superset].join('---\n') })

  assert.doesNotMatch(JSON.stringify(config), /hunter2|aHVudGVyMg/)
})

test('a List, several files and a configuration of our own are one description', () => {
  const indented = (text: string) => text.replace(/^/gm, '    ').replace(/^ {4}/, '  - ')
  const list = `apiVersion: v1\nkind: List\nitems:\n${indented(keycloak)}\n${indented(secret)}`
  const ours = `products:
  lake: { product: trino, url: https://lake.example.com, authentication: [{ authenticationClass: keycloak, oidc: { clientCredentialsSecret: lake } }] }
secrets: { lake: { clientId: lake, clientSecret: "\${env:LAKE}" }, sso-ca: { ca.crt: "\${file:./ca.pem}" } }
`
  const { config, problems } = load({ 'list.yaml': list, 'bi.yaml': superset, 'gatehouse.yaml': ours })

  assert.deepEqual(problems, [])
  assert.deepEqual(Object.keys(config?.products ?? {}), ['lake', 'bi'])
  assert.deepEqual(config?.secrets['sso-ca'], { 'ca.crt': '${file:./ca.pem}' }, 'what is configured wins')
})

test('problems point into the manifest', () => {
  const wrong = keycloak.replace('rootPath', 'rotPath').replace('principalClaim', 'principalclaim')

  const { problems } = load({ 'keycloak.yaml': wrong, 'bi.yaml': superset, 'secret.yaml': secret })

  assert.deepEqual(problems, [
    'keycloak.yaml:6:5 authenticationClasses.keycloak.oidc.principalClaim: is missing',
    'keycloak.yaml:8:7 authenticationClasses.keycloak.oidc.rotPath: unknown key (did you mean "rootPath"?)',
    'keycloak.yaml:10:7 authenticationClasses.keycloak.oidc.principalclaim: unknown key (did you mean "principalClaim"?)',
  ])
})

test('a cluster whose client Secret is missing says which one', () => {
  const { problems } = load({ 'keycloak.yaml': keycloak, 'bi.yaml': superset })

  assert.equal(problems.length, 1)
  assert.match(
    problems[0] ?? '',
    /^bi\.yaml:\d+:\d+ products\.bi\..*there is no entry in secrets named "my-keycloak-client"/,
  )
})

test('fields that envsubst would fill are filled, and an unset variable is named', () => {
  const template = keycloak
    .replace('sso.example.com', '"$KEYCLOAK_HOSTNAME"')
    .replace('rootPath', 'port: ${KEYCLOAK_PORT}\n      rootPath')

  const filled = load({ 'keycloak.yaml': template }, { KEYCLOAK_HOSTNAME: 'sso.example.com', KEYCLOAK_PORT: '8443' })
  const unset = load({ 'keycloak.yaml': template }, { KEYCLOAK_PORT: '8443' })

  assert.equal(filled.config?.authenticationClasses['keycloak']?.oidc?.hostname, 'sso.example.com')
  assert.equal(filled.config?.authenticationClasses['keycloak']?.oidc?.port, 8443)
  assert.match(unset.problems.join(), /keycloak\.yaml:7:7 .*KEYCLOAK_HOSTNAME, which is not set/)
})

test('a cluster without an address gets that of its service, and is asked for a better one', () => {
  const { config, problems } = load({
    'all.yaml': [keycloak, secret, superset.replace(/ {2}annotations.*\n/, '  namespace: data\n')].join('---\n'),
  })

  assert.equal(config?.products['bi']?.url, 'http://bi-node.data.svc.cluster.local:8088')
  assert.match(problems.join(), /warning: has no address at which people open bi.*gatehouse\/url/)
})

test('the accounts of a class static are the keys of its Secret, without their passwords', () => {
  const accounts = `apiVersion: authentication.stackable.tech/v1alpha1
kind: AuthenticationClass
metadata: { name: accounts }
spec: { provider: { static: { userCredentialsSecret: { name: users } } } }
---
apiVersion: v1
kind: Secret
metadata: { name: users }
stringData: { alice: hunter2, bob: hunter3 }
`
  const { config, problems } = load({ 'static.yaml': accounts })

  assert.deepEqual(problems, [])
  assert.deepEqual(Object.keys(config?.secrets['users']?.users ?? {}), ['alice', 'bob'])
  assert.doesNotMatch(JSON.stringify(config), /hunter/)
})

test('what a cluster holds besides is passed over: other kinds, clusters without authentication', () => {
  const others = `apiVersion: v1
kind: ConfigMap
metadata: { name: x }
data: { a: b }
---
apiVersion: trino.stackable.tech/v1alpha1
kind: TrinoCluster
metadata: { name: open }
spec: { image: { productVersion: "481" }, clusterConfig: {} }
---
`
  const { config, problems } = load({ 'others.yaml': others })

  assert.deepEqual(problems, [])
  assert.deepEqual(config?.products, {})
})

test('clusters of one name and different kinds are different products', () => {
  const trino = superset
    .replaceAll('Superset', 'Trino')
    .replaceAll('superset', 'trino')
    .replace('6.1.0', '"481"')
    .replace(/ +userReg.*\n/, '')

  const { config, problems } = load({ 'all.yaml': [keycloak, secret, superset, trino].join('---\n') })

  assert.deepEqual(problems, [])
  assert.deepEqual(Object.keys(config?.products ?? {}), ['bi', 'bi-trino'])
})

test('a class that is there twice is named, with where', () => {
  const { problems } = load({ 'one.yaml': `${keycloak}---\n${keycloak}`, 'two.yaml': keycloak })

  assert.equal(problems.length, 2)
  assert.match(problems[0] ?? '', /^one\.yaml:.*authenticationClasses\.keycloak: is set in this file as well/)
  assert.match(problems[1] ?? '', /^two\.yaml:.*is set in another file as well/)
})

test('a kind of cluster for which there are no files is named when it has authentication, whatever it is called', () => {
  const hive = superset.replace('SupersetCluster', 'HiveCluster')
  const odd = superset.replace('SupersetCluster', 'constructor')

  const { config, problems } = load({ 'all.yaml': [keycloak, secret, hive, odd].join('---\n') })

  assert.deepEqual(config?.products, {})
  assert.equal(problems.length, 2)
  for (const problem of problems)
    assert.match(problem, /warning: is ignored: Gatehouse writes no files for (HiveCluster|constructor) bi/)
})

const nodes = (overrides: string) => `${superset}  nodes:\n    ${overrides}\n`

test('an override about sign-in is read where the product has a setting for it', () => {
  const { config, problems } = load({
    'all.yaml': [
      keycloak,
      secret,
      nodes(
        'configOverrides: { superset_config.py: { AUTH_USER_REGISTRATION: "False", ROW_LIMIT: "9" } }\n    roleGroups: { default: { configOverrides: { superset_config.py: { AUTH_USER_REGISTRATION: "True" } } } }',
      ),
    ].join('---\n'),
  })

  assert.deepEqual(problems, [])
  assert.equal(config?.products['bi']?.authentication[0]?.userRegistration, true, 'the role group wins')
  assert.equal(config?.products['bi']?.authentication[0]?.userRegistrationRole, 'Gamma')
})

test('any other override about sign-in is a warning at its place, without its value', () => {
  const { problems } = load({
    'all.yaml': [
      keycloak,
      secret,
      nodes('envOverrides: { OAUTH_CLIENT_SECRET: hunter2, SUPERSET_FEATURE_EMBED: "x" }'),
    ].join('---\n'),
  })

  assert.equal(problems.length, 1)
  assert.match(
    problems[0] ?? '',
    /^all\.yaml:\d+:\d+ spec\.nodes\.envOverrides\.OAUTH_CLIENT_SECRET: warning: is not read/,
  )
  assert.doesNotMatch(problems.join(), /hunter/)
})

test('who decides elsewhere is no warning: the manifest says it, and so does the product', () => {
  const opa = superset.replace(
    '    authentication:',
    '    authorization: { roleMappingFromOpa: { configMapName: opa } }\n    authentication:',
  )

  const { config, problems } = load({ 'all.yaml': [keycloak, secret, opa].join('---\n') })

  assert.deepEqual(problems, [])
  assert.equal(config?.products['bi']?.authorization, 'elsewhere')
})

test('a cluster with a dot in its name is a product without one', () => {
  const dotted = superset.replace('  name: bi', '  name: bi.prod')

  const { config, problems } = load({ 'all.yaml': [keycloak, secret, dotted].join('---\n') })

  assert.deepEqual(problems, [])
  assert.deepEqual(Object.keys(config?.products ?? {}), ['bi-prod'])
})
