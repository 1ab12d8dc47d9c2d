import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { goldenCases, renderData } from '../../../test/support/golden-cases.ts'
import { fc, runs } from '../../../test/support/properties.ts'
import { readProperties } from '../../../test/support/read-formats.ts'
import { productKinds } from '../../config/schema.ts'

type Extra = Record<string, Record<string, unknown>>

/** What is said of `extra` of a product, which otherwise is that of a golden case: places below `extra`, and messages. */
function saidOf(kind: string, extra: Extra, name = kind === 'astronomer' ? 'keycloak-groups' : 'keycloak'): string[] {
  const rendered = renderedWith(kind, extra, name)
  assert.ok(rendered, 'the configuration is valid')
  return rendered.problems
    .filter(({ severity }) => severity === 'error')
    .map(({ path, message }) => `${path.slice(3).join(' / ')}: ${message}`)
}

function renderedWith(kind: string, extra: Extra, name = kind === 'astronomer' ? 'keycloak-groups' : 'keycloak') {
  const found = goldenCases(kind).find((golden) => golden.name === `${kind}/${name}`)
  assert.ok(found, `${kind}/${name}`)
  const [product] = Object.values(found.data['products'] as Record<string, object>)
  Object.assign(product ?? {}, { extra })
  return renderData(found.data)
}

const trino = (settings: Record<string, unknown>): Extra => ({ 'config.properties': settings })

test('a setting of the product is written, and its file is another one without it', () => {
  assert.deepEqual(saidOf('trino', trino({ 'query.max-memory': '50GB' })), [])
  const file = renderedWith('trino', trino({ 'query.max-memory': '50GB' }))?.files?.[0]
  assert.match(file?.content ?? '', /^query\.max-memory=50GB$/m)
})

// biome-ignore format: one table
const refused: [what: string, kind: string, extra: Extra, said: RegExp][] = [
  ['what render writes', 'trino', trino({ 'web-ui.authentication.type': 'form' }), /is written by render already/],
  ['the same in other letters', 'trino', trino({ 'Web-UI.Authentication.Type': 'form' }), /already as web-ui\.authentication\.type/],
  ['the same with other separators', 'nessie', { 'application.properties': { 'quarkus.oidc.clientId': 'x' } }, /already as quarkus\.oidc\.client-id/],
  ['a key of Spring with dots', 'kafbat', { 'application.yml': { 'auth.oauth2.client.keycloak.client_id': 'x' } }, /already as auth\.oauth2\.client\.keycloak\.clientId/],
  ['a value in place of a tree', 'kafbat', { 'application.yml': { auth: 'x' } }, /is written by render already/],
  ['a value below a value', 'opensearch', { 'config.yml': { config: { dynamic: { http: { anonymous_auth_enabled: { x: true } } } } } }, /already/],
  ['one setting twice', 'datahub', { 'frontend.env': { AUTH_X_Y: 1, auth_x_y: 2 } }, /is the same as AUTH_X_Y above it/],
  ['a secret in clear text', 'trino', trino({ 'web-ui.shared-secret': 'hunter2' }), /is a secret in clear text: write \$\{env:NAME\}/],
  ['a password as a number', 'superset', { 'superset_config.py': { SMTP_PASSWORD: 1234 } }, /clear text/],
  ['a secret deep inside', 'superset', { 'superset_config.py': { MAIL: [{ smtp: { clientSecret: 'hunter2' } }] } }, /clear text/],
  ['a password in an address', 'superset', { 'superset_config.py': { SQLALCHEMY_DATABASE_URI: 'postgresql://u:hunter2@db/x' } }, /clear text/],
  ['a secret in JAAS', 'kafka', { 'server.properties': { 'sasl.jaas.config': 'X required clientSecret="hunter2";' } }, /clear text/],
  ['a key that looks made', 'nifi', { 'nifi.properties': { 'nifi.sensitive.props.key': 'hunter2hunter2hunter2' } }, /clear text/],
  ['a key of Fernet', 'airflow', { 'airflow.env': { AIRFLOW__CORE__FERNET_KEY: 'hunter2' } }, /clear text/],
  ['a secret below value', 'nessie', { 'application.properties': { 'quarkus.oidc.credentials.client-secret.value': 'hunter2' } }, /clear text/],
  ['a secret in a list of variables', 'astronomer', { 'values.yaml': { x: { env: [{ name: 'DB_PASSWORD', value: 'hunter2' }] } } }, /clear text/],
  ['a private key', 'superset', { 'superset_config.py': { ANY: '-----BEGIN RSA PRIVATE KEY-----\nx' } }, /clear text/],
  ['a secret of our own', 'mlflow', { 'mlflow.env': { OIDC_CLIENT_SECRET: '${env:OTHER}' } }, /already/],
  ['a reference inside of a text', 'trino', trino({ 'a.b': 'x ${env:X}' }), /must be the whole value/],
  ['a file as a reference', 'trino', trino({ 'a.b': '${file:/run/x}' }), /only variables/],
  ['what the product replaces', 'trino', trino({ 'a.b': 'x-${ENV:X}' }), /read as something else/],
  ['a reference of Trino', 'trino', trino({ 'web-ui.shared-secret': '${ENV:WEB_SECRET}' }), /write \$\{env:WEB_SECRET\}/],
  ['a reference of a shell', 'nessie', { 'application.properties': { 'quarkus.a': '${A_B}' } }, /write \$\{env:A_B\}/],
  ['a map in properties', 'trino', trino({ 'a.b': { c: 1 } }), /is a map for which/],
  ['nothing in properties', 'trino', trino({ 'a.b': null }), /is nothing for which/],
  ['a variable from another', 'datahub', { 'frontend.env': { A: '${env:B}' } }, /Write \$\{env:NAME\} with the name of the variable itself/],
  ['a variable where none is filled in', 'argo-cd', { 'argocd-cm.yaml': { 'webhook.github.secret': '${env:X}' } }, /\$NAME-OF-SECRET:KEY/],
  ['a name that Flask does not read', 'superset', { 'superset_config.py': { sqllab_timeout: 3 } }, /in capitals/],
  ['code in the place of a name', 'superset', { 'superset_config.py': { 'X = 1\nY': 3 } }, /is no name/],
  ['a setting of the parent class', 'jupyterhub', { 'jupyterhub_config.py': { 'c.OAuthenticator.client_id': 'x' } }, /already as c\.GenericOAuthenticator\.client_id/],
  ['a protection switched off', 'superset', { 'superset_config.py': { WTF_CSRF_ENABLED: false } }, /already|protection/],
  ['a way in for everybody', 'grafana', { 'grafana.ini': { 'auth.anonymous': { enabled: true } } }, /who have not signed in/],
  ['http for passwords', 'trino', trino({ 'http-server.authentication.allow-insecure-over-http': true }), /http-server\.process-forwarded=true, which render writes/],
  ['a file that is not written', 'trino', { 'jvm.config': { x: 1 } }, /is no rendered file of Trino .*config\.properties/],
  ['a kind without such a file', 'oidc', { 'client.env': { X: 1 } }, /has no rendered file that takes settings/],
  ['an element that is not there', 'nifi', { 'authorizers.xml': { nobody: { A: 'b' } } }, /is no element of this file/],
]

