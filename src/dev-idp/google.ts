/**
 * Google with one organisation of Workspace, example.com: a subject of digits, no groups, opaque access tokens, a refresh token for
 * `access_type=offline` only. Tokens, keys and userinfo are at other hosts than the sign-in.
 * Not copied: three hosts where here are two, the consent screen, pages in place of `invalid_scope`, the Directory API.
 */
import { google as vendor } from '../vendors/google.ts'
import type { Claims, DevUser, Quirks, Signed } from './contract.ts'

const claimNames = 'aud email email_verified exp family_name given_name iat iss name picture sub'

export const google: Quirks = {
  vendor,
  root: '',
  paths: { revocation: '/revoke' },
  elsewhere: ['token', 'jwks', 'userinfo', 'introspection', 'revocation'],
  groupsInTokens: () => [],
  scopes: ['openid', 'email', 'profile'],
  unlistedScopes: ['userinfo.email', 'userinfo.profile', 'admin.directory.group.readonly'].map(
    (name) => `https://www.googleapis.com/auth/${name}`,
  ),
  implicit: ['id_token', 'code id_token', 'id_token token'],
  authenticationClass: { scopes: ['openid', 'email', 'profile'], principalClaim: 'email' },
  tokenEndpointAuthMethods: ['client_secret_post', 'client_secret_basic'],
  discovery: {
    claims_supported: claimNames.split(' '),
    code_challenge_methods_supported: ['plain', 'S256'],
    introspection_endpoint: undefined,
  },
  cookies: { session: 'SID', interaction: 'GAPS', resume: 'LSID' },
  login: { path: '/v3/signin/identifier', parameter: 'dsh', inPlace: false },
  subject: subjectOf,
  claims: {
    idToken: (signed) => ({ ...mapped(signed), azp: signed.clientId }),
    userinfo: mapped,
    accessToken: (_signed, standard) => standard,
    introspection: (token) => token,
  },
  tokenInfo: ({ user, scope, clientId }) => ({
    azp: clientId,
    aud: clientId,
    sub: subjectOf(user),
    scope: [...scope].join(' '),
    ...(scope.has('email') ? { email: user.email, email_verified: 'true' } : {}),
  }),
  accessTokenForm: () => 'opaque',
  answers: { sessionState: false, iss: false },
  signOutWithoutHint: 'asks',
  words: {
    redirectUri: 'Error 400: redirect_uri_mismatch',
    client: 'Error 401: invalid_client. The OAuth client was not found.',
    scope: (asked) => `Some requested scopes were invalid: ${asked}`,
    signOutHint: '',
    clientCredentials: { error: 'invalid_client', error_description: 'Unauthorized' },
    challenge: 'realm="https://accounts.google.com/"',
    cancelled: 'The user has denied access.',
    notFound: { error: { code: 404, message: 'Not Found', status: 'NOT_FOUND' } },
  },
  cannot: ['fullGroupPaths', 'audiences', 'groupsClaim'],
}

/** 21 digits, more than a number of JavaScript holds. */
function subjectOf({ id }: DevUser): string {
  const digits = 10n ** 20n
  return String(digits + (BigInt(`0x${id.replaceAll('-', '')}`) % digits))
}

/** Alice is of the organisation. Bob has an account of his own, with an address that Google does not speak for. */
function mapped({ user, scope }: Signed): Claims {
  return {
    ...(user.username === 'bob' ? {} : { hd: 'example.com' }),
    ...(scope.has('profile')
      ? {
          name: user.name,
          given_name: user.givenName,
          family_name: user.familyName,
          picture: 'https://lh3.googleusercontent.example/a/photo',
        }
      : {}),
    ...(scope.has('email') ? { email: user.email, email_verified: true } : {}),
  }
}
