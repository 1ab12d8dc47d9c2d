/**
 * A user pool of Amazon Cognito: discovery document and keys are at one host, everything else is at the host of the pool's domain.
 * Not copied: people of other providers, groups' roles of AWS, Lambda functions, that revocation takes refresh tokens only. Unlike Cognito it
 * asks for a nonce with `response_type=token`.
 */
import { claimsAt } from '../claim-path.ts'
import { cognito as vendor } from '../vendors/cognito.ts'
import type { Claims, Quirks, Signed } from './contract.ts'

export const cognito: Quirks = {
  vendor,
  root: '',
  issuerPath: '/eu-central-1_DevIdp123',
  paths: {
    authorization: '/oauth2/authorize',
    token: '/oauth2/token',
    userinfo: '/oauth2/userInfo',
    revocation: '/oauth2/revoke',
    endSession: '/logout',
  },
  elsewhere: ['authorization', 'token', 'userinfo', 'revocation', 'endSession'],
  scopes: ['openid', 'email', 'phone', 'profile'],
  unlistedScopes: ['aws.cognito.signin.user.admin'],
  implicit: ['id_token token'],
  // Its `token` brings an ID token as well.
  requestChanges: ({ response_type: type, scope }) =>
    type === 'token' && / openid /.test(` ${scope} `) ? { response_type: 'id_token token' } : {},
  authenticationClass: { scopes: ['openid', 'email', 'profile'], principalClaim: 'cognito:username' },
  groupsClaim: ['cognito:groups'],
  tokenEndpointAuthMethods: ['client_secret_basic', 'client_secret_post'],
  discovery: {
    response_types_supported: ['code', 'token'],
    response_modes_supported: undefined,
    grant_types_supported: undefined,
    claims_parameter_supported: undefined,
    request_parameter_supported: undefined,
    request_uri_parameter_supported: undefined,
    code_challenge_methods_supported: undefined,
  },
  cookies: { session: 'cognito', interaction: 'XSRF-TOKEN', resume: 'csrf-state' },
  login: { path: '/login', parameter: 'state', inPlace: false },
  subject: ({ id }) => id,
  claims: {
    idToken: (signed) => ({
      ...attributes(signed),
      ...address(signed, true),
      ...groups(signed),
      'cognito:username': signed.user.username,
      token_use: 'id',
      event_id: signed.user.id,
    }),
    // The boolean is a text here, and groups are not sent.
    userinfo: (signed) => ({ ...attributes(signed), ...address(signed, 'true'), username: signed.user.username }),
    accessToken: (signed, { aud: _, ...standard }) => ({
      ...standard,
      ...groups(signed),
      token_use: 'access',
      version: 2,
      username: signed.user.username,
    }),
    introspection: (token) => token,
  },
  accessTokenForm: () => 'signed',
  answers: { sessionState: false, iss: false },
  ownSignOut: { path: '/logout', client: 'client_id', target: 'logout_uri' },
  signOutWithoutHint: 'asks',
  words: {
    redirectUri: 'An error was encountered with the requested page: redirect_mismatch',
    client: 'User pool client gatehouse does not exist.',
    scope: () => 'invalid_scope',
    signOutHint: "Required parameters missing: 'logout_uri' or 'redirect_uri'",
    clientCredentials: { error: 'invalid_client', error_description: 'invalid_client_secret' },
    challenge: 'realm="cognito"',
    notFound: { message: 'Not Found' },
  },
  cannot: ['fullGroupPaths', 'audiences', 'groupsClaim'],
}

function attributes({ user, scope }: Signed): Claims {
  if (!scope.has('profile')) return {}
  return { name: user.name, given_name: user.givenName, family_name: user.familyName, 'custom:department': 'data' }
}

function address({ user, scope }: Signed, verified: true | 'true'): Claims {
  return scope.has('email') ? { email: user.email, email_verified: verified } : {}
}

function groups({ user, settings }: Signed): Claims {
  return user.groups.length === 0 ? {} : claimsAt(settings.groupsClaim, [...user.groups])
}
