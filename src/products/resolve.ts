import { clientCredentialsOf } from '../config/client-credentials.ts'
import { groupsClaimOf } from '../config/groups-claim.ts'
import { innerAddress, innerDiscoveryUrl, innerEndpoints } from '../config/inner-address.ts'
import { issuerOf } from '../config/issuer.ts'
import type {
  AuthenticationClass,
  GitHub,
  LdapServer,
  OidcProvider,
  Product,
  ProductAuthentication,
} from '../config/schema.ts'
import { parseSecretReference } from '../config/secret-reference.ts'
import { certificateCheckOf } from '../config/tls.ts'
import { AppError } from '../errors.ts'
import { upperSnake } from '../formats/variable-name.ts'
import { discoveryUrlOf } from '../issuer-text.ts'
import type { Vendor } from '../vendors/contract.ts'
import { vendorOf, vendors } from '../vendors/index.ts'
import { clients } from './client-kinds.ts'
import { profileOf, settingsOf } from './clients.ts'
import type {
  ClientAtProvider,
  ClientProfile,
  ConfigForProducts,
  ConfigPath,
  GitHubProvider,
  LdapDirectory,
  ProductInput,
  Provider,
  ResolvedClass,
  Setting,
  StaticAccounts,
  UnvouchedWay,
} from './contract.ts'
import { settingsOnlyHere } from './contract.ts'

/** Scopes that the class `gatehouse` offers to every product. */
const gatehouseScopes = ['openid', 'email', 'profile', 'groups']

/**
 * Everything that is known about one product, from a checked configuration. Throws `config-invalid` for a name that points to
 * nothing: `loadConfig` reports those with their lines, so it means that the configuration was not checked.
 */
export function resolveProduct(config: ConfigForProducts, name: string): ProductInput {
  const product = config.products[name]
  if (!product) throw new AppError('config-invalid', { at: `products.${name}`, problem: 'there is no such product' })
  const path = ['products', name]
  const settings = settingsOf(product)
  const profile = profileOf(product, settings)
  const classes = product.authentication.map((entry, index) =>
    resolveClass(config, { name, product, profile, entry, path: [...path, 'authentication', index] }),
  )
  return {
    name,
    ...settings,
    profile,
    classes,
    providers: classes.filter((resolved) => resolved.type === 'oidc'),
    teams: Object.keys(config.teams),
    unvouchedWays: unvouchedWays(config),
    clientOf: (secretName) => clientOf(config, name, secretName),
    path,
  }
}

function unvouchedWays({ login = [], authenticationClasses }: ConfigForProducts): UnvouchedWay[] {
  return login.flatMap(({ authenticationClass: className = '', emailDomains = [] }, index) => {
    const oidc = authenticationClasses[className]?.oidc
    const vendor = vendorOf(oidc?.providerHint)
    if (!oidc || vendor.sendsEmailVerified || emailDomains.length > 0) return []
    return [{ className, vendor: vendor.title, path: ['login', index] }]
  })
}

interface EntryOfProduct {
  name: string
  product: Product
  profile: ClientProfile
  entry: ProductAuthentication
  path: ConfigPath
}

function resolveClass(config: ConfigForProducts, at: EntryOfProduct): ResolvedClass {
  const className = at.entry.authenticationClass
  const inUse = { className, entry: at.entry, path: at.path }
  if (className === 'gatehouse') return gatehouseProvider(config, at)
  const described: AuthenticationClass = config.authenticationClasses[className] ?? {}
  if (described.oidc) return oidcProvider(config, at, described.oidc)
  if (described.ldap) return { ...inUse, type: 'ldap', ...ldapFacts(config, className, described.ldap) }
  if (described.static) {
    return { ...inUse, type: 'static', ...accountsOf(config, className, described.static.userCredentialsSecret.name) }
  }
  if (described.tls) return { ...inUse, type: 'tls', secretClass: described.tls.clientCertSecretClass ?? undefined }
  if (described.kerberos) return { ...inUse, type: 'kerberos', secretClass: described.kerberos.kerberosSecretClass }
  if (described.github) return { ...inUse, type: 'github', ...githubFacts(config, at, described.github) }
  throw new AppError('config-invalid', {
    at: at.path.join('.'),
    problem: `there is no authenticationClass ${className}`,
  })
}

