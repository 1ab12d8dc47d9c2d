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
}

/** Faults on purpose, to try `gatehouse doctor`. */
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
}

export const certificateFaults = ['expired', 'not-yet-valid', 'wrong-host', 'self-signed', 'untrusted-ca'] as const
export type CertificateFault = (typeof certificateFaults)[number]

/** The settings of a look-alike. */
export interface LookAlikeSettings {
  /** Scheme, host and port, such as `http://localhost:8081`. */
  origin: string
  clientId: string
  clientSecret: string
  users: readonly DevUser[]
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
  faults: Faults
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
  settings: Pick<LookAlikeSettings, 'fullGroupPaths' | 'audiences' | 'groupsClaim'>
}

export type Claims = Record<string, unknown>

/** Options that not every vendor supports. */
export type VendorOption = 'fullGroupPaths' | 'audiences' | 'groupsClaim' | keyof Faults

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
  /** Paths below `root`, in addition to those in the facts of the vendor. */
  paths: { revocation: string; pushedAuthorizationRequest?: string }
  /** Scopes that are offered, in the order of the discovery document. */
  scopes: readonly string[]
  /** The scopes that an authentication class requests, and the claim that becomes the user name. */
  authenticationClass: { scopes: readonly string[]; principalClaim: string }
  /** What the discovery document says beside issuer and endpoints. */
  discovery: Claims
  tokenEndpointAuthMethods: readonly ClientAuthMethod[]
  cookies: { session: string; interaction: string; resume: string }
  /** Where the form is: `parameter` carries the number of the sign-in. `inPlace`: the authorization endpoint answers with the form itself. */
  login: { path: string; parameter: string; extra?: (uid: string, clientId: string) => Claims; inPlace: boolean }
  /** The subject of a person, in ID tokens and at userinfo. */
  subject: (user: DevUser) => string
  /** Which claims go where. Each names its own subject only if it differs. */
  claims: {
    idToken: (signed: Signed) => Claims
    userinfo: (signed: Signed) => Claims
    /** `standard` is what RFC 9068 has: iss, sub, client_id, iat, exp, jti, scope. */
    accessToken: (signed: Signed, standard: Claims) => Claims
    /** What introspection says about a valid access token, besides `active`. */
    introspection: (accessToken: Claims) => Claims
  }
  /** False: the key of access tokens is not among the published ones, so that only the provider itself can check them. */
  publishesAccessTokenKey: boolean
  /** Whether answers of the authorization and the token endpoint carry `session_state`, and the first one `iss` (RFC 9207). */
  answers: { sessionState: boolean; iss: boolean }
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
    /** Body of the answer to a path outside the issuer. */
    notFound: Claims
  }
  /** Options that it does not support. */
  cannot: readonly VendorOption[]
}

/** A running look-alike. */
export interface RunningLookAlike {
  issuer: string
  handle(request: IncomingMessage, response: ServerResponse): void
}
