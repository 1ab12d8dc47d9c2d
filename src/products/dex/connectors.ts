/**
 * Connectors of Dex: what an authentication class is to Dex, for Dex itself and for Kubeflow. Every OpenID provider goes through
 * the connector `oidc`, Entra and Google too: `microsoft` and `google` ignore principalClaim and groupsClaim, and need
 * permissions for Microsoft Graph or the service account of an administrator, which no class describes. Dex 2.41 knows all keys.
 */

import type { Data } from '../../formats.ts'
import type {
  ExpectedVariable,
  GitHubProvider,
  LdapDirectory,
  ProductInput,
  ProductProblem,
  Provider,
  ResolvedClass,
  Strangers,
} from '../contract.ts'
import { environmentReference } from '../writing/environment-reference.ts'
import { bindVariables, clientVariables } from '../writing/expected-variables.ts'
import { claimCode, claimName, nestedClaimProblems } from '../writing/groups-claim.ts'
import { bindProblems, ldapProblems } from '../writing/ldap-search.ts'
import { error, warning } from '../writing/problem.ts'
import { knownVendor, nameForPeople } from '../writing/provider-facts.ts'
import { clientTexts, type NamedText, providerTexts, textProblems, titleTexts } from '../writing/replaced-texts.ts'
import { groupClaimProblems, severalProviderProblems } from '../writing/roles.ts'
import { dexCallback } from './client.ts'
import { dexGroupSearch } from './fixed-settings.ts'

export interface DexBroker {
  /** The issuer of Dex, as people see it. Providers send people back to `callback` below it. */
  issuer: string
  /** Only members of these groups get in. */
  allowedGroups: readonly string[]
  /** Whether its connector for a provider reads groups by an API, whatever the token has. Absent: none does. */
  readsGroupsByApi?: (provider: Provider) => boolean
}

/** What differs between the configurations of one Dex and another. */
interface DexDialect {
  allowedGroups: readonly string[]
  /** Undefined: the program that starts Dex adds it. */
  redirectUri: string | undefined
  client: (someClass: Provider | GitHubProvider) => { clientID: string; clientSecret: string }
  caPath: (secretClass: string) => string
}

export function dexConnectors(input: ProductInput, { issuer, allowedGroups }: DexBroker): DexConnectorEntry[] {
  return connectorsIn(input, { allowedGroups, redirectUri: dexCallback(issuer), client: clientOf, caPath })
}

export function connectorsIn({ classes }: ProductInput, dialect: DexDialect): DexConnectorEntry[] {
  return classes.flatMap((someClass) => {
    if (isGoogleByDomain(someClass)) return [entry(someClass, 'google', googleConfig(someClass, dialect))]
    const config = connectorConfig(someClass, dialect)
    return config ? [entry(someClass, someClass.type, config)] : []
  })
}

/** A connector as Dex takes it. */
export interface DexConnectorEntry {
  type: string
  id: string
  name: string
  config: DexConnectorConfig
  readonly [key: string]: Data
}
export type DexConnectorConfig = Readonly<Record<string, Data>>

function entry(someClass: ResolvedClass, type: string, config: DexConnectorConfig): DexConnectorEntry {
  return { type, id: someClass.className, name: nameForPeople(someClass), config }
}

/** The connector `oidc` of Dex does not look at the domain. */
function isGoogleByDomain(someClass: ResolvedClass): someClass is Provider {
  return someClass.type === 'oidc' && someClass.vendor.namesHostedDomain === true && someClass.hostedDomains.length > 0
}

/** Dex's own connector for Google: the only one that holds people to their domain, and to groups by the API of Google. */
export function googleConfig(
  provider: Provider,
  dialect: Pick<DexDialect, 'allowedGroups' | 'redirectUri' | 'client'>,
) {
  const { hostedDomains } = provider
  const groups = groupsLetIn(provider, dialect)
  return {
    ...dialect.client(provider),
    ...(dialect.redirectUri === undefined ? {} : { redirectURI: dialect.redirectUri }),
    ...(hostedDomains.length === 0 ? {} : { hostedDomains }),
    ...(groups.length === 0 ? {} : { groups }),
  }
}

function connectorConfig(someClass: ResolvedClass, dialect: DexDialect): DexConnectorConfig | undefined {
  if (someClass.type === 'oidc') return oidcConfig(someClass, dialect)
  if (someClass.type === 'ldap') return ldapConfig(someClass)
  return someClass.type === 'github' ? githubConfig(someClass, dialect) : undefined
}

