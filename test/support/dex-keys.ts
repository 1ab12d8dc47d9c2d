/**
 * What Dex reads in its configuration: each key with the type of its value, written down from its sources (cmd/dex/config.go, storage/,
 * connector/<type>, of 2.45). It ignores a key that it does not know: nothing that we write may be one.
 */
import { type Accepted, refused } from './accepted-keys.ts'

const client = { clientID: 'text', clientSecret: 'text', redirectURI: 'text' } as const
const orgs = [{ name: 'text', teams: 'texts' }] as const

const oidc: Accepted = {
  ...client,
  issuer: 'text',
  issuerAlias: 'text',
  providerDiscoveryOverrides: { tokenURL: 'text', authURL: 'text', jwksURL: 'text' },
  basicAuthUnsupported: 'bool',
  scopes: 'texts',
  hostedDomains: 'texts',
  rootCAs: 'texts',
  insecureSkipEmailVerified: 'bool',
  insecureEnableGroups: 'bool',
  allowedGroups: 'texts',
  acrValues: 'texts',
  insecureSkipVerify: 'bool',
  getUserInfo: 'bool',
  userIDKey: 'text',
  userNameKey: 'text',
  promptType: 'text',
  pkceChallenge: 'text',
  overrideClaimMapping: 'bool',
  claimMapping: { preferred_username: 'text', email: 'text', groups: 'text' },
  claimModifications: {
    newGroupFromClaims: [{ claims: 'texts', delimiter: 'text', clearDelimiter: 'bool', prefix: 'text' }],
    filterGroupClaims: { groupsFilter: 'text' },
    modifyGroupNames: { prefix: 'text', suffix: 'text' },
  },
}

const ldap: Accepted = {
  host: 'text',
  rootCA: 'text',
  rootCAData: 'text',
  clientCert: 'text',
  clientKey: 'text',
  insecureNoSSL: 'bool',
  insecureSkipVerify: 'bool',
  startTLS: 'bool',
  bindDN: 'text',
  bindPW: 'text',
  usernamePrompt: 'text',
  userSearch: {
    baseDN: 'text',
    filter: 'text',
    username: 'text',
    scope: 'text',
    idAttr: 'text',
    emailAttr: 'text',
    nameAttr: 'text',
    preferredUsernameAttr: 'text',
    emailSuffix: 'text',
  },
  groupSearch: {
    baseDN: 'text',
    filter: 'text',
    scope: 'text',
    userMatchers: [{ userAttr: 'text', groupAttr: 'text', recursionGroupAttr: 'text' }],
    nameAttr: 'text',
  },
}

const saml: Accepted = {
  entityIssuer: 'text',
  ssoIssuer: 'text',
  ssoURL: 'text',
  ca: 'text',
  caData: 'text',
  insecureSkipSignatureValidation: 'bool',
  usernameAttr: 'text',
  emailAttr: 'text',
  groupsAttr: 'text',
  groupsDelim: 'text',
  allowedGroups: 'texts',
  filterGroups: 'bool',
  redirectURI: 'text',
  nameIDPolicyFormat: 'text',
}

/** `config` of each type of connector. */
export const connectorKeys: Readonly<Record<string, Accepted>> = {
  oidc,
  ldap,
  saml,
  samlExperimental: saml,
  github: {
    ...client,
    org: 'text',
    orgs,
    hostName: 'text',
    rootCA: 'text',
    teamNameField: 'text',
    loadAllGroups: 'bool',
    useLoginAsID: 'bool',
    preferredEmailDomain: 'text',
  },
  google: {
    ...client,
    scopes: 'texts',
    hostedDomains: 'texts',
    groups: 'texts',
    serviceAccountFilePath: 'text',
    domainToAdminEmail: { '*': 'text', 'example.com': 'text' },
    fetchTransitiveGroupMembership: 'bool',
    promptType: 'text',
  },
  microsoft: {
    ...client,
    tenant: 'text',
    onlySecurityGroups: 'bool',
    groups: 'texts',
    groupNameFormat: 'text',
    useGroupsAsWhitelist: 'bool',
    emailToLowercase: 'bool',
    apiURL: 'text',
    graphURL: 'text',
    promptType: 'text',
    domainHint: 'text',
    scopes: 'texts',
  },
  gitlab: {
    ...client,
    baseURL: 'text',
    groups: 'texts',
    useLoginAsID: 'bool',
    getGroupsPermission: 'bool',
    rootCAData: 'text',
  },
  gitea: { ...client, baseURL: 'text', orgs, loadAllGroups: 'bool', useLoginAsID: 'bool' },
  openshift: { ...client, issuer: 'text', groups: 'texts', insecureCA: 'bool', rootCA: 'text' },
  oauth: {
    ...client,
    tokenURL: 'text',
    authorizationURL: 'text',
    userInfoURL: 'text',
    scopes: 'texts',
    rootCAs: 'texts',
    insecureSkipVerify: 'bool',
    userIDKey: 'text',
    claimMapping: {
      userNameKey: 'text',
      preferredUsernameKey: 'text',
      groupsKey: 'text',
      emailKey: 'text',
      emailVerifiedKey: 'text',
    },
  },
  'bitbucket-cloud': { ...client, teams: 'texts', includeTeamGroups: 'bool', getWorkspacePermissions: 'bool' },
  linkedin: client,
  authproxy: {
    userIDHeader: 'text',
    userHeader: 'text',
    userNameHeader: 'text',
    emailHeader: 'text',
    groupHeader: 'text',
    groupHeaderSeparator: 'text',
    staticGroups: 'texts',
  },
  'atlassian-crowd': {
    baseURL: 'text',
    clientID: 'text',
    clientSecret: 'text',
    groups: 'texts',
    preferredUsernameField: 'text',
    usernamePrompt: 'text',
  },
  keystone: { domain: 'text', keystoneHost: 'text', keystoneUsername: 'text', keystonePassword: 'text' },
  mockCallback: {},
  mockPassword: { username: 'text', password: 'text' },
}

