/**
 * What a product kind owns, in its own folder: the client that it is at a provider and the known versions
 * (client.ts), its files and its traps (index.ts). Pure: configuration in, files out; no network, no clock, no environment.
 * `resolve.ts` finds the provider, `checks/` and `render-product.ts` do what all products have in common (warnings,
 * secrets.env.example), `registration/` says what to do at the provider (REGISTER.md), and `output/` chooses the form of the files.
 */
import type { ClaimPath } from '../claim-path.ts'
import type {
  ClassType,
  ClientAuthenticationMethod,
  Config,
  KindWithOptions,
  LdapServer,
  OptionsOf,
  Product,
  ProductAuthentication,
  ProductKind,
  ResponseType,
} from '../config/schema.ts'
import type { CertificateCheck } from '../config/tls.ts'
import type { WarningCode } from '../config/warning-codes.ts'
import type { EnvEntry } from '../formats.ts'
import type { ProviderEndpoints, Vendor, VendorKind } from '../vendors/contract.ts'

/** The id and secret with which a product authenticates at a provider. */
export interface ClientAtProvider {
  clientId: string
  /** The environment variable that holds the client id, if it must not be in a file. */
  clientIdVariable: string | undefined
  /** The environment variable from which the product reads the secret. */
  secretVariable: string
  /** The entry under `secrets` (or the Secret of Kubernetes) that holds both; undefined when Gatehouse derives the secret. */
  secretName: string | undefined
  /** True when Gatehouse derives the secret itself (`gatehouse clients secret`). */
  secretIsDerived: boolean
  /** Whether the configuration says where the secret is. A public client has none. */
  secretIsConfigured: boolean
}

interface ClassInUse {
  className: string
  /** The entry of the product that names the class. */
  entry: ProductAuthentication
  /** Where that entry is in the configuration, for problems. */
  path: ConfigPath
}

/** One OpenID provider as a product sees it, with the product's client there. */
export interface Provider extends ClassInUse, ClientAtProvider {
  type: 'oidc'
  kind: VendorKind
  /** What is known about providers of this vendor. */
  vendor: Vendor
  issuer: string
  /** Where the product reads the discovery document: the inner address, where it can go there. */
  discoveryUrl: string
  /** For browsers the public ones; for calls of the product itself the inner ones, where it can go there. */
  endpoints: ProviderEndpoints | undefined
  /** The issuer behind `internalUrl`. Undefined: there is none, or the product calls the public address. */
  innerIssuer: string | undefined
  /** As the class has it, whether the product can go there or not. */
  internalUrl: string | undefined
  /** Those of the class, then extraScopes, each once. */
  scopes: readonly string[]
  /** Whether groups are wanted: by scope, by roles, or (Gatehouse, which always offers the scope) by teams. */
  wantsGroups: boolean
  /** Where the groups are. */
  groupsClaim: ClaimPath
  /** Only the form of its text says that a dot is part of its name. */
  groupsClaimIsDoubtful: boolean
  principalClaim: string
  /** Only their members get in; everyone when empty. */
  allowedGroups: readonly string[]
  /** Only accounts of these organisations at Google get in; everyone when empty. */
  hostedDomains: readonly string[]
  /** Only people of these tenants of Entra ID, and with addresses in these domains, get in; everyone when empty. */
  allowedTenants: readonly string[]
  allowedDomains: readonly string[]
  groupsFilter?: string | undefined
  groupsPrefix?: string | undefined
  tls: CertificateCheck
  clientAuthenticationMethod: ClientAuthenticationMethod
  /** Sent to the authorization endpoint as well. */
  authorizationParameters: Readonly<Record<string, string>>
}

/** Settings of a directory for signing in here: products have their own, or none. */
export const settingsOnlyHere = ['startTls', 'replicas', 'identityAttribute', 'groups'] as const
export type OnlyHere = (typeof settingsOnlyHere)[number]

