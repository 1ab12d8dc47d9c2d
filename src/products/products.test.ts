import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config, Product, productKinds } from '../config/schema.ts'
import { clients } from './client-kinds.ts'
import { profileOf } from './clients.ts'
import { products } from './index.ts'
import { allFiles, renderProduct } from './render-product.ts'
import { isBefore, isLaterLine, parseVersion } from './writing/version.ts'

const gatehouse = { className: 'gatehouse', kind: 'gatehouse' } as const

function product(fields: object): Product {
  return Product.parse({
    url: 'https://it.example.com',
    authentication: [{ authenticationClass: 'gatehouse' }],
    ...fields,
  })
}

test('a kind is the same client to the server and to its own files', () => {
  for (const kind of productKinds) assert.equal(products[kind].client, clients[kind])
})

test('the addresses to return to follow from the url of the product alone', () => {
  assert.deepEqual(profileOf(product({ product: 'trino' })).redirectUris(gatehouse), [
    'https://it.example.com/oauth2/callback',
  ])
  assert.deepEqual(profileOf(product({ product: 'trino' })).postLogoutRedirectUris, [
    'https://it.example.com/ui/logout/logout.html',
  ])
  assert.deepEqual(
    profileOf(product({ product: 'superset', url: 'https://it.example.com/bi' })).redirectUris(gatehouse),
    ['https://it.example.com/bi/oauth-authorized/gatehouse', 'https://it.example.com/bi/oauth-authorized/keycloak'],
  )
  assert.deepEqual(profileOf(product({ product: 'superset' })).postLogoutRedirectUris, [])
})

test('a generic application names its addresses itself', () => {
  const uris = { redirectUris: ['https://it.example.com/cb'], postLogoutRedirectUris: ['https://it.example.com/bye'] }

  assert.deepEqual(profileOf(product({ product: 'oidc', ...uris })).redirectUris(gatehouse), uris.redirectUris)
  assert.deepEqual(profileOf(product({ product: 'oidc', ...uris })).postLogoutRedirectUris, uris.postLogoutRedirectUris)
})

/** REGISTER.md of a product at Gatehouse. */
function register(fields: object): string {
  const config = Config.parse({ issuer: 'https://id.example.com', products: { it: product(fields) } })
  return allFiles(renderProduct(config, 'it')).find(({ path }) => path === 'REGISTER.md')?.content ?? ''
}

test('the provider must not ask Trino for PKCE nor for another client authentication', () => {
  const text = register({ product: 'trino' })

  assert.match(text, /^- PKCE: Trino sends none, so it must not be required$/m)
  assert.match(text, /^- Client secret: yes \(a confidential client\), method `client_secret_basic`\./m)
})

test('the provider may ask for PKCE from the version on that sends it', () => {
  for (const [kind, before, after] of [
    ['harbor', '2.12.0', '2.13.0'],
    ['druid', '34.0.0', '35.0.0'],
  ] as const) {
    assert.match(register({ product: kind, version: before }), /^- PKCE: \w+ sends none/m)
    for (const version of [after, undefined]) assert.match(register({ product: kind, version }), /^- PKCE: `S256`$/m)
  }
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

test('a role for a team that is not there is named, when there are teams', () => {
  const warningsWith = (teams: object) => {
    const config = Config.parse({
      issuer: 'https://id.example.com',
      teams,
      products: {
        bi: {
          product: 'superset',
          url: 'https://bi.example.com',
          roles: { analist: ['Alpha'] },
          authentication: [{ authenticationClass: 'gatehouse' }],
        },
      },
    })
    return renderProduct(config, 'bi').problems.map(({ path, message }) => `${path.join('.')}: ${message}`)
  }

  assert.deepEqual(warningsWith({ analysts: {} }), [
    'products.bi.roles.analist: there is no team "analist" (did you mean "analysts"?)',
  ])
  assert.deepEqual(warningsWith({}), [])
})

test('a way to prove itself that the flow of the product has no use for is said to be ignored, once', () => {
  const entry = { authenticationClass: 'gatehouse', oidc: { clientAuthenticationMethod: 'client_secret_post' } }
  const houston = (flow: string) => ({
    ...product({ product: 'astronomer', authentication: [entry], astronomer: { flow } }),
    roles: { data: ['systemViewer'] },
  })
  const said = (flow: string) =>
    renderProduct(Config.parse({ issuer: 'https://id.example.com', products: { it: houston(flow) } }), 'it')
      .problems.filter(({ path }) => path.at(-1) === 'clientAuthenticationMethod')
      .map(({ message }) => message)

  assert.deepEqual(said('code'), [])
  assert.deepEqual(said('implicit'), [
    'is ignored: in the implicit flow Houston is a public client and does not authenticate',
  ])
})
