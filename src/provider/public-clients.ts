import type Provider from 'oidc-provider'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'

/**
 * Whoever asks about tokens must prove who asks (RFC 7662 section 2.1), or anybody could try out tokens, as a public client has a name only.
 * oidc-provider takes the name for the proof. Every token is refused alike, also those that nobody knows.
 */
export function refusePublicIntrospection(
  provider: Provider,
): (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void> {
  return async (ctx, next) => {
    await next()
    if (ctx.oidc?.route !== 'introspection' || ctx.oidc.client?.clientAuthMethod !== 'none') return
    const refusal = new errors.InvalidClientAuth('introspection needs a client that authenticates')
    provider.emit('introspection.error', ctx, refusal)
    ctx.status = refusal.statusCode
    ctx.body = { error: refusal.error, error_description: refusal.error_description }
  }
}
