/**
 * Auth0: the issuer ends in a slash, access tokens are opaque unless the client names an API, and an Action adds the groups under a name that is
 * an address, because Auth0 drops a claim `groups` without a word.
 * Not copied: connections, organisations, tokens that are encrypted, `offline_access` as a setting of an API, custom domains.
 */
import { claimsAt } from '../claim-path.ts'
import { auth0 as vendor } from '../vendors/auth0.ts'
import type { Claims, Quirks, Signed } from './contract.ts'

const claimNames =
  'aud auth_time created_at email email_verified exp family_name given_name iat identities iss name nickname phone_number picture sub'
const scopes =
  'openid profile offline_access name given_name family_name nickname email email_verified picture created_at identities phone address'

export const auth0: Quirks = {
  vendor,
  root: '',
  issuerPath: '/',
  paths: { revocation: '/oauth/revoke', pushedAuthorizationRequest: '/oauth/par' },
  scopes: scopes.split(' '),
  implicit: ['id_token', 'code id_token', 'id_token token'],
  authenticationClass: { scopes: ['openid', 'email', 'profile'], principalClaim: 'nickname' },
  groupsClaim: ['https://gatehouse.example/groups'],
  tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  discovery: { claims_supported: claimNames.split(' '), code_challenge_methods_supported: ['S256', 'plain'] },
  cookies: { session: 'auth0', interaction: 'auth0_interaction', resume: 'auth0_resume' },
  login: { path: '/u/login', parameter: 'state', inPlace: false },
  subject: ({ id }) => `auth0|${id.replaceAll('-', '').slice(0, 24)}`,
  claims: {
    idToken: (signed) => ({ ...mapped(signed), sid: signed.sid }),
    userinfo: mapped,
    accessToken: (signed, { client_id, ...standard }) => ({
      ...standard,
      ...claimsAt(signed.settings.groupsClaim, [...signed.user.groups]),
      aud: [signed.audience, `${signed.issuer}userinfo`],
      azp: client_id,
    }),
    introspection: (token) => token,
  },
  accessTokenForm: ({ audience }) => (audience === undefined ? 'opaque' : 'signed'),
  answers: { sessionState: false, iss: false },
  ownSignOut: { path: '/v2/logout', client: 'client_id', target: 'returnTo' },
  signOutWithoutHint: 'asks',
  words: {
    redirectUri: 'Callback URL mismatch. The provided redirect_uri is not in the list of allowed callback URLs.',
    client: 'Unknown client: gatehouse',
    scope: (asked) => `Invalid scopes: ${asked}`,
    signOutHint: 'The "returnTo" querystring parameter is not defined as a valid URL in "Allowed Logout URLs".',
    clientCredentials: { error: 'access_denied', error_description: 'Unauthorized' },
    challenge: 'realm="Users"',
    cancelled: 'User did not authorize the request',
    notFound: { statusCode: 404, error: 'Not Found', message: 'Not Found' },
  },
  cannot: ['fullGroupPaths', 'audiences'],
}

/** The part of an address before the @ is the nickname; there is no `preferred_username`. */
function mapped({ user, scope, settings }: Signed): Claims {
  return {
    ...claimsAt(settings.groupsClaim, [...user.groups]),
    ...(scope.has('profile')
      ? {
          name: user.name,
          given_name: user.givenName,
          family_name: user.familyName,
          nickname: user.email.replace(/@.*/, ''),
          picture: 'https://s.gravatar.example/avatar',
          updated_at: '2026-01-01T00:00:00.000Z',
        }
      : {}),
    ...(scope.has('email') ? { email: user.email, email_verified: true } : {}),
  }
}
