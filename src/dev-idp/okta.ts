/**
 * Okta's org authorization server: the issuer has no path, groups come by a scope and a filter at the application that lets all of them
 * through, and an ID token that comes with an access token is thin.
 * Not copied: applications' assignments, the limit of a hundred groups, custom authorization servers, rotation of refresh tokens.
 */
import { okta as vendor } from '../vendors/okta.ts'
import type { Claims, DevUser, Quirks, Signed } from './contract.ts'

const claimNames =
  'iss ver sub aud iat exp jti auth_time amr idp nonce name preferred_username given_name family_name email email_verified groups'

export const okta: Quirks = {
  vendor,
  root: '',
  paths: { revocation: '/oauth2/v1/revoke', pushedAuthorizationRequest: '/oauth2/v1/par' },
  scopes: ['openid', 'email', 'profile', 'groups', 'offline_access'],
  authenticationClass: { scopes: ['openid', 'email', 'profile', 'groups'], principalClaim: 'preferred_username' },
  tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'],
  discovery: { claims_supported: claimNames.split(' ') },
  cookies: { session: 'idx', interaction: 'oktaStateToken', resume: 'oktaResume' },
  login: { path: '/login/login.htm', parameter: 'stateToken', inPlace: false },
  subject: userIdOf,
  claims: {
    idToken: thin,
    userinfo: (signed) => ({ ...profile(signed), ...address(signed), ...groups(signed) }),
    accessToken: ({ user, scope, clientId, issuer }, { iat, exp, jti }) => ({
      ver: 1,
      jti: `AT.${String(jti)}`,
      iss: issuer,
      aud: issuer,
      sub: loginOf(user),
      iat,
      exp,
      cid: clientId,
      uid: userIdOf(user),
      scp: [...scope],
    }),
    introspection: ({ scp, cid, ...token }) => ({
      ...token,
      token_type: 'Bearer',
      scope: (scp as string[]).join(' '),
      client_id: cid,
      username: token['sub'],
    }),
  },
  accessTokenForm: () => 'own-key',
  answers: { sessionState: false, iss: false },
  signOutWithoutHint: 'refuses',
  words: {
    redirectUri: "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.",
    client: "invalid_client: Invalid value for 'client_id' parameter.",
    scope: () => 'One or more scopes are not configured for the authorization server resource.',
    signOutHint: "The 'id_token_hint' parameter is required.",
    clientCredentials: {
      error: 'invalid_client',
      error_description: 'The client secret supplied for a confidential client is invalid.',
    },
    challenge: 'realm="okta"',
    cancelled: 'The resource owner or authorization server denied the request.',
    notFound: { errorCode: 'E0000022', errorSummary: 'The endpoint does not support the provided HTTP method' },
  },
  // Groups are names without a path, and the audience of an access token is the org itself.
  cannot: ['fullGroupPaths', 'audiences', 'groupsClaim'],
}

/** An ID token that comes with an access token has no more than this; userinfo has the rest. */
function thin(signed: Signed): Claims {
  const { name, preferred_username } = profile(signed)
  const { email } = address(signed)
  return { ver: 1, amr: ['pwd'], idp: '00o1devidp0000000000', name, preferred_username, email }
}

function profile({ user, scope }: Signed): Claims {
  if (!scope.has('profile')) return {}
  return {
    name: user.name,
    given_name: user.givenName,
    family_name: user.familyName,
    preferred_username: loginOf(user),
  }
}

function address({ user, scope }: Signed): Claims {
  return scope.has('email') ? { email: user.email, email_verified: true } : {}
}

function groups({ user, scope }: Signed): Claims {
  return scope.has('groups') ? { groups: [...user.groups] } : {}
}

/** A login at Okta has the form of an address. */
function loginOf({ email }: DevUser): string {
  return email
}

function userIdOf({ id }: DevUser): string {
  return `00u${id.replaceAll('-', '').slice(0, 17)}`
}
