/**
 * An identity provider for laptops and tests that behaves like one vendor's: its addresses, its claims, its refusals, its quirks. A vendor is
 * one file of quirks; engine.ts turns them into a provider; index.ts owns listening, certificates, users and secrets.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JWK } from 'jose'
import type { ClientAuthMethod } from 'oidc-provider'
import type { ClaimPath } from '../claim-path.ts'
import type { Vendor } from '../vendors/contract.ts'

export interface DevUser {
  username: string
  password: string
  email: string
  name: string
  givenName: string
  familyName: string
  /** Plain names, without a path. */
  groups: readonly string[]
  /** The subject: stable, opaque. */
  id: string
  /** The tenant whose account it is, where that is another one than the provider's. */
  tenant?: string
  /** The account is switched off: no sign-in, no refresh, no answer to its tokens. */
  disabled?: boolean
}

/** A person before somebody gave them a password. */
export type DevPerson = Omit<DevUser, 'password'>

/** How the client authenticates at the token endpoint. The first two are one: a provider that takes a secret takes it in both. */
export type ClientAuthentication =
  | { method: 'client_secret_basic' | 'client_secret_post' | 'client_secret_jwt' }
  | { method: 'private_key_jwt'; keys: readonly JWK[] }

/** Faults on purpose, to try `gatehouse doctor` and whatever signs people in. */
export interface Faults {
  /** The discovery document calls the provider by this name. */
  issuer?: string
  /** The clock of the provider is this many seconds ahead (negative: behind). */
  clock?: number
  /** The certificate that is served. */
  certificate?: CertificateFault
  /** No redirect URI is registered. */
  redirect?: 'unregistered'
  /** Only `openid` is offered. */
  scopes?: 'missing'
  /** No request gets an answer. */
  unreachable?: boolean
  /** ID tokens are signed with a key that is not published, under a name that nobody knows. */
  kid?: boolean
  /** Every answer comes this many seconds late. */
  slow?: number
  /** Every answer has this status. */
  serverError?: number
  /** ID tokens have another nonce than the one that was asked for. */
  nonce?: boolean
  /** What is wrong with the published keys. */
  jwks?: KeysFault
}

export const certificateFaults = ['expired', 'not-yet-valid', 'wrong-host', 'self-signed', 'untrusted-ca'] as const
export type CertificateFault = (typeof certificateFaults)[number]

/** No such address; no key in the list; other keys under the same names; a page in place of them. */
export const keysFaults = ['gone', 'empty', 'other', 'html'] as const
export type KeysFault = (typeof keysFaults)[number]

/** The settings of a look-alike. */
export interface LookAlikeSettings {
  /** Scheme, host and port, such as `http://localhost:8081`. */
  origin: string
  /** The same of its other host; only vendors with `elsewhere` have one. */
  otherOrigin: string
  clientId: string
  clientSecret: string
  clientAuthentication: ClientAuthentication
  /** Those of this moment. */
  users: () => readonly DevUser[]
  /** Private RSA key that signs tokens. */
  signingKey: JWK
  /** Signs cookies. */
  cookieKey: string
  /** Redirect URIs that are registered; undefined accepts any on loopback. */
  redirectUris: readonly string[] | undefined
  /** Keycloak's "Full group path": `/analysts` instead of `analysts`. */
  fullGroupPaths: boolean
  /** What an audience mapper puts into access tokens; without one `aud` is `account`. */
  audiences: readonly string[]
  /** Where tokens and userinfo have the groups. */
  groupsClaim: ClaimPath
  /** Those of this moment. */
  faults: () => Faults
}

/** What a claim may depend on. */
export interface Signed {
  user: DevUser
  /** Scopes that were granted. */
  scope: ReadonlySet<string>
  clientId: string
  issuer: string
  /** The session at the provider; undefined where a token has none. */
  sid: string | undefined
  /** The token goes by the address of the browser, where there is no room for much. */
  throughBrowser: boolean
  /** The API that the client asked for (`audience`), where the vendor knows that parameter. */
  audience: string | undefined
  settings: Pick<LookAlikeSettings, 'otherOrigin' | 'fullGroupPaths' | 'audiences' | 'groupsClaim'>
}

export type Claims = Record<string, unknown>

export type EndpointName =
  | 'authorization'
  | 'token'
  | 'userinfo'
  | 'jwks'
  | 'endSession'
  | 'introspection'
  | 'revocation'
  | 'pushedAuthorizationRequest'

/**
 * What an access token is to the client: a text that it can check with the published keys, one whose key only the provider knows, or no
 * signed text at all.
 */
export type AccessTokenForm = 'signed' | 'own-key' | 'opaque'

/** A request to an API of the vendor, by somebody with a good access token. */
export interface ApiRequest {
  method: string
  /** The whole address. */
  url: URL
  /** What came as JSON; undefined when nothing did. */
  body: unknown
  user: DevUser
  /** Scopes of the access token. */
  scope: ReadonlySet<string>
}

export interface ApiAnswer {
  status: number
  body: unknown
}

/** Options that not every vendor supports. */
export type VendorOption =
  | 'fullGroupPaths'
  | 'audiences'
  | 'groupsClaim'
  | 'tenant'
  | 'clientAuthentication'
  | keyof Faults

