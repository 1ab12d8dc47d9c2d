import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { AppError, type IncidentCode } from '../errors.ts'
import { own } from '../maps.ts'
import { usedOtherMethod } from './client-authentication.ts'

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

  const { client_id: sentId, redirect_uri: redirectUri } = (ctx.oidc?.params ?? ctx.query) as Record<string, unknown>
  // A secret may come with a header: then the id is no parameter.
  const clientId = sentId ?? ctx.oidc?.client?.clientId
  const details = {
    error: error.error,
    ...(error.error_description ? { description: error.error_description } : {}),
    ...(typeof clientId === 'string' ? { clientId } : {}),
    ...(typeof redirectUri === 'string' ? { redirectUri } : {}),
    ...registeredAddresses(error, ctx),
  }
  return new AppError(codeOf(error, ctx), details, { cause: error })
}

const unknownAfterSignOut = /^post_logout_redirect_uri not registered/

/** For the trace: the address that was sent beside those that are registered. Strangers see neither. */
function registeredAddresses(
  error: InstanceType<typeof errors.OIDCProviderError>,
  ctx: KoaContextWithOIDC,
): Record<string, string> {
  const { client, params } = ctx.oidc ?? {}
  if (client === undefined) return {}
  if (error.error === 'invalid_redirect_uri') return { registered: (client.redirectUris ?? []).join(' ') }
  if (!unknownAfterSignOut.test(error.error_description ?? '')) return {}
  const sent = params?.['post_logout_redirect_uri']
  return {
    ...(typeof sent === 'string' ? { postLogoutRedirectUri: sent } : {}),
    registered: (client.postLogoutRedirectUris ?? []).join(' ') || 'none',
  }
}

/** A client that is known has another fault than its id. */
function codeOf(error: InstanceType<typeof errors.OIDCProviderError>, ctx: KoaContextWithOIDC): IncidentCode {
  if (error instanceof errors.InvalidClientAuth && ctx.oidc?.client !== undefined) {
    const { error_detail: detail = '' } = error
    if (usedOtherMethod(ctx) || detail.includes('mechanism')) return 'client-method-wrong'
    return 'client-secret-wrong'
  }
  if (unknownAfterSignOut.test(error.error_description ?? '')) return 'redirect-uri-not-registered'
  return own(codes, error.error) ?? 'invalid-request'
}
