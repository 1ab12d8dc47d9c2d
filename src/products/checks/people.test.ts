import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Config, productKinds } from '../../config/schema.ts'
import { clients } from '../client-kinds.ts'
import { products } from '../index.ts'
import { renderProduct } from '../render-product.ts'

const tls = { verification: { server: { caCert: { webPki: {} } } } }
const hosts = {
  ADFS: { hostname: 'adfs.example.com', rootPath: '/adfs', providerHint: 'ADFS' },
  Okta: { hostname: 'example.okta.com', providerHint: 'Okta' },
  Google: { hostname: 'accounts.google.com', providerHint: 'Google', principalClaim: 'email' },
  Keycloak: { hostname: 'sso.example.com', rootPath: '/realms/data', providerHint: 'Keycloak' },
  Authentik: { hostname: 'auth.example.com', rootPath: '/application/o/it/', providerHint: 'Authentik' },
  EntraID: {
    hostname: 'login.microsoftonline.com',
    rootPath: '/11111111-2222-3333-4444-555555555555/v2.0',
    providerHint: 'EntraID',
  },
}

/** What is said of a product at a provider of that vendor, or at Gatehouse with that way in. */
function said(
  { at, behind, ...fields }: { product: string; at?: keyof typeof hosts; behind?: object } & Record<string, unknown>,
  oidc: object = {},
): string {
  const idp =
    at === undefined ? {} : { idp: { oidc: { principalClaim: 'preferred_username', tls, ...hosts[at], ...oidc } } }
  const way = { ...(behind === undefined ? {} : { login: [{ authenticationClass: 'idp', ...behind }] }) }
  const entry =
    behind === undefined
      ? { authenticationClass: 'idp', oidc: { clientCredentialsSecret: 's' } }
      : { authenticationClass: 'gatehouse' }
  const config = Config.parse({
    issuer: 'https://id.example.com',
    authenticationClasses: idp,
    ...way,
    products: { it: { url: 'https://it.example.com', authentication: [entry], ...fields } },
    secrets: { s: { clientId: 'it', clientSecret: '${env:S}' } },
  })
  return renderProduct(config, 'it')
    .problems.map(({ message }) => message)
    .join('\n')
}

test('a single group as a text is warned of where the product loses it, and nowhere else', () => {
  const roles = { admins: ['admin'] }

  assert.match(
    said({ product: 'harbor', at: 'ADFS', roles }),
    /ADFS sends a single group as a text, and Harbor takes no text/,
  )
  assert.match(
    said({ product: 'kafbat', at: 'ADFS', roles: { a: ['admin'] }, kafbat: { clusters: ['c'] } }),
    /splits a text at commas/,
  )
  assert.match(said({ product: 'argo-workflows', at: 'ADFS', roles: { a: ['sa'] } }), /cannot sign in/)
  assert.doesNotMatch(said({ product: 'grafana', at: 'ADFS', roles: { a: ['Admin'] } }), /as a text/)
  assert.doesNotMatch(said({ product: 'harbor', at: 'Keycloak', roles }, { scopes: ['openid', 'groups'] }), /as a text/)
})

test('a product that needs a refresh token is warned of at providers that give one for a scope only', () => {
  assert.match(
    said({ product: 'harbor', at: 'Okta' }),
    /offline_access, and without one CLI secrets for docker stop working/,
  )
  assert.match(said({ product: 'openmetadata', at: 'Okta' }), /OpenMetadata signs people out/)
  assert.doesNotMatch(
    said({ product: 'harbor', at: 'Okta' }, { scopes: ['openid', 'email', 'offline_access'] }),
    /offline_access/,
  )
  assert.doesNotMatch(said({ product: 'harbor', at: 'Google' }), /access_type/, 'Harbor sends the parameter itself')
  assert.match(said({ product: 'openmetadata', at: 'Google' }), /access_type=offline/)
  assert.doesNotMatch(said({ product: 'superset', at: 'Okta' }), /refresh token/)
})

