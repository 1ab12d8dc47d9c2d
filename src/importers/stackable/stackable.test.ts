import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stackable } from './index.ts'

const directory = `apiVersion: authentication.stackable.tech/v1alpha1
kind: AuthenticationClass
metadata: {name: ldap}
spec:
  provider:
    ldap: {hostname: ldap.example.com, searchBase: "dc=example,dc=com", bindCredentials: {secretClass: ldap-bind}}
`

function notCarried(...manifests: string[]): string[] {
  const text = [directory, ...manifests].join('---\n')
  return stackable.read([{ name: 'all.yaml', text }]).notCarried.map(({ what, why }) => `${what}: ${why}`)
}

function manifest(kind: string, name: string, labels = '{}'): string {
  return `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}, labels: ${labels}}\n`
}

test('a Secret that nothing names is not needed', () => {
  const [entry, ...others] = notCarried(manifest('Secret', 'registry'))

  assert.match(entry ?? '', /^Secret registry: Not needed: no class or cluster names it\./)
  assert.deepEqual(others, [])
})

test('the account with which a class searches is needed, whatever its Secret is called', () => {
  const list = `apiVersion: v1\nkind: List\nitems:\n- ${manifest('Secret', 'c', '{secrets.stackable.tech/class: ldap-bind}').trim().replaceAll('\n', '\n  ')}\n`

  assert.deepEqual(
    notCarried(
      manifest('Secret', 'ldap-bind'),
      manifest('SecretClass', 'ldap-bind'),
      manifest('Secret', 'b', '{secrets.stackable.tech/class: ldap-bind}'),
      list,
    ),
    [],
  )
})

test('manifests that have nothing to do with it share one line', () => {
  assert.deepEqual(notCarried(manifest('ConfigMap', 'a'), manifest('Deployment', 'b'), manifest('ConfigMap', 'c')), [
    '2 ConfigMap, Deployment: Nothing is read from manifests of other kinds.',
  ])
})

test('a product that Gatehouse does not know is named once', () => {
  assert.deepEqual(notCarried(manifest('HelloCluster', 'hello')), [
    'HelloCluster hello: Gatehouse knows no product of this kind and writes nothing for it.',
  ])
})

test('Secrets that nothing names share one line', () => {
  const [entry, ...others] = notCarried(manifest('Secret', 'one'), manifest('Secret', 'two'))

  assert.match(entry ?? '', /^Secret one, Secret two: Not needed/)
  assert.deepEqual(others, [])
})

test('a cluster without authentication is listed', () => {
  assert.match(notCarried(manifest('TrinoCluster', 'simple'))[0] ?? '', /^TrinoCluster simple: Not needed: it has no/)
})
