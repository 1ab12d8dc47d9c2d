/**
 * Microsoft Entra ID, version 2 of its endpoints: one tenant, which also answers at `common`, `organizations` and `consumers` with the issuer as
 * a template, and Microsoft Graph at another host. The registration has the optional claims `email` and `groups` (all groups), and the
 * permission `User.Read`, to which somebody has consented.
 * Not copied: roles, guests, tokens of version 1, the page that asks to stay signed in, the document of a tenant under its name.
 */
import { createHash } from 'node:crypto'
import { entra as vendor } from '../vendors/entra.ts'
import type { Claims, DevUser, Quirks, Signed } from './contract.ts'
import { answerGraph, groupIdOf, isGraphPath } from './microsoft-graph.ts'
import { person, stableId } from './people.ts'

const tenant = stableId('tenant of entra')
const otherTenant = stableId('another tenant of entra')
const personalAccounts = '9188040d-6c67-4c5b-b112-36a304b66dad'
/** More groups than this are not in a token, but at Graph. */
const groupsInToken = 200
/** The same for a token in the address of the browser. */
const groupsInAddress = 5

const graphScopes = ['User.Read', 'GroupMember.Read.All', 'Group.Read.All', 'Directory.Read.All']
const claimNames =
  'sub iss cloud_instance_name cloud_instance_host_name cloud_graph_host_name msgraph_host aud exp iat auth_time acr nonce preferred_username name tid ver at_hash c_hash email'

export const entra: Quirks = {
  vendor,
  root: `/${tenant}`,
  issuerPath: `/${tenant}/v2.0`,
  otherRoots: {
    '/common': '/{tenantid}/v2.0',
    '/organizations': '/{tenantid}/v2.0',
    '/example.onmicrosoft.com': `/${tenant}/v2.0`,
    '/consumers': `/${personalAccounts}/v2.0`,
  },
  paths: { userinfo: '/oidc/userinfo' },
  elsewhere: ['userinfo'],
  api: { paths: isGraphPath, answer: answerGraph },
  people: [{ ...person('Ada', 'Abbott', ['partners']), tenant: otherTenant }],
  refusesPerson: ({ tenant: home, email }, root) =>
    (home === undefined && root !== '/consumers') || (home !== undefined && /^\/(?:common|organizations)$/.test(root))
      ? undefined
      : `AADSTS50020: User account '${email}' from identity provider does not exist in tenant and cannot access the application 'gatehouse' in that tenant.`,
  groupsInTokens: (groups) => groups.map(groupIdOf),
  scopes: ['openid', 'profile', 'email', 'offline_access'],
  unlistedScopes: [
    ...graphScopes,
    ...[...graphScopes, '.default'].map((scope) => `https://graph.microsoft.com/${scope}`),
    'gatehouse/.default',
    'api://gatehouse/.default',
  ],
  implicit: ['id_token', 'code id_token', 'id_token token'],
  authenticationClass: { scopes: ['openid', 'email', 'profile'], principalClaim: 'preferred_username' },
  tokenEndpointAuthMethods: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
  discovery: {
    claims_supported: claimNames.split(' '),
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    subject_types_supported: ['pairwise'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    // It takes PKCE, and does not say so.
    code_challenge_methods_supported: undefined,
    grant_types_supported: undefined,
    request_uri_parameter_supported: false,
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    tenant_region_scope: 'EU',
    cloud_instance_name: 'microsoftonline.com',
  },
  discoveryOf: ({ otherOrigin }) => ({ msgraph_host: new URL(otherOrigin).host }),
  cookies: { session: 'ESTSAUTH', interaction: 'esctx', resume: 'buid' },
  login: { path: '/login', parameter: 'ctx', inPlace: true },
  // Another one for each application: nobody else knows the person by it.
  subject: ({ id }, clientId) => createHash('sha256').update(`${clientId} ${id}`).digest('base64url'),
  claims: {
    idToken: (signed) => ({
      ...standardClaims(signed),
      ...profile(signed),
      ...address(signed),
      ...groups(signed),
      iss: issuerOf(signed),
    }),
    userinfo: ({ user, scope, ...signed }) => ({
      ...(scope.has('profile') ? { name: user.name, given_name: user.givenName, family_name: user.familyName } : {}),
      ...address({ user, scope, ...signed }),
      picture: `${signed.settings.otherOrigin}/v1.0/me/photo/$value`,
    }),
    accessToken: (signed, { client_id, scope, ...standard }) => ({
      ...standard,
      ...standardClaims(signed),
      ...(isForGraph(signed.scope) ? {} : groups(signed)),
      iss: issuerOf(signed),
      aud: isForGraph(signed.scope) ? '00000003-0000-0000-c000-000000000000' : signed.clientId,
      azp: client_id,
      name: signed.user.name,
      scp: permissions(signed.scope).join(' '),
    }),
    introspection: (token) => token,
  },
  accessTokenForm: ({ scope }) => (isForGraph(scope) ? 'own-key' : 'signed'),
  keyDetails: (origin) => ({ issuer: `${origin}/{tenantid}/v2.0` }),
  answers: { sessionState: true, iss: false },
  signOutWithoutHint: 'asks',
  words: {
    redirectUri:
      'AADSTS50011: The redirect URI specified in the request does not match the redirect URIs configured for the application.',
    client: 'AADSTS700016: Application with this identifier was not found in the directory.',
    scope: (asked) => `AADSTS70011: The provided value for the input parameter 'scope' is not valid: ${asked}.`,
    signOutHint: '',
    clientCredentials: {
      error: 'invalid_client',
      error_description: 'AADSTS7000215: Invalid client secret provided.',
    },
    challenge: 'realm=""',
    cancelled: 'AADSTS65004: User declined to consent to access the app.',
    notFound: { error: 'invalid_tenant', error_description: 'AADSTS90002: Tenant not found.' },
  },
  cannot: ['fullGroupPaths', 'audiences', 'groupsClaim'],
}

function tenantOf({ tenant: home = tenant }: DevUser): string {
  return home
}

/** Of the tenant whose account it is, wherever the person was asked. */
function issuerOf({ user, issuer }: Signed): string {
  return issuer.replace(tenant, tenantOf(user))
}

function standardClaims({ user }: Signed): Claims {
  return { ver: '2.0', oid: user.id, tid: tenantOf(user) }
}

function profile({ user, scope }: Signed): Claims {
  return scope.has('profile') ? { name: user.name, preferred_username: user.email } : {}
}

/** Bob has no mailbox, and nobody says whether an address was verified. */
function address({ user, scope }: Signed): Claims {
  return scope.has('email') && user.username !== 'bob' ? { email: user.email } : {}
}

function groups({ user, throughBrowser, settings }: Signed): Claims {
  const { length } = user.groups
  if (throughBrowser && length > groupsInAddress) return { hasgroups: true }
  if (length <= groupsInToken) return { groups: user.groups.map(groupIdOf) }
  const endpoint = `${settings.otherOrigin}/v1.0/users/${user.id}/getMemberObjects`
  return { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint } } }
}

/** Unless a scope names another API, the token is for Graph. */
function isForGraph(scope: ReadonlySet<string>): boolean {
  return !['gatehouse/.default', 'api://gatehouse/.default'].some((own) => scope.has(own))
}

/** With those that somebody has consented to before. */
function permissions(scope: ReadonlySet<string>): string[] {
  return isForGraph(scope) ? [...new Set([...scope, 'User.Read'])] : ['access_as_user']
}
