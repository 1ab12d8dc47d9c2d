/**
 * GitLab: a subject that is a number, a thin ID token, groups with their inherited ones at userinfo only, refresh tokens that work once,
 * nothing to sign out at.
 * Not copied: the page that asks to authorize an application, its REST interface, levels of access other than developer.
 */
import { gitlab as vendor } from '../vendors/gitlab.ts'
import type { Claims, DevUser, Quirks, Signed } from './contract.ts'

const claimNames =
  'iss sub aud exp iat sub_legacy name nickname preferred_username email email_verified website profile picture groups groups_direct'
const scopes = 'api read_api read_user read_repository openid profile email'

export const gitlab: Quirks = {
  vendor,
  root: '',
  paths: { revocation: '/oauth/revoke' },
  groupsInTokens: withSubgroups,
  scopes: scopes.split(' '),
  authenticationClass: { scopes: ['openid', 'email', 'profile'], principalClaim: 'preferred_username' },
  tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_post'],
  discovery: {
    claims_supported: claimNames.split(' '),
    code_challenge_methods_supported: ['plain', 'S256'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
  },
  cookies: { session: '_gitlab_session', interaction: 'gitlab_sign_in', resume: 'gitlab_resume' },
  login: { path: '/users/sign_in', parameter: 'state', inPlace: false },
  subject: numberOf,
  claims: {
    idToken: (signed) => ({ ...address(signed), groups_direct: [...signed.user.groups] }),
    userinfo: (signed) => ({
      ...profile(signed),
      ...address(signed),
      groups: withSubgroups(signed.user.groups),
      'https://gitlab.org/claims/groups/developer': [...signed.user.groups],
    }),
    accessToken: (_signed, standard) => standard,
    introspection: ({ scope, client_id, iat, exp }) => ({ scope, client_id, iat, exp, token_type: 'Bearer' }),
  },
  accessTokenForm: () => 'opaque',
  answers: { sessionState: false, iss: false },
  rotatesRefreshTokens: true,
  signOutWithoutHint: 'asks',
  words: {
    redirectUri: 'The redirect URI included is not valid.',
    client:
      'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.',
    scope: () => 'The requested scope is invalid, unknown, or malformed.',
    signOutHint: '',
    clientCredentials: {
      error: 'invalid_client',
      error_description:
        'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.',
    },
    challenge: 'realm="Doorkeeper"',
    cancelled: 'The resource owner or authorization server denied the request.',
    notFound: { error: '404 Not Found' },
  },
  cannot: ['fullGroupPaths', 'audiences', 'groupsClaim'],
}

/** Whoever is in a group is in the groups below it: data-admins has one, etl. */
function withSubgroups(groups: readonly string[]): string[] {
  return groups.flatMap((name) => (name === 'data-admins' ? [name, `${name}/etl`] : [name]))
}

function numberOf({ id }: DevUser): string {
  return String(Number.parseInt(id.slice(0, 6), 16))
}

function profile({ user, scope, issuer }: Signed): Claims {
  if (!scope.has('profile')) return {}
  return {
    name: user.name,
    nickname: user.username,
    preferred_username: user.username,
    profile: `${issuer}/${user.username}`,
    picture: `${issuer}/uploads/-/system/user/avatar/${numberOf(user)}/avatar.png`,
  }
}

function address({ user, scope }: Signed): Claims {
  return scope.has('email') ? { email: user.email, email_verified: true } : {}
}
