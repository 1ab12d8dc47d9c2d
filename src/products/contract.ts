/**
 * What a product kind owns, in a folder of its own: the client that it is at a provider and the versions that are known
 * (client.ts), its files and its traps (index.ts). Pure: configuration in, files out; no network, no clock, no environment. It
 * leaves to `resolve.ts` who the provider is, to `checks/` and `render-product.ts` what all products have in common (warnings,
 * secrets.env.example), to `registration/` what is done at the provider (REGISTER.md), and to `output/` in which form files leave.
 */
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
} from '../config/schema.ts'
import type { CertificateCheck } from '../config/tls.ts'
import type { EnvEntry } from '../formats.ts'
import type { ProviderEndpoints, Vendor, VendorKind } from '../vendors/contract.ts'

/** By which id and secret a product proves itself at a provider. */
export interface ClientAtProvider {
  clientId: string
  /** The environment variable that holds the client id, where it must not stand in a file. */
  clientIdVariable: string | undefined
  /** The environment variable under which the product finds the secret. */
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
  /** Where that entry stands in the configuration, for problems. */
  path: ConfigPath
}

/** One OpenID provider as a product sees it, with the client that the product is there. */
export interface Provider extends ClassInUse, ClientAtProvider {
  type: 'oidc'
  kind: VendorKind
  /** What is known of such a provider. */
  vendor: Vendor
  issuer: string
  discoveryUrl: string
  endpoints: ProviderEndpoints | undefined
  /** Those of the class, then extraScopes, each once. */
  scopes: readonly string[]
  /** Whether someone asked for groups: by scope, by roles, or (Gatehouse, which always offers the scope) by teams. */
  wantsGroups: boolean
  groupsClaim: string
  principalClaim: string
  tls: CertificateCheck
  clientAuthenticationMethod: ClientAuthenticationMethod
  /** Sent along to the authorization endpoint. */
  authorizationParameters: Readonly<Record<string, string>>
}

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
  /** Who searches; the variables hold a DN and its password. */
  bind: { secretName: string; userVariable: string; passwordVariable: string } | undefined
  tls: CertificateCheck
}

/** A fixed list of accounts. */
export interface StaticAccounts extends ClassInUse {
  type: 'static'
  secretName: string
  users: readonly { name: string; passwordVariable: string }[]
}

/** Client certificates. `secretClass` undefined: those that the product itself believes. */
export interface ClientCertificates extends ClassInUse {
  type: 'tls'
  secretClass: string | undefined
}

export interface KerberosRealm extends ClassInUse {
  type: 'kerberos'
  secretClass: string
}

/** GitHub, which is no OpenID provider: no issuer, no ID token, no `groups`. */
export interface GitHubProvider extends ClassInUse, ClientAtProvider {
  type: 'github'
  hostname: string
  organizations: readonly string[]
}

export type ResolvedClass =
  | Provider
  | LdapDirectory
  | StaticAccounts
  | ClientCertificates
  | KerberosRealm
  | GitHubProvider

export type ConfigPath = readonly (string | number)[]

export interface ProductProblem {
  severity: 'error' | 'warning'
  path: ConfigPath
  message: string
  /** An error after which the files are written nevertheless, because what they say is safe: stricter than what was asked for. */
  keepsFiles?: true
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
  /** The client that an entry under `secrets` holds, for kinds that have several. */
  clientOf: (secretName: string) => ClientAtProvider
  path: ConfigPath
}

export interface RenderedFile {
  path: string
  content: string
  /** It goes to kubectl or Helm as it is, and not into a ConfigMap. */
  manifest?: true
  /** What is in it, where it is a file of variables: Kubernetes can be handed them as `env` too. */
  variables?: readonly EnvEntry[]
}

/** A variable that the files expect in the environment of the product. */
export interface ExpectedVariable {
  name: string
  /** One line: what it is and where it comes from. */
  note: string
  /** Where its value is kept: an entry under `secrets` (a Secret of Kubernetes) and the key in it. Undefined: the operator makes it. */
  from?: { secretName: string; key: string }
  /** True when Gatehouse derives it (`gatehouse clients secret`). */
  derived?: true
  /** Where the product reads the Secret of `from` itself, and nothing of its environment: what else that Secret must have. */
  readInSecret?: SecretOfProduct
}

export interface SecretOfProduct {
  namespace: string
  labels?: Readonly<Record<string, string>>
  /** Keys whose values are no secrets. */
  plain?: Readonly<Record<string, string>>
}

/** What only the product kind knows of REGISTER.md. */
export interface RegisterNotes {
  /** Claims that the product reads, besides the principal claim; each with what for. Markdown. */
  claims: readonly string[]
  /** Whether the product checks that the access token was issued for it. */
  needsAudience: boolean
  /** Whose environment the variable of the client secret is in, where that is not the product's own. Markdown. */
  secretPlace?: string
  /** Markdown: what to do on the side of the product, one numbered step each. */
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
  /** What is written when the configuration names no version. */
  newest: string
  /** How many parts of a version make a line: 1 where releases are counted (Trino), 2 for major.minor. */
  parts: number
}

