/**
 * The keys of Dex, as it documents them. It reads keys without regard to capitals (encoding/json of Go), so that `clientId` works for
 * `clientID`: an import writes each as Dex does.
 */
import { isMap } from '../../maps.ts'

const words = `
issuer storage web telemetry oauth2 grpc expiry logger frontend signer connectors staticClients enablePasswordDB staticPasswords sessions mfa
type config id name http https headers tlsCert tlsKey tlsMinVersion tlsMaxVersion allowedOrigins allowedHeaders clientRemoteIP header
trustedProxies Content-Security-Policy X-Frame-Options X-Content-Type-Options X-XSS-Protection Strict-Transport-Security enableProfiling
grantTypes responseTypes skipApprovalScreen alwaysShowLoginScreen passwordConnector pkce addr tlsClientCA reflection signingKeys idTokens
authRequests deviceRequests refreshTokens disableRotation reuseInterval absoluteLifetime validIfNotUsedFor level format excludeFields dir
logoURL theme extra email username preferredUsername emailVerified userID hash hashFromEnv groups idEnv secret secretEnv redirectURIs
trustedPeers public postLogoutRedirectURIs file inCluster kubeConfigFile database user password host port connectionTimeout maxOpenConns
maxIdleConns connMaxLifetime ssl mode caFile keyFile certFile endpoints namespace serverName
clientID clientSecret redirectURI issuerAlias providerDiscoveryOverrides tokenURL authURL jwksURL basicAuthUnsupported scopes hostedDomains
rootCAs insecureSkipEmailVerified insecureEnableGroups allowedGroups acrValues insecureSkipVerify getUserInfo userIDKey userNameKey promptType
pkceChallenge overrideClaimMapping claimMapping preferred_username claimModifications newGroupFromClaims claims delimiter clearDelimiter
prefix suffix filterGroupClaims groupsFilter modifyGroupNames
insecureNoSSL startTLS rootCA rootCAData clientCert clientKey bindDN bindPW usernamePrompt userSearch baseDN filter scope idAttr emailAttr
emailSuffix nameAttr preferredUsernameAttr groupSearch userAttr groupAttr recursionGroupAttr userMatchers
org orgs teams hostName teamNameField loadAllGroups useLoginAsID preferredEmailDomain
serviceAccountFilePath adminEmail domainToAdminEmail fetchTransitiveGroupMembership
tenant onlySecurityGroups groupNameFormat useGroupsAsWhitelist emailToLowercase apiURL graphURL domainHint
baseURL getGroupsPermission inheritedGroups
entityIssuer ssoIssuer ssoURL ca caData insecureSkipSignatureValidation usernameAttr groupsAttr groupsDelim filterGroups nameIDPolicyFormat
insecureCA tokenURL authorizationURL userInfoURL includeTeamGroups userIDHeader userHeader userNameHeader emailHeader groupHeader
groupHeaderSeparator staticGroups preferredUsernameField keystoneHost keystoneUsername keystonePassword domain
preferredUsernameKey groupsKey emailKey emailVerifiedKey
`
const names = new Map(words.split(/\s+/).map((word) => [word.toLowerCase(), word]))

/** Maps whose keys are not those of Dex. */
const free = new Set(['extra', 'domainToAdminEmail'])

/** Whether Dex documents a key. `above` is the key of the map that holds it. */
export function isDocumented(key: string, above: string | undefined): boolean {
  return names.has(key.toLowerCase()) || (above !== undefined && free.has(above))
}

/** The same data, each key that Dex knows as it is documented. */
export function withDocumentedKeys(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withDocumentedKeys)
  if (!isMap(data)) return data
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => {
      const name = names.get(key.toLowerCase()) ?? key
      return [name, free.has(name) ? value : withDocumentedKeys(value)]
    }),
  )
}

/** Settings of Dex whose values are no secret, whatever they are. */
export const harmless: ReadonlySet<string> = new Set([
  ...['issuer', 'issuerAlias', 'scopes', 'acrValues', 'promptType', 'redirectURI', 'redirectURIs', 'grantTypes'],
  ...['userIDKey', 'userNameKey', 'overrideClaimMapping', 'claimMapping.email', 'claimMapping.groups', 'responseTypes'],
  ...['claimMapping.preferred_username', 'groupsFilter', 'delimiter', 'tokenURL', 'authURL', 'jwksURL', 'jwksUri'],
  ...['insecureSkipVerify', 'insecureSkipEmailVerified', 'insecureEnableGroups', 'getUserInfo', 'pkceChallenge'],
  ...['basicAuthUnsupported', 'allowedGroups', 'groups', 'hostedDomains', 'tenant', 'baseURL', 'host', 'hostName'],
  ...['rootCA', 'rootCAs', 'startTLS', 'insecureNoSSL', 'baseDN', 'filter', 'scope', 'username', 'idAttr', 'emailAttr'],
  ...['nameAttr', 'emailSuffix', 'preferredUsernameAttr', 'userAttr', 'groupAttr', 'recursionGroupAttr'],
  ...['usernamePrompt', 'org', 'orgs.name', 'orgs.teams', 'teams', 'teamNameField', 'loadAllGroups', 'useLoginAsID'],
  ...['preferredEmailDomain', 'serviceAccountFilePath', 'fetchTransitiveGroupMembership', 'inheritedGroups'],
  ...['onlySecurityGroups', 'groupNameFormat', 'useGroupsAsWhitelist', 'emailToLowercase', 'domainHint', 'apiURL'],
  ...['graphURL', 'getGroupsPermission', 'web.http', 'web.https', 'web.headers', 'allowedOrigins', 'allowedHeaders'],
  ...['X-Frame-Options', 'X-Content-Type-Options', 'Strict-Transport-Security', 'tlsCert', 'tlsMinVersion'],
  ...['tlsMaxVersion', 'telemetry.http', 'enableProfiling', 'grpc.addr', 'reflection', 'logger.level', 'logger.format'],
  ...['expiry.idTokens', 'expiry.signingKeys', 'expiry.authRequests', 'expiry.deviceRequests', 'reuseInterval'],
  ...['absoluteLifetime', 'validIfNotUsedFor', 'disableRotation', 'skipApprovalScreen', 'alwaysShowLoginScreen'],
  ...['passwordConnector', 'pkce.enforce', 'codeChallengeMethodsSupported', 'frontend.theme', 'frontend.issuer'],
  ...['storage.type', 'storage.config.file', 'inCluster', 'crdHandling', 'logoURL', 'trustedPeers', 'public'],
  ...['postLogoutRedirectURIs', 'signer.type', 'excludeFields', 'enablePasswordDB'],
])
