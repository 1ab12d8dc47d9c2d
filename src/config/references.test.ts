import assert from 'node:assert/strict'
import { test } from 'node:test'
import { referenceProblems } from './references.ts'

const oidc = { oidc: { hostname: 'id.example.com' } }
const client = { oidc: { clientCredentialsSecret: 'client' } }
const secrets = { client: { clientId: 'gatehouse', clientSecret: 'not-a-real-one' } }

test('a class that is a way in cannot be called local: sessions know ways in by that name', () => {
  const data = {
    authenticationClasses: { local: oidc },
    login: [{ authenticationClass: 'local', ...client }, { local: {} }],
    secrets,
  }

  assert.deepEqual(referenceProblems(data), [
    {
      path: ['login', 0, 'authenticationClass'],
      message: 'local means the accounts that Gatehouse keeps: give the class another name',
    },
  ])
})

test('a class that products only use may be called local', () => {
  const data = { authenticationClasses: { local: { ldap: {} } }, login: [{ local: {} }] }

  assert.deepEqual(referenceProblems(data), [])
})

test('a class of a type without a connector is no way in', () => {
  const data = { authenticationClasses: { staff: { kerberos: {} } }, login: [{ authenticationClass: 'staff' }] }

  const [message = ''] = referenceProblems(data).map(({ message }) => message)

  assert.match(message, /^is a class of type kerberos, which .* not support for sign-in yet: name one of type oidc/)
})

test('a way in at GitHub needs a client, and an authority that is there', () => {
  const tls = { verification: { server: { caCert: { secretClass: 'corp-ca' } } } }
  const data = { authenticationClasses: { staff: { github: { tls } } }, login: [{ authenticationClass: 'staff' }] }

  const messages = referenceProblems(data).map(({ path, message }) => `${path.join('.')} ${message}`)

  assert.equal(messages.length, 2)
  assert.match(messages.join('\n'), /^authenticationClasses\.staff\.github\.tls.*corp-ca/m)
  assert.match(messages.join('\n'), /^login\.0 needs oidc\.clientCredentialsSecret/m)
})

test('a directory is a way in without a client, and has none', () => {
  const authenticationClasses = { staff: { ldap: {} } }
  const login = [{ authenticationClass: 'staff', oidc: {} }]

  assert.deepEqual(referenceProblems({ authenticationClasses, login: [{ authenticationClass: 'staff' }] }), [])
  assert.deepEqual(referenceProblems({ authenticationClasses, login }), [
    {
      path: ['login', 0, 'oidc'],
      message: 'is for OpenID Connect, and this is a directory: it has bindCredentials in its class',
    },
  ])
})

const ours = [{ authenticationClass: 'gatehouse' }]
const services = { wiki: { rules: [] }, vault: { rules: [] } }

function accessProblems(
  product: Record<string, unknown>,
  { allow = 'authenticated' as unknown, others = {} } = {},
): string[] {
  const wiki = { url: 'https://wiki.example.com', rules: [{ path: '/', allow }] }
  const data = {
    issuer: 'https://id.example.com',
    services: { ...services, wiki },
    products: { robot: { authentication: ours, ...product }, ...others },
  }
  return referenceProblems(data).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

test('a product may name services, and a rule a program that may have tokens for the service', () => {
  const robot = { services: ['wiki'], grantTypes: ['client_credentials'] }

  assert.deepEqual(accessProblems(robot, { allow: ['client:robot', 'client:robot'] }), [])
  assert.deepEqual(accessProblems({ services: ['wiki', 'vault'] }), [])
})

test('a service that does not exist is an error with the name that was meant', () => {
  assert.deepEqual(accessProblems({ services: ['wikki', 'constructor'] }), [
    'products.robot.services.0: there is no service "wikki" (did you mean "wiki"?)',
    'products.robot.services.1: there is no service "constructor"; known: wiki, vault',
  ])
})

test('a service that is named twice is an error', () => {
  assert.deepEqual(accessProblems({ services: ['wiki', 'wiki'] }), [
    'products.robot.services.1: is a duplicate of wiki',
  ])
})

test('only products of this server may have tokens of this server', () => {
  const elsewhere = { authentication: [], services: ['wiki'], grantTypes: ['client_credentials'] }

  assert.deepEqual(accessProblems(elsewhere), [
    'products.robot.services: is for products whose authenticationClass is gatehouse: other providers issue their own tokens',
    'products.robot.grantTypes: is for products whose authenticationClass is gatehouse: other providers issue their own tokens',
  ])
})

test('client_credentials without a service is good for nothing', () => {
  assert.deepEqual(accessProblems({ grantTypes: ['client_credentials'] }), [
    'products.robot.grantTypes: needs services: client_credentials gives tokens for those that are named there',
  ])
})

test('a rule for a program that can never get in is an error [scope-not-configured]', () => {
  const never =
    'services.wiki.rules.0.allow.0: can never get in: give products.robot grantTypes: [client_credentials] and services: [wiki]'
  const allow = ['client:robot']

  assert.deepEqual(accessProblems({}, { allow }), [never])
  assert.deepEqual(accessProblems({ services: ['wiki'] }, { allow }), [never])
  assert.deepEqual(accessProblems({ services: ['vault'], grantTypes: ['client_credentials'] }, { allow }), [never])
  assert.deepEqual(accessProblems({}, { allow: ['client:robbot'] }), [
    'services.wiki.rules.0.allow.0: there is no product "robbot" (did you mean "robot"?)',
  ])
})

test('a program is named as such, and not as a user', () => {
  assert.deepEqual(accessProblems({}, { allow: ['user:client:robot'] }), [
    'services.wiki.rules.0.allow.0: names a program: write client:robot',
  ])
})

test('thousands of wrong names are told in seconds: only the first come with what was meant', () => {
  const teams = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`team-number-${index}-of-all`, {}]))
  const rules = Array.from({ length: 2000 }, (_, rule) => ({
    path: `/${rule}`,
    allow: Array.from({ length: 8 }, (_, entry) => `team:team-number-${(rule * 8 + entry) % 900}-of-alk`),
  }))

  const messages = referenceProblems({ teams, services: { wiki: { rules } } }).map(({ message }) => message)

  assert.equal(messages.length, 16_000)
  assert.equal(messages[0], 'there is no team "team-number-0-of-alk" (did you mean "team-number-0-of-all"?)')
  const meant = messages.filter((message) => message.includes('did you mean')).length
  assert.ok(meant > 100 && meant < 2000, `${meant} of them`)
})
