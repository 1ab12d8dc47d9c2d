/**
 * Connectors of Dex: what an authentication class is to Dex, for Dex itself and for Kubeflow. Every OpenID provider goes through
 * the connector `oidc`, Entra and Google too: `microsoft` and `google` ignore principalClaim and groupsClaim, and need
 * permissions for Microsoft Graph or the service account of an administrator, which no class describes. Dex 2.41 knows all keys.
 */

import { type Data, mdCode } from '../../formats.ts'
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
import { bindProblems, ldapProblems } from '../writing/ldap-search.ts'
import { error, warning } from '../writing/problem.ts'
import { clientTexts, type NamedText, providerTexts, textProblems } from '../writing/replaced-texts.ts'
import { groupClaimProblems, severalProviderProblems } from '../writing/roles.ts'
import { dexCallback } from './client.ts'
import { dexGroupSearch } from './fixed-settings.ts'

export interface DexBroker {
  /** The issuer of Dex, as people see it. Providers send people back to `callback` below it. */
  issuer: string
  /** Only members of these groups get in. */
  allowedGroups: readonly string[]
}

/** What differs between the configurations of one Dex and another. */
interface DexDialect {
  allowedGroups: readonly string[]
  /** Undefined: the program that starts Dex adds it. */
  redirectUri: string | undefined
  client: (someClass: Provider | GitHubProvider) => { clientID: string; clientSecret: string }
  caPath: (secretClass: string) => string
}

export function dexConnectors(input: ProductInput, { issuer, allowedGroups }: DexBroker): Data[] {
  return connectorsIn(input, { allowedGroups, redirectUri: dexCallback(issuer), client: clientOf, caPath })
}

export function connectorsIn({ classes }: ProductInput, dialect: DexDialect): Data[] {
  return classes.flatMap((someClass) => {
    const config = connectorConfig(someClass, dialect)
    return config ? [{ type: someClass.type, id: someClass.className, name: someClass.className, config }] : []
  })
}

function connectorConfig(someClass: ResolvedClass, dialect: DexDialect): Data | undefined {
  if (someClass.type === 'oidc') return oidcConfig(someClass, dialect)
  if (someClass.type === 'ldap') return ldapConfig(someClass)
  return someClass.type === 'github' ? githubConfig(someClass, dialect) : undefined
}

function oidcConfig(provider: Provider, { allowedGroups, redirectUri, client, caPath }: DexDialect): Data {
  const { principalClaim, groupsClaim, tls, vendor } = provider
  const withGroups = provider.wantsGroups || allowedGroups.length > 0
  const claims = {
    ...(principalClaim === 'preferred_username' ? {} : { preferred_username: principalClaim }),
    ...(withGroups && groupsClaim !== 'groups' ? { groups: groupsClaim } : {}),
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

function githubConfig(someClass: GitHubProvider, { redirectUri, client }: DexDialect): Data {
  const { hostname, organizations } = someClass
  return {
    ...client(someClass),
    ...(redirectUri === undefined ? {} : { redirectURI: redirectUri }),
    ...(hostname === 'github.com' ? {} : { hostName: hostname }),
    // Without organisations Dex requests groups only if told to.
    ...(organizations.length > 0 ? { orgs: organizations.map((name) => ({ name })) } : { loadAllGroups: true }),
    teamNameField: 'slug',
  }
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
  const claims = providers.filter(({ wantsGroups }) => wantsGroups).map(({ groupsClaim }) => mdCode(groupsClaim))
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
    ...severalProviderProblems(input, {
      readsGroups: readsGroups || input.providers.some(({ wantsGroups }) => wantsGroups),
      byAddress,
    }),
    ...groupProblems(input, broker),
  ]
}

/** Dex puts variables of its environment into every text of a connector; its image runs gomplate over the whole file before that. */
const expanded = /\$[A-Za-z0-9_{*#$@!?-]/

function isExpandedByDex(text: string): boolean {
  return expanded.test(text) || text.includes('{{')
}

function expandedTexts({ classes }: ProductInput, { issuer, allowedGroups }: DexBroker): ProductProblem[] {
  const texts = classes.flatMap((someClass) => [
    { what: 'issuer of Dex', text: issuer, path: someClass.path },
    ...allowedGroups.map((text) => ({ what: 'group', text, path: someClass.path })),
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
  return [...clientTexts(someClass), ...someClass.organizations.map((text) => ({ what: 'organization', text, path }))]
}

function scopeProblems({ scopes, path }: Provider): ProductProblem[] {
  if (scopes.includes('email')) return []
  return [
    warning(
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
        path,
        `${vendor.title} sends no email_verified, so Dex believes its e-mail addresses as they are (insecureSkipEmailVerified): allow only administrators to write addresses there`,
      ),
    )
}

/** Where Dex keeps nobody out, everybody who has an account at GitHub gets in. */
export function dexStrangers({ type }: Provider | GitHubProvider, { allowedGroups }: DexBroker): Strangers | undefined {
  if (type === 'github') return { severity: 'error' }
  // That nobody has groups there is a separate error.
  return allowedGroups.length > 0 ? undefined : { severity: 'warning' }
}

/** People whom Dex cannot keep out: it would silently let everybody in. */
function groupProblems({ classes, product, path }: ProductInput, { allowedGroups }: DexBroker): ProductProblem[] {
  if (allowedGroups.length === 0) return []
  const problems = classes.flatMap((at) => classGroupProblems(at))
  if (Object.values(product.roles).some((roles) => roles.length > 0)) {
    problems.push(
      warning(
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