for (const [what, kind, extra, said] of refused) {
  test(`extra of ${kind} refuses ${what}`, () => {
    const problems = saidOf(kind, extra)

    assert.equal(problems.length, 1, problems.join('\n'))
    assert.match(problems[0] ?? '', said)
    assert.doesNotMatch(problems[0] ?? '', /hunter2/)
    assert.equal(renderedWith(kind, extra)?.files, undefined)
  })
}

test('every problem is told at once, file by file', () => {
  const said = saidOf('airflow', {
    'webserver_config.py': { lower: 1 },
    'airflow.env': { A: '${env:B}', C: 'x ${env:D}', AIRFLOW__API__BASE_URL: 'https://x.example.com' },
    'airflow.cfg': { core: 'x' },
  })

  assert.equal(said.length, 3, said.join('\n'))
  assert.deepEqual(
    said.map((one) => one.replace(/:.*/s, '')),
    ['webserver_config.py / lower', 'airflow.env / AIRFLOW__API__BASE_URL', 'airflow.cfg'],
  )
  const values = saidOf('datahub', { 'frontend.env': { A: '${env:B}', C: 'x ${env:D}' } })
  assert.equal(values.length, 2, values.join('\n'))
  const lines = saidOf('airflow', { 'webserver_config.py': { lower: 1 }, 'airflow.env': { A: 'two\nlines' } })
  assert.equal(lines.length, 2, lines.join('\n'))
})

test('a reference in the own form of a product is no clear text', () => {
  assert.deepEqual(saidOf('argo-cd', { 'argocd-cm.yaml': { 'webhook.github.secret': '$github:webhook' } }), [])
})

test('each kind but that of an application of your own has a file that takes settings', () => {
  const without = productKinds.filter((kind) => {
    const [first] = goldenCases(kind)
    const files = first && renderData(first.data)?.files
    return !files?.some(({ takesExtra }) => takesExtra)
  })

  assert.deepEqual(without, ['oidc'])
})

test('a variable that extra names is among those that the files expect', () => {
  const variables = renderedWith('trino', trino({ 'web-ui.shared-secret': '${env:WEB_SECRET}' }))?.variables ?? []
  assert.ok(variables.some(({ name }) => name === 'WEB_SECRET'))
})

/** Texts that no product takes for a reference, and no name for that of a secret. */
const harmlessText = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !/\$|secret|passw|pwd|@/i.test(text))
const ownName = fc.stringMatching(/^own\.[a-z]{1,8}(?:\.[a-z]{1,8}){0,2}x$/)

test('whatever a setting says, it is read back as it is, beside all that render writes', () => {
  const before = readProperties(renderedWith('trino', {})?.files?.[0]?.content ?? '')
  fc.assert(
    fc.property(fc.dictionary(ownName, harmlessText, { maxKeys: 4 }), (settings) => {
      const content = renderedWith('trino', trino(settings))?.files?.[0]?.content
      if (content === undefined) return
      assert.deepEqual(readProperties(content), [...before, ...Object.entries(settings)])
    }),
    { numRuns: runs(100) },
  )
  const file = parse(renderedWith('kafbat', {})?.files?.[0]?.content ?? '') as object
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme-ascii' }), (value) => {
      const content = renderedWith('kafbat', { 'application.yml': { own: { part: value } } })?.files?.[0]?.content
      // Refused: a number with an exponent, or what looks like a secret or a reference.
      if (content === undefined) return
      const { own, ...rest } = parse(content) as { own: unknown }
      assert.deepEqual(rest, file)
      assert.deepEqual(own, { part: value })
    }),
    { numRuns: runs(100) },
  )
})
