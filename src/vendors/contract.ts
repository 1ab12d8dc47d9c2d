/**
 * What we know about the identity providers of a vendor: facts about their documents and answers, each stated once. Pure, and
 * below everything else: it imports only types and leaves. `products/` decides what a product does with a fact,
 * `products/registration/` describes what a person does in the vendor's console, and `dev-idp/` how a vendor behaves.
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
  authentik: 'Authentik',
} as const
export type ProviderHint = (typeof providerHints)[keyof typeof providerHints]

/** The vendor of a provider: this server, the one of `providerHint`, or unknown. */
export type VendorKind = 'gatehouse' | keyof typeof providerHints | 'unknown'

/** Addresses of a provider that we know without asking it. */
export interface ProviderEndpoints {
  authorization: string
  token: string
  jwks: string
  userinfo: string
  /** Undefined: it has no RP-initiated logout. */
  endSession: string | undefined
}

/** `perhaps`: it depends on settings at the provider, or is unknown. */
export type Presence = 'always' | 'perhaps' | 'never'

/** The part of a request to a provider that access tokens depend on. */
export interface TokenRequest {
  issuer: string
  scopes: readonly string[]
}

/** Who can check an access token without asking the provider about it. */
export type AccessToken =
  /** A signed text (RFC 9068 or the like) with an audience; `audience` where it follows from the scopes. */
  | { kind: 'signed'; audience?: string }
  /** A signed text without an audience. */
  | { kind: 'without-audience' }
  /** A signed text only if the client sends the parameter `audience`, or the tenant has a default for it. */
  | { kind: 'for-audience-parameter' }
  /** Not a signed text, or one that only this provider can check. `whose` completes "access tokens of ...", `instead` names an alternative. */
  | { kind: 'own-use'; whose: string; instead?: string }
  /** For another API of the vendor. `scope` is the one that requested it; undefined: no scope requested any. */
  | { kind: 'for-another-api'; api: string; scope: string | undefined }

/** The tenant that an issuer names. */
export interface Tenant {
  /** The id as in tokens; undefined when the issuer has another word instead. */
  id: string | undefined
  /** The issuer in tokens of this tenant, if its id is known. */
  issuer: string | undefined
  /** The word in the place of the id; empty when there is none. */
  written: string
  /** Whether that word lets in people of every tenant. */
  isForAll: boolean
}

/** An address of a vendor that is no issuer: of a console, of an endpoint. */
export interface MistakenAddress {
  host?: RegExp
  path?: RegExp
  /** What it is, as the end of a sentence that begins with the address. */
  is: string
  /** The setting of a class that is wrong. */
  setting: 'hostname' | 'rootPath'
  /** What to write, beginning with a verb. */
  instead: (address: URL) => string
}

/** What a refusal of a provider means. */
export interface Explained {
  /** The row of errors.ts in the place of what `error` alone would be. */
  code?:
    | 'client-credentials-rejected'
    | 'login-expired'
    | 'person-not-admitted'
    | 'scope-not-supported'
    | 'sign-in-cancelled'
  /** A sentence for whoever runs it. */
  means: string
}

/** Words that identify a refusal: we search a page for the first and show the second. */
export type Refusal = readonly [words: RegExp, said: string]

