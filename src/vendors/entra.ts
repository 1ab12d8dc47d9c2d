import { own } from '../maps.ts'
import type { AccessToken, Explained, Tenant, TokenRequest, Vendor } from './contract.ts'

/** Microsoft Entra ID, endpoint version 2. */
export const entra: Vendor = {
  kind: 'entra',
  title: 'Microsoft Entra ID',
  hint: 'EntraID',
  address: { host: /^login\.microsoftonline\.com$/, path: /\/v2\.0\/$/ },
  pathSlash: 'never',
  endpoints: (issuer) => {
    const base = issuer.replace(/\/v2\.0\/?$/, '')
    return {
      authorization: `${base}/oauth2/v2.0/authorize`,
      token: `${base}/oauth2/v2.0/token`,
      jwks: `${base}/discovery/v2.0/keys`,
      userinfo: 'https://graph.microsoft.com/oidc/userinfo',
      endSession: `${base}/oauth2/v2.0/logout`,
    }
  },
  tenantOf,
  groups: {
    claim: 'groups',
    scope: undefined,
    byClaimsParameter: true,
    where: { idToken: 'always', userinfo: 'never', accessToken: 'always' },
  },
  hasGroupsAtGraph: true,
  refusesUnknownScopes: true,
  personIn,
  mistakenSecret: [
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    'has the form of the Secret ID of Entra; the secret is the other column, Value, which is shown once',
  ],
  looksAtCodeFirst: true,
  neverSends: [],
  namesInIdToken: 'always',
  // Microsoft Learn, "userinfo endpoint".
  userinfoClaims: ['sub', 'name', 'given_name', 'family_name', 'email', 'picture'],
  sendsEmailVerified: false,
  // An optional claim (Microsoft Learn, "Optional claims reference"), as a boolean, a number or a text.
  emailVerifiedClaim: 'xms_edov',
  refreshToken: 'scope offline_access',
  accessToken,
  clientCredentialsScope: '/.default',
  // Words for many tenants are refused as issuers.
  hasPublicAccounts: (issuer) => tenantOf(issuer).id === personalAccounts,
  restriction: 'write the id of your tenant in rootPath',
  mistakenAddresses: [
    {
      host: /^(?:portal\.azure\.com|entra\.microsoft\.com|aad\.portal\.azure\.com|graph\.microsoft\.com|login\.microsoft\.com|login\.windows\.net)$/,
      is: 'is an address of another part of Microsoft',
      setting: 'hostname',
      instead: () => 'write login.microsoftonline.com, and /TENANT-ID/v2.0 as rootPath',
    },
  ],
  // Of APIs (`api://...`, `APP-ID/.default`), and permissions of Microsoft Graph.
  unlistedScopes: /\/|^[A-Z][A-Za-z]*(?:\.[A-Za-z]+)+$/,
  unlistedClaims: ['oid', 'upn', 'groups', 'roles', 'given_name', 'family_name', 'unique_name'],
  explains: (description) => own(meanings, /AADSTS(\d+)/.exec(description)?.[1] ?? ''),
  assertionAudience: 'token endpoint',
  refusals: {
    redirectUri: [[/AADSTS50011/, 'AADSTS50011']],
    client: [[/AADSTS700016/, 'AADSTS700016']],
  },
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const personalAccounts = '9188040d-6c67-4c5b-b112-36a304b66dad'
/** Words in the place of the id of a tenant that stand for many of them. */
const everybody = ['common', 'organizations', 'consumers']

/** Endpoints also accept a domain, and capital letters; `iss` and `tid` in tokens always have the id in lower case. */
function tenantOf(issuer: string): Tenant {
  const { origin, pathname } = new URL(issuer)
  const segments = pathname.split('/').filter((segment) => segment !== '' && segment !== 'v2.0')
  const written = segments.find((segment) => guid.test(segment)) ?? segments[0] ?? ''
  const id = guid.test(written) ? written.toLowerCase() : undefined
  return {
    id,
    issuer: id === undefined ? undefined : `${origin}/${id}/v2.0`,
    written,
    isForAll: everybody.includes(written.toLowerCase()),
  }
}

/**
 * `oid`, the same for every application, in the tenant that the issuer names (Microsoft Learn, "ID token claims reference"). Both claims come
 * with the scope `profile`. Where they do not fit the issuer it is another provider, whose `oid` may be anything.
 */
function personIn({ iss, tid, oid }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof iss !== 'string' || typeof tid !== 'string' || typeof oid !== 'string') return undefined
  if (!guid.test(tid) || !guid.test(oid) || !URL.canParse(iss)) return undefined
  return tenantOf(iss).id === tid.toLowerCase() ? oid.toLowerCase() : undefined
}

