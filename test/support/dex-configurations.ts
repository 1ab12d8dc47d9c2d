/** Random configurations of Dex, of the keys of its documentation and of some that it does not have. */
import { fc } from './properties.ts'

/** Part of every value that must not be shown, whether as a word or as a text that nobody takes for one. */
export const canary = 'canary'

const letters = fc.string({ unit: fc.constantFrom(...'abcdefghij'), minLength: 3, maxLength: 6 })
/** What must not be shown: a secret, or what stands under a name that no tool has. */
export const hidden = fc.oneof(
  letters.map((text) => `${canary}${text}`),
  letters.map((text) => `8-${canary}-${text}-1`),
)
/** A text of its own, to be found again. */
export const word = fc.integer({ min: 0x100000, max: 0xffffff }).map((number) => `w${number.toString(16)}`)
export const host = word.map((text) => `${text}.example.com`)
export const address = host.map((text) => `https://${text}`)
export const path = word.map((text) => `/etc/dex/${text}.pem`)
export const words = fc.array(word, { minLength: 1, maxLength: 2 })
export const duration = fc.integer({ min: 1, max: 99 }).map((hours) => `${hours}h`)
const flag = fc.boolean()
const variable = word.map((text) => `$${text.toUpperCase()}`)
const secret = fc.oneof(variable, hidden)
const dn = word.map((text) => `ou=${text},dc=example,dc=com`)

/** Keys that no tool has, under names that sound like nothing and like secrets. */
export const unknown: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(
  fc.constantFrom('unheardOf', 'requirepass', 'authCode', 'passcode', 'pin', 'vault', 'note'),
  fc.oneof(
    { weight: 4, arbitrary: hidden },
    fc.array(hidden, { minLength: 1, maxLength: 2 }),
    fc.record({ inner: hidden }),
    fc.array(fc.record({ inner: hidden }), { minLength: 1, maxLength: 1 }),
  ),
  { maxKeys: 1 },
)

type Keys = Record<string, fc.Arbitrary<unknown>>

/** A map of some of the keys, now and then with one that nobody knows. */
export function mapOf(required: Keys, optional: Keys = {}): fc.Arbitrary<Record<string, unknown>> {
  const all = { ...required, ...optional }
  const some = fc
    .tuple(
      fc.record(required),
      fc.subarray(Object.keys(optional), { maxLength: Math.min(6, Object.keys(optional).length) }),
      fc.record(optional),
    )
    .map(([always, chosen, values]) => ({
      ...always,
      ...Object.fromEntries(chosen.map((key) => [key, values[key]])),
    }))
  return fc
    .tuple(some, fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, unknown))
    .map(([known, more]) => ({ ...more, ...known }))
    .filter((map) => Object.keys(map).length > 0 || Object.keys(all).length === 0)
}

const client: Keys = { clientID: fc.oneof(word, variable), clientSecret: secret, redirectURI: address }

const userSearch = mapOf(
  { baseDN: dn, username: word },
  {
    filter: word.map((text) => `(objectClass=${text})`),
    scope: fc.constantFrom('sub', 'one'),
    idAttr: fc.constantFrom('uid', 'DN', 'entryUUID'),
    emailAttr: fc.constantFrom('mail', 'userPrincipalName'),
    nameAttr: fc.constantFrom('cn', 'displayName'),
    preferredUsernameAttr: word,
    emailSuffix: host,
  },
)
/** Without matchers it finds nobody, and means nothing. */
const groupSearch = mapOf(
  {
    baseDN: dn,
    nameAttr: fc.constantFrom('cn', 'name'),
    userMatchers: fc.array(mapOf({ userAttr: word, groupAttr: word }, { recursionGroupAttr: word }), {
      minLength: 1,
      maxLength: 2,
    }),
  },
  { filter: word.map((text) => `(objectClass=${text})`), scope: fc.constantFrom('sub', 'one') },
)
const orgs = fc.array(mapOf({ name: word }, { teams: words }), { minLength: 1, maxLength: 2 })

