import type { Vendor } from './contract.ts'

/** Active Directory Federation Services, 2016 and later. */
export const adfs: Vendor = {
  kind: 'adfs',
  title: 'ADFS',
  hint: 'ADFS',
  address: { path: /^\/adfs\/$/ },
  endpoints: (issuer) => ({
    authorization: `${issuer}/oauth2/authorize/`,
    token: `${issuer}/oauth2/token/`,
    jwks: `${issuer}/discovery/keys`,
    userinfo: `${issuer}/userinfo`,
    endSession: `${issuer}/oauth2/logout`,
  }),
  groups: {
    claim: 'groups',
    scope: undefined,
    where: { idToken: 'always', userinfo: 'never', accessToken: 'always' },
  },
  refusesUnknownScopes: true,
  neverSends: [],
  namesInIdToken: 'always',
  userinfoClaims: ['sub'],
  sendsEmailVerified: false,
  // `IssueOAuthRefreshTokensTo`: nobody, registered devices, or all.
  refreshToken: 'perhaps',
  accessToken: () => ({ kind: 'signed' }),
}
