import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config } from '../../config/schema.ts'
import { renderProduct } from '../render-product.ts'

const oidc = (hostname: string) => ({
  oidc: {
    hostname,
    rootPath: '/realms/data',
    principalClaim: 'preferred_username',
    providerHint: 'Keycloak',
    tls: { verification: { server: { caCert: { webPki: {} } } } },
  },
})

/** What is said of a product about clients that it shares. */
function said(of: string, products: Record<string, object>): string[] {
  const entry = { authenticationClass: 'keycloak', oidc: { clientCredentialsSecret: 'one' } }
  const config = Config.parse({
    authenticationClasses: { keycloak: oidc('sso.example.com'), other: oidc('two.example.com') },
    products: Object.fromEntries(
      Object.entries(products).map(([name, fields]) => [
        name,
        { url: `https://${name}.example.com`, authentication: [entry], ...fields },
      ]),
    ),
    secrets: {
      one: { clientId: 'data', clientSecret: '${env:ONE}' },
      same: { clientId: 'data', clientSecret: '${env:TWO}' },
      another: { clientId: 'lake', clientSecret: '${env:TWO}' },
    },
  })
  const { problems } = renderProduct(config, of)
  return problems.filter(({ message }) => message.includes('shares the client')).map(({ message }) => message)
}

const superset = { product: 'superset' }
const trino = { product: 'trino' }
const at = (authenticationClass: string, clientCredentialsSecret: string) => ({
  authentication: [{ authenticationClass, oidc: { clientCredentialsSecret } }],
})

test('a product without PKCE that shares a client with one that needs it is warned of, by the way that helps', () => {
  assert.deepEqual(said('trino', { superset, trino }), [
    'shares the client "data" at keycloak with superset: its REGISTER.md lets the provider require PKCE, and Trino sends none, so that one of them could not sign in. Register a client for each',
  ])
})

test('it is said whatever the two products are, and in whichever order, and by two secrets with one client id', () => {
  const harbor = (version: string) => ({ product: 'harbor', version })

  assert.equal(said('harbor', { harbor: harbor('2.12.0'), grafana: { product: 'grafana' } }).length, 1)
  assert.equal(said('trino', { trino, airflow: { product: 'airflow', ...at('keycloak', 'same') } }).length, 1)
  assert.match(said('trino', { trino, superset, nifi: { product: 'nifi' } })[0] ?? '', /with superset and nifi: their/)
  assert.deepEqual(said('harbor', { harbor: harbor('2.13.0'), grafana: { product: 'grafana' } }), [])
})

test('products that agree, other clients and other providers are not mentioned', () => {
  assert.deepEqual(said('superset', { superset, trino }), [])
  assert.deepEqual(said('trino', { trino, minio: { product: 'minio' } }), [])
  assert.deepEqual(said('trino', { superset, trino: { ...trino, ...at('keycloak', 'another') } }), [])
  assert.deepEqual(said('trino', { superset, trino: { ...trino, ...at('other', 'one') } }), [])
})