/** The client in a secret; without a name, the one whose secret Gatehouse derives. */
function clientOf(
  config: ConfigForProducts,
  owner: string,
  secretName: string | undefined,
  className?: string,
): ClientAtProvider {
  const { clientId, clientIdVariable, secretReference, secretVariable } = clientCredentialsOf(
    config,
    owner,
    secretName === undefined ? undefined : { clientCredentialsSecret: secretName },
  )
  const isDerived = className === 'gatehouse' && secretReference === undefined
  return {
    clientId,
    clientIdVariable,
    secretVariable,
    secretName: isDerived ? undefined : secretName,
    secretIsDerived: isDerived,
    secretIsConfigured: secretReference !== undefined,
  }
}

function gatehouseProvider(config: ConfigForProducts, at: EntryOfProduct): Provider {
  const { issuer } = config
  if (issuer === undefined) {
    throw new AppError('config-invalid', { at: at.path.join('.'), problem: 'the class gatehouse needs `issuer`' })
  }
  const vendor = vendors.gatehouse
  return {
    ...clientFacts(config, at, vendor, gatehouseScopes),
    issuer,
    discoveryUrl: discoveryUrlOf(issuer),
    endpoints: vendor.endpoints(issuer),
    innerIssuer: undefined,
    internalUrl: undefined,
    groupsClaim: [vendor.groups.claim],
    groupsClaimIsDoubtful: false,
    principalClaim: 'preferred_username',
    allowedGroups: [],
    hostedDomains: [],
    allowedTenants: [],
    allowedDomains: [],
    tls: issuer.startsWith('https:') ? { kind: 'web-pki' } : { kind: 'plain' },
  }
}

function oidcProvider(config: ConfigForProducts, at: EntryOfProduct, oidc: OidcProvider): Provider {
  const vendor = vendorOf(oidc.providerHint)
  const issuer = issuerOf(oidc)
  const { path, isDoubtful } = groupsClaimOf(oidc)
  return {
    ...clientFacts(config, at, vendor, oidc.scopes, oidc.groupsClaim !== undefined),
    issuer,
    internalUrl: oidc.internalUrl,
    ...addressesOf(oidc, { issuer, vendor, follows: clients[at.product.product].follows }),
    groupsClaim: path,
    groupsClaimIsDoubtful: isDoubtful,
    principalClaim: oidc.principalClaim,
    allowedGroups: oidc.allowedGroups,
    hostedDomains: oidc.hostedDomains,
    allowedTenants: oidc.allowedTenants ?? [],
    allowedDomains: oidc.allowedDomains ?? [],
    groupsFilter: oidc.groupsFilter,
    groupsPrefix: oidc.groupsPrefix,
    tls: certificateCheckOf(oidc.tls),
  }
}

/** For a product that can go to the inner address its calls go there; every other one knows only the public ones. */
function addressesOf(
  { endpoints: written, internalUrl }: OidcProvider,
  { issuer, vendor, follows }: { issuer: string; vendor: Vendor; follows: readonly Setting[] },
): Pick<Provider, 'discoveryUrl' | 'endpoints' | 'innerIssuer'> {
  const endpoints = written ? { endSession: undefined, ...written } : vendor.endpoints(issuer)
  if (internalUrl === undefined || !follows.includes('internalUrl')) {
    return { discoveryUrl: discoveryUrlOf(issuer), endpoints, innerIssuer: undefined }
  }
  const addresses = { issuer, internalUrl }
  return {
    discoveryUrl: innerDiscoveryUrl(addresses),
    endpoints: endpoints && innerEndpoints(endpoints, addresses),
    innerIssuer: innerAddress(issuer, addresses),
  }
}

