import * as oidc from 'openid-client'
import { AppError, type IncidentCode } from '../errors.ts'
import { own } from '../maps.ts'

/**
 * Turns openid-client's error into a row of our table: which hop failed, with both values where two disagree. The original stays the
 * cause. Never holds a token: openid-client keeps bodies in causes that are not printed.
 */
export function explainOidcError(error: unknown, client: { issuer: string; clientId: string }): AppError {
  if (error instanceof AppError) return error
  const details = { issuer: client.issuer, clientId: client.clientId }
  const because = (code: IncidentCode, more: Record<string, unknown> = {}) =>
    new AppError(code, { ...details, ...more }, { cause: error })

  if (error instanceof oidc.AuthorizationResponseError) return because('provider-refused', answerOf(error))
  // A wrong secret gets a challenge as its answer when it came by client_secret_basic (RFC 6749 section 5.2), else in the body.
  if (error instanceof oidc.WWWAuthenticateChallengeError) {
    return because('client-credentials-rejected', { status: error.status })
  }
  if (error instanceof oidc.ResponseBodyError) {
    const credentials = error.error === 'invalid_client' || error.error === 'unauthorized_client'
    return because(credentials ? 'client-credentials-rejected' : 'provider-refused', answerOf(error))
  }

  const refused = appErrorBehind(error)
  if (refused) return because('provider-answer-refused', refused.details)

  const causes = causesOf(error)
  const certificate = causes.map(({ code }) => own(certificateCodes, code)).find((code) => code !== undefined)
  if (certificate) return because(certificate)

  const check = causes.map(({ message }) => message).join(' <- ')
  // openid-client wraps oauth4webapi's error in one of the same code: the values are in the inner one.
  const mismatch = causes.findLast(({ code }) => comparisonCodes.has(code))
  if (mismatch) {
    const { field, expected, actual } = comparison(mismatch.cause)
    if (field === 'issuer' || field === 'iss') {
      return because('issuer-mismatch', { configured: client.issuer, published: actual })
    }
    return because('id-token-invalid', { claim: field, expected })
  }
  if (causes.some(({ code }) => code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED')) return because('clock-skew', { check })
  // With `iss` in the authorization response (RFC 9207) a mix-up of providers ends here.
  if (/"iss"/.test(check)) return because('issuer-mismatch', { check })
  if (causes.some(({ code }) => unansweredCodes.has(code))) return because('provider-unreachable', { check })
  if (causes.some(({ code }) => code.startsWith('OAUTH_'))) return because('id-token-invalid', { check })
  return because('provider-unreachable')
}

const comparisonCodes: ReadonlySet<string> = new Set([
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
])

/** No answer in time, or an answer that is not from the provider: an error page of something in between. */
const unansweredCodes: ReadonlySet<string> = new Set([
  'OAUTH_ABORT',
  'OAUTH_PARSE_ERROR',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_TIMEOUT',
])

const certificateCodes: Readonly<Record<string, IncidentCode>> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-hostname-mismatch',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-untrusted',
}

/** The provider's own words, cut to a length that fits a log line. */
function answerOf({
  error,
  error_description: description,
}: {
  error: string
  error_description?: string | undefined
}) {
  return { error: error.slice(0, 100), ...(description ? { description: description.slice(0, 500) } : {}) }
}

/** The field that two sides disagree about; `cause` is what oauth4webapi keeps beside its message. */
function comparison(cause: unknown): { field: string; expected: string; actual: string } {
  const { attribute, claim, expected, body, claims } = (cause ?? {}) as Record<string, unknown>
  const field = String(attribute ?? claim ?? '')
  const values = (body ?? claims ?? {}) as Record<string, unknown>
  return { field, expected: String(expected), actual: String(values[field]) }
}

/** What our own reader of answers threw, and the library wrapped. */
function appErrorBehind(error: unknown): AppError | undefined {
  let at = error
  for (let depth = 0; at instanceof Error && depth < 6; depth++, at = at.cause) if (at instanceof AppError) return at
  return undefined
}

function causesOf(error: unknown): { message: string; code: string; cause: unknown }[] {
  const causes: { message: string; code: string; cause: unknown }[] = []
  for (let at = error; at instanceof Error && causes.length < 6; at = at.cause) {
    causes.push({ message: at.message, code: 'code' in at ? String(at.code) : '', cause: at.cause })
  }
  return causes
}
