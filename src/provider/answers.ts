/**
 * What oidc-provider and Koa answer, in the shape of our own answers: security headers everywhere, no page and no text of theirs.
 * Knows what the form of oidc-provider looks like (lib/response_modes/form_post.js); nothing else does.
 */
import type { IncomingMessage } from 'node:http'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { policySourceOf } from '../config/redirect-addresses.ts'
import { answerWith } from './answer.ts'
import type { ProviderHost } from './contract.ts'

type Step = (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void>

/** People open these in a browser; every other path is for programs. */
const pages = ['/authorize', '/logout']

function isForPeople(path: string): boolean {
  return pages.some((page) => path.startsWith(page))
}

/** An error is a page for people and JSON for programs by its path: what `Accept` says does not count. */
export function acceptByPath({ headers, url = '' }: IncomingMessage): void {
  headers.accept = isForPeople(url) ? 'text/html' : 'application/json'
}

/** Answers what went wrong around oidc-provider, which answers its own errors: `page` for people, RFC 6749's JSON for programs. */
export async function answerFailure(ctx: KoaContextWithOIDC, page: () => Promise<void>): Promise<void> {
  if (isForPeople(ctx.path)) return page()
  ctx.status = 500
  ctx.body = { error: 'server_error' }
}

/** Headers of every answer that does not set its own. */
export const guardHeaders: Step = async (ctx, next) => {
  ctx.set({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  })
  await next()
  if (isRedirect(ctx.status)) dropBody(ctx)
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

/** Koa writes a page with the address, which is a secret when it carries a code. */
function dropBody(ctx: KoaContextWithOIDC): void {
  const { status } = ctx
  ctx.body = ''
  ctx.remove('content-type')
  ctx.status = status
}

/** A form that sends itself: `response_mode=form_post`, and signing out where nobody is signed in. */
export function createFormPages(host: Pick<ProviderHost, 'selfSendingPage'>): Step {
  return async (ctx, next) => {
    await next()
    const { status } = ctx
    const isPage = typeof ctx.body === 'string' && Boolean(ctx.response.is('html')) && !isRedirect(status)
    // Pages of ours have a policy.
    if (!isPage || ctx.response.headers['content-security-policy'] !== undefined) return
    const html = String(ctx.body)
    const action = /<form method="post" action="([^"]*)">/.exec(html)?.[1]
    if (action === undefined) throw new Error('oidc-provider answered with a page that is not known here')
    const fields = [...html.matchAll(/<input type="hidden" name="[^"]*" value="[^"]*"\/>/g)].join('')
    answerWith(ctx, {
      ...host.selfSendingPage({ action, fields, targets: [policySourceOf(readable(action))], request: ctx.req }),
      status,
    })
  }
}

/** The address in an attribute; oidc-provider escapes these five characters. */
function readable(attribute: string): string {
  const characters: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }
  return attribute.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => characters[name] ?? '')
}