/** About a person, not for an API. */
const scopesOfOpenId = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access']
const graph = 'Microsoft Graph'
/** Ids of Microsoft's own applications, which are the same in every tenant. */
const microsoftApis: Readonly<Record<string, string>> = {
  '00000003-0000-0000-c000-000000000000': graph,
  '00000002-0000-0000-c000-000000000000': 'Azure AD Graph',
}
const graphHosts = [
  'graph.microsoft.com',
  'graph.microsoft.us',
  'dod-graph.microsoft.us',
  'graph.microsoft.de',
  'microsoftgraph.chinacloudapi.cn',
]
/** Hosts of Microsoft's own APIs. Tenants of customers have names below onmicrosoft.com, which is not among these. */
const microsoftHosts =
  /(?:^|\.)(?:microsoft|azure|windows|office|office365|sharepoint|dynamics|powerbi)\.(?:com|net|us|de|cn)$/

/** The token is for the API of the first scope that names one; if none does, for Microsoft Graph. */
function accessToken({ scopes }: TokenRequest): AccessToken {
  const scope = scopes.find((text) => !scopesOfOpenId.includes(text.toLowerCase()))
  const resource = scope?.includes('/') ? resourceOf(scope) : undefined
  const api = resource === undefined ? graph : microsoftApiAt(resource)
  if (api !== undefined) return { kind: 'for-another-api', api, scope }
  // A token of version 2 has the id of the application as its audience; an address (api://...) does not say that id.
  return resource === undefined || resource.includes('://')
    ? { kind: 'signed' }
    : { kind: 'signed', audience: resource }
}

/** `https://graph.microsoft.com` of `https://graph.microsoft.com/User.Read`; an address without a permission stays as it is. */
function resourceOf(scope: string): string {
  return scope.replace(/(?<![:/])\/+[^/]*$/, '')
}

/** The API of Microsoft at an address, or under an id; undefined: it belongs to a customer. */
function microsoftApiAt(resource: string): string | undefined {
  const host = URL.parse(resource)?.hostname ?? ''
  if (graphHosts.includes(host)) return graph
  return microsoftHosts.test(host) ? host : own(microsoftApis, resource.toLowerCase())
}

const wrongClient = 'client-credentials-rejected'
const notLetIn = 'person-not-admitted'
/** Numbers of its errors (Microsoft Learn, "Microsoft Entra authentication and authorization error codes"). */
const meanings: Readonly<Record<string, Explained>> = {
  50011: {
    means: 'The redirect URI is not registered, or differs in case, port or slash: Authentication, Redirect URIs.',
  },
  50020: { code: notLetIn, means: 'The person is of another tenant, and no guest of this one.' },
  50034: { code: notLetIn, means: 'There is no such person in this tenant.' },
  50053: { code: notLetIn, means: 'The account is locked after too many attempts, or the address is blocked.' },
  50055: { code: notLetIn, means: 'The password of the person has expired.' },
  50057: { code: notLetIn, means: 'The account of the person is disabled.' },
  50105: {
    code: notLetIn,
    means: 'The person is not assigned to the application: Enterprise applications, Users and groups.',
  },
  50131: { code: notLetIn, means: 'Conditional Access refuses this device or place.' },
  53000: { code: notLetIn, means: 'Conditional Access asks for a device that fulfils the rules.' },
  53001: { code: notLetIn, means: 'Conditional Access asks for a device of the domain.' },
  53003: { code: notLetIn, means: 'Conditional Access refuses this sign-in.' },
  65001: { means: 'Nobody has consented for the application: API permissions, Grant admin consent.' },
  65004: { code: 'sign-in-cancelled', means: 'The person did not consent.' },
  70011: { code: 'scope-not-supported', means: 'A scope does not exist.' },
  650053: { code: 'scope-not-supported', means: 'A scope does not exist.' },
  650056: { code: wrongClient, means: 'The application is not set up in this tenant, or nobody has consented.' },
  90002: { means: 'There is no such tenant: see rootPath.' },
  90009: {
    code: 'scope-not-supported',
    means: 'The application asks for a token for itself: write its id in the scope.',
  },
  90094: { code: notLetIn, means: 'An administrator has to consent: API permissions, Grant admin consent.' },
  90095: { code: notLetIn, means: 'An administrator has to consent, and was asked to.' },
  700016: { code: wrongClient, means: 'The application is not in this tenant: compare the client id and rootPath.' },
  700027: { code: wrongClient, means: 'The certificate of the assertion is not that of the application.' },
  7000112: { code: wrongClient, means: 'The application is disabled.' },
  7000215: { code: wrongClient, means: 'The secret is wrong: it is the Value of the list, not the Secret ID.' },
  7000218: { code: wrongClient, means: 'No secret came: the application is no public client.' },
  7000222: { code: wrongClient, means: 'The secret has expired: make another one.' },
}
