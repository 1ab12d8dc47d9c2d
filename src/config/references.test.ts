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
  const data = { authenticationClasses: { staff: { ldap: {} } }, login: [{ authenticationClass: 'staff' }] }

  assert.deepEqual(
    referenceProblems(data).map(({ message }) => message),
    ['is a class of type ldap, which this server does not support for sign-in yet: name one of type oidc'],
  )
})
