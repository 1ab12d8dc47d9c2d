/** What `check`, `init` and the guides recommend for a vendor is nothing that `doctor` calls unsupported, with the document that the vendor publishes. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { providerTemplates } from '../cli/init/providers.ts'
import type { VendorKind } from '../vendors/contract.ts'
import { vendors } from '../vendors/index.ts'
import { missingScopes } from './client/scopes.ts'
import type { ProviderContext } from './contract.ts'
import { claims } from './provider/claims.ts'

const clientId = '7d4e2f60-1111-4222-8333-9a5b6c7d8e9f'

interface Published {
  issuer: string
  scopes: string
  /** Undefined: it publishes no list. */
  claims?: string
  /** Scopes that are recommended besides `openid email profile`: by `check`, `init` and the guides. */
  recommended: readonly string[]
  /** Scopes that somebody has to create there first (REGISTER.md): doctor names them. */
  created?: readonly string[]
  /** Scopes that it has not, and that doctor must go on naming. */
  unknown: readonly string[]
}

/** `scopes_supported` and `claims_supported` of each vendor, as its document has them. */
const published: Partial<Record<VendorKind, Published>> = {
  keycloak: {
    issuer: 'https://sso.example.com/realms/data',
    scopes:
      'openid profile email address phone offline_access roles web-origins microprofile-jwt acr basic organization service_account',
    claims: 'aud sub iss auth_time name given_name family_name preferred_username email acr',
    recommended: ['offline_access', 'roles'],
    created: ['groups'],
    unknown: ['grups', 'api://data/.default'],
  },
  entra: {
    issuer: 'https://login.microsoftonline.com/3f1a9c2e-7b54-4c8e-9d10-6a2b7e5f4c31/v2.0',
    scopes: 'openid profile email offline_access',
    claims:
      'sub iss cloud_instance_name cloud_instance_host_name cloud_graph_host_name msgraph_host aud exp iat auth_time acr nonce preferred_username name tid ver at_hash c_hash email',
    recommended: [
      'offline_access',
      `${clientId}/.default`,
      `api://${clientId}/.default`,
      'https://graph.microsoft.com/.default',
      'User.Read',
      'GroupMember.Read.All',
    ],
    unknown: ['groups', 'ofline_access'],
  },
  okta: {
    issuer: 'https://acme.okta.com',
    scopes: 'openid email profile address phone offline_access groups',
    claims:
      'iss ver sub aud iat exp jti auth_time amr idp nonce name nickname preferred_username given_name middle_name family_name email email_verified profile zoneinfo locale address phone_number picture website gender birthdate updated_at at_hash c_hash',
    recommended: ['offline_access', 'groups'],
    unknown: ['group', 'ofline_access'],
  },
  auth0: {
    issuer: 'https://acme.eu.auth0.com/',
    scopes:
      'openid profile offline_access name given_name family_name nickname email email_verified picture created_at identities phone address',
    claims:
      'aud auth_time created_at email email_verified exp family_name given_name iat identities iss name nickname phone_number picture sub',
    recommended: ['offline_access', 'read:tables'],
    unknown: ['groups'],
  },
  cognito: {
    issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab12Cd34E',
    scopes: 'openid email phone profile',
    recommended: ['aws.cognito.signin.user.admin', 'https://lake.example.com/read', 'lake/read'],
    unknown: ['groups', 'offline_access'],
  },
  google: {
    issuer: 'https://accounts.google.com',
    scopes: 'openid email profile',
    claims: 'aud email email_verified exp family_name given_name iat iss name picture sub',
    recommended: ['https://www.googleapis.com/auth/cloud-identity.groups.readonly'],
    unknown: ['groups', 'offline_access'],
  },
  adfs: {
    issuer: 'https://sts.example.com/adfs',
    scopes: 'openid email profile aza allatclaims user_impersonation logon_cert vpn_cert winhello_cert',
    claims: 'aud iss iat exp auth_time nonce at_hash c_hash sub upn unique_name pwd_url pwd_exp mfa_auth_time sid nbf',
    recommended: ['allatclaims', 'api://lake/openid'],
    unknown: ['groups'],
  },
  dex: {
    issuer: 'https://dex.example.com/dex',
    scopes: 'openid email groups profile offline_access',
    claims: 'iss sub aud iat exp email email_verified locale name preferred_username at_hash',
    recommended: ['groups', 'offline_access', 'audience:server:client_id:lake'],
    unknown: ['group'],
  },
  gitlab: {
    issuer: 'https://gitlab.com',
    scopes:
      'api read_api read_user create_runner k8s_proxy read_repository write_repository read_registry write_registry sudo admin_mode openid profile email',
    claims:
      'iss sub aud exp iat sub_legacy name nickname preferred_username email email_verified website profile picture groups groups_direct',
    recommended: ['read_api'],
    unknown: ['groups'],
  },
  authentik: {
    issuer: 'https://auth.example.com/application/o/lake/',
    scopes: 'openid profile email offline_access goauthentik.io/api',
    claims: 'sub iss aud exp iat auth_time acr',
    recommended: ['offline_access', 'goauthentik.io/api'],
    unknown: ['groups', 'ofline_access'],
  },
}

