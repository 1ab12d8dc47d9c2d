/** What all files of the engine share about one running look-alike. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { JWK } from 'jose'
import { AppError } from '../errors.ts'
import { discoveryUrlOf } from '../issuer-text.ts'
import type { DevUser, LookAlikeSettings, Quirks, Signed } from './contract.ts'
import { isRedirectUriAllowed } from './redirect-uri.ts'

/** Paths below the root of the look-alike, without a slash at the end. */
export interface Paths {
  authorization: string
  token: string
  userinfo: string
  jwks: string
  endSession: string
  introspection: string
  revocation: string
  pushedAuthorizationRequest?: string
}

export interface Setup {
  quirks: Quirks
  settings: LookAlikeSettings
  issuer: string
  paths: Paths
  /** The same as whole addresses, as the vendor writes them. */
  addresses: Paths
  /** Path of the discovery document below the root. */
  discoveryPath: string
  /** Scopes that are offered; a fault may take most of them away. */
  scopes: readonly string[]
  /** Private keys: the first signs ID tokens and is published, the last one signs access tokens. */
  keys: readonly JWK[]
  /** The person of a subject. */
  account: (subject: string) => DevUser | undefined
  redirectAllowed: (uri: string) => boolean
  signed: (user: DevUser, scope: string, sid: string | undefined) => Signed
}

/** Puts quirks and settings together. Throws `config-invalid` for a vendor with unknown addresses. */
export function setUp(quirks: Quirks, settings: LookAlikeSettings): Setup {
  const { users, clientId, signingKey, faults } = settings
  const base = settings.origin + quirks.root
  const issuer = settings.origin + (quirks.issuerPath ?? quirks.root)
  const addresses = addressesOf(quirks, { issuer, base })
  return {
    quirks,
    settings,
    issuer,
    paths: pathsOf(addresses, base),
    addresses,
    discoveryPath: discoveryUrlOf(issuer).slice(base.length),
    scopes: faults.scopes === 'missing' ? ['openid'] : quirks.scopes,
    keys: quirks.publishesAccessTokenKey ? [signingKey] : [signingKey, makeKey()],
    account: (subject) => users.find((user) => quirks.subject(user) === subject),
    redirectAllowed: (uri) => faults.redirect !== 'unregistered' && isRedirectUriAllowed(uri, settings.redirectUris),
    signed: (user, scope, sid) => ({ user, scope: new Set(scope.split(' ')), clientId, issuer, sid, settings }),
  }
}

function addressesOf({ vendor, paths }: Quirks, { issuer, base }: { issuer: string; base: string }): Paths {
  const endpoints = vendor.endpoints(issuer)
  const introspection = vendor.introspection?.(issuer, endpoints)
  if (endpoints?.endSession === undefined || introspection === undefined) {
    throw new AppError('config-invalid', {
      at: '--like',
      problem: `the addresses of ${vendor.kind} do not follow from the issuer`,
    })
  }
  const own = Object.entries(paths).map(([name, path]) => [name, base + path])
  return { ...endpoints, endSession: endpoints.endSession, introspection, ...(Object.fromEntries(own) as typeof paths) }
}

/** A slash at the end of an address is one spelling of it: requests come in without it. */
function pathsOf(addresses: Paths, base: string): Paths {
  const below = Object.entries(addresses).map(([name, address]) => [
    name,
    address.slice(base.length).replace(/\/$/, ''),
  ])
  return Object.fromEntries(below) as Paths
}

function makeKey(): JWK {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex'), alg: 'RS256', use: 'sig' }
}
