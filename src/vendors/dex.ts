import { below } from '../issuer-text.ts'
import type { Vendor } from './contract.ts'

export const dex: Vendor = {
  kind: 'dex',
  title: 'Dex',
  hint: 'Dex',
  address: { path: /\/dex\/$/ },
  rootSlash: 'never',
  endpoints: (issuer) => ({
    authorization: below(issuer, 'auth'),
    token: below(issuer, 'token'),
    jwks: below(issuer, 'keys'),
    userinfo: below(issuer, 'userinfo'),
    // Up to 2.45 it has none.
    endSession: undefined,
  }),
  // Not every connector brings them.
  groups: {
    claim: 'groups',
    scope: 'groups',
    where: { idToken: 'perhaps', userinfo: 'perhaps', accessToken: 'perhaps' },
  },
  refusesUnknownScopes: true,
  neverSends: ['given_name', 'family_name', 'nickname', 'upn', 'roles'],
  namesInIdToken: 'always',
  sendsEmailVerified: true,
  refreshToken: 'scope offline_access',
  accessToken: () => ({ kind: 'signed' }),
  mistakenAddresses: [
    {
      path: /\/dex\/(?:auth|token|keys|userinfo|callback|approval|device)(?:\/|$)/,
      is: 'is an endpoint of Dex',
      setting: 'rootPath',
      instead: ({ pathname }) => `write ${/^.*?\/dex/.exec(pathname)?.[0]}`,
    },
  ],
  // For the tokens of other clients.
  unlistedScopes: /^audience:server:client_id:|^federated:id$/,
  refusals: {
    redirectUri: [[/Unregistered redirect_uri/i, 'Unregistered redirect_uri']],
    client: [[/Invalid client_id/i, 'Invalid client_id']],
  },
}
