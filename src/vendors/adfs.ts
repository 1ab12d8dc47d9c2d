import { below } from '../issuer-text.ts'
import type { Vendor } from './contract.ts'

/** Active Directory Federation Services, 2016 and later. */
export const adfs: Vendor = {
  kind: 'adfs',
  title: 'ADFS',
  hint: 'ADFS',
  address: { path: /^\/adfs\/$/ },
  pathSlash: 'never',
  endpoints: (issuer) => ({
    authorization: below(issuer, 'oauth2/authorize/'),
    token: below(issuer, 'oauth2/token/'),
    jwks: below(issuer, 'discovery/keys'),
    userinfo: below(issuer, 'userinfo'),
    endSession: below(issuer, 'oauth2/logout'),
  }),
  groups: {
    claim: 'groups',
    scope: undefined,
    where: { idToken: 'always', userinfo: 'never', accessToken: 'always' },
    singleAsText: true,
  },
  refusesUnknownScopes: true,
  looksAtCodeFirst: true,
  neverSends: [],
  namesInIdToken: 'always',
  userinfoClaims: ['sub'],
  assertionAudience: 'token endpoint',
  sendsEmailVerified: false,
  // `IssueOAuthRefreshTokensTo`: nobody, registered devices, or all.
  refreshToken: 'perhaps',
  mistakenAddresses: [
    {
      path: /^\/adfs\/(?:ls|oauth2|services|portal|discovery)(?:\/|$)/,
      is: 'is an endpoint or a page of ADFS',
      setting: 'rootPath',
      instead: () => 'write /adfs',
    },
  ],
  // Identifiers of applications (`api://...`, `https://...`).
  unlistedScopes: /\//,
  unlistedClaims: ['email', 'groups', 'group', 'given_name', 'family_name', 'name', 'preferred_username'],
  accessToken: () => ({ kind: 'signed' }),
}
