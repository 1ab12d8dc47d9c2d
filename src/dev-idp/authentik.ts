/**
 * authentik with the application `gatehouse`: the issuer has a path and ends in a slash, the endpoints are beside it and end in slashes too,
 * the mapping of `profile` has the groups, and no address is verified.
 * Not copied: its pages of flows, regular expressions for redirect URIs, opaque `uid`, HS256 without a signing key, consent for
 * `offline_access`.
 */
import { claimsAt } from '../claim-path.ts'
import { authentik as vendor } from '../vendors/authentik.ts'
import type { Claims, Quirks, Signed } from './contract.ts'

export const authentik: Quirks = {
  vendor,
  root: '/application/o',
  issuerPath: '/application/o/gatehouse/',
  paths: { revocation: '/revoke/' },
  scopes: ['openid', 'email', 'profile', 'offline_access'],
  authenticationClass: { scopes: ['openid', 'email', 'profile'], principalClaim: 'preferred_username' },
  tokenEndpointAuthMethods: ['client_secret_post', 'client_secret_basic'],
  discovery: {
    // What mappings send is not among them.
    claims_supported: 'sub iss aud exp iat auth_time acr'.split(' '),
    acr_values_supported: ['goauthentik.io/providers/oauth2/default'],
  },
  cookies: { session: 'authentik_session', interaction: 'authentik_flow', resume: 'authentik_resume' },
  login: { path: '/if/flow/default-authentication-flow', parameter: 'flow', inPlace: false },
  subject: ({ id }) => id.replaceAll('-', ''),
  claims: {
    // *Include claims in id_token* is on by default.
    idToken: (signed) => ({ ...mapped(signed), acr: 'goauthentik.io/providers/oauth2/default', sid: signed.sid }),
    userinfo: mapped,
    accessToken: (signed, { client_id, ...standard }) => ({
      ...standard,
      ...mapped(signed),
      aud: signed.clientId,
      azp: client_id,
    }),
    introspection: (token) => ({ ...token, client_id: token['azp'] }),
  },
  accessTokenForm: () => 'signed',
  answers: { sessionState: false, iss: false },
  signOutWithoutHint: 'asks',
  words: {
    redirectUri: 'The request fails due to a missing, invalid, or mismatching redirection URI (redirect_uri).',
    client: 'The client identifier (client_id) is missing or invalid.',
    scope: (asked) => `Invalid scopes: ${asked}`,
    signOutHint: '',
    clientCredentials: {
      error: 'invalid_client',
      error_description: 'Client authentication failed (e.g., unknown client, no client authentication included)',
    },
    challenge: 'realm="authentik"',
    cancelled: 'The resource owner or authorization server denied the request',
    notFound: { detail: 'Not Found' },
  },
  cannot: ['fullGroupPaths', 'audiences'],
}

/** One name for all of it: the whole is the given name too, and nobody has a family name. */
function mapped({ user, scope, settings }: Signed): Claims {
  return {
    ...(scope.has('email') ? { email: user.email, email_verified: false } : {}),
    ...(scope.has('profile')
      ? {
          name: user.name,
          given_name: user.name,
          preferred_username: user.username,
          nickname: user.username,
          ...claimsAt(settings.groupsClaim, [...user.groups]),
        }
      : {}),
  }
}
