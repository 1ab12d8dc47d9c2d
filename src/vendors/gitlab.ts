import { below } from '../issuer-text.ts'
import type { Vendor } from './contract.ts'

export const gitlab: Vendor = {
  kind: 'gitlab',
  title: 'GitLab',
  hint: 'GitLab',
  address: { host: /^gitlab\.com$/ },
  rootSlash: 'never',
  pathSlash: 'never',
  endpoints: (issuer) => ({
    authorization: below(issuer, 'oauth/authorize'),
    token: below(issuer, 'oauth/token'),
    jwks: below(issuer, 'oauth/discovery/keys'),
    userinfo: below(issuer, 'oauth/userinfo'),
    endSession: undefined,
  }),
  introspection: (issuer) => below(issuer, 'oauth/introspect'),
  // The ID token has `groups_direct` only.
  groups: { claim: 'groups', scope: undefined, where: { idToken: 'never', userinfo: 'always', accessToken: 'never' } },
  refusesUnknownScopes: true,
  neverSends: ['given_name', 'family_name', 'upn', 'roles'],
  // `sub` and `email` only.
  namesInIdToken: 'never',
  sendsEmailVerified: true,
  refreshToken: 'code',
  accessToken: () => ({ kind: 'own-use', whose: 'GitLab' }),
  hasPublicAccounts: (issuer) => new URL(issuer).hostname === 'gitlab.com',
  restriction: 'let in groups only, where the product can ask for them',
  mistakenAddresses: [
    {
      host: /^gitlab\.com$/,
      path: /^\/./,
      is: 'has a path, which the issuer of GitLab has not',
      setting: 'rootPath',
      instead: () => 'leave rootPath out',
    },
  ],
  refusals: {
    redirectUri: [[/redirect URI included is not valid/i, 'The redirect URI included is not valid']],
  },
}
