/**
 * Keycloak 26 as products meet it: realm `data`, confidential client, group membership mapper on the client.
 * Not copied: cookies that are Secure on http, refresh tokens as JWTs, `code_challenge_method=plain`, and the callback is
 * reached by one redirect more after the login form.
 */

import { claimsAt } from '../claim-path.ts'
import { keycloak as vendor } from '../vendors/keycloak.ts'
import type { Claims, Quirks, Signed } from './contract.ts'

const claimNames = 'sub iss auth_time name given_name family_name preferred_username email email_verified acr groups'

export const keycloak: Quirks = {
  vendor,
  root: '/realms/data',
  paths: {
    revocation: '/protocol/openid-connect/revoke',
    pushedAuthorizationRequest: '/protocol/openid-connect/ext/par/request',
  },
  scopes: ['openid', 'profile', 'email', 'groups', 'offline_access'],
  authenticationClass: { scopes: ['openid', 'email', 'profile'], principalClaim: 'preferred_username' },
  // This order is Keycloak's and matters: pac4j (Druid) takes the first and then lacks a key.
  tokenEndpointAuthMethods: ['private_key_jwt', 'client_secret_basic', 'client_secret_post', 'client_secret_jwt'],
  discovery: {
    claims_supported: claimNames.split(' '),
    claim_types_supported: ['normal'],
    authorization_response_iss_parameter_supported: true,
  },
  cookies: { session: 'KEYCLOAK_IDENTITY', interaction: 'AUTH_SESSION_ID', resume: 'KC_RESTART' },
  login: {
    path: '/login-actions/authenticate',
    parameter: 'session_code',
    extra: (uid, clientId) => ({
      execution: 'b1b2a8e4-6c1f-4b43-9d0a-7f3d7a5d5c11',
      client_id: clientId,
      tab_id: uid.slice(0, 11),
    }),
    inPlace: true,
  },
  subject: ({ id }) => id,
  claims: {
    // Keycloak's mappers put everything into the ID token too, not only into userinfo.
    idToken: (signed) => ({ ...mapped(signed), sid: signed.sid, azp: signed.clientId, typ: 'ID' }),
    userinfo: mapped,
    accessToken: (signed, { client_id, ...standard }) => ({
      ...standard,
      ...mapped(signed),
      aud: audienceOf(signed.settings.audiences),
      typ: 'Bearer',
      azp: client_id,
      sid: signed.sid,
    }),
    introspection: (token) => ({ ...token, username: token['preferred_username'], client_id: token['azp'] }),
  },
  accessTokenForm: () => 'signed',
  answers: { sessionState: true, iss: true },
  signOutWithoutHint: 'asks',
  words: {
    redirectUri: 'Invalid parameter: redirect_uri',
    client: 'Client not found.',
    scope: (asked) => `Invalid scopes: ${asked}`,
    signOutHint: 'Missing parameters: id_token_hint',
    clientCredentials: {
      error: 'unauthorized_client',
      error_description: 'Invalid client or Invalid client credentials',
    },
    challenge: 'realm="data"',
    notFound: { error: 'Realm does not exist' },
  },
  cannot: [],
}

/** The group mapper is on the client, so `groups` comes with every login, as in most setups. */
function mapped({ user, scope, settings }: Signed): Claims {
  return {
    ...claimsAt(
      settings.groupsClaim,
      settings.fullGroupPaths ? user.groups.map((group) => `/${group}`) : [...user.groups],
    ),
    ...(scope.has('profile')
      ? { name: user.name, given_name: user.givenName, family_name: user.familyName, preferred_username: user.username }
      : {}),
    ...(scope.has('email') ? { email: user.email, email_verified: true } : {}),
  }
}

function audienceOf(audiences: readonly string[]): string | string[] {
  return audiences.length > 1 ? [...audiences] : (audiences[0] ?? 'account')
}
