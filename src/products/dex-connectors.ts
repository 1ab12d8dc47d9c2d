/**
 * Connectors of Dex: what an authentication class is to Dex, for Dex itself and for Kubeflow. Every OpenID provider goes through
 * the connector `oidc`, Entra and Google too: `microsoft` and `google` know nothing of principalClaim and groupsClaim, and want
 * permissions for Microsoft Graph or the service account of an administrator, which no class describes. All keys are known to Dex 2.41.
 */
import { type Data, mdCode } from '../formats.ts'
import { error, warning } from './checks.ts'
import type {
  ExpectedVariable,
  GitHubProvider,
  LdapDirectory,
  ProductInput,
  ProductProblem,
  Provider,
  ResolvedClass,
} from './contract.ts'
import { environmentReference } from './environment-reference.ts'
import { ldapProblems } from './ldap-search.ts'
import { bindVariables, clientVariables } from './secrets-example.ts'
import { vendors } from './vendors/index.ts'

export interface DexBroker {
  /** The issuer of Dex, as people see it. Whoever signs in elsewhere comes back to `callback` below it. */
  issuer: string
  /** Only members of these groups get in. */
  allowedGroups: readonly string[]
}

export function dexCallback(issuer: string): string {
  return `${issuer}/callback`
}

export function dexConnectors({ classes }: ProductInput, broker: DexBroker): Data[] {
  return classes.flatMap((found) => {
    const config = connectorConfig(found, broker)
    return config ? [{ type: found.type, id: found.className, name: found.className, config }] : []
  })
}

function connectorConfig(found: ResolvedClass, broker: DexBroker): Data | undefined {
  if (found.type === 'oidc') return oidcConfig(found, broker)
  if (found.type === 'ldap') return ldapConfig(found)
  return found.type === 'github' ? githubConfig(found, broker) : undefined
}

/** Dex finds only names in an ID token that hold text, and wants one: a thin token needs userinfo. Where userinfo is thin, never. */
const tellsAtUserinfo: readonly Provider['kind'][] = ['okta', 'gitlab', 'unknown']
/** Dex refuses whoever comes without `email_verified`. */
const sendsNoEmailVerified: readonly Provider['kind'][] = ['entra', 'adfs']

function oidcConfig(provider: Provider, { issuer, allowedGroups }: DexBroker): Data {
  const { principalClaim, groupsClaim, tls, kind } = provider
  const withGroups = provider.wantsGroups || allowedGroups.length > 0
  const claims = {
    ...(principalClaim === 'preferred_username' ? {} : { preferred_username: principalClaim }),
    ...(withGroups && groupsClaim !== 'groups' ? { groups: groupsClaim } : {}),
  }
  return {
    issuer: provider.issuer,
    ...clientOf(provider),
    redirectURI: dexCallback(issuer),
    // Dex adds `openid` itself.
    scopes: provider.scopes.filter((scope) => scope !== 'openid'),
    ...(provider.clientAuthenticationMethod === 'client_secret_post' ? { basicAuthUnsupported: true } : {}),
    userNameKey: principalClaim,
    // Without the second line a claim that is there already wins over the mapped one.
    ...(Object.keys(claims).length === 0 ? {} : { claimMapping: claims, overrideClaimMapping: true }),
    ...(tellsAtUserinfo.includes(kind) ? { getUserInfo: true } : {}),
    ...(sendsNoEmailVerified.includes(kind) ? { insecureSkipEmailVerified: true } : {}),
    ...(withGroups ? { insecureEnableGroups: true } : {}),
    // Dex does not enforce them without insecureEnableGroups.
    ...(allowedGroups.length === 0 ? {} : { allowedGroups }),
    ...(tls.kind === 'own-ca' ? { rootCAs: [caPath(tls.secretClass)] } : {}),
    ...(tls.kind === 'unverified' ? { insecureSkipVerify: true } : {}),
  }
}

