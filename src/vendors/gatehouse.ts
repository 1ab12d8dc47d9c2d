import type { Vendor } from './contract.ts'

/** This server. It knows its clients from the same configuration, so there is nothing to register. */
export const gatehouse: Vendor = {
  kind: 'gatehouse',
  title: 'Gatehouse',
  isOurs: true,
  rootSlash: 'never',
  endpoints: (issuer) => ({
    authorization: `${issuer}/authorize`,
    token: `${issuer}/token`,
    jwks: `${issuer}/jwks`,
    userinfo: `${issuer}/userinfo`,
    endSession: `${issuer}/logout`,
  }),
  introspection: (issuer) => `${issuer}/introspect`,
  groups: { claim: 'groups', scope: 'groups', where: { idToken: 'always', userinfo: 'always', accessToken: 'never' } },
  refusesUnknownScopes: true,
  neverSends: [],
  namesInIdToken: 'always',
  sendsEmailVerified: true,
  // The scope offline_access makes it live on after a sign-out.
  refreshToken: 'code',
  // Products get opaque ones: a token that only this server knows is invalid as soon as it is revoked.
  accessToken: () => ({ kind: 'own-use', whose: 'Gatehouse' }),
  answersLikeKeycloak: true,
  refusals: {
    redirectUri: [[/redirect-uri-not-registered/i, 'redirect-uri-not-registered']],
    client: [[/client-unknown/i, 'client not known']],
  },
}