/** Settings that a product can follow or cannot. Whatever is set and not followed is named in a warning. */
export const settings = [
  'roles',
  'redirectUris',
  'postLogoutRedirectUris',
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
] as const
export type Setting = (typeof settings)[number]

/** Which kinds of class a product takes, and how many of each. */
export type ClassSupport = Readonly<Partial<Record<ClassType, { most: number; why?: string }>>>

/** What of a product decides which client it is. */
export interface ProductSettings<K extends ProductKind = ProductKind> {
  product: CommonSettings
  /** Those that only its kind has, with their defaults. */
  options: OptionsOf<K>
  /** The newest known one where the configuration names none. */
  version: readonly number[]
}

/** A product as the configuration has it, without what only one kind has. */
export type CommonSettings = Omit<Product, KindWithOptions>

/** The client that a product is at a provider: what is registered there. */
export interface ClientProfile {
  /** Where the provider sends people back to, exactly as the product sends it. */
  redirectUris: (at: ProviderIdentity) => readonly string[]
  postLogoutRedirectUris: readonly string[]
  grantTypes: readonly GrantType[]
  /** How it can prove itself, the preferred way first. */
  clientAuthenticationMethods: readonly [ClientAuthenticationMethod, ...ClientAuthenticationMethod[]]
  /** False: the provider must not demand PKCE of it. */
  sendsPkce: boolean
  /** The one environment variable from which it takes its client secret, where it cannot be told another. */
  secretVariable?: string
  /** The one environment variable from which it takes its client id where no file holds that, likewise. */
  clientIdVariable?: string
  /** What it is known to want of ID tokens, where Gatehouse signs them. */
  idTokenSigningAlg?: 'RS256'
}

/**
 * A kind as providers see it, in `<kind>/client.ts`: all that the server, doctor and `resolve.ts` know of it. It leaves the files
 * to the kind's ProductDescription, which those never load.
 */
export interface ClientKind<K extends ProductKind = ProductKind> {
  /** Undefined: the kind has no versions. */
  versions: KnownVersions | undefined
  /** False: the class `gatehouse` is no way out for it, because it checks access tokens itself. */
  takesGatehouse?: false
  follows: readonly Setting[]
  /** True: the keys of `roles` are the groups that get in, and their lists stay empty. */
  rolesAreGroups?: true
  profile(settings: ProductSettings<K>): ClientProfile
}

/** What of the configuration a kind can take. */
export interface Acceptance<K extends ProductKind = ProductKind> {
  classes: ClassSupport
  /** Why classes of different types exclude each other; undefined when they do not. */
  oneTypeOnly?: string
  /** Types of class whose certificate it can be told not to check. Everywhere else `verification.none` is an error. */
  skipsVerification: readonly ClassType[]
  /** Whether it refuses a `url` without TLS itself, with its own reason; all others warn. */
  refusesPlainUrl?(input: ProductInput<K>): boolean
}

/** Who gets in where a provider does not say enough of people. */
export interface Admission<K extends ProductKind = ProductKind> {
  /** What becomes of people of a provider that sends no groups, where that is worse than to be in none of them. */
  withoutGroups?(input: ProductInput<K>, provider: Provider): string | undefined
  /** Providers that send no groups, and where it asks for them itself. */
  fetchesGroups?: readonly VendorKind[]
  /** Of a class where everybody in the world can have an account. Undefined: a stranger gets in nowhere. */
  strangers?(input: ProductInput<K>, someClass: Provider | GitHubProvider): Strangers | undefined
}

/** Its functions are methods, so that a description of one kind stands in the list of all: each is given the input of its own kind. */
export interface ProductDescription<K extends ProductKind = ProductKind> {
  title: string
  client: ClientKind<K>
  accepts: Acceptance<K>
  admission?: Admission<K>
  /** Why a setting is not followed, where a sentence of its own says more than the general one. */
  ignores?: Readonly<Partial<Record<Setting, string>>>
  /** Traps of this kind only; what all kinds share is checked already. */
  problems(input: ProductInput<K>): ProductProblem[]
  /** Only when no problem stands in the way. */
  render(input: ProductInput<K>): Rendering
}

/** An error where nothing behind the sign-in asks who somebody is. `way`: what to do about it, where the usual does not help. */
export interface Strangers {
  severity: ProductProblem['severity']
  way?: string
}

export type GrantType = 'authorization_code' | 'implicit' | 'refresh_token' | 'client_credentials'
export type ProviderIdentity = Pick<Provider, 'className' | 'kind'>

export type ConfigForProducts = Pick<Config, 'issuer' | 'authenticationClasses' | 'products' | 'secrets' | 'teams'>
