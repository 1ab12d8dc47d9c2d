import { createLocalJWKSet, type JWK, type JWTPayload, jwtVerify } from 'jose'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { SessionEnd } from '../sessions/end.ts'
import { grantClaim } from './access-tokens.ts'

/**
 * Revokes JWT access tokens at `/revoke` (RFC 7009 section 2). oidc-provider keeps no record of them and answers `unsupported_token_type`,
 * once it has authenticated the client. As for every other access token the whole grant ends; a token without one (client_credentials) ends
 * alone. A token of another client stays refused, and one that is unknown, expired or no access token is an answer as if it were revoked
 * (section 2.2): nothing of it is left.
 */
export function createJwtRevocation({
  ending,
  issuer,
  keys,
}: {
  ending: Pick<SessionEnd, 'endGrant' | 'endJwt'>
  issuer: string
  keys: readonly JWK[]
}): (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void> {
  const keySet = createLocalJWKSet({ keys: [...keys] })

  return async (ctx, next) => {
    await next()
    if (ctx.oidc?.route !== 'revocation' || !isUnsupportedToken(ctx.body)) return
    const payload = await ownToken(String(ctx.oidc.params?.['token'] ?? ''))
    if (payload && payload['client_id'] !== ctx.oidc.client?.clientId) return
    if (payload) await end(payload)
    ctx.status = 200
    ctx.body = ''
  }

  async function end(payload: JWTPayload): Promise<void> {
    const grant = payload[grantClaim]
    if (typeof grant === 'string') await ending.endGrant(grant)
    await ending.endJwt({ jti: String(payload.jti), expiresAt: Number(payload.exp) * 1000 })
  }

  async function ownToken(token: string): Promise<JWTPayload | undefined> {
    try {
      const { payload } = await jwtVerify(token, keySet, {
        issuer,
        typ: 'at+jwt',
        algorithms: ['ES256', 'RS256'],
        requiredClaims: ['exp', 'client_id', 'jti'],
      })
      return payload
    } catch {
      // Not ours, or expired: nothing is left to revoke.
      return undefined
    }
  }
}

/** What oidc-provider answers about a JWT. */
export function isUnsupportedToken(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body && body.error === 'unsupported_token_type'
}