const configs: Readonly<Record<string, fc.Arbitrary<Record<string, unknown>>>> = {
  oidc: mapOf(
    { issuer: address, ...client },
    {
      issuerAlias: address,
      providerDiscoveryOverrides: mapOf({ tokenURL: address }, { authURL: address, jwksURL: address }),
      basicAuthUnsupported: flag,
      scopes: fc.subarray(['openid', 'profile', 'email', 'groups', 'offline_access'], { minLength: 1 }),
      hostedDomains: fc.array(host, { minLength: 1, maxLength: 2 }),
      rootCAs: fc.array(path, { minLength: 1, maxLength: 2 }),
      insecureSkipEmailVerified: flag,
      insecureEnableGroups: flag,
      allowedGroups: words,
      acrValues: words,
      insecureSkipVerify: flag,
      getUserInfo: flag,
      userIDKey: fc.oneof(fc.constantFrom('sub', 'email'), word),
      userNameKey: fc.oneof(fc.constantFrom('name', 'email'), word),
      promptType: fc.constantFrom('consent', 'login'),
      pkceChallenge: fc.constantFrom('S256', 'plain'),
      overrideClaimMapping: flag,
      claimMapping: mapOf({}, { preferred_username: word, email: word, groups: word }),
      claimModifications: mapOf(
        {},
        {
          newGroupFromClaims: fc.array(mapOf({ claims: words, delimiter: fc.constant(':') }, { prefix: word }), {
            minLength: 1,
            maxLength: 1,
          }),
          filterGroupClaims: mapOf({ groupsFilter: word }),
          modifyGroupNames: mapOf({ prefix: word }, { suffix: word }),
        },
      ),
    },
  ),
  ldap: mapOf(
    { host: fc.tuple(host, fc.constantFrom('', ':636', ':389')).map((parts) => parts.join('')), userSearch },
    {
      insecureNoSSL: flag,
      insecureSkipVerify: flag,
      startTLS: flag,
      rootCA: path,
      bindDN: dn,
      bindPW: secret,
      usernamePrompt: word,
      groupSearch,
    },
  ).map(({ bindPW, insecureSkipVerify, ...rest }) => ({
    ...rest,
    // A password of nobody, and a certificate of nothing, mean nothing.
    ...(bindPW === undefined || rest['bindDN'] === undefined ? {} : { bindPW }),
    ...(insecureSkipVerify === undefined || rest['insecureNoSSL'] === true ? {} : { insecureSkipVerify }),
  })),
  github: mapOf(client, {
    org: word,
    orgs,
    hostName: host,
    rootCA: path,
    teamNameField: fc.constantFrom('name', 'slug', 'both'),
    loadAllGroups: flag,
    useLoginAsID: flag,
    preferredEmailDomain: host,
  }),
  gitlab: mapOf(client, {
    baseURL: address,
    groups: words,
    useLoginAsID: flag,
    getGroupsPermission: flag,
    inheritedGroups: flag,
  }),
  google: mapOf(client, {
    scopes: fc.constant(['profile', 'email']),
    hostedDomains: fc.array(host, { minLength: 1, maxLength: 2 }),
    groups: words,
    serviceAccountFilePath: path,
    domainToAdminEmail: host.map((domain) => ({ '*': `admin@${domain}` })),
    fetchTransitiveGroupMembership: flag,
    promptType: fc.constantFrom('consent', ''),
  }),
  microsoft: mapOf(client, {
    tenant: fc.oneof(fc.uuid(), fc.constantFrom('common', 'organizations')),
    onlySecurityGroups: flag,
    groups: words,
    groupNameFormat: fc.constantFrom('id', 'name'),
    useGroupsAsWhitelist: flag,
    emailToLowercase: flag,
    apiURL: address,
    graphURL: address,
    promptType: fc.constantFrom('login', 'select_account'),
    domainHint: host,
    scopes: words,
  }),
  saml: mapOf(
    { ssoURL: address, redirectURI: address, usernameAttr: word, emailAttr: word },
    {
      ca: path,
      entityIssuer: address,
      ssoIssuer: address,
      groupsAttr: word,
      groupsDelim: fc.constant(', '),
      allowedGroups: words,
      filterGroups: flag,
      nameIDPolicyFormat: fc.constantFrom('persistent', 'transient'),
      insecureSkipSignatureValidation: flag,
    },
  ),
  gitea: mapOf(client, { baseURL: address, orgs, loadAllGroups: flag, useLoginAsID: flag }),
  openshift: mapOf({ issuer: address, ...client }, { groups: words, insecureCA: flag, rootCA: path }),
  'bitbucket-cloud': mapOf(client, { teams: words, includeTeamGroups: flag }),
  linkedin: mapOf(client),
  keystone: mapOf({ domain: word, keystoneHost: address, keystoneUsername: word, keystonePassword: secret }),
}

const connector = fc
  .constantFrom(...Object.keys(configs))
  .chain((type) =>
    mapOf(
      { type: fc.constant(type), id: word, name: fc.oneof(word, fc.constant('Company sign-in')) },
      { config: configs[type] ?? fc.constant({}) },
    ),
  )
  .filter(({ config }) => config !== undefined)

