import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config } from '../config/schema.ts'
import { AppError } from '../errors.ts'
import { resolveProduct } from './resolve.ts'

const keycloak = {
  oidc: {
    hostname: 'sso.example.com',
    rootPath: 'realms/data/',
    principalClaim: 'preferred_username',
    scopes: ['openid', 'email'],
    providerHint: 'Keycloak',
    tls: { verification: { server: { caCert: { webPki: {} } } } },
  },
}

function resolve(product: object, rest: object = {}) {
  const config = Config.parse({
    authenticationClasses: { keycloak },
    secrets: { client: { clientId: 'lake', clientSecret: '${env:LAKE_SECRET}' } },
    products: { it: { product: 'oidc', url: 'https://it.example.com', ...product } },
    ...rest,
  })
  return resolveProduct(config, 'it')
}

test('a class of the configuration gives the issuer, the endpoints and the client of its product', () => {
  const { providers } = resolve({
    authentication: [
      {
        authenticationClass: 'keycloak',
        oidc: { clientCredentialsSecret: 'client', extraScopes: ['email', 'groups'] },
      },
    ],
  })

  const [provider] = providers
  assert.ok(provider)
  assert.equal(provider.issuer, 'https://sso.example.com/realms/data')
  assert.equal(provider.discoveryUrl, 'https://sso.example.com/realms/data/.well-known/openid-configuration')
  assert.equal(provider.endpoints?.userinfo, 'https://sso.example.com/realms/data/protocol/openid-connect/userinfo')
  assert.deepEqual(provider.scopes, ['openid', 'email', 'groups'])
  assert.equal(provider.clientId, 'lake')
  assert.equal(provider.secretVariable, 'LAKE_SECRET')
  assert.equal(provider.secretIsDerived, false)
  assert.equal(provider.wantsGroups, true)
})

test('the class gatehouse exists wherever issuer does, with a client of the name of the product', () => {
  const { providers } = resolve(
    { authentication: [{ authenticationClass: 'gatehouse' }] },
    { issuer: 'https://sso.example.com/id' },
  )

  const [provider] = providers
  assert.ok(provider)
  assert.equal(provider.issuer, 'https://sso.example.com/id')
  assert.deepEqual(provider.scopes, ['openid', 'email', 'profile', 'groups'])
  assert.equal(provider.principalClaim, 'preferred_username')
  assert.equal(provider.clientId, 'it')
  assert.equal(provider.secretVariable, 'IT_CLIENT_SECRET')
  assert.equal(provider.secretIsDerived, true)
  assert.equal(provider.wantsGroups, false, 'nobody has a team')
})

test('a product behind Gatehouse wants groups when there are teams or when it asks for them', () => {
  const issuer = 'https://id.example.com'
  const plain = { authentication: [{ authenticationClass: 'gatehouse' }] }
  const asking = { authentication: [{ authenticationClass: 'gatehouse', oidc: { extraScopes: ['groups'] } }] }

  assert.equal(resolve(plain, { issuer, teams: { analysts: {} } }).providers[0]?.wantsGroups, true)
  assert.equal(resolve(asking, { issuer }).providers[0]?.wantsGroups, true)
})

test('a configuration that was not checked is refused, not guessed at', () => {
  for (const authenticationClass of ['gatehouse', 'nowhere']) {
    assert.throws(
      () => resolve({ authentication: [{ authenticationClass }] }),
      (error) => error instanceof AppError && error.code === 'config-invalid',
    )
  }
})

test('settings of a kind that nobody wrote have their defaults, and the configuration stays as it was written', () => {
  const kafka = (written: object) =>
    Config.parse({
      authenticationClasses: { keycloak },
      products: {
        it: {
          product: 'kafka',
          url: 'https://it.example.com:9093',
          authentication: [{ authenticationClass: 'keycloak' }],
          ...written,
        },
      },
    })
  const config = kafka({})

  assert.deepEqual(resolveProduct(config, 'it').options, { listener: 'client' })
  assert.equal(config.products['it']?.kafka, undefined)
  assert.deepEqual(resolveProduct(kafka({ kafka: { audience: 'lake' } }), 'it').options, {
    listener: 'client',
    audience: 'lake',
  })
})
