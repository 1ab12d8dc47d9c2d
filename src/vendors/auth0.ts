import { below } from '../issuer-text.ts'
import type { Vendor } from './contract.ts'

export const auth0: Vendor = {
  kind: 'auth0',
  title: 'Auth0',
  hint: 'Auth0',
  address: { host: /\.auth0\.com$/ },
  rootSlash: 'always',
  endpoints: (issuer) => ({
    authorization: below(issuer, 'authorize'),
    token: below(issuer, 'oauth/token'),
    jwks: below(issuer, '.well-known/jwks.json'),
    userinfo: below(issuer, 'userinfo'),
    endSession: below(issuer, 'oidc/logout'),
  }),
  // An Action of the tenant decides.
  groups: {
    claim: 'groups',
    scope: undefined,
    where: { idToken: 'perhaps', userinfo: 'perhaps', accessToken: 'perhaps' },
  },
  refusesUnknownScopes: false,
  // Auth0's list of claims that an Action cannot set: it drops them silently.
  neverSends: ['groups', 'roles', 'permissions', 'entitlements'],
  namesInIdToken: 'always',
  explains: (description) =>
    /^user is blocked$/i.test(description)
      ? { code: 'person-not-admitted', means: 'The person is blocked: User Management, Users.' }
      : undefined,
  sendsEmailVerified: true,
  refreshToken: 'scope offline_access',
  accessToken: () => ({ kind: 'for-audience-parameter' }),
  mistakenAddresses: [
    {
      host: /^manage\.(?:[a-z]+\.)?auth0\.com$/,
      is: 'is the dashboard of Auth0',
      setting: 'hostname',
      instead: () => 'write the domain of the tenant, such as acme.eu.auth0.com',
    },
    {
      host: /\.auth0\.com$/,
      path: /^\/./,
      is: 'has a path, which issuers of Auth0 have not',
      setting: 'rootPath',
      instead: () => 'leave rootPath out',
    },
  ],
  // Those of APIs of the tenant.
  unlistedScopes: /[:/]|^[a-z]+(?:[_.-][a-z]+)+$/i,
  refusals: {
    redirectUri: [[/Callback URL mismatch/i, 'Callback URL mismatch']],
    client: [[/Unknown client/i, 'Unknown client']],
  },
}
