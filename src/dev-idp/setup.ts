/** What all files of the engine share about one running look-alike. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { JWK } from 'jose'
import { AppError } from '../errors.ts'
import type { DevUser, LookAlikeSettings, Quirks, Signed } from './contract.ts'
import { isRedirectUriAllowed } from './redirect-uri.ts'

/** Paths below the issuer. */
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
  const issuer = settings.origin + quirks.root
  return {
    quirks,
    settings,
    issuer,
    paths: pathsOf(quirks, issuer),
    scopes: faults.scopes === 'missing' ? ['openid'] : quirks.scopes,
    keys: quirks.publishesAccessTokenKey ? [signingKey] : [signingKey, makeKey()],
    account: (subject) => users.find((user) => quirks.subject(user) === subject),
    redirectAllowed: (uri) => faults.redirect !== 'unregistered' && isRedirectUriAllowed(uri, settings.redirectUris),
    signed: (user, scope, sid) => ({ user, scope: new Set(scope.split(' ')), clientId, issuer, sid, settings }),
  }
}

function pathsOf({ vendor, paths }: Quirks, issuer: string): Paths {
  const endpoints = vendor.endpoints(issuer)
  const introspection = vendor.introspection?.(issuer, endpoints)
  if (endpoints?.endSession === undefined || introspection === undefined) {
    throw new AppError('config-invalid', {
      at: '--like',
      problem: `the addresses of ${vendor.kind} do not follow from the issuer`,
    })
  }
  const below = (address: string) => address.slice(issuer.length)
  return {
    ...paths,
    authorization: below(endpoints.authorization),
    token: below(endpoints.token),
    userinfo: below(endpoints.userinfo),
    jwks: below(endpoints.jwks),
    endSession: below(endpoints.endSession),
    introspection: below(introspection),
  }
}

function makeKey(): JWK {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex'), alg: 'RS256', use: 'sig' }
}
