/**
 * Dex with one connector, `ldap`: a subject that is made of person and connector, groups by a scope, nothing to sign out at.
 * Not copied: the page that lists connectors, the approval page, several issuers of groups, device codes.
 */
import { claimsAt } from '../claim-path.ts'
import { dex as vendor } from '../vendors/dex.ts'
import type { Claims, Quirks, Signed } from './contract.ts'

const connector = 'ldap'
const claimNames = 'iss sub aud iat exp email email_verified locale name preferred_username at_hash'

export const dex: Quirks = {
  vendor,
  root: '/dex',
  paths: { introspection: '/token/introspect' },
  scopes: ['openid', 'email', 'groups', 'profile', 'offline_access'],
  unlistedScopes: ['federated:id', 'audience:server:client_id:gatehouse'],
  authenticationClass: { scopes: ['openid', 'email', 'profile', 'groups'], principalClaim: 'preferred_username' },
  tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_post'],
  discovery: {
    claims_supported: claimNames.split(' '),
    code_challenge_methods_supported: ['S256', 'plain'],
    response_modes_supported: undefined,
  },
  cookies: { session: 'dex_session', interaction: 'dex_state', resume: 'dex_resume' },
  login: { path: `/auth/${connector}/login`, parameter: 'state', inPlace: false },
  subject: ({ id }) => subjectOf(id),
  claims: {
    idToken: mapped,
    userinfo: mapped,
    accessToken: (signed, { client_id: _, scope: __, ...standard }) => ({
      ...standard,
      ...mapped(signed),
      aud: signed.clientId,
    }),
    introspection: (token) => ({ ...token, client_id: token['aud'], token_type: 'Bearer', token_use: 'access_token' }),
  },
  accessTokenForm: () => 'signed',
  answers: { sessionState: false, iss: false },
  rotatesRefreshTokens: true,
  signOutWithoutHint: 'asks',
  words: {
    redirectUri: 'Bad Request: Unregistered redirect_uri.',
    client: 'Bad Request: Invalid client_id ("gatehouse").',
    scope: (asked) => `Unrecognized scope(s) in "${asked}"`,
    signOutHint: '',
    clientCredentials: { error: 'invalid_client', error_description: 'Invalid client credentials.' },
    challenge: 'realm="dex"',
    cancelled: 'User denied the request.',
    notFound: { error: 'not_found' },
  },
  cannot: ['fullGroupPaths', 'audiences'],
}

/** A message of protocol buffers: the id of the person, then the one of the connector. Both are shorter than 128 bytes. */
function subjectOf(id: string): string {
  const field = (number: number, text: string) => [(number << 3) | 2, text.length, ...Buffer.from(text)]
  return Buffer.from([...field(1, id), ...field(2, connector)]).toString('base64url')
}

function mapped({ user, scope, settings }: Signed): Claims {
  return {
    ...(scope.has('email') ? { email: user.email, email_verified: true } : {}),
    ...(scope.has('profile') ? { name: user.name, preferred_username: user.username } : {}),
    ...(scope.has('groups') ? claimsAt(settings.groupsClaim, [...user.groups]) : {}),
    ...(scope.has('federated:id') ? { federated_claims: { connector_id: connector, user_id: user.id } } : {}),
  }
}
