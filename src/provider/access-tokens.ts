import { createLocalJWKSet, errors, type JWK, type JWTPayload, jwtVerify, type ProtectedHeaderParameters } from 'jose'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { FindIdentity, KnownIdentity } from '../sessions/identity.ts'
import { digest } from '../store/digest.ts'
import type { PayloadTable } from '../store/payloads.ts'
import { lifetimes } from './lifetimes.ts'
import { serviceScope, serviceTokenAlg } from './service-tokens.ts'

const maxTokenLength = 16_384
// RFC 9068 section 4 leaves the tolerance to us; both clocks are usually this machine's.
const clockToleranceSeconds = 5

/** Names the grant under which a token was issued: it ends with that. */
export const grantClaim = 'grant_id'

/** All that the tokens of this server contain. Anything else (`cnf`, `act`, `crit` ...) restricts a token in a way that nobody here checks. */
const readHeaders: ReadonlySet<string> = new Set(['alg', 'kid', 'typ'])
const readClaims: ReadonlySet<string> = new Set([
  'aud',
  'client_id',
  'email',
  'email_verified',
  'exp',
  grantClaim,
  'groups',
  'iat',
  'iss',
  'jti',
  'name',
  'preferred_username',
  'scope',
  'sid',
  'sub',
])

/** The person or program of an access token, and its expiry. */
export interface TokenHolder {
  /** `program`: the product, for a token that is its own. */
  identity: KnownIdentity & { program?: string }
  /** Milliseconds since the epoch. */
  expiresAt: number
  /** The login session on which the token depends, and with which it ends. */
  session?: string
  /** The grant under which it was issued, and with which it ends. */
  grant?: string
  /** The digest of its `jti`: the name under which it is revoked alone. */
  token: string
  /** The product to which it was issued. */
  product: string
}

/** A product as far as its tokens go. */
export interface TokenClient {
  product: string
  /** Addresses of the services for which it may have tokens today. */
  resources: Pick<ReadonlyMap<string, unknown>, 'has'>
  metadata: { grant_types?: readonly string[] | undefined }
}

/**
 * Checks a JWT access token that this server issued for a service (RFC 9068 section 4): type, signature, issuer, audience, expiry,
 * that its product may still have tokens for the service, that nobody has revoked it, and that the user, the grant and the session of the
 * token still exist. A token that says more than is read here is refused. Throws `token-invalid` or `token-audience-wrong`.
 */
export function createAccessTokenVerifier({
  issuer,
  keys,
  findClient,
  findIdentity,
  payloads,
  clock,
}: {
  issuer: string
  keys: readonly JWK[]
  findClient: (clientId: string) => TokenClient | undefined
  findIdentity: FindIdentity
  payloads: Pick<PayloadTable, 'findLivingSession' | 'hasGrant' | 'wasRevoked'>
  clock: Clock
}): (token: string, audience: string) => Promise<TokenHolder> {
  const keySet = createLocalJWKSet({ keys: [...keys] })

  return async (token, audience) => {
    if (token.length > maxTokenLength) throw new AppError('token-invalid', { reason: 'longer than 16 KiB' })
    const { payload, protectedHeader } = await jwtVerify(token, keySet, {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: [serviceTokenAlg],
      clockTolerance: clockToleranceSeconds,
      // Also refuses a time of issue in the future.
      maxTokenAge: lifetimes.serviceAccessToken,
      currentDate: new Date(clock.now()),
      requiredClaims: ['sub', 'exp', 'iat', 'client_id', 'jti'],
    }).catch((cause: unknown) => {
      const audienceWrong = cause instanceof errors.JWTClaimValidationFailed && cause.claim === 'aud'
      throw new AppError(audienceWrong ? 'token-audience-wrong' : 'token-invalid', { audience }, { cause })
    })
    const { subject, clientId, session, grant, jti } = read(payload, protectedHeader)
    const client = findClient(clientId)
    if (!client?.resources.has(audience)) {
      throw new AppError('token-invalid', { reason: 'the product may have no tokens for this service', clientId })
    }
    if (await payloads.wasRevoked(jti, clock.now())) throw new AppError('token-invalid', { reason: 'it was revoked' })
    const expiresAt = Number(payload.exp) * 1000
    const own = { expiresAt, token: digest(jti), product: client.product }
    // A client's own token (client_credentials) has the client as its subject: a service, in no team.
    if (subject === clientId) return { identity: identityOfProgram(clientId, client), ...own }
    if (grant === undefined || !(await payloads.hasGrant(grant))) {
      throw new AppError('token-invalid', { reason: 'the grant has ended' })
    }

    const identity = await findIdentity(subject)
    if (!identity) throw new AppError('token-invalid', { reason: 'the user is gone or deactivated' })
    if (session === undefined) return { identity, ...own, grant }
    const living = await payloads.findLivingSession(session, clock.now())
    if (living?.login === undefined || living.accountId !== subject) {
      throw new AppError('token-invalid', { reason: 'the session has ended' })
    }
    const { login } = living
    return { identity, ...own, grant, expiresAt: Math.min(expiresAt, login.expiresAt), session: login.idHash }
  }
}

/** What decides who it is. Throws `token-invalid` for a token with something in it that is not understood. */
function read(payload: JWTPayload, header: ProtectedHeaderParameters) {
  const unknown = [
    ...Object.keys(header).filter((name) => !readHeaders.has(name)),
    ...Object.keys(payload).filter((name) => !readClaims.has(name)),
  ]
  if (unknown.length > 0) throw new AppError('token-invalid', { reason: 'has parts that are not understood', unknown })
  const { sub, aud, client_id: clientId, scope, sid, jti, [grantClaim]: grant } = payload
  // More than one audience: each of them could use it at the others.
  if (typeof aud !== 'string') throw new AppError('token-invalid', { reason: 'is for more than one service' })
  if (scope !== undefined && scope !== serviceScope) throw new AppError('token-invalid', { reason: 'unknown scope' })
  if (
    !isName(sub) ||
    !isName(clientId) ||
    !isName(jti) ||
    (sid !== undefined && !isName(sid)) ||
    (grant !== undefined && !isName(grant))
  ) {
    throw new AppError('token-invalid', { reason: 'sub, client_id, jti, sid or grant_id is not a text' })
  }
  return { subject: sub, clientId, session: sid, grant, jti }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** Throws `token-invalid` when the product may not have tokens of its own any more. */
function identityOfProgram(clientId: string, { product, metadata }: TokenClient): TokenHolder['identity'] {
  if (!metadata.grant_types?.includes('client_credentials')) {
    throw new AppError('token-invalid', { reason: 'the product may have no tokens of its own', clientId })
  }
  const name = `client:${clientId}`
  return { userId: name, username: name, names: [], teams: [], program: product }
}
