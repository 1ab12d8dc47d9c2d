import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { AppError, type IncidentCode } from '../errors.ts'
import { own } from '../maps.ts'

const codes: Readonly<Record<string, IncidentCode>> = {
  invalid_client: 'client-unknown',
  invalid_redirect_uri: 'redirect-uri-not-registered',
  access_denied: 'access-denied',
}

/** An error of oidc-provider as a row of our table, with the client's request as details. The original stays the cause. */
export function toAppError(error: Error, ctx: KoaContextWithOIDC): AppError {
  if (error instanceof AppError) return error
  const gone = error instanceof errors.SessionNotFound || error instanceof errors.LoginRequired
  if (gone) return new AppError('login-expired', {}, { cause: error })
  if (!(error instanceof errors.OIDCProviderError)) return new AppError('internal-error', {}, { cause: error })

  const { client_id: clientId, redirect_uri: redirectUri } = (ctx.oidc?.params ?? ctx.query) as Record<string, unknown>
  const details = {
    error: error.error,
    ...(error.error_description ? { description: error.error_description } : {}),
    ...(typeof clientId === 'string' ? { clientId } : {}),
    ...(typeof redirectUri === 'string' ? { redirectUri } : {}),
  }
  return new AppError(own(codes, error.error) ?? 'invalid-request', details, { cause: error })
}