/** One LDAP directory. */
export interface LdapDirectory extends ClassInUse {
  type: 'ldap'
  host: string
  port: number
  /** `ldap://host:port` or `ldaps://host:port`; StartTLS is never meant. */
  url: string
  searchBase: string
  searchFilter: string
  fields: LdapServer['ldapFieldNames']
  /** The account that searches; the variables hold its DN and password. */
  bind: { secretName: string; userVariable: string; passwordVariable: string } | undefined
  tls: CertificateCheck
  /** Settings of the class that are written, and that only this server follows. */
  onlyHere: readonly OnlyHere[]
}

/** A fixed list of accounts. */
export interface StaticAccounts extends ClassInUse {
  type: 'static'
  secretName: string
  users: readonly { name: string; passwordVariable: string }[]
}

/** Client certificates. `secretClass` undefined: those that the product itself trusts. */
export interface ClientCertificates extends ClassInUse {
  type: 'tls'
  secretClass: string | undefined
}

export interface KerberosRealm extends ClassInUse {
  type: 'kerberos'
  secretClass: string
}

/** GitHub, which is not an OpenID provider: no issuer, no ID token, no `groups`. */
export interface GitHubProvider extends ClassInUse, ClientAtProvider {
  type: 'github'
  hostname: string
  organizations: readonly string[]
  /** `organisation/slug`, of organisations that are not in `organizations`. */
  teams: readonly string[]
}

export type ResolvedClass =
  | Provider
  | LdapDirectory
  | StaticAccounts
  | ClientCertificates
  | KerberosRealm
  | GitHubProvider

export type ConfigPath = readonly (string | number)[]

export type ProductProblem = ProductError | ProductWarning

export interface ProductError {
  severity: 'error'
  path: ConfigPath
  message: string
  /** The files are written despite this error, because they are safe: stricter than what was asked for. */
  keepsFiles?: true
}

export interface ProductWarning {
  severity: 'warning'
  /** By which it can be acknowledged. */
  code: WarningCode
  path: ConfigPath
  message: string
}

/** Everything that a product kind needs to write its files. */
export interface ProductInput<K extends ProductKind = ProductKind> extends ProductSettings<K> {
  name: string
  profile: ClientProfile
  /** In the order of `authentication`. */
  classes: readonly ResolvedClass[]
  /** Those of `classes` that are OpenID providers. */
  providers: readonly Provider[]
  /** Names under `teams`, in their order. */
  teams: readonly string[]
  /** Ways in at which nobody says whether an address belongs to a person. */
  unvouchedWays: readonly UnvouchedWay[]
  /** The client that an entry under `secrets` holds, for kinds that have several. */
  clientOf: (secretName: string) => ClientAtProvider
  path: ConfigPath
}

export interface UnvouchedWay {
  className: string
  /** The name of its vendor. */
  vendor: string
  path: ConfigPath
}

export interface RenderedFile {
  path: string
  content: string
  /** It goes unchanged to kubectl, as an object of Kubernetes, or to Helm, as values of a chart; not into a ConfigMap. */
  manifest?: 'object' | 'values'
  /** Settings of `extra` are in it. */
  takesExtra?: true
  /** Its entries, if it is a file of variables: Kubernetes can take them as `env` too. */
  variables?: readonly EnvEntry[]
}

/** A variable that the files expect in the environment of the product. */
export interface ExpectedVariable {
  name: string
  /** One line: what it is and where it comes from. */
  note: string
  /** Where its value is: an entry under `secrets` (a Secret of Kubernetes) and the key in it. Undefined: the operator creates it. */
  from?: { secretName: string; key: string }
  /** True when Gatehouse derives it (`gatehouse clients secret`). */
  derived?: true
  /** Set if the product reads the Secret of `from` itself, not its environment: what else that Secret must have. */
  readInSecret?: SecretOfProduct
}

export interface SecretOfProduct {
  namespace: string
  labels?: Readonly<Record<string, string>>
  /** Keys whose values are not secret. */
  plain?: Readonly<Record<string, string>>
}

