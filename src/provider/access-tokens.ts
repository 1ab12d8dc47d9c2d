import { createLocalJWKSet, errors, type JWK, jwtVerify } from 'jose'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { FindIdentity, KnownIdentity } from '../sessions/identity.ts'
import type { PayloadTable } from '../store/payloads.ts'

const maxTokenLength = 16_384
// RFC 9068 section 4 leaves the tolerance to us; both clocks are usually this machine's.
const clockToleranceSeconds = 5

/** The person or program of an access token, and its expiry. */
export interface TokenHolder {
  identity: KnownIdentity
  /** Milliseconds since the epoch. */
  expiresAt: number
  /** The login session on which the token depends, and with which it ends. */
  session?: string
}

/**
 * Checks a JWT access token that this server issued for a service (RFC 9068 section 4): type, signature, issuer, audience, expiry,
 * and that the user and the session of the token still exist. Throws `token-invalid` or `token-audience-wrong`.
 */
export function createAccessTokenVerifier({
  issuer,
  keys,
  findIdentity,
  payloads,
  clock,
}: {
  issuer: string
  keys: readonly JWK[]
  findIdentity: FindIdentity
  payloads: Pick<PayloadTable, 'findLivingSession'>
  clock: Clock
}): (token: string, audience: string) => Promise<TokenHolder> {
  const keySet = createLocalJWKSet({ keys: [...keys] })

  return async (token, audience) => {
    if (token.length > maxTokenLength) throw new AppError('token-invalid', { reason: 'longer than 16 KiB' })
    const { payload } = await jwtVerify(token, keySet, {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: ['ES256', 'RS256'],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(clock.now()),
      requiredClaims: ['sub', 'exp', 'iat', 'client_id', 'jti'],
    }).catch((cause: unknown) => {
      const audienceWrong = cause instanceof errors.JWTClaimValidationFailed && cause.claim === 'aud'
      throw new AppError(audienceWrong ? 'token-audience-wrong' : 'token-invalid', { audience }, { cause })
    })
    const expiresAt = Number(payload.exp) * 1000
    const subject = String(payload.sub)
    const clientId = String(payload['client_id'])
    // A client's own token (client_credentials) has the client as its subject: a service, in no team.
    if (subject === clientId) {
      return { identity: { userId: `client:${clientId}`, username: `client:${clientId}`, teams: [] }, expiresAt }
    }

    const identity = await findIdentity(subject)
    if (!identity) throw new AppError('token-invalid', { reason: 'the user is gone or deactivated' })
    const sessionUid = payload['sid']
    if (typeof sessionUid !== 'string') return { identity, expiresAt }
    const session = await payloads.findLivingSession(sessionUid, clock.now())
    if (session?.login === undefined || session.accountId !== subject) {
      throw new AppError('token-invalid', { reason: 'the session has ended' })
    }
    return { identity, expiresAt: Math.min(expiresAt, session.login.expiresAt), session: session.login.idHash }
  }
}
