import type { KoaContextWithOIDC } from 'oidc-provider'
import { pageOriginOf } from '../config/redirect-addresses.ts'
import type { RegisteredProduct } from './clients.ts'

const corsHeaders = [
  'access-control-allow-origin',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-expose-headers',
  'access-control-max-age',
]

/** Where applications without a secret run in browsers: the origins of their redirect URIs. Nobody else calls us from a page. */
export function browserOrigins(clients: readonly RegisteredProduct[]): ReadonlySet<string> {
  const withoutSecret = clients.filter(({ metadata }) => metadata.token_endpoint_auth_method === 'none')
  return new Set(
    withoutSecret.flatMap(({ metadata }) => metadata.redirect_uris.flatMap((uri) => pageOriginOf(uri) ?? [])),
  )
}

/** oidc-provider lets every origin read preflights and errors; here only those of `origins` get headers of CORS at all. */
export function createCrossOrigin(
  origins: ReadonlySet<string>,
): (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void> {
  return async (ctx, next) => {
    try {
      await next()
    } finally {
      if (!origins.has(ctx.get('origin'))) for (const name of corsHeaders) ctx.remove(name)
    }
  }
}
