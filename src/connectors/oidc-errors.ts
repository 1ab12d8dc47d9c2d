import * as oidc from 'openid-client'
import { AppError, type IncidentCode } from '../errors.ts'
import type { Vendor } from '../vendors/contract.ts'
import { codeOfRefusal, wordsOf } from './provider-answers.ts'
import { shown, shownInPart, timeOf } from './shown-claim.ts'

/**
 * Turns the library's error into a row of our table: which check failed, with both values where two disagree. The original stays the
 * cause. Never holds a token: openid-client keeps bodies in causes that are not printed.
 */
export function explainOidcError(
  error: unknown,
  client: { issuer: string; clientId: string; explains?: Vendor['explains'] },
): AppError {
  const found = named(error, client)
  if (found.code === 'config-invalid') return found
  const { description } = found.details
  const meaning = typeof description === 'string' ? client.explains?.(description) : undefined
  if (!meaning) return found
  const { code = found.code as IncidentCode, means } = meaning
  return new AppError(code, { ...found.details, means }, { cause: found.cause })
}

function named(error: unknown, { issuer, clientId }: { issuer: string; clientId: string }): AppError {
  const because = (code: IncidentCode, more: Record<string, unknown> = {}, cause = error) =>
    new AppError(code, { issuer, clientId, ...more }, cause === undefined ? {} : { cause })

  const ours = appErrorBehind(error)
  if (ours) return ours.code === 'config-invalid' ? ours : because(ours.code, ours.details, ours.cause)
  if (error instanceof oidc.AuthorizationResponseError) {
    const { error: word, error_description } = error
    return because(codeOfRefusal(word), wordsOf({ error: word, error_description }))
  }
  const fault = faultOf(innermost(error))
  return fault ? because(fault.code, fault.details) : because('provider-unreachable', { check: checkOf(error) })
}

interface Fault {
  code: IncidentCode
  details: Record<string, string>
}

/** What oauth4webapi keeps beside its message. */
interface Kept {
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
  body?: Record<string, unknown>
  claim?: string
  attribute?: string
  expected?: unknown
  now?: number
  tolerance?: number
}

function faultOf({ message, code, cause }: Inner): Fault | undefined {
  if (!code.startsWith('OAUTH_')) return undefined
  const kept: Kept = typeof cause === 'object' && cause !== null ? cause : {}
  const claim =
    kept.claim ?? kept.attribute ?? /"(\w+)" (?:\(|header|claim|parameter|property)/.exec(message)?.[1] ?? ''
  if (code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED') return wrongTime(claim, message, kept)
  const received = receivedIn(kept, claim)
  if (claim === 'iss' && kept.claims) {
    return { code: 'issuer-mismatch', details: { claim, configured: shown(kept.expected), published: shown(received) } }
  }
  const show = claim === 'nonce' ? shownInPart : shown
  const isCompared = kept.claims !== undefined || kept.header !== undefined || kept.attribute === 'sub'
  return {
    code: 'id-token-invalid',
    details: {
      ...(kept.attribute === 'sub' ? { endpoint: 'userinfo endpoint' } : {}),
      claim,
      check: message,
      ...(kept.expected === undefined ? {} : { expected: show(kept.expected) }),
      ...(isCompared && claim !== '' ? { received: show(received) } : {}),
    },
  }
}

/** Claims and headers are no secrets. Of a body, which holds tokens, only the subject is shown. */
function receivedIn({ claims, header, body, attribute }: Kept, name: string): unknown {
  if (claims) return claims[name]
  if (header) return header[name]
  return attribute === 'sub' ? body?.['sub'] : undefined
}

function wrongTime(claim: string, check: string, { claims, now = 0, tolerance = 0 }: Kept): Fault {
  const received = claims?.[claim]
  return {
    code: 'clock-skew',
    details: {
      claim,
      check,
      received: timeOf(received),
      'our clock': timeOf(now),
      tolerance: `${tolerance} s`,
    },
  }
}

interface Inner {
  message: string
  code: string
  cause: unknown
}

/** openid-client wraps oauth4webapi's error in one of the same code: the values are in the inner one. */
function innermost(error: unknown): Inner {
  return (
    causesOf(error).findLast(({ code }) => code.startsWith('OAUTH_')) ?? { message: '', code: '', cause: undefined }
  )
}

function checkOf(error: unknown): string {
  return causesOf(error)
    .map(({ message }) => message)
    .join(' <- ')
}

/** What our own reader of answers threw, and the library wrapped. */
function appErrorBehind(error: unknown): AppError | undefined {
  let at = error
  for (let depth = 0; at instanceof Error && depth < 6; depth++, at = at.cause) if (at instanceof AppError) return at
  return undefined
}

function causesOf(error: unknown): Inner[] {
  const causes: Inner[] = []
  for (let at = error; at instanceof Error && causes.length < 6; at = at.cause) {
    causes.push({ message: at.message, code: 'code' in at ? String(at.code) : '', cause: at.cause })
  }
  return causes
}
