import { decodeJwt } from 'jose'
import { AppError } from '../errors.ts'
import { shown, shownInPart, timeOf } from './shown-claim.ts'

export interface ClaimExpectations {
  /** The issuer of a token with these claims. Throws AppError where there is none. */
  issuerFor: (claims: Readonly<Record<string, unknown>>) => string
  clientId: string
  nonce: string
  /** Seconds since 1970. */
  now: number
  /** Seconds by which clocks may differ. */
  tolerance: number
}

/**
 * What openid-client checks of an ID token that it has fetched itself (OpenID Connect Core 3.1.3.7): issuer, audience, nonce and times, for
 * tokens that it does not get to see. The signature is checked elsewhere, and the rest by `checkIdToken`. Throws `issuer-mismatch`,
 * `id-token-invalid` or `clock-skew`.
 */
export function checkIdTokenClaims(token: string, expected: ClaimExpectations): void {
  const claims: Record<string, unknown> = decodeJwt(token)
  const { iss, aud, nonce, exp, nbf } = claims
  const issuer = expected.issuerFor(claims)
  if (iss !== issuer) throw new AppError('issuer-mismatch', { claim: 'iss', configured: issuer, published: shown(iss) })
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (!audiences.includes(expected.clientId))
    throw new AppError('id-token-invalid', { claim: 'aud', expected: expected.clientId, received: shown(aud) })
  if (nonce !== expected.nonce) {
    const values = { expected: shownInPart(expected.nonce), received: shownInPart(nonce) }
    throw new AppError('id-token-invalid', { claim: 'nonce', ...values })
  }
  if (typeof exp !== 'number')
    throw new AppError('id-token-invalid', { claim: 'exp', problem: 'must be a time', received: shown(exp) })
  if (exp <= expected.now - expected.tolerance) throw skewed('exp', 'the ID token has expired', exp, expected)
  if (nbf === undefined) return
  if (typeof nbf !== 'number')
    throw new AppError('id-token-invalid', { claim: 'nbf', problem: 'must be a time', received: shown(nbf) })
  if (nbf > expected.now + expected.tolerance) throw skewed('nbf', 'the ID token is not valid yet', nbf, expected)
}

function skewed(claim: string, check: string, time: number, { now, tolerance }: ClaimExpectations): AppError {
  const clocks = { received: timeOf(time), 'our clock': timeOf(now), tolerance: `${tolerance} s` }
  return new AppError('clock-skew', { claim, check, ...clocks })
}
