import { below } from '../issuer-text.ts'
import type { Vendor } from './contract.ts'

/** This server. It knows its clients from the same configuration, so there is nothing to register. */
export const gatehouse: Vendor = {
  kind: 'gatehouse',
  title: 'Gatehouse',
  isOurs: true,
  rootSlash: 'never',
  pathSlash: 'never',
  endpoints: (issuer) => ({
    authorization: below(issuer, 'authorize'),
    token: below(issuer, 'token'),
    jwks: below(issuer, 'jwks'),
    userinfo: below(issuer, 'userinfo'),
    endSession: below(issuer, 'logout'),
  }),
  introspection: (issuer) => below(issuer, 'introspect'),
  groups: { claim: 'groups', scope: 'groups', where: { idToken: 'always', userinfo: 'always', accessToken: 'never' } },
  // It leaves them out (RFC 6749 section 3.3); only a program that asks for itself is refused.
  refusesUnknownScopes: false,
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