function clientFacts(
  config: ConfigForProducts,
  at: EntryOfProduct,
  vendor: Vendor,
  classScopes: readonly string[],
  namesGroupsClaim = false,
) {
  const { product, profile, entry, path } = at
  // If a kind ignores them (checks/ignored-settings.ts says so), it does not request them.
  const { follows, rolesAreGroups } = clients[product.product]
  const extraScopes = follows.includes('extraScopes') ? (entry.oidc?.extraScopes ?? []) : []
  const scopes = [...new Set([...classScopes, ...extraScopes])]
  return {
    type: 'oidc' as const,
    className: entry.authenticationClass,
    kind: vendor.kind,
    vendor,
    entry,
    path,
    scopes,
    wantsGroups: wantsGroups(),
    ...clientOfEntry(config, at),
    clientAuthenticationMethod: entry.oidc?.clientAuthenticationMethod ?? profile.clientAuthenticationMethods[0],
    authorizationParameters: entry.oidc?.authorizationParameters ?? {},
  }

  function wantsGroups(): boolean {
    // Gatehouse offers the scope to everyone, so there it does not show what this product wants.
    const asksByScope = (vendor.isOurs ? extraScopes : scopes).includes(vendor.groups.scope ?? '')
    if (asksByScope || namesGroupsClaim) return true
    // If the scope does not show it, roles do, or the existence of teams.
    const given = Object.values(product.roles).filter((roles) => rolesAreGroups || roles.length > 0)
    const hasRoles = follows.includes('roles') && given.length > 0
    if (vendor.isOurs) return hasRoles || Object.keys(config.teams).length > 0
    return vendor.groups.scope === undefined && hasRoles
  }
}

function ldapFacts(
  config: ConfigForProducts,
  className: string,
  ldap: LdapServer,
): Omit<LdapDirectory, 'type' | 'className' | 'entry' | 'path'> {
  const port = ldap.port ?? (ldap.tls ? 636 : 389)
  const host = ldap.hostname.includes(':') ? `[${ldap.hostname}]` : ldap.hostname
  const secretName = ldap.bindCredentials?.secretClass
  const variable = upperSnake(className)
  const secret = secretName === undefined ? undefined : config.secrets[secretName]
  return {
    host: ldap.hostname,
    port,
    url: `${ldap.tls ? 'ldaps' : 'ldap'}://${host}:${port}`,
    searchBase: ldap.searchBase,
    searchFilter: ldap.searchFilter,
    fields: ldap.ldapFieldNames,
    bind:
      secretName === undefined
        ? undefined
        : {
            secretName,
            userVariable: variableOf(secret?.user, `LDAP_USER_${variable}`),
            passwordVariable: variableOf(secret?.password, `LDAP_PASSWORD_${variable}`),
          },
    tls: certificateCheckOf(ldap.tls),
    onlyHere: settingsOnlyHere.filter((key) => ldap[key] !== undefined && ldap[key] !== false),
  }
}

function accountsOf(
  config: ConfigForProducts,
  className: string,
  secretName: string,
): Pick<StaticAccounts, 'secretName' | 'users'> {
  const users = Object.entries(config.secrets[secretName]?.users ?? {}).map(([name, password]) => ({
    name,
    passwordVariable: variableOf(password, `${upperSnake(className)}_${upperSnake(name)}_PASSWORD`),
  }))
  return { secretName, users }
}

/** The client of an entry. Some products read id and secret from fixed variables, whatever the configuration calls them. */
function clientOfEntry(config: ConfigForProducts, { name, profile, entry }: EntryOfProduct): ClientAtProvider {
  const client = clientOf(config, name, entry.oidc?.clientCredentialsSecret, entry.authenticationClass)
  const { clientIdVariable = client.clientIdVariable, secretVariable = client.secretVariable } = profile
  return {
    ...client,
    clientIdVariable: client.clientIdVariable === undefined ? undefined : clientIdVariable,
    secretVariable,
  }
}

function githubFacts(
  config: ConfigForProducts,
  at: EntryOfProduct,
  { hostname, organizations, teams }: GitHub,
): Omit<GitHubProvider, 'type' | 'className' | 'entry' | 'path'> {
  return {
    hostname,
    organizations,
    teams,
    ...clientOfEntry(config, at),
  }
}

/** The variable that a reference names, or the usual one for such a value. */
function variableOf(reference: string | undefined, usual: string): string {
  const source = reference === undefined ? undefined : parseSecretReference(reference)
  return source?.kind === 'env' ? source.name : usual
}