function oidcConfig(provider: Provider, dialect: DexDialect): DexConnectorConfig {
  const { redirectUri, client, caPath } = dialect
  const { principalClaim, groupsClaim, tls, vendor } = provider
  const allowedGroups = groupsLetIn(provider, dialect)
  const withGroups = provider.wantsGroups || allowedGroups.length > 0
  const claims = {
    ...(principalClaim === 'preferred_username' ? {} : { preferred_username: principalClaim }),
    ...(withGroups && claimName(groupsClaim) !== 'groups' ? { groups: claimName(groupsClaim) } : {}),
  }
  return {
    issuer: provider.issuer,
    ...client(provider),
    ...(redirectUri === undefined ? {} : { redirectURI: redirectUri }),
    // Dex adds `openid` itself.
    scopes: provider.scopes.filter((scope) => scope !== 'openid'),
    ...(provider.clientAuthenticationMethod === 'client_secret_post' ? { basicAuthUnsupported: true } : {}),
    userNameKey: principalClaim,
    // Without overrideClaimMapping an existing claim wins over the mapped one.
    ...(Object.keys(claims).length === 0 ? {} : { claimMapping: claims, overrideClaimMapping: true }),
    // Dex needs a name with text in it in the ID token: a thin token needs userinfo. Where userinfo is thin, never.
    ...(vendor.namesInIdToken !== 'always' ? { getUserInfo: true } : {}),
    // Dex refuses people without `email_verified`.
    ...(!vendor.sendsEmailVerified ? { insecureSkipEmailVerified: true } : {}),
    ...(withGroups ? { insecureEnableGroups: true } : {}),
    // Dex does not enforce them without insecureEnableGroups.
    ...(allowedGroups.length === 0 ? {} : { allowedGroups }),
    ...(tls.kind === 'own-ca' ? { rootCAs: [caPath(tls.secretClass)] } : {}),
    ...(tls.kind === 'unverified' ? { insecureSkipVerify: true } : {}),
  }
}

/** Those of the class, else those of the product: `connectorProblems` refuses two different lists. */
export function groupsLetIn(
  { allowedGroups }: Pick<Provider, 'allowedGroups'>,
  broker: Pick<DexBroker, 'allowedGroups'>,
): readonly string[] {
  return allowedGroups.length > 0 ? allowedGroups : broker.allowedGroups
}

export function clientOf({ clientId, clientIdVariable, secretVariable }: Provider | GitHubProvider) {
  return {
    clientID: clientIdVariable === undefined ? clientId : environmentReference(clientIdVariable),
    clientSecret: environmentReference(secretVariable),
  }
}

/** Where a certificate authority is mounted: the Secret of that name, key `ca.crt`. */
export function caPath(secretClass: string): string {
  return `/etc/dex/ca/${secretClass}/ca.crt`
}

function ldapConfig({ host, port, tls, bind, searchBase, searchFilter, fields }: LdapDirectory): DexConnectorConfig {
  return {
    host: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...(tls.kind === 'plain' ? { insecureNoSSL: true } : {}),
    ...(tls.kind === 'unverified' ? { insecureSkipVerify: true } : {}),
    ...(tls.kind === 'own-ca' ? { rootCA: caPath(tls.secretClass) } : {}),
    ...(bind
      ? { bindDN: environmentReference(bind.userVariable), bindPW: environmentReference(bind.passwordVariable) }
      : {}),
    userSearch: {
      baseDN: searchBase,
      ...(searchFilter === '' ? {} : { filter: searchFilter }),
      username: fields.uid,
      idAttr: fields.uid,
      emailAttr: fields.email,
      nameAttr: 'cn',
      preferredUsernameAttr: fields.uid,
    },
    groupSearch: dexGroupSearch(searchBase),
  }
}

function githubConfig(someClass: GitHubProvider, { redirectUri, client }: DexDialect): DexConnectorConfig {
  const { hostname, organizations, teams } = someClass
  return {
    ...client(someClass),
    ...(redirectUri === undefined ? {} : { redirectURI: redirectUri }),
    ...(hostname === 'github.com' ? {} : { hostName: hostname }),
    // Without organisations Dex requests groups only if told to.
    ...(organizations.length + teams.length > 0
      ? { orgs: [...organizations.map((name) => ({ name })), ...teamsByOrganization(teams)] }
      : { loadAllGroups: true }),
    teamNameField: 'slug',
  }
}

