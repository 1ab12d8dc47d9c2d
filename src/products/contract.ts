/**
 * What a product kind owns: its version range, its callback path, its files and its traps. Pure: configuration in, files out;
 * no network, no clock, no environment. It leaves to `resolve.ts` who the provider is, and to `cli/render.ts` where files go.
 */
import type { Config, Product, ProductKind } from '../config/schema.ts'

/** How the certificate of the provider is checked: not at all because it is plain http, unverified, public CAs, or a CA of one's own. */
export type ProviderTls =
  | { kind: 'plain' }
  | { kind: 'unverified' }
  | { kind: 'web-pki' }
  | { kind: 'own-ca'; secretClass: string }

/** Addresses of a provider whose paths are known without asking it. */
export interface ProviderEndpoints {
  authorization: string
  token: string
  jwks: string
  userinfo: string
  endSession: string
}

/** One identity provider as a product sees it, with the client that the product is there. */
export interface Provider {
  className: string
  /** `gatehouse` is this server, `keycloak` is said by providerHint, `unknown` is any other provider. */
  kind: 'gatehouse' | 'keycloak' | 'unknown'
  issuer: string
  discoveryUrl: string
  endpoints: ProviderEndpoints | undefined
  /** Those of the class, then extraScopes, each once. */
  scopes: readonly string[]
  /** Whether someone asked for groups: the scope, or (Gatehouse, which always offers the scope) teams or an extra scope. */
  wantsGroups: boolean
  principalClaim: string
  tls: ProviderTls
  clientId: string
  clientAuthenticationMethod: 'client_secret_basic' | 'client_secret_post'
  /** The environment variable under which the product finds the secret. */
  secretVariable: string
  /** True when Gatehouse derives the secret itself (`gatehouse clients secret`). */
  secretIsDerived: boolean
  /** Where it stands in the configuration, for problems. */
  path: ConfigPath
}

export type ConfigPath = readonly (string | number)[]

export interface ProductProblem {
  severity: 'error' | 'warning'
  path: ConfigPath
  message: string
}

/** Everything that a product kind needs to write its files. */
export interface ProductInput {
  name: string
  product: Product
  version: readonly number[]
  providers: readonly [Provider, ...Provider[]]
  /** Names under `teams`, in their order. */
  teams: readonly string[]
  path: ConfigPath
}

export interface RenderedFile {
  path: string
  content: string
}

export interface KnownVersions {
  /** Older ones are refused. */
  oldest: string
  /** What is written when the configuration names no version. */
  newest: string
}

export interface ProductDescription {
  kind: ProductKind
  title: string
  /** Absent: the kind has no versions. */
  versions: KnownVersions | undefined
  /** Where the provider sends people back to, exactly as the product sends it. */
  redirectUris: (product: Product) => string[]
  postLogoutRedirectUris: (product: Product) => string[]
  grantTypes: readonly ('authorization_code' | 'refresh_token')[]
  /** How it proves itself where that cannot be chosen; else `clientAuthenticationMethod` of the entry counts. */
  tokenEndpointAuthMethod: 'client_secret_basic' | 'client_secret_post' | undefined
  /** False: the provider must not demand PKCE of it. */
  sendsPkce: boolean
  problems: (input: ProductInput) => ProductProblem[]
  /** Only after `problems` found no error. */
  render: (input: ProductInput) => RenderedFile[]
}

export type ConfigForProducts = Pick<Config, 'issuer' | 'authenticationClasses' | 'products' | 'secrets' | 'teams'>
