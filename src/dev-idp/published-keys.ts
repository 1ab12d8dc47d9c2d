import { type Context, html, publicJson } from './answers.ts'
import { errorPage } from './pages.ts'
import { publicPart, type Setup } from './setup.ts'

/** The keys with which ID tokens can be checked, or what the fault `jwks` makes of them. */
export function answerKeys(ctx: Context, { quirks, settings, keys: [published, own] }: Setup): void {
  const fault = settings.faults().jwks
  if (fault === 'gone') {
    ctx.status = 404
    ctx.body = quirks.words.notFound
    return
  }
  if (fault === 'html') {
    html(ctx, 200, errorPage('Down for maintenance.'))
    return
  }
  const shown = { ...publicPart(fault === 'other' ? own : published), kid: published.kid }
  publicJson(ctx, { keys: fault === 'empty' ? [] : [{ ...shown, ...quirks.keyDetails?.(settings.origin) }] })
}
