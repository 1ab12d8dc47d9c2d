import { below } from '../issuer-text.ts'
import type { Vendor } from './contract.ts'

/** A user pool. Its pages are on a separate domain, which does not follow from the issuer. */
export const cognito: Vendor = {
  kind: 'cognito',
  title: 'Amazon Cognito',
  hint: 'Cognito',
  address: { host: /^cognito-idp\.[a-z0-9-]+\.amazonaws\.com$/ },
  pathSlash: 'never',
  endpoints: () => undefined,
  jwks: (issuer) => below(issuer, '.well-known/jwks.json'),
  groups: {
    claim: 'cognito:groups',
    scope: undefined,
    where: { idToken: 'always', userinfo: 'never', accessToken: 'always' },
  },
  refusesUnknownScopes: true,
  // Only a Lambda function can give them another name in tokens.
  neverSends: ['groups'],
  namesInIdToken: 'always',
  sendsEmailVerified: true,
  implicitResponseType: 'token',
  // AWS, "The managed login sign-out endpoint": it knows neither `id_token_hint` nor `post_logout_redirect_uri`. A domain of one's own is not among these.
  signOut: {
    parameters: ({ clientId, returnTo }) => ({ client_id: clientId, logout_uri: returnTo }),
    origins: ['https://*.amazoncognito.com'],
  },
  refreshToken: 'code',
  // `client_id` and `token_use: access` instead of `aud`.
  accessToken: () => ({ kind: 'without-audience' }),
  // AWS, "Understanding the access token". A Lambda function can add others.
  accessTokenClaims: ['sub', 'username', 'cognito:groups'],
  mistakenAddresses: [
    {
      host: /\.auth(?:-fips)?\.[a-z0-9-]+\.amazoncognito\.com$/,
      is: 'is the domain of the sign-in pages of a user pool',
      setting: 'hostname',
      instead: () => 'write cognito-idp.REGION.amazonaws.com, and the id of the pool as rootPath',
    },
    {
      host: /^cognito-idp\.[a-z0-9-]+\.amazonaws\.com$/,
      path: /^\/?$/,
      is: 'names no user pool',
      setting: 'hostname',
      instead: () => 'write the id of the pool as rootPath, such as /eu-central-1_AbCdEfGhI',
    },
  ],
  // Those of resource servers, and of its own API.
  unlistedScopes: /\/|^aws\.cognito\.signin\.user\.admin$/,
  refusals: { redirectUri: [[/redirect_mismatch/i, 'redirect_mismatch']] },
}