export interface Vendor {
  kind: VendorKind
  /** The name that people know. */
  title: string
  /** Its word in an authentication class; absent for Gatehouse and for unknown providers. */
  hint?: ProviderHint
  /** This server itself: it knows its clients, its teams and the addresses of its people. */
  isOurs?: true
  /** Recognises its address, given a whole host name and a whole path with a trailing slash. Absent: it cannot be recognised. */
  address?: { host?: RegExp; path?: RegExp }
  /** Whether an issuer without a path ends in a slash. Absent: its issuers have a path. */
  rootSlash?: Presence
  /** Whether an issuer with a path ends in a slash. Absent: it ends as it was set up. */
  pathSlash?: 'never' | 'always'
  /** The addresses, if they follow from the issuer. */
  endpoints: (issuer: string) => ProviderEndpoints | undefined
  /** Where its keys are, if nothing else follows from the issuer. */
  jwks?: (issuer: string) => string
  /** Where it says whether a token is valid (RFC 7662). Absent: it does not, or the address is unknown. */
  introspection?: (issuer: string, endpoints: ProviderEndpoints | undefined) => string | undefined
  /** The only reader of the tenant, if issuers name one. */
  tenantOf?: (issuer: string) => Tenant
  groups: {
    /** The claim that holds them unless the class says otherwise. */
    claim: string
    /** The scope that brings it; undefined where there is none and asking for one does nothing or is refused. */
    scope: string | undefined
    /** It brings them, where there is no scope for them, for the parameter `claims` (OpenID Connect Core 1.0 section 5.5). */
    byClaimsParameter?: true
    where: { idToken: Presence; userinfo: Presence; accessToken: Presence }
    /** A single group comes as a text and not as a list of one. */
    singleAsText?: true
  }
  /** It makes an object of a claim whose name has a dot, unless that is escaped (`\\.`). Absent: the name stays as it is. */
  nestsDottedClaims?: true
  /** Whether an unknown scope ends the sign-in with `invalid_scope`. */
  refusesUnknownScopes: boolean
  /** True: the claim `hd` of its ID tokens names the organisation whose account it is. */
  namesHostedDomain?: true
  /**
   * The lasting key of the person in claims of its ID tokens, where `sub` is not that: another for each application, so that the people of an
   * application that was registered anew would be strangers. Absent, or undefined: `sub`.
   */
  personIn?: (claims: Readonly<Record<string, unknown>>) => string | undefined
  /** Its `claims_supported` says nothing about what its mappers send. */
  listsFixedClaims?: true
  /** Claims that it never sends, under any configuration. */
  neverSends: readonly string[]
  /** Whether the ID token has the name and the address of a person; where it may not, userinfo has them. */
  namesInIdToken: Presence
  /** Everything that the userinfo endpoint says, if that is less than the tokens. */
  userinfoClaims?: readonly string[]
  /** Whether `email_verified` comes with an address. */
  sendsEmailVerified: boolean
  /** The claim that says whether the owner of the domain has verified the address, where `email_verified` does not come. */
  emailVerifiedClaim?: string
  /** It says `email_verified: false` of every address until somebody there says otherwise. */
  deniesEmailVerified?: true
  /** Whether `email_verified: true` also means that the person has the address today. Absent: it does. */
  ownsAddress?: (domain: string, claims: Readonly<Record<string, unknown>>) => boolean
  /** What brings a refresh token. `code`: always with the code; `perhaps`: settings of the provider decide. */
  refreshToken: 'code' | 'scope offline_access' | 'parameter access_type' | 'perhaps'
  accessToken: (request: TokenRequest) => AccessToken
  /** The ending of a scope for which a client gets its own token (RFC 6749 section 4.4). */
  clientCredentialsScope?: string
  /** The first of `token_endpoint_auth_methods_supported`, if products stumble over it. */
  listsFirst?: 'private_key_jwt' | 'unknown'
  /** Its end_session_endpoint ends the session that `id_token_hint` names, without a browser and its cookie. */
  endsSessionWithoutCookie?: true
  /** It answers at Keycloak's addresses below the issuer, for products that know no others. */
  answersLikeKeycloak?: true
  /** A form that its client secrets never have, and what somebody took for one. */
  mistakenSecret?: readonly [form: RegExp, said: string]
  /** Its token endpoint may look at the code before it looks at the secret: `invalid_grant` says nothing about the secret. */
  looksAtCodeFirst?: true
  /** Whether anyone in the world can have an account there. Absent: nobody can. */
  hasPublicAccounts?: (issuer: string) => boolean
  /** How the owner of a client there keeps strangers out, beginning with a verb. */
  restriction?: string
  /** Addresses that people take for its issuer. */
  mistakenAddresses?: readonly MistakenAddress[]
  /** Scopes that it takes although its document lists them never, such as those of APIs. Absent: its list is complete. */
  unlistedScopes?: RegExp
  /** Claims that it sends although its document does not list them. */
  unlistedClaims?: readonly string[]
  /** Every claim of its access tokens about the person, if that is less than the ID token has. */
  accessTokenClaims?: readonly string[]
  /** Groups that are too many for a token are at Microsoft Graph, at the host of its userinfo endpoint. */
  hasGroupsAtGraph?: true
  /** What `response_type` brings an ID token with the browser, where it knows no `id_token`. */
  implicitResponseType?: 'token'
  /** Signing out there, where it is not RP-Initiated Logout 1.0: its parameters, and origins besides that of the issuer to which it leads. */
  signOut?: {
    parameters: (input: { clientId: string; returnTo: string }) => Readonly<Record<string, string>>
    origins?: readonly string[]
  }
  /** What its `error_description` means, where that says more than `error`: an error of ours in its place, and words for the operator. */
  explains?: (description: string) => Explained | undefined
  /** How client assertions name it (RFC 7523): by the address of its token endpoint, as older servers compare. Absent: by its issuer. */
  assertionAudience?: 'token endpoint'
  /** Its words when it refuses an authorization request or a sign-out. */
  refusals?: {
    redirectUri?: readonly Refusal[]
    client?: readonly Refusal[]
    postLogoutRedirectUri?: readonly Refusal[]
  }
}
