import { decodeJwt, type JWTPayload } from 'jose'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { TokenHolder } from './access-tokens.ts'
import { grantClaim } from './access-tokens.ts'
import { isUnsupportedToken } from './jwt-revocation.ts'

/**
 * Answers about JWTs at `/introspect` (RFC 7662 section 2.2). oidc-provider keeps no record of them and answers `unsupported_token_type`,
 * once it has authenticated the client. An access token is shown to the client that it was issued to, and to the products that stand for
 * the service that it is for (`introspects`); to everybody else, and of any other JWT, it is said to be not active.
 */
export function createJwtIntrospection({
  verify,
  mayAskFor,
}: {
  /** Rejects for what is not a good access token for that audience. */
  verify: (token: string, audience: string) => Promise<TokenHolder>
  mayAskFor: (clientId: string, audience: string) => boolean
}): (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void> {
  return async (ctx, next) => {
    await next()
    if (ctx.oidc?.route !== 'introspection' || !isUnsupportedToken(ctx.body)) return
    ctx.status = 200
    ctx.body = await describe(String(ctx.oidc.params?.['token'] ?? ''), ctx.oidc.client?.clientId ?? '')
  }

  async function describe(token: string, clientId: string): Promise<Readonly<Record<string, unknown>>> {
    const { aud, client_id: owner } = claimsOf(token)
    if (typeof aud !== 'string' || (owner !== clientId && !mayAskFor(clientId, aud))) return { active: false }
    try {
      const { identity } = await verify(token, aud)
      // Only now the claims are known to be ours.
      const { [grantClaim]: _, ...claims } = claimsOf(token)
      return { active: true, ...claims, token_type: 'Bearer', username: identity.username }
    } catch {
      return { active: false }
    }
  }
}

/** Of a token whose signature nobody has checked yet. */
function claimsOf(token: string): JWTPayload {
  try {
    return decodeJwt(token)
  } catch {
    return {}
  }
}
