import type { Vendor } from './contract.ts'

/** A user pool. Its pages live on a domain of their own, which does not follow from the issuer. */
export const cognito: Vendor = {
  kind: 'cognito',
  title: 'Amazon Cognito',
  hint: 'Cognito',
  address: { host: /^cognito-idp\.[a-z0-9-]+\.amazonaws\.com$/ },
  endpoints: () => undefined,
  jwks: (issuer) => `${issuer}/.well-known/jwks.json`,
  groups: {
    claim: 'cognito:groups',
    scope: undefined,
    where: { idToken: 'always', userinfo: 'never', accessToken: 'always' },
  },
  refusesUnknownScopes: true,
  // Its tokens cannot be given a name of one's own for them, short of a Lambda function.
  neverSends: ['groups'],
  namesInIdToken: 'always',
  sendsEmailVerified: true,
  refreshToken: 'code',
  // `client_id` and `token_use: access` in the place of `aud`.
  accessToken: () => ({ kind: 'without-audience' }),
  refusals: { redirectUri: [[/redirect_mismatch/i, 'redirect_mismatch']] },
}
