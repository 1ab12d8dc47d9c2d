/**
 * An identity provider for laptops and tests that behaves like one vendor's: its addresses, its pages, its claims, its quirks.
 * A look-alike answers requests; listening, certificates, users, secrets and faults that no vendor has are index.ts's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JWK } from 'jose'
import type { ProviderHint } from '../vendors/contract.ts'

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

/** Things that are wrong on purpose, so that `gatehouse doctor` can be tried. */
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

/** What a look-alike is told. */
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
  /** Redirect URIs that are registered; undefined takes any on loopback. */
  redirectUris: readonly string[] | undefined
  /** Keycloak's "Full group path": `/analysts` instead of `analysts`. */
  fullGroupPaths: boolean
  /** What an audience mapper puts into access tokens; without one `aud` is `account`. */
  audiences: readonly string[]
  faults: Faults
}

/** A running look-alike. */
export interface LookAlikeServer {
  issuer: string
  /** `rootPath`, `scopes`, `principalClaim` and `providerHint` of the authentication class that describes it. */
  description: { rootPath: string; scopes: string[]; principalClaim: string; providerHint: ProviderHint }
  handle(request: IncomingMessage, response: ServerResponse): void
}

/** One vendor. */
export interface LookAlike {
  /** The word after `--like`. */
  name: string
  create(settings: LookAlikeSettings): LookAlikeServer
}