test('every vendor with a hint has a document here', () => {
  const known = Object.values(vendors).flatMap(({ kind, hint }) => (hint === undefined ? [] : [kind]))
  assert.deepEqual(Object.keys(published).sort(), known.sort())
})

for (const [kind, document] of Object.entries(published) as [VendorKind, Published][]) {
  describe(vendors[kind].title, () => {
    // A class without the hint is the same provider.
    for (const said of [kind, 'unknown'] as const) {
      const provider = { kind: said, issuer: document.issuer }
      const missing = (scopes: readonly string[]) =>
        missingScopes({ scopes }, { scopes_supported: document.scopes.split(' ') }, provider)
      const { groups, refreshToken } = vendors[kind]
      const created = document.created ?? []
      const asked = [
        ...['openid', 'email', 'profile'],
        ...(groups.scope === undefined || created.includes(groups.scope) ? [] : [groups.scope]),
        ...(refreshToken === 'scope offline_access' ? ['offline_access'] : []),
        ...document.recommended,
      ]

      test(`lacks no scope that is recommended, and those that it has not are named (class of kind ${said})`, () => {
        assert.deepEqual(missing(asked), [])
        for (const scope of [...created, ...document.unknown]) assert.deepEqual(missing([scope]), [scope])
      })
    }

    test('offers the claim that `init` writes', () => {
      const templates = Object.values(providerTemplates).filter(({ vendor }) => vendor === kind)
      assert.ok(templates.length > 0)
      for (const { principalClaim } of templates)
        assert.deepEqual(
          statusOf(principalClaim, { kind, ...document }),
          document.claims === undefined ? 'skipped' : 'ok',
          principalClaim,
        )
    })
  })
}

test('claims that Entra sends and does not list are no finding, and others are', () => {
  const entra = published.entra as Published
  for (const claim of ['oid', 'upn']) assert.equal(statusOf(claim, { kind: 'entra', ...entra }), 'ok', claim)
  assert.equal(statusOf('uid', { kind: 'entra', ...entra }), 'warning')
})

function statusOf(principalClaim: string, document: { kind: VendorKind; issuer: string; claims?: string }): string {
  const { kind, issuer } = document
  const supported = document.claims === undefined ? {} : { claims_supported: document.claims.split(' ') }
  const context = {
    provider: { kind, issuer, principalClaim, path: 'x' },
    probe: { document: { issuer, ...supported } },
  }
  // Of several the first is about the name.
  const [outcome] = [claims.run(context as unknown as ProviderContext)].flat()
  return outcome && 'status' in outcome ? outcome.status : ''
}