function clientOf({ clientId, clientIdVariable, secretVariable }: Provider | GitHubProvider) {
  return {
    clientID: clientIdVariable === undefined ? clientId : environmentReference(clientIdVariable),
    clientSecret: environmentReference(secretVariable),
  }
}

/** Where a certificate authority is mounted: the Secret of that name, key `ca.crt`. */
export function caPath(secretClass: string): string {
  return `/etc/dex/ca/${secretClass}/ca.crt`
}

function ldapConfig({ host, port, tls, bind, searchBase, searchFilter, fields }: LdapDirectory): Data {
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

/** Groups that list a person: `member` is in groupOfNames and in Active Directory, `memberof` of a person is not everywhere. */
export function dexGroupSearch(searchBase: string) {
  return {
    baseDN: rootOf(searchBase),
    filter: '(|(objectClass=groupOfNames)(objectClass=group))',
    userMatchers: [{ userAttr: 'DN', groupAttr: 'member' }],
    nameAttr: 'cn',
  }
}

/** `ou=people,dc=example,dc=com` -> `dc=example,dc=com`: groups seldom stand among people. */
function rootOf(searchBase: string): string {
  return /(?:^|,)\s*(dc=.*)$/i.exec(searchBase)?.[1] ?? searchBase
}

function githubConfig(found: GitHubProvider, { issuer }: DexBroker): Data {
  const { hostname, organizations } = found
  return {
    ...clientOf(found),
    redirectURI: dexCallback(issuer),
    ...(hostname === 'github.com' ? {} : { hostName: hostname }),
    // Without organisations Dex asks for no groups unless it is told to.
    ...(organizations.length > 0 ? { orgs: organizations.map((name) => ({ name })) } : { loadAllGroups: true }),
    teamNameField: 'slug',
  }
}

/** What Dex expects in its environment for its connectors. */
export function connectorVariables(input: ProductInput): ExpectedVariable[] {
  return input.classes.flatMap((found) => {
    if (found.type === 'oidc' || found.type === 'github') return clientVariables(input, found)
    return found.type === 'ldap' ? bindVariables(found) : []
  })
}

/** The claims with the groups that are asked for; Markdown. */
export function groupClaims({ providers }: ProductInput): string[] {
  const claims = providers.filter(({ wantsGroups }) => wantsGroups).map(({ groupsClaim }) => mdCode(groupsClaim))
  return [...new Set(claims)]
}

/** Certificate authorities that the files name by their path. */
export function ownAuthorities({ classes }: ProductInput): string[] {
  const names = classes.flatMap((found) =>
    (found.type === 'oidc' || found.type === 'ldap') && found.tls.kind === 'own-ca' ? [found.tls.secretClass] : [],
  )
  return [...new Set(names)]
}

export function connectorProblems(input: ProductInput, broker: DexBroker): ProductProblem[] {
  return [
    ...input.classes.flatMap((found) => textProblems(found, broker)),
    ...input.classes.flatMap((found) => (found.type === 'ldap' ? ldapTraps(found) : [])),
    ...input.providers.flatMap(providerTraps),
    ...groupProblems(input, broker),
  ]
}

/** Dex puts variables of its environment into every text of a connector; its image runs gomplate over the whole file before that. */
const expanded = /\$[A-Za-z0-9_{*#$@!?-]/

export function isExpandedByDex(text: string): boolean {
  return expanded.test(text) || text.includes('{{')
}

function textProblems(found: ResolvedClass, { issuer, allowedGroups }: DexBroker): ProductProblem[] {
  const texts: (readonly [string, string])[] = [
    ['issuer of Dex', issuer],
    ...allowedGroups.map((group) => ['group', group] as const),
    ...textsOf(found),
  ]
  return texts
    .filter(([, text]) => isExpandedByDex(text))
    .map(([what, text]) =>
      error(
        found.path,
        `Dex would replace a part of the ${what} ${JSON.stringify(text)} and knows no escape for it: write it without $NAME, \${...} and {{`,
      ),
    )
}

function textsOf(found: ResolvedClass): (readonly [string, string])[] {
  if (found.type === 'oidc') {
    return [
      ['issuer', found.issuer],
      ['client id', found.clientIdVariable === undefined ? found.clientId : ''],
      ['principalClaim', found.principalClaim],
      ['groupsClaim', found.groupsClaim],
      ...found.scopes.map((scope) => ['scope', scope] as const),
    ]
  }
  if (found.type === 'ldap') {
    return [
      ['searchBase', found.searchBase],
      ['searchFilter', found.searchFilter],
      ['name of an attribute', found.fields.uid],
      ['name of an attribute', found.fields.email],
    ]
  }
  if (found.type !== 'github') return []
  return [
    ['client id', found.clientIdVariable === undefined ? found.clientId : ''],
    ...found.organizations.map((name) => ['organization', name] as const),
  ]
}

function ldapTraps(directory: LdapDirectory): ProductProblem[] {
  const found = ldapProblems(directory)
  if (!directory.bind) {
    found.push(
      warning(
        directory.path,
        `Dex looks people up before they sign in, and ${directory.className} has no bindCredentials, so it does that anonymously: add ldap.bindCredentials unless the directory lets anybody search`,
      ),
    )
  }
  return found
}

function providerTraps({ kind, issuer, scopes, className, path }: Provider): ProductProblem[] {
  const found: ProductProblem[] = []
  if (kind === 'entra' && /\/(common|organizations|consumers)\//.test(issuer)) {
    found.push(
      error(
        path,
        `Dex compares issuers letter by letter, and Entra writes the id of the tenant where ${issuer} has another word: write the id of your tenant in authenticationClasses.${className}.oidc.rootPath`,
      ),
    )
  }
  if (!scopes.includes('email')) {
    found.push(
      warning(
        path,
        'the scope email is not asked for, so people come without an e-mail address: add it unless nobody behind Dex needs one',
      ),
    )
  }
  return found
}

/** Whom Dex cannot keep out: it would let everybody in without a word. */
function groupProblems({ classes, product, path }: ProductInput, { allowedGroups }: DexBroker): ProductProblem[] {
  if (allowedGroups.length === 0) return []
  const found = classes.flatMap((at) => classGroupProblems(at))
  if (Object.values(product.roles).some((roles) => roles.length > 0)) {
    found.push(
      warning(
        [...path, 'roles'],
        'only the groups count: their members get in. Dex has no roles, so leave the lists empty ([])',
      ),
    )
  }
  return found
}

function classGroupProblems(found: ResolvedClass): ProductProblem[] {
  const { className, path } = found
  if (found.type === 'ldap') {
    return [
      error(
        path,
        `Dex lets everybody in whom it finds in ${className}, whatever their groups: take away roles and allowedGroups, and write ldap.searchFilter, such as (memberOf=cn=data,ou=teams,dc=example,dc=com)`,
      ),
    ]
  }
  if (found.type === 'github') {
    return [
      error(
        path,
        `Dex asks ${className} for organisations and not for groups: take away roles and allowedGroups, and write github.organizations`,
      ),
    ]
  }
  if (found.type !== 'oidc') return []
  if (found.kind === 'google') {
    return [
      error(
        path,
        'Google sends no groups, so nobody would get in: take away roles and allowedGroups, or sign in through a provider that has groups',
      ),
    ]
  }
  const { groupsScope, title } = vendors[found.kind]
  if (groupsScope === undefined || found.scopes.includes(groupsScope)) return []
  return [
    warning(
      path,
      `only members of groups get in, but the scope ${groupsScope} is not asked for: add oidc.extraScopes: [${groupsScope}] unless ${title} sends the claim anyway`,
    ),
  ]
}
