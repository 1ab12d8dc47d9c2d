import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Answer } from '../http.ts'

/** Answers with a finished page. */
export function answerWith(ctx: KoaContextWithOIDC, { status, headers, body }: Answer): void {
  ctx.status = status
  ctx.set({ ...headers })
  ctx.body = body
}