const staticClient = mapOf(
  { id: word },
  {
    secret: hidden,
    secretEnv: word.map((text) => text.toUpperCase()),
    name: word,
    redirectURIs: fc.array(
      fc.oneof(
        address.map((base) => `${base}/callback`),
        fc.constantFrom('/device/callback', 'urn:ietf:wg:oauth:2.0:oob'),
      ),
      { minLength: 1, maxLength: 2 },
    ),
    public: flag,
    trustedPeers: words,
    logoURL: address,
  },
)
  // Dex does not start with both.
  .map(({ secret: literal, ...rest }) =>
    literal === undefined || rest['secretEnv'] !== undefined ? rest : { ...rest, secret: literal },
  )

const storage = fc.oneof(
  mapOf({ type: fc.constant('memory') }),
  mapOf({ type: fc.constant('kubernetes'), config: mapOf({ inCluster: flag }, { kubeConfigFile: path }) }),
  mapOf({ type: fc.constant('sqlite3'), config: mapOf({ file: path }) }),
  mapOf({
    type: fc.constantFrom('postgres', 'mysql'),
    config: mapOf(
      { host, database: word, user: word, password: hidden },
      { port: fc.integer({ min: 1000, max: 9999 }), ssl: mapOf({ mode: fc.constantFrom('disable', 'verify-full') }) },
    ),
  }),
  mapOf({
    type: fc.constant('etcd'),
    config: mapOf({ endpoints: fc.array(address, { minLength: 1, maxLength: 1 }) }, { namespace: word }),
  }),
)

const staticPassword = mapOf(
  { email: word.map((text) => `${text}@example.com`), hash: hidden.map((text) => `$2a$10$${text}`) },
  { username: word, userID: word, name: word, groups: words },
)

/** A whole file, as data. Dex itself takes it but for the keys that nobody knows. */
export const dexConfiguration = mapOf(
  {
    issuer: fc.tuple(address, fc.constantFrom('', '/dex', '/')).map((parts) => parts.join('')),
    connectors: fc.array(connector, { minLength: 1, maxLength: 3 }),
  },
  {
    storage,
    staticClients: fc.array(staticClient, { minLength: 1, maxLength: 2 }),
    enablePasswordDB: flag,
    staticPasswords: fc.array(staticPassword, { minLength: 1, maxLength: 2 }),
    web: mapOf(
      { http: fc.constantFrom('0.0.0.0:5556', '127.0.0.1:5557') },
      {
        https: fc.constant('0.0.0.0:5554'),
        tlsCert: path,
        tlsKey: path,
        tlsMinVersion: fc.constant('1.3'),
        allowedOrigins: fc.array(address, { minLength: 1, maxLength: 1 }),
        clientRemoteIP: mapOf(
          { header: fc.constant('X-Forwarded-For') },
          { trustedProxies: fc.constant(['10.0.0.0/8']) },
        ),
        headers: mapOf({ 'X-Frame-Options': fc.constantFrom('DENY', 'SAMEORIGIN') }),
      },
    ),
    telemetry: mapOf({ http: fc.constant('0.0.0.0:5558') }, { enableProfiling: flag }),
    grpc: mapOf(
      { addr: fc.constant('127.0.0.1:5557') },
      { tlsCert: path, tlsKey: path, tlsClientCA: path, reflection: flag },
    ),
    oauth2: mapOf(
      {},
      {
        grantTypes: fc.subarray(['authorization_code', 'refresh_token', 'password', 'implicit'], { minLength: 1 }),
        responseTypes: fc.subarray(['code', 'token', 'id_token'], { minLength: 1 }),
        skipApprovalScreen: flag,
        alwaysShowLoginScreen: flag,
        passwordConnector: word,
        pkce: mapOf({ enforce: flag }),
      },
    ),
    expiry: mapOf(
      {},
      {
        signingKeys: duration,
        idTokens: duration,
        authRequests: duration,
        deviceRequests: duration,
        refreshTokens: mapOf(
          { reuseInterval: duration },
          { validIfNotUsedFor: duration, absoluteLifetime: duration, disableRotation: flag },
        ),
      },
    ),
    logger: mapOf({ level: fc.constantFrom('debug', 'info') }, { format: fc.constantFrom('json', 'text') }),
    frontend: mapOf({ issuer: word }, { logoURL: address, dir: path, theme: fc.constantFrom('light', 'dark') }),
    sessions: mapOf({ cookieName: word, cookieEncryptionKey: hidden }),
  },
)