/**
 * How one vendor's provider behaves, beyond the known facts of the vendor. The engine owns what is the same everywhere (codes,
 * signatures, sessions, forms, revocation).
 */
export interface Quirks {
  /** Its kind is the word after `--like`; its endpoints, hint and groups are used as they are. */
  vendor: Vendor
  /** Path below which everything is answered, such as `/realms/data`; empty at the root. */
  root: string
  /** Path of the issuer where that is not `root`. */
  issuerPath?: string
  /** Roots at which everything is answered as well; the discovery document there names the issuer with this path. */
  otherRoots?: Readonly<Record<string, string>>
  /** Paths below `root`, in addition to those in the facts of the vendor and in their place; undefined where it has none. */
  paths: Partial<Record<EndpointName, string | undefined>>
  /** What is at another host: here, at the root of another port. */
  elsewhere?: readonly EndpointName[]
  /** An API at the other host, for whoever has an access token. */
  api?: { paths: RegExp; answer: (request: ApiRequest) => ApiAnswer }
  /** People that nobody else knows. */
  people?: readonly DevPerson[]
  /** Why it does not let a person in here; undefined when it does. `root` is the one of the request. */
  refusesPerson?: (user: DevUser, root: string) => string | undefined
  /** The groups of a person as tokens and userinfo say them. Absent: by their names. */
  groupsInTokens?: (groups: readonly string[]) => string[]
  /** Scopes that are offered, in the order of the discovery document. */
  scopes: readonly string[]
  /** Scopes that it takes although its document does not list them. */
  unlistedScopes?: readonly string[]
  /** Response types besides `code`. */
  implicit?: readonly ('id_token' | 'id_token token' | 'code id_token')[]
  /** The scopes that an authentication class requests, and the claim that becomes the user name. */
  authenticationClass: { scopes: readonly string[]; principalClaim: string }
  /** Where tokens have the groups. Absent: `groups`. */
  groupsClaim?: ClaimPath
  /** What the discovery document says beside issuer and endpoints. */
  discovery: Claims
  /** What of it depends on where the provider is. */
  discoveryOf?: (settings: Pick<LookAlikeSettings, 'origin' | 'otherOrigin'>) => Claims
  /** Parameters of an authorization request that mean something else here than in OpenID Connect. */
  requestChanges?: (query: Readonly<Record<string, unknown>>) => Record<string, string | undefined>
  tokenEndpointAuthMethods: readonly ClientAuthMethod[]
  cookies: { session: string; interaction: string; resume: string }
  /** Where the form is: `parameter` carries the number of the sign-in. `inPlace`: the authorization endpoint answers with the form itself. */
  login: { path: string; parameter: string; extra?: (uid: string, clientId: string) => Claims; inPlace: boolean }
  /** The subject of a person, in ID tokens and at userinfo. */
  subject: (user: DevUser, clientId: string) => string
  /** Which claims go where. Each names its own subject and its own issuer only if it differs. */
  claims: {
    idToken: (signed: Signed) => Claims
    userinfo: (signed: Signed) => Claims
    /** `standard` is what RFC 9068 has: iss, sub, client_id, iat, exp, jti, scope. */
    accessToken: (signed: Signed, standard: Claims) => Claims
    /** What introspection says about a valid access token, besides `active`. */
    introspection: (accessToken: Claims) => Claims
  }
  /** It answers anybody about an access token who has it, and not by RFC 7662: these claims, and until when. */
  tokenInfo?: (signed: Signed) => Claims
  accessTokenForm: (asked: { scope: ReadonlySet<string>; audience: string | undefined }) => AccessTokenForm
  /** What the published form of a key says besides RFC 7517. */
  keyDetails?: (origin: string) => Claims
  /** Whether answers of the authorization and the token endpoint carry `session_state`, and the first one `iss` (RFC 9207). */
  answers: { sessionState: boolean; iss: boolean }
  /** A refresh token works once, and brings the next one. */
  rotatesRefreshTokens?: true
  /** Its sign-out is not RP-initiated logout: these parameters say which client asks, and where to go then. */
  ownSignOut?: { path: string; client: string; target: string }
  /** Signing out without a valid `id_token_hint`: the person is asked, or the request is refused. */
  signOutWithoutHint: 'asks' | 'refuses'
  /** Its words when it refuses. */
  words: {
    redirectUri: string
    client: string
    scope: (asked: string) => string
    signOutHint: string
    clientCredentials: { error: string; error_description: string }
    /** The parameters of a WWW-Authenticate header before `error`. */
    challenge: string
    /** What it tells the client when somebody presses Cancel at the form. Absent: the form has no such button. */
    cancelled?: string
    /** Body of the answer to a path outside the issuer. */
    notFound: Claims
  }
  /** Options that it does not support. */
  cannot: readonly VendorOption[]
}

/** Which of its two hosts a request came to. */
export type Host = 'issuer' | 'elsewhere'

/** A running look-alike. */
export interface RunningLookAlike {
  issuer: string
  /** Whole addresses. */
  addresses: Readonly<Partial<Record<EndpointName, string>>>
  handle(request: IncomingMessage, response: ServerResponse, host: Host): void
}
