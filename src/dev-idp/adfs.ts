/**
 * Active Directory Federation Services: everything is below `/adfs`, people are named by `upn`, userinfo has the subject alone, and rules put
 * names, addresses and groups into tokens for the scope `allatclaims`.
 * Not copied: Windows authentication, certificates of devices, tokens of application groups, the text of its error numbers on its pages.
 */
import { createHash } from 'node:crypto'
import { claimsAt } from '../claim-path.ts'
import { adfs as vendor } from '../vendors/adfs.ts'
import type { Claims, Quirks, Signed } from './contract.ts'

const claimNames =
  'aud iss iat exp auth_time nonce at_hash c_hash sub upn unique_name pwd_url pwd_exp mfa_auth_time sid nbf'
const scopes = 'openid profile email allatclaims aza user_impersonation logon_cert vpn_cert winhello_cert'

export const adfs: Quirks = {
  vendor,
  root: '/adfs',
  paths: {},
  scopes: scopes.split(' '),
  unlistedScopes: ['gatehouse/openid', 'urn:microsoft:userinfo/openid'],
  implicit: ['id_token', 'code id_token', 'id_token token'],
  // It names the application that the access token is for; here all tokens are for one.
  requestChanges: () => ({ resource: undefined }),
  authenticationClass: { scopes: ['openid', 'email', 'profile', 'allatclaims'], principalClaim: 'upn' },
  tokenEndpointAuthMethods: ['client_secret_post', 'client_secret_basic', 'private_key_jwt'],
  discovery: {
    claims_supported: claimNames.split(' '),
    subject_types_supported: ['pairwise'],
    token_endpoint_auth_methods_supported: [
      'client_secret_post',
      'client_secret_basic',
      'private_key_jwt',
      'windows_client_authentication',
    ],
    microsoft_multi_refresh_token: true,
    frontchannel_logout_supported: true,
  },
  discoveryOf: ({ origin }) => ({ access_token_issuer: trustOf(origin) }),
  cookies: { session: 'MSISAuth', interaction: 'MSISSamlRequest', resume: 'MSISLoopDetectionCookie' },
  login: { path: '/ls', parameter: 'client-request-id', inPlace: true },
  subject: ({ id }, clientId) => createHash('sha256').update(`${clientId} ${id}`).digest('base64'),
  claims: {
    idToken: (signed) => ({ ...named(signed), ...byRule(signed), sid: signed.sid }),
    userinfo: () => ({}),
    accessToken: (signed, { client_id, scope, ...standard }) => ({
      ...standard,
      ...named(signed),
      ...byRule(signed),
      iss: trustOf(new URL(signed.issuer).origin),
      aud: `microsoft:identityserver:${signed.clientId}`,
      apptype: 'Confidential',
      appid: client_id,
      ver: '1.0',
      scp: scope,
    }),
    introspection: (token) => token,
  },
  accessTokenForm: () => 'signed',
  answers: { sessionState: false, iss: false },
  signOutWithoutHint: 'asks',
  words: {
    redirectUri:
      "MSIS9224: Received invalid OAuth authorization request. The received 'redirect_uri' parameter is not a valid registered redirect URI for the client identifier: 'gatehouse'.",
    client:
      "MSIS9223: Received invalid OAuth authorization request. The received 'client_id' is invalid as no registered client was found with this client identifier.",
    scope: (asked) => `MSIS9602: The received 'scope' parameter is not valid: ${asked}`,
    signOutHint: '',
    clientCredentials: {
      error: 'invalid_client',
      error_description:
        'MSIS9622: Client authentication failed. Please verify the credential provided for client authentication is valid.',
    },
    challenge: 'realm="adfs"',
    notFound: { error: 'not_found' },
  },
  cannot: ['fullGroupPaths', 'audiences'],
}

/** The issuer of access tokens: http, whatever the scheme of the server is. */
function trustOf(origin: string): string {
  return `${origin.replace(/^https:/, 'http:')}/adfs/services/trust`
}

function named({ user }: Signed): Claims {
  return { upn: user.email, unique_name: `EXAMPLE\\${user.username}` }
}

/** Nobody says whether an address was verified; one group alone is a text. */
function byRule({ user, scope, settings }: Signed): Claims {
  if (!scope.has('allatclaims')) return {}
  const { groups, email, givenName: given_name, familyName: family_name } = user
  return {
    email,
    given_name,
    family_name,
    ...claimsAt(settings.groupsClaim, groups.length === 1 ? groups[0] : [...groups]),
  }
}
