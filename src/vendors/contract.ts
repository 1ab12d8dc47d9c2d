/**
 * What is known of the identity providers of a vendor: facts of their documents and their answers, each said once. Pure, and
 * below everything else: it imports nothing but types and leaves. It leaves to `products/` what a product makes of a fact, to
 * `products/registration/` what a person does in the vendor's console, and to `dev-idp/` how a vendor behaves.
 */

/** The word for each vendor in `providerHint` of an authentication class. */
export const providerHints = {
  keycloak: 'Keycloak',
  entra: 'EntraID',
  okta: 'Okta',
  auth0: 'Auth0',
  cognito: 'Cognito',
  google: 'Google',
  adfs: 'ADFS',
  dex: 'Dex',
  gitlab: 'GitLab',
} as const
export type ProviderHint = (typeof providerHints)[keyof typeof providerHints]

/** Whose provider it is: this server, what `providerHint` says, or not known. */
export type VendorKind = 'gatehouse' | keyof typeof providerHints | 'unknown'

/** Addresses of a provider that are known without asking it. */
export interface ProviderEndpoints {
  authorization: string
  token: string
  jwks: string
  userinfo: string
  /** Undefined: it has no RP-initiated logout. */
  endSession: string | undefined
}

/** `perhaps`: it depends on settings at the provider, or is not known. */
export type Presence = 'always' | 'perhaps' | 'never'

/** What is asked of a provider, as far as access tokens depend on it. */
export interface TokenRequest {
  issuer: string
  scopes: readonly string[]
}

/** Who can check an access token without asking the provider about it. */
export type AccessToken =
  /** A signed text (RFC 9068 or the like) with an audience; `audience` where it follows from the scopes. */
  | { kind: 'signed'; audience?: string }
  /** A signed text, and nothing in it says for whom. */
  | { kind: 'without-audience' }
  /** A signed text only where the client sends the parameter `audience`, or the tenant has a default for it. */
  | { kind: 'for-audience-parameter' }
  /** No signed text, or one that only this provider can check. `whose` completes "access tokens of ...", `instead` is a way out. */
  | { kind: 'own-use'; whose: string; instead?: string }
  /** For another API of the vendor. `scope` is the one that asked for it; undefined: no scope asked for any. */
  | { kind: 'for-another-api'; api: string; scope: string | undefined }

/** The tenant that an issuer names. */
export interface Tenant {
  /** As tokens have it; undefined where the issuer has another word in its place. */
  id: string | undefined
  /** The issuer in tokens of this tenant, where its id is known. */
  issuer: string | undefined
  /** What stands in the place of the id; empty where nothing does. */
  written: string
  /** Whether that word lets in people of every tenant. */
  isForAll: boolean
}

/** Words by which a refusal is known: a page is searched for the first, and the second is shown. */
export type Refusal = readonly [words: RegExp, said: string]

export interface Vendor {
  kind: VendorKind
  /** As people know it. */
  title: string
  /** Its word in an authentication class; absent for Gatehouse and for providers that are not known. */
  hint?: ProviderHint
  /** This server itself: it knows its clients, its teams and the addresses of its people. */
  isOurs?: true
  /** How its address is recognised, as a whole host name and a whole path with a slash at its end. Absent: by nothing. */
  address?: { host?: RegExp; path?: RegExp }
  /** Whether an issuer without a path ends in a slash. Absent: its issuers have a path. */
  rootSlash?: Presence
  /** The addresses, where they follow from the issuer. */
  endpoints: (issuer: string) => ProviderEndpoints | undefined
  /** Where its keys are, where nothing else follows from the issuer. */
  jwks?: (issuer: string) => string
  /** Where it says whether a token is valid (RFC 7662). Absent: it does not, or it is not known where. */
  introspection?: (issuer: string, endpoints: ProviderEndpoints | undefined) => string | undefined
  /** The one reader of the tenant, where issuers name one. */
  tenantOf?: (issuer: string) => Tenant
  groups: {
    /** The claim that holds them unless the class says otherwise. */
    claim: string
    /** The scope that brings it; undefined where there is none and asking for one does nothing or is refused. */
    scope: string | undefined
    /** It brings them, where there is no scope for them, for the parameter `claims` (OpenID Connect Core 1.0 section 5.5). */
    byClaimsParameter?: true
    where: { idToken: Presence; userinfo: Presence; accessToken: Presence }
  }
  /** Whether an unknown scope ends the sign-in with `invalid_scope`. */
  refusesUnknownScopes: boolean
  /** Claims that it never sends, whatever is configured there. */
  neverSends: readonly string[]
  /** Whether the ID token has the name and the address of a person; where it may not, userinfo has them. */
  namesInIdToken: Presence
  /** All that the userinfo endpoint says, where that is less than the tokens. */
  userinfoClaims?: readonly string[]
  /** Whether `email_verified` comes with an address. */
  sendsEmailVerified: boolean
  /** What a refresh token comes for. `code`: always with the code; `perhaps`: settings of the provider decide. */
  refreshToken: 'code' | 'scope offline_access' | 'parameter access_type' | 'perhaps'
  accessToken: (request: TokenRequest) => AccessToken
  /** How the scope must end for which a client gets a token of its own (RFC 6749 section 4.4). */
  clientCredentialsScope?: string
  /** The first of `token_endpoint_auth_methods_supported`, where it is one that products stumble over. */
  listsFirst?: 'private_key_jwt' | 'unknown'
  /** Its end_session_endpoint ends the session that `id_token_hint` names, without a browser and its cookie. */
  endsSessionWithoutCookie?: true
  /** It answers at Keycloak's addresses below the issuer, for products that know no others. */
  answersLikeKeycloak?: true
  /** Everybody in the world can have an account. */
  hasPublicAccounts?: true
  /** What it writes where it refuses an authorization request or a sign-out. */
  refusals?: {
    redirectUri?: readonly Refusal[]
    client?: readonly Refusal[]
    postLogoutRedirectUri?: readonly Refusal[]
  }
}