const ssl: Accepted = { mode: 'text', caFile: 'text', keyFile: 'text', certFile: 'text', serverName: 'text' }
const database: Accepted = {
  host: 'text',
  port: 'number',
  database: 'text',
  user: 'text',
  password: 'text',
  ssl,
  connectionTimeout: 'number',
  maxOpenConns: 'number',
  maxIdleConns: 'number',
  connMaxLifetime: 'number',
}

export const storageKeys: Readonly<Record<string, Accepted>> = {
  memory: {},
  kubernetes: { inCluster: 'bool', kubeConfigFile: 'text' },
  sqlite3: { file: 'text' },
  postgres: database,
  mysql: database,
  etcd: { endpoints: 'texts', namespace: 'text', username: 'text', password: 'text', ssl },
}

/** Everything but `connectors` and the config of `storage`. */
export const topKeys = {
  issuer: 'text',
  storage: { type: 'text' },
  web: {
    http: 'text',
    https: 'text',
    tlsCert: 'text',
    tlsKey: 'text',
    tlsMinVersion: 'text',
    tlsMaxVersion: 'text',
    allowedOrigins: 'texts',
    allowedHeaders: 'texts',
    clientRemoteIP: { header: 'text', trustedProxies: 'texts' },
    headers: {
      'Content-Security-Policy': 'text',
      'X-Frame-Options': 'text',
      'X-Content-Type-Options': 'text',
      'X-XSS-Protection': 'text',
      'Strict-Transport-Security': 'text',
    },
  },
  telemetry: { http: 'text', enableProfiling: 'bool' },
  oauth2: {
    grantTypes: 'texts',
    responseTypes: 'texts',
    skipApprovalScreen: 'bool',
    alwaysShowLoginScreen: 'bool',
    passwordConnector: 'text',
  },
  grpc: {
    addr: 'text',
    tlsCert: 'text',
    tlsKey: 'text',
    tlsClientCA: 'text',
    tlsMinVersion: 'text',
    tlsMaxVersion: 'text',
    reflection: 'bool',
  },
  expiry: {
    signingKeys: 'text',
    idTokens: 'text',
    authRequests: 'text',
    deviceRequests: 'text',
    refreshTokens: {
      disableRotation: 'bool',
      reuseInterval: 'text',
      absoluteLifetime: 'text',
      validIfNotUsedFor: 'text',
    },
  },
  logger: { level: 'text', format: 'text' },
  frontend: { dir: 'text', logoURL: 'text', issuer: 'text', theme: 'text', extra: { tagline: 'text' } },
  enablePasswordDB: 'bool',
  staticPasswords: [
    {
      email: 'text',
      hash: 'text',
      hashFromEnv: 'text',
      username: 'text',
      name: 'text',
      preferredUsername: 'text',
      emailVerified: 'bool',
      userID: 'text',
      groups: 'texts',
    },
  ],
  staticClients: [
    {
      id: 'text',
      idEnv: 'text',
      secret: 'text',
      secretEnv: 'text',
      redirectURIs: 'texts',
      trustedPeers: 'texts',
      public: 'bool',
      name: 'text',
      logoURL: 'text',
    },
  ],
} as const satisfies Accepted

export interface DexConnectorText {
  type: string
  id: string
  name: string
  config: Record<string, unknown>
}

export interface DexText {
  issuer: string
  connectors: DexConnectorText[]
  storage?: { type: string; config?: unknown }
  staticClients?: { id?: string; idEnv?: string; secretEnv?: string; public?: boolean; name?: string }[]
}

/** What of a whole configuration Dex would refuse or, worse, ignore: paths, each with the reason. */
export function refusedByDex({ connectors, storage, ...rest }: DexText): string[] {
  const { config = {}, ...stored } = storage ?? { type: 'none' }
  const keys = storageKeys[stored.type]
  return [
    ...refused({ ...rest, storage: stored }, topKeys),
    ...(keys ? refused(config, keys, '.storage.config') : [`.storage.type: ${stored.type} is unknown`]),
    ...connectors.flatMap((connector, index) => refusedConnector(connector, `.connectors[${index}]`)),
  ]
}

export function refusedConnector({ type, id, name, config, ...others }: DexConnectorText, path: string): string[] {
  const keys = connectorKeys[type]
  if (!keys) return [`${path}.type: ${type} is unknown`]
  return [
    ...(id === '' || name === '' ? [`${path}: without id or name`] : []),
    ...Object.keys(others).map((key) => `${path}.${key}: unknown`),
    // A list of attributes is read as well as one.
    ...refused(config, keys, `${path}.config`).filter((line) => !/userSearch\.username: not of type/.test(line)),
  ]
}
