import { decodeJwt } from 'jose'
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'

const offlineAccess = 'offline_access'

/**
 * Keeps the scope `offline_access`. oidc-provider drops it unless the request has prompt=consent, which no product sends. OpenID Connect
 * Core section 11 allows other conditions: a product with `consent: skip` is the administrator's own, and one with `consent: ask` has
 * the scope on its consent page. It means something only where there are refresh tokens.
 *
 * oidc-provider calls the check of an extra parameter for every request for authorization, pushed ones too, after it has read the scope.
 * Nobody sends this parameter.
 */
export const keepOfflineAccess: NonNullable<Configuration['extraParams']> = {
  'gatehouse.offline_access': (ctx, _value, client) => {
    const { params } = ctx.oidc
    if (!params || !client.grantTypeAllowed('refresh_token')) return
    if (
      !String(params['response_type'] ?? '')
        .split(' ')
        .includes('code')
    )
      return
    const scopes = String(params['scope'] ?? '')
      .split(' ')
      .filter(Boolean)
    if (scopes.includes(offlineAccess) || !requestedScopes(ctx).includes(offlineAccess)) return
    params['scope'] = [...scopes, offlineAccess].join(' ')
  },
}

/** The scopes as the product wrote them: pushed, in a request object (both were verified before), or as a parameter. */
function requestedScopes({ method, query, oidc }: KoaContextWithOIDC): string[] {
  const sent = (method === 'POST' ? oidc.body : query) as Readonly<Record<string, unknown>> | undefined
  const pushed = oidc.entities['PushedAuthorizationRequest'] as { request?: unknown } | undefined
  const object = pushed?.request ?? sent?.['request']
  const scope = typeof object === 'string' ? scopeOf(object) : sent?.['scope']
  return typeof scope === 'string' ? scope.split(' ') : []
}

function scopeOf(object: string): unknown {
  try {
    return decodeJwt(object)['scope']
  } catch {
    // Encrypted: oidc-provider has read it, and its scope is not known here.
    return undefined
  }
}