function teamsByOrganization(teams: readonly string[]): Data[] {
  const pairs = teams.map((team) => team.split('/') as [string, string])
  return [...Map.groupBy(pairs, ([name]) => name)].map(([name, its]) => ({ name, teams: its.map(([, slug]) => slug) }))
}

/** What Dex expects in its environment for its connectors. */
export function connectorVariables(input: ProductInput): ExpectedVariable[] {
  return input.classes.flatMap((someClass) => {
    if (someClass.type === 'oidc' || someClass.type === 'github') return clientVariables(input, someClass)
    return someClass.type === 'ldap' ? bindVariables(someClass) : []
  })
}

/** The claims of the groups that are requested; Markdown. */
export function groupClaims({ providers }: ProductInput): string[] {
  const claims = providers.filter(({ wantsGroups }) => wantsGroups).map(({ groupsClaim }) => claimCode(groupsClaim))
  return [...new Set(claims)]
}

/** Certificate authorities that the files name by their path. */
export function ownAuthorities({ classes }: ProductInput): string[] {
  const names = classes.flatMap((someClass) =>
    (someClass.type === 'oidc' || someClass.type === 'ldap') && someClass.tls.kind === 'own-ca'
      ? [someClass.tls.secretClass]
      : [],
  )
  return [...new Set(names)]
}

/** `byAddress`: who behind Dex identifies people by address, such as `Kubeflow knows`. */
export function connectorProblems(input: ProductInput, broker: DexBroker, byAddress: string): ProductProblem[] {
  const readsGroups = broker.allowedGroups.length > 0
  return [
    ...expandedTexts(input, broker),
    ...input.classes.flatMap((someClass) =>
      someClass.type === 'ldap' ? [...ldapProblems(someClass), ...bindProblems('Dex', someClass, 'anonymous')] : [],
    ),
    ...input.providers.flatMap(scopeProblems),
    ...emailProblems(input),
    ...groupClaimProblems(input, readsGroups),
    ...unaskedGroups(input, broker),
    ...nestedClaimProblems(
      input.providers.filter(({ wantsGroups }) => wantsGroups || readsGroups),
      { title: 'Dex' },
    ),
    ...severalProviderProblems(input, {
      readsGroups: readsGroups || input.providers.some(({ wantsGroups }) => wantsGroups),
      byAddress,
    }),
    ...groupProblems(input, broker),
    ...input.providers.flatMap((provider) => limitProblems(provider, broker)),
  ]
}

/** Limits of a class that the connector `oidc` of Dex does not hold people to, or that this Dex contradicts. */
function limitProblems(
  { allowedGroups, hostedDomains, className, vendor }: Provider,
  broker: DexBroker,
): ProductProblem[] {
  const at = ['authenticationClasses', className, 'oidc']
  const problems: ProductProblem[] = []
  const differs = String([...allowedGroups].sort()) !== String([...broker.allowedGroups].sort())
  if (allowedGroups.length > 0 && broker.allowedGroups.length > 0 && differs) {
    problems.push(
      error(
        [...at, 'allowedGroups'],
        'Dex knows one list of groups for each connector, and the product has another one (allowedGroups, roles): write one of the two',
      ),
    )
  }
  if (hostedDomains.length > 0 && !vendor.namesHostedDomain) {
    problems.push(
      error(
        [...at, 'hostedDomains'],
        `only Google has such domains, and Dex would let in everybody of ${className}: write providerHint: Google if it is Google, or limit people by allowedGroups`,
      ),
    )
  }
  return problems
}

