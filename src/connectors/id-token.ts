import { hash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { nestsDeeperThan } from '../bounded-answer.ts'
import { AppError } from '../errors.ts'
import { shown, shownInPart, timeOf } from './shown-claim.ts'

/** Characters of a token: with groups and pictures tokens have some kilobytes. */
const sizeLimit = 64 * 1024
/** Core 2: the subject "MUST NOT exceed 255 ASCII characters in length". */
const subjectLimit = 255
const depthLimit = 100

export interface IdTokenExpectations {
  clientId: string
  /** The token that came with it, if one did. */
  accessToken: string | undefined
  /** Seconds since 1970. */
  now: number
  /** Seconds by which clocks may differ. */
  tolerance: number
}

/**
 * What OpenID Connect Core 3.1.3.7 and RFC 8725 ask for beyond what openid-client has checked by now: signature, issuer, audience,
 * expiry and nonce. Throws `id-token-invalid` with the claim, or `clock-skew`.
 *
 * @returns the subject.
 */
export function checkIdToken(token: string, expected: IdTokenExpectations): string {
  const { clientId } = expected
  const invalid = (claim: string, problem: string, values: Record<string, string> = {}) =>
    new AppError('id-token-invalid', { claim, problem, ...values })
  if (token.length > sizeLimit) throw invalid('ID token', `is longer than ${sizeLimit} characters`)
  if (nestsDeeperThan(depthLimit, Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))
    throw invalid('ID token', `nests deeper than ${depthLimit} levels`)

  const { typ, alg = '' } = decodeProtectedHeader(token)
  // An access token or a logout token of the same provider, for the same audience, is no proof of a sign-in (RFC 8725, 3.11).
  if (typ !== undefined && !(typeof typ === 'string' && /^(?:application\/)?jwt$/i.test(typ)))
    throw invalid('typ', 'is not the type of an ID token', { expected: 'JWT', received: shown(typ) })

  const claims: Record<string, unknown> = decodeJwt(token)
  if (hasOwnEvents(claims)) throw invalid('events', 'is for logout tokens')
  const { sub, iat, exp, aud, azp, auth_time: authTime, at_hash: accessTokenHash } = claims
  if (!isSubject(sub))
    throw invalid('sub', `must be a text of 1 to ${subjectLimit} characters`, { received: shown(sub) })
  for (const [claim, time] of Object.entries({ iat, exp }))
    if (!isTime(time)) throw invalid(claim, 'must be a time', { received: shown(time) })
  if (authTime !== undefined && authTime !== null && !isTime(authTime))
    throw invalid('auth_time', 'must be a time', { received: shown(authTime) })
  if (Number(iat) > expected.now + expected.tolerance)
    throw new AppError('clock-skew', {
      claim: 'iat',
      check: 'the ID token was issued in the future',
      received: timeOf(iat),
      'our clock': timeOf(expected.now),
      tolerance: `${expected.tolerance} s`,
    })
  if (Array.isArray(aud) && !aud.every((audience) => typeof audience === 'string'))
    throw invalid('aud', 'must be texts', { expected: clientId, received: shown(aud) })
  if (Array.isArray(aud) && aud.length > 1 && azp === undefined)
    throw invalid('azp', 'is missing, although there are several audiences', {
      expected: clientId,
      audiences: shown(aud),
    })
  if (azp !== undefined && azp !== clientId)
    throw invalid('azp', 'is another client', { expected: clientId, received: shown(azp) })
  if (expected.accessToken === undefined) return sub
  const itsHash = hashOf(expected.accessToken, alg)
  if (accessTokenHash !== undefined && accessTokenHash !== itsHash) {
    const values = { expected: shownInPart(itsHash), received: shownInPart(accessTokenHash) }
    throw invalid('at_hash', 'does not belong to the access token', values)
  }
  return sub
}

/** Kept exactly, as the key of a person: nothing that a store would keep differently, such as half a character. */
export function isSubject(sub: unknown): sub is string {
  return (
    typeof sub === 'string' && sub !== '' && sub.length <= subjectLimit && sub.isWellFormed() && !/\p{Cc}/u.test(sub)
  )
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 && value < 1e11
}

function hasOwnEvents(claims: Readonly<Record<string, unknown>>): boolean {
  const { events } = claims
  return typeof events === 'object' && events !== null && 'http://schemas.openid.net/event/backchannel-logout' in events
}

/** Core 3.1.3.6: the left half of the hash that the signature uses; Ed25519 signs SHA-512. */
function hashOf(accessToken: string, alg: string): string {
  const size = /^(?:RS|PS|ES|HS)(256|384|512)$/.exec(alg)?.[1] ?? '512'
  const digest = hash(`sha${size}`, accessToken, 'buffer')
  return digest.subarray(0, digest.length / 2).toString('base64url')
}
