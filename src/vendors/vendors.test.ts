/** Facts of vendors, as their documents and their answers show them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { providerHints, type VendorKind } from './contract.ts'
import { vendorAt, vendorOf, vendors } from './index.ts'

const id = '3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31'
const login = 'https://login.microsoftonline.com'

describe('the table of vendors', () => {
  test('has each under its own kind, with its word in providerHint', () => {
    for (const [kind, vendor] of Object.entries(vendors)) {
      assert.equal(vendor.kind, kind)
      assert.equal(vendor.hint, (providerHints as Record<string, string>)[kind])
    }
  })

  test('finds a vendor by that word, and the unknown one without', () => {
    assert.equal(vendorOf('EntraID'), vendors.entra)
    assert.equal(vendorOf(undefined), vendors.unknown)
    assert.equal(vendorOf(null), vendors.unknown)
  })

  test('has one vendor that is ours', () => {
    assert.deepEqual(
      Object.values(vendors).filter(({ isOurs }) => isOurs),
      [vendors.gatehouse],
    )
  })

  test('puts no groups where a vendor says less than that', () => {
    for (const { userinfoClaims, groups, kind } of Object.values(vendors)) {
      if (userinfoClaims) assert.equal(groups.where.userinfo, 'never', kind)
    }
  })
})

test('Google speaks for addresses of gmail.com and of Workspace, and no longer for others that it has verified [noauth-email]', () => {
  const { ownsAddress } = vendors.google

  assert.equal(ownsAddress?.('gmail.com', {}), true)
  assert.equal(ownsAddress?.('example.com', { hd: 'example.com' }), true)
  for (const hd of [undefined, '', null, true, ['example.com']])
    assert.equal(ownsAddress?.('example.com', { hd }), false, String(hd))
})

describe('an address', () => {
  const known: readonly (readonly [string, VendorKind | undefined])[] = [
    ['https://accounts.google.com', 'google'],
    [`${login}/${id}/v2.0`, 'entra'],
    [`${login}/${id}`, undefined],
    ['https://acme.okta.com', 'okta'],
    ['https://acme.oktapreview.com/oauth2/default', 'okta'],
    ['https://acme.eu.auth0.com/', 'auth0'],
    ['https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12Cd34E', 'cognito'],
    ['https://gitlab.com', 'gitlab'],
    ['https://auth.example.com/application/o/data/', 'authentik'],
    ['https://auth.example.com/application/o/data', 'authentik'],
    ['https://auth.example.com/application/data/', undefined],
    ['https://sso.example.com/auth/realms/data/', 'keycloak'],
    ['https://sts.example.com/adfs', 'adfs'],
    ['https://sts.example.com/more/adfs', undefined],
    ['https://example.com/dex', 'dex'],
    ['https://accounts.google.com.example.com', undefined],
    ['https://okta.com', undefined],
    // A host that is known says more than a path.
    ['https://acme.okta.com/realms/data', 'okta'],
  ]
  for (const [address, kind] of known) {
    test(`${address} is that of ${kind ?? 'nobody that is known'}`, () => {
      assert.equal(vendorAt(new URL(address))?.kind, kind)
    })
  }
})

describe('endpoints', () => {
  const published: readonly (readonly [VendorKind, issuer: string, addresses: readonly string[]])[] = [
    [
      'keycloak',
      'https://sso.example.com/realms/data',
      [
        'https://sso.example.com/realms/data/protocol/openid-connect/auth',
        'https://sso.example.com/realms/data/protocol/openid-connect/logout',
      ],
    ],
    [
      'entra',
      `${login}/${id}/v2.0`,
      [
        `${login}/${id}/oauth2/v2.0/authorize`,
        `${login}/${id}/discovery/v2.0/keys`,
        'https://graph.microsoft.com/oidc/userinfo',
      ],
    ],
    [
      'okta',
      'https://acme.okta.com',
      ['https://acme.okta.com/oauth2/v1/authorize', 'https://acme.okta.com/oauth2/v1/keys'],
    ],
    ['okta', 'https://acme.okta.com/oauth2/default', ['https://acme.okta.com/oauth2/default/v1/token']],
    [
      'auth0',
      'https://acme.eu.auth0.com/',
      ['https://acme.eu.auth0.com/authorize', 'https://acme.eu.auth0.com/.well-known/jwks.json'],
    ],
    [
      'authentik',
      'https://auth.example.com/application/o/data/',
      [
        'https://auth.example.com/application/o/authorize/',
        'https://auth.example.com/application/o/data/jwks/',
        'https://auth.example.com/application/o/data/end-session/',
      ],
    ],
    [
      'google',
      'https://accounts.google.com',
      ['https://accounts.google.com/o/oauth2/v2/auth', 'https://oauth2.googleapis.com/token'],
    ],
    [
      'adfs',
      'https://sts.example.com/adfs',
      ['https://sts.example.com/adfs/oauth2/authorize/', 'https://sts.example.com/adfs/discovery/keys'],
    ],
    ['dex', 'https://dex.example.com/dex', ['https://dex.example.com/dex/auth', 'https://dex.example.com/dex/keys']],
    ['gitlab', 'https://gitlab.com', ['https://gitlab.com/oauth/authorize', 'https://gitlab.com/oauth/discovery/keys']],
  ]
  for (const [kind, issuer, addresses] of published) {
    test(`of ${issuer} are those that it publishes`, () => {
      const found = Object.values(vendors[kind].endpoints(issuer) ?? {})

      for (const address of addresses) assert.ok(found.includes(address), address)
    })
  }

  test('of Cognito are not known: they live on the domain of the pool', () => {
    assert.equal(vendors.cognito.endpoints('https://cognito-idp.eu-central-1.amazonaws.com/p'), undefined)
  })

  test('for signing out are missing where there are none', () => {
    const without = Object.values(vendors).filter(
      ({ endpoints }) => endpoints('https://idp.example.com')?.endSession === undefined,
    )

    assert.deepEqual(without.map(({ kind }) => kind).sort(), [
      'authentik',
      'cognito',
      'dex',
      'gitlab',
      'google',
      'unknown',
    ])
  })
})

describe('the tenant of an issuer', () => {
  const cases = {
    [`/${id}/v2.0`]: { id, written: id, isForAll: false },
    [`/${id.toUpperCase()}/v2.0`]: { id, written: id.toUpperCase(), isForAll: false },
    [`/${id}`]: { id, written: id, isForAll: false },
    '/contoso.onmicrosoft.com/v2.0': { id: undefined, written: 'contoso.onmicrosoft.com', isForAll: false },
    '/Common/v2.0': { id: undefined, written: 'Common', isForAll: true },
    '/organizations/v2.0': { id: undefined, written: 'organizations', isForAll: true },
    '/': { id: undefined, written: '', isForAll: false },
    [`/${'-'.repeat(36)}/v2.0`]: { id: undefined, written: '-'.repeat(36), isForAll: false },
  }
  for (const [path, tenant] of Object.entries(cases)) {
    test(`is read from ${path}`, () => {
      const issuer = tenant.id === undefined ? undefined : `${login}/${id}/v2.0`

      assert.deepEqual(vendors.entra.tenantOf?.(login + path), { ...tenant, issuer })
    })
  }

  test('is there for Entra ID only', () => {
    assert.deepEqual(
      Object.values(vendors).filter(({ tenantOf }) => tenantOf),
      [vendors.entra],
    )
  })
})

describe('an access token', () => {
  const cases: readonly (readonly [VendorKind, issuer: string, scopes: readonly string[], kind: string])[] = [
    ['keycloak', 'https://sso.example.com/realms/data', ['openid'], 'signed'],
    ['gatehouse', 'https://id.example.com', ['openid'], 'own-use'],
    ['google', 'https://accounts.google.com', ['openid'], 'own-use'],
    ['gitlab', 'https://gitlab.com', ['openid'], 'own-use'],
    ['okta', 'https://acme.okta.com', ['openid'], 'own-use'],
    ['okta', 'https://acme.okta.com/oauth2/default', ['openid'], 'signed'],
    ['auth0', 'https://acme.eu.auth0.com/', ['openid'], 'for-audience-parameter'],
    ['cognito', 'https://cognito-idp.eu-central-1.amazonaws.com/p', ['openid'], 'without-audience'],
    ['entra', `${login}/${id}/v2.0`, ['openid', 'email', 'offline_access'], 'for-another-api'],
    ['entra', `${login}/${id}/v2.0`, ['openid', 'api://data/read'], 'signed'],
  ]
  for (const [kind, issuer, scopes, expected] of cases) {
    test(`of ${issuer} for ${scopes.join(' ')} is ${expected}`, () => {
      assert.equal(vendors[kind].accessToken({ issuer, scopes }).kind, expected)
    })
  }
})