/** What only the product kind knows for REGISTER.md. */
export interface RegisterNotes {
  /** Claims that the product reads, besides the principal claim; each with its purpose. Markdown. */
  claims: readonly string[]
  /** Whether the product checks that the access token was issued for it. */
  needsAudience: boolean
  /** Whose environment has the variable of the client secret, if not the product's. Markdown. */
  secretPlace?: string
  /** Markdown: what to do at the product, one numbered step each. */
  steps: readonly string[]
}

export interface Rendering {
  files: readonly RenderedFile[]
  variables: readonly ExpectedVariable[]
  notes: RegisterNotes
}

export interface KnownVersions {
  /** Older ones are refused. */
  oldest: string
  /** The version to write for when the configuration names none. */
  newest: string
  /** How many parts of a version make a line: 1 where releases are counted (Trino), 2 for major.minor. */
  parts: number
}

/** Settings that a product may or may not follow. A warning names each one that is set and not followed. */
export const settings = [
  'title',
  'roles',
  'redirectUris',
  'postLogoutRedirectUris',
  'responseTypes',
  'extraScopes',
  'authorizationParameters',
  'groupsClaim',
  'userRegistration',
  'userRegistrationRole',
  'syncRolesAt',
  'searchFilter',
  'ldapFieldNames.uid',
  'ldapFieldNames.group',
  'ldapFieldNames.givenName',
  'ldapFieldNames.surname',
  'ldapFieldNames.email',
  'organizations',
  'internalUrl',
  'teams',
  'allowedGroups',
  'hostedDomains',
  'allowedTenants',
  'allowedDomains',
  'groupsFilter',
  'groupsPrefix',
] as const
export type Setting = (typeof settings)[number]

/** Which types of class a product takes, and how many of each. */
export type ClassSupport = Readonly<Partial<Record<ClassType, { most: number; why?: string }>>>

/** The settings of a product that decide which client it is. */
export interface ProductSettings<K extends ProductKind = ProductKind> {
  product: CommonSettings
  /** Settings that only its kind has, with their defaults. */
  options: OptionsOf<K>
  /** The newest known version if the configuration names none. */
  version: readonly number[]
}

/** A product as in the configuration, without settings that only one kind has. */
export type CommonSettings = Omit<Product, KindWithOptions>

/** The client of a product at a provider: what is registered there. */
export interface ClientProfile {
  /** Where the provider sends people back to, exactly as the product sends it. */
  redirectUris: (at: ProviderIdentity) => readonly string[]
  postLogoutRedirectUris: readonly string[]
  grantTypes: readonly GrantType[]
  /** What the provider may answer with; `code` when absent. */
  responseTypes?: readonly ResponseType[]
  /** False: as it is configured it has no use for refresh tokens, so this server gives it none. */
  keepsRefreshTokens?: boolean
  /** How it can authenticate, the preferred way first. */
  clientAuthenticationMethods: readonly [ClientAuthenticationMethod, ...ClientAuthenticationMethod[]]
  /** True: it refuses people without `email_verified`, and takes `false`. */
  needsEmailVerified?: boolean
  /** True: it may send its secret in the header or in the body, unless the configuration names the one way. */
  sendsSecretBothWays?: boolean
  /** False: the provider must not require PKCE. */
  sendsPkce: boolean
  /** The environment variable from which it reads its client secret, if it has no setting for that. */
  secretVariable?: string
  /** Likewise for its client id, if no file holds it. */
  clientIdVariable?: string
  /** The algorithm that it requires for ID tokens, when Gatehouse signs them. */
  idTokenSigningAlg?: 'RS256'
  /** The algorithm for ID tokens that Gatehouse signs, unless the configuration says another; ES256 when absent. */
  usualIdTokenSigningAlg?: 'RS256'
}

/**
 * A kind as providers see it, in `<kind>/client.ts`: all that the server, doctor and `resolve.ts` know about it. The files are in
 * the kind's ProductDescription, which those never load.
 */
export interface ClientKind<K extends ProductKind = ProductKind> {
  /** Undefined: the kind has no versions. */
  versions: KnownVersions | undefined
  /** False: the class `gatehouse` does not work for it, because it checks access tokens itself. */
  takesGatehouse?: false
  follows: readonly Setting[]
  /** True: the keys of `roles` are the groups that get in, and their lists stay empty. */
  rolesAreGroups?: true
  profile(settings: ProductSettings<K>): ClientProfile
}

