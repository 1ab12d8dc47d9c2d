import type { Vendor } from './contract.ts'

export const google: Vendor = {
  kind: 'google',
  title: 'Google',
  hint: 'Google',
  address: { host: /^accounts\.google\.com$/ },
  rootSlash: 'never',
  pathSlash: 'never',
  endpoints: () => ({
    authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
    token: 'https://oauth2.googleapis.com/token',
    jwks: 'https://www.googleapis.com/oauth2/v3/certs',
    userinfo: 'https://openidconnect.googleapis.com/v1/userinfo',
    endSession: undefined,
  }),
  // No RFC 7662 (it has `expires_in` and no `active`), but the one place that says whether a token is valid.
  introspection: () => 'https://oauth2.googleapis.com/tokeninfo',
  // It sends none; some products need a name anyway.
  groups: { claim: 'groups', scope: undefined, where: { idToken: 'never', userinfo: 'never', accessToken: 'never' } },
  refusesUnknownScopes: true,
  looksAtCodeFirst: true,
  namesHostedDomain: true,
  neverSends: ['groups', 'roles', 'preferred_username', 'nickname', 'upn'],
  namesInIdToken: 'always',
  sendsEmailVerified: true,
  // Google, "Verify the Google ID token": it speaks for gmail.com and for domains of Workspace (`hd`). Any other address was confirmed once.
  ownsAddress: (domain, { hd }) => domain === 'gmail.com' || (typeof hd === 'string' && hd !== ''),
  refreshToken: 'parameter access_type',
  accessToken: () => ({ kind: 'own-use', whose: 'Google' }),
  hasPublicAccounts: () => true,
  restriction: 'make the consent screen internal, so that only your organisation gets in',
  mistakenAddresses: [
    {
      host: /^(?:console\.(?:cloud\.google|developers\.google)\.com|oauth2\.googleapis\.com|www\.googleapis\.com|openidconnect\.googleapis\.com)$/,
      is: 'is an address of another part of Google',
      setting: 'hostname',
      instead: () => 'write accounts.google.com, without rootPath',
    },
    {
      host: /^accounts\.google\.com$/,
      path: /^\/./,
      is: 'has a path, which the issuer of Google has not',
      setting: 'rootPath',
      instead: () => 'leave rootPath out',
    },
  ],
  unlistedScopes: /^https:\/\/www\.googleapis\.com\/auth\//,
  unlistedClaims: ['hd'],
  refusals: { redirectUri: [[/redirect_uri_mismatch/i, 'redirect_uri_mismatch']] },
}
