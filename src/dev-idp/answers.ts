import type { KoaContextWithOIDC } from 'oidc-provider'

/** One request and its answer, as oidc-provider hands them on. */
export type Context = KoaContextWithOIDC

/** Answers with a page. */
export function html(ctx: Context, status: number, body: string): void {
  ctx.status = status
  ctx.type = 'html'
  ctx.set('cache-control', 'no-store')
  // No form-action: browsers apply it to the redirect after the form, which leads to the application.
  ctx.set(
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  )
  ctx.set('referrer-policy', 'no-referrer')
  ctx.body = body
}

/** Answers with JSON that any page may read. */
export function publicJson(ctx: Context, body: unknown): void {
  ctx.status = 200
  ctx.set('access-control-allow-origin', '*')
  ctx.body = body
}