/** Which parts of the configuration a kind accepts. */
export interface Acceptance<K extends ProductKind = ProductKind> {
  classes: ClassSupport
  /** Why classes of different types exclude each other; undefined when they do not. */
  oneTypeOnly?: string
  /** Types of class whose certificate it need not check. Everywhere else `verification.none` is an error. */
  skipsVerification: readonly ClassType[]
  /** Whether it refuses a `url` without TLS itself, with its own reason; all others warn. */
  refusesPlainUrl?(input: ProductInput<K>): boolean
}

/** Who gets in if a provider does not say enough about people. */
export interface Admission<K extends ProductKind = ProductKind> {
  /** What happens to people from a provider that sends no groups, if it is worse than being in no group. */
  withoutGroups?(input: ProductInput<K>, provider: Provider): string | undefined
  /** Providers that send no groups, but that it asks for groups itself. */
  fetchesGroups?: readonly VendorKind[]
  /** For a class where everybody in the world can have an account. Undefined: strangers do not get in. */
  strangers?(input: ProductInput<K>, someClass: Provider | GitHubProvider): Strangers | undefined
}

/**
 * What a kind does with people about whom an OpenID provider says less than usual, as its files are rendered. From its source or its
 * documentation; what nobody here has read there is `unknown`, never a guess. docs/reference/products.md is made from it.
 */
export interface PeopleFacts {
  /** Somebody without an e-mail address. `made-up address`: at a domain that is nobody's. */
  withoutEmail: 'gets in' | 'gets in with a made-up address' | 'is kept out' | 'unknown'
  /** `email_verified` is false. */
  unverifiedEmail: 'gets in' | 'is kept out' | 'is kept out where the address is the user name' | 'unknown'
  /** `email_verified` is not there. */
  unsaidEmail: PeopleFacts['unverifiedEmail']
  /** In no group, where groups do not decide who gets in. */
  withoutGroups: 'gets in' | 'is kept out' | 'gets in without a role' | 'unknown'
  /** The one group is a text and no list, as ADFS sends it. */
  singleGroup:
    | 'counts'
    | 'is split at commas'
    | 'is split at blanks'
    | 'is lost'
    | 'ends the sign-in'
    | 'no groups are read'
    | 'unknown'
  /** How it passes groups on to what is behind it, if not one by one. */
  joinsGroups?: 'with commas'
  /** When the access token has expired. */
  refresh: 'needs no token' | 'takes a refresh token where it gets one' | 'needs a refresh token' | 'unknown'
  /** What happens without the refresh token that it needs, as the end of a sentence. */
  withoutRefreshToken?: string
  /** It sends `access_type=offline` by itself where that brings a refresh token. */
  sendsAccessType?: true
}

/** Its functions are methods, so that the list of all kinds can contain each: a method gets the input of its own kind. */
export interface ProductDescription<K extends ProductKind = ProductKind> {
  title: string
  client: ClientKind<K>
  people: PeopleFacts
  accepts: Acceptance<K>
  admission?: Admission<K>
  /** Why a setting is not followed, if a specific sentence says more than the general one. */
  ignores?: Readonly<Partial<Record<Setting, string>>>
  /** Traps of this kind only; those of all kinds have been checked. */
  problems(input: ProductInput<K>): ProductProblem[]
  /** Called only when no problem prevents it. */
  render(input: ProductInput<K>): Rendering
}

/** An error if nothing behind the sign-in checks who somebody is. `way`: what to do, if the usual advice does not help. */
export interface Strangers {
  severity: ProductProblem['severity']
  way?: string
}

export type GrantType = 'authorization_code' | 'implicit' | 'refresh_token' | 'client_credentials'
export type ProviderIdentity = Pick<Provider, 'className' | 'kind'>

export type ConfigForProducts = Pick<Config, 'issuer' | 'authenticationClasses' | 'products' | 'secrets' | 'teams'> &
  Partial<Pick<Config, 'login'>>
