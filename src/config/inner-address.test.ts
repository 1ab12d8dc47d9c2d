import assert from 'node:assert/strict'
import { test } from 'node:test'
import { innerAddress, publicAddress } from './inner-address.ts'

const at = (issuer: string, internalUrl: string) => ({ issuer, internalUrl })
const keycloak = 'https://sso.example.com/realms/data'
const authentik = 'https://auth.example.com/application/o/x/'

// biome-ignore format: one table
const addresses = [
  ['https://sso.example.com/realms/data/protocol/openid-connect/token?x=1', at(keycloak, 'http://keycloak.auth.svc:8080'), 'http://keycloak.auth.svc:8080/realms/data/protocol/openid-connect/token?x=1'],
  ['https://sso.example.com/realms/data/protocol', at(keycloak, 'http://keycloak:8080/auth/realms/data'), 'http://keycloak:8080/auth/realms/data/protocol'],
  ['https://auth.example.com/application/o/token/', at(authentik, 'http://authentik.auth.svc:9000'), 'http://authentik.auth.svc:9000/application/o/token/'],
  ['https://auth.example.com/application/o/token/', at(authentik, 'http://authentik.auth.svc:9000/application/o/x'), 'http://authentik.auth.svc:9000/application/o/token/'],
  ['https://id.example.com/token', at('https://id.example.com/', 'http://id.auth.svc/inner'), 'http://id.auth.svc/inner/token'],
  ['https://sso.example.com:8443/realms/data', at(keycloak, 'http://keycloak:8080'), undefined],
  ['https://oauth2.example.org/token', at(keycloak, 'http://keycloak:8080'), undefined],
  ['https://sso.example.com/realms/data2/token', at(keycloak, 'http://keycloak:8080/auth/realms/data'), undefined],
] as const

for (const [address, between, expected] of addresses) {
  test(`${address} is ${expected ?? 'elsewhere'} behind ${between.internalUrl}`, () => {
    assert.equal(innerAddress(address, between), expected)
  })
}

test('an address that a provider says by the host that it was asked by has its public one', () => {
  assert.equal(
    publicAddress('http://keycloak:8080/realms/data/auth', at(keycloak, 'http://keycloak:8080')),
    'https://sso.example.com/realms/data/auth',
  )
  assert.equal(
    publicAddress('http://keycloak:8080/auth/realms/data/x', at(keycloak, 'http://keycloak:8080/auth/realms/data')),
    'https://sso.example.com/realms/data/x',
  )
  assert.equal(publicAddress('https://sso.example.com/x', at(keycloak, 'http://keycloak:8080')), undefined)
})