test('a group with a comma is warned of where groups are joined with commas', () => {
  const oauth2Proxy = { allowedGroups: ['a,admins', 'b'] }

  assert.match(
    said({ product: 'oauth2-proxy', at: 'Keycloak', 'oauth2-proxy': oauth2Proxy }),
    /the group "a,admins" looks like several/,
  )
  assert.doesNotMatch(
    said({ product: 'oauth2-proxy', at: 'Keycloak', 'oauth2-proxy': { allowedGroups: ['b'] } }),
    /looks like several/,
  )
  assert.doesNotMatch(said({ product: 'superset', at: 'Keycloak', roles: { 'a,b': ['Admin'] } }), /looks like several/)
})

test('behind Gatehouse, Kubeflow keeps out people for whose addresses nobody vouches, and that is said', () => {
  assert.match(said({ product: 'kubeflow', at: 'EntraID', behind: {} }), /everybody from idp is kept out of Kubeflow/)
  assert.doesNotMatch(
    said({ product: 'kubeflow', at: 'EntraID', behind: { emailDomains: ['example.com'] } }),
    /kept out/,
  )
  assert.doesNotMatch(said({ product: 'kubeflow', at: 'Keycloak', behind: {} }), /kept out/)
  assert.doesNotMatch(
    said({ product: 'oauth2-proxy', at: 'EntraID', behind: {} }),
    /kept out/,
    'it takes an absent claim',
  )
})

test('each kind says what it does with people, and has a golden for groups inside of another claim if it reads groups', () => {
  const golden = join(import.meta.dirname, '../../../test/golden')
  const has = (kind: string, name: string) => readdirSync(join(golden, kind)).includes(name)
  for (const kind of productKinds) {
    const readsGroups = clients[kind].follows.includes('groupsClaim')
    const { people } = products[kind]
    if (!readsGroups) assert.ok(['no groups are read'].includes(people.singleGroup), kind)
    assert.equal(readsGroups, has(kind, 'nested-groups') || has(kind, 'error-nested-groups'), kind)
  }
})

test('a button has the title of its entry, else the name of the class, else that of Gatehouse', () => {
  const nameIn = (entry: object) => {
    const config = Config.parse({
      issuer: 'https://id.example.com',
      authenticationClasses: { keycloak: { oidc: { principalClaim: 'sub', tls, ...hosts.Keycloak } } },
      products: { it: { product: 'grafana', url: 'https://it.example.com', authentication: [entry] } },
      secrets: { s: { clientId: 'it', clientSecret: '${env:S}' } },
    })
    const [file] = renderProduct(config, 'it').files ?? []
    return /^name = (.*)$/m.exec(file?.content ?? '')?.[1]
  }
  const straight = { authenticationClass: 'keycloak', oidc: { clientCredentialsSecret: 's' } }

  assert.equal(nameIn(straight), 'keycloak')
  assert.equal(nameIn({ ...straight, title: 'Example' }), 'Example')
  assert.equal(nameIn({ authenticationClass: 'gatehouse' }), 'Gatehouse')
  assert.equal(nameIn({ authenticationClass: 'gatehouse', title: 'Example' }), 'Example')
})

test('a product that wants verified addresses is warned of at a provider that vouches for none', () => {
  const warning = /authentik say of every address that it is not verified/
  const proxy = (settings: object) => said({ product: 'oauth2-proxy', at: 'Authentik', 'oauth2-proxy': settings })

  assert.match(proxy({}), warning)
  assert.doesNotMatch(proxy({ insecureOidcAllowUnverifiedEmail: true }), warning)
  assert.doesNotMatch(said({ product: 'superset', at: 'Authentik' }), warning)
  assert.match(said({ product: 'superset', at: 'Authentik' }, { principalClaim: 'email' }), warning)
  assert.doesNotMatch(said({ product: 'oauth2-proxy', at: 'Keycloak' }), warning)
})