/** Dex puts variables of its environment into every text of a connector; its image runs gomplate over the whole file before that. */
const expanded = /\$[A-Za-z0-9_{*#$@!?-]/

function isExpandedByDex(text: string): boolean {
  return expanded.test(text) || text.includes('{{')
}

function expandedTexts({ classes }: ProductInput, { issuer, allowedGroups }: DexBroker): ProductProblem[] {
  const texts = classes.flatMap((someClass) => [
    { what: 'issuer of Dex', text: issuer, path: someClass.path },
    ...[...allowedGroups, ...(someClass.type === 'oidc' ? someClass.allowedGroups : [])].map((text) => ({
      what: 'group',
      text,
      path: someClass.path,
    })),
    ...titleTexts(someClass),
    ...textsOf(someClass),
  ])
  return textProblems(
    texts,
    isExpandedByDex,
    'contains a part that Dex would replace, and there is no escape for it: write it without $NAME, ${...} and {{',
  )
}

function textsOf(someClass: ResolvedClass): NamedText[] {
  const { path } = someClass
  if (someClass.type === 'oidc') return [{ what: 'issuer', text: someClass.issuer, path }, ...providerTexts(someClass)]
  if (someClass.type === 'ldap') {
    return [
      { what: 'searchBase', text: someClass.searchBase, path },
      { what: 'searchFilter', text: someClass.searchFilter, path },
      { what: 'name of an attribute', text: someClass.fields.uid, path },
      { what: 'name of an attribute', text: someClass.fields.email, path },
    ]
  }
  if (someClass.type !== 'github') return []
  return [
    ...clientTexts(someClass),
    ...[...someClass.organizations, ...someClass.teams].map((text) => ({ what: 'organization or team', text, path })),
  ]
}

function scopeProblems({ scopes, path }: Provider): ProductProblem[] {
  // Without any other scope Dex asks for profile and email by itself.
  if (scopes.includes('email') || scopes.every((scope) => scope === 'openid')) return []
  return [
    warning(
      'scope-missing',
      path,
      'the scope email is not requested, so people have no e-mail address: add it unless nothing behind Dex needs one',
    ),
  ]
}

/** The providers whose addresses Dex is told to believe. */
export function emailProblems({ providers }: Pick<ProductInput, 'providers'>): ProductProblem[] {
  return providers
    .filter(({ vendor }) => !vendor.sendsEmailVerified)
    .map(({ vendor, path }) =>
      warning(
        'address-unverified',
        path,
        `${vendor.title} sends no email_verified, so Dex believes its e-mail addresses as they are (insecureSkipEmailVerified): allow only administrators to write addresses there`,
      ),
    )
}

/**
 * Providers whose groups Dex does not pass on, because nothing asks for them: where there is no scope for groups only the claim, or groups that get
 * in, show that somebody wants them.
 */
function unaskedGroups({ providers }: ProductInput, broker: DexBroker): ProductProblem[] {
  return providers.flatMap((provider) => {
    if (groupsLetIn(provider, broker).length > 0 || broker.readsGroupsByApi?.(provider)) return []
    const { wantsGroups, className, path } = provider
    const { groups, title, neverSends, isOurs } = knownVendor(provider)
    const sends = Object.values(groups.where).some((presence) => presence !== 'never')
    if (isOurs || wantsGroups || groups.scope !== undefined || !sends) return []
    const claim = neverSends.includes(groups.claim) ? 'the claim that carries them' : groups.claim
    const message = `${title} has no scope for groups, so Dex passes none on to the applications behind it: if they need them, write ${claim} in authenticationClasses.${className}.oidc.groupsClaim`
    return [warning('groups-missing', path, message)]
  })
}

/** Where Dex keeps nobody out, everybody who has an account at GitHub gets in. */
export function dexStrangers(
  someClass: Provider | GitHubProvider,
  { allowedGroups }: DexBroker,
): Strangers | undefined {
  if (someClass.type === 'github') return { severity: 'error' }
  // That nobody has groups there is a separate error.
  return groupsLetIn(someClass, { allowedGroups }).length > 0 ? undefined : { severity: 'warning' }
}

/** People whom Dex cannot keep out: it would silently let everybody in. */
function groupProblems({ classes, product, path }: ProductInput, { allowedGroups }: DexBroker): ProductProblem[] {
  if (allowedGroups.length === 0) return []
  const problems = classes.flatMap((at) => classGroupProblems(at))
  if (Object.values(product.roles).some((roles) => roles.length > 0)) {
    problems.push(
      warning(
        'roles-are-groups',
        [...path, 'roles'],
        'only the groups count: their members get in. Dex has no roles, so leave the lists empty ([])',
      ),
    )
  }
  return problems
}

function classGroupProblems(someClass: ResolvedClass): ProductProblem[] {
  const { className, path } = someClass
  if (someClass.type === 'ldap') {
    return [
      error(
        path,
        `Dex lets in everybody whom it finds in ${className}, whatever their groups: remove roles and allowedGroups, and write ldap.searchFilter, such as (memberOf=cn=data,ou=teams,dc=example,dc=com)`,
      ),
    ]
  }
  if (someClass.type === 'github') {
    return [
      error(
        path,
        `Dex asks ${className} for organisations and not for groups: remove roles and allowedGroups, and write github.organizations`,
      ),
    ]
  }
  return []
}
