import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Product, productKinds } from '../config/schema.ts'
import { products } from './index.ts'
import { isBefore, isLaterLine, parseVersion } from './version.ts'

const gatehouse = { className: 'gatehouse', kind: 'gatehouse' } as const

function product(fields: object): Product {
  return Product.parse({
    url: 'https://it.example.com',
    authentication: [{ authenticationClass: 'gatehouse' }],
    ...fields,
  })
}

test('every kind of the schema is described under its own name', () => {
  for (const kind of productKinds) assert.equal(products[kind].kind, kind)
})

test('the addresses to return to follow from the url of the product alone', () => {
  assert.deepEqual(products.trino.redirectUris(product({ product: 'trino' }), gatehouse), [
    'https://it.example.com/oauth2/callback',
  ])
  assert.deepEqual(products.trino.postLogoutRedirectUris(product({ product: 'trino' }), gatehouse), [
    'https://it.example.com/ui/logout/logout.html',
  ])
  assert.deepEqual(
    products.superset.redirectUris(product({ product: 'superset', url: 'https://it.example.com/bi' }), gatehouse),
    ['https://it.example.com/bi/oauth-authorized/keycloak'],
  )
  assert.deepEqual(products.superset.postLogoutRedirectUris(product({ product: 'superset' }), gatehouse), [])
})

test('a generic application names its addresses itself', () => {
  const uris = { redirectUris: ['https://it.example.com/cb'], postLogoutRedirectUris: ['https://it.example.com/bye'] }

  assert.deepEqual(products.oidc.redirectUris(product({ product: 'oidc', ...uris }), gatehouse), uris.redirectUris)
  assert.deepEqual(
    products.oidc.postLogoutRedirectUris(product({ product: 'oidc', ...uris }), gatehouse),
    uris.postLogoutRedirectUris,
  )
})

test('the provider must not ask Trino for PKCE nor for another client authentication', () => {
  assert.equal(products.trino.sendsPkce, false)
  assert.deepEqual(products.trino.clientAuthenticationMethods, ['client_secret_basic'])
})

test('versions are compared by number, part by part', () => {
  assert.equal(isBefore(parseVersion('99'), '414'), true)
  assert.equal(isBefore(parseVersion('6.0'), '6.0.0'), false)
  assert.equal(isBefore(parseVersion('6.10.0'), '6.9.0'), false)
})

test('a patch release is of a known line, the next minor release is not', () => {
  assert.equal(isLaterLine(parseVersion('6.1.9'), '6.1.0', 2), false)
  assert.equal(isLaterLine(parseVersion('6.2.0'), '6.1.0', 2), true)
  assert.equal(isLaterLine(parseVersion('6'), '6.1.0', 2), false)
})
