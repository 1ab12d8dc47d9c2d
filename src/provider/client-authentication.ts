import type { IncomingMessage } from 'node:http'
import Provider, { type KoaContextWithOIDC } from 'oidc-provider'

/** Requests whose client has used another method than the registered one. */
const otherMethod = new WeakSet<IncomingMessage>()

/**
 * Takes a client secret in the registered way only (RFC 6749 section 2.3): oidc-provider lets a client of `client_secret_basic` send
 * it in the body as well, and the other way round. A wrong way is answered like a wrong secret, `invalid_client`.
 * `bothWays`: ids of clients that are known to do both.
 */
export function takeRegisteredMethodOnly(provider: Provider, bothWays: ReadonlySet<string>): void {
  const { prototype } = provider.Client
  const compare = prototype.compareClientSecret
  prototype.compareClientSecret = async function (secret) {
    const { ctx } = Provider
    if (!ctx || repeatsItself(ctx)) return false
    if (methodOf(ctx) !== this.clientAuthMethod && !bothWays.has(this.clientId)) {
      otherMethod.add(ctx.req)
      return false
    }
    return compare.call(this, secret)
  }
}

/** Whether the client of a refused request is known, but sent its secret in another way: some libraries try both, one after the other. */
export function usedOtherMethod({ req }: KoaContextWithOIDC): boolean {
  return otherMethod.has(req)
}

function methodOf({ oidc }: KoaContextWithOIDC): string {
  return oidc.params?.['client_secret'] ? 'client_secret_post' : 'client_secret_basic'
}

/** A second `Authorization`, or an assertion beside the secret: a client must not use more than one method. */
function repeatsItself({ req, oidc }: KoaContextWithOIDC): boolean {
  const names = req.rawHeaders.filter((_, index) => index % 2 === 0)
  const headers = names.filter((name) => name.toLowerCase() === 'authorization').length
  return headers > 1 || oidc.body?.['client_assertion'] !== undefined
}
