import type Provider from 'oidc-provider'
import { type Context, html } from './answers.ts'
import type { Quirks } from './contract.ts'
import { errorPage, loggedOutPage } from './pages.ts'
import { isPostLogoutUriAllowed } from './redirect-uri.ts'
import type { Setup } from './setup.ts'

/** Refuses a sign-out that the vendor refuses before anything else; true when it did. */
export function refusesSignOut(ctx: Context, { quirks, paths }: Setup): boolean {
  if (quirks.signOutWithoutHint === 'asks' || ctx.path !== paths.endSession) return false
  if (ctx.query['id_token_hint'] !== undefined || ctx.method !== 'GET') return false
  html(ctx, 400, errorPage(quirks.words.signOutHint))
  return true
}

/** For a vendor whose sign-out is its own: ends the session of this browser, and goes where the client says. */
export async function answerOwnSignOut(ctx: Context, provider: Provider, { quirks, settings }: Setup): Promise<void> {
  const { client = '', target = '' } = quirks.ownSignOut ?? {}
  const to = ctx.query[target]
  const isAllowed = typeof to === 'string' && isPostLogoutUriAllowed(to, settings.redirectUris)
  if (ctx.query[client] !== settings.clientId || !isAllowed) {
    return html(ctx, 400, errorPage(quirks.words.signOutHint))
  }
  const session = await provider.Session.get(ctx)
  await endSession(ctx, provider, quirks, session)
  ctx.redirect(to)
}

/** Asks for no confirmation with a valid hint, or when nobody was signed in. */
export async function signOut(ctx: Context, provider: Provider, { quirks }: Setup): Promise<void> {
  const { session } = ctx.oidc
  if (!session || (session.accountId !== undefined && ctx.oidc.entities.IdTokenHint === undefined)) return
  const { postLogoutRedirectUri, state } = (session.state ?? {}) as { postLogoutRedirectUri?: string; state?: string }
  await endSession(ctx, provider, quirks, session)
  if (postLogoutRedirectUri === undefined) return html(ctx, 200, loggedOutPage())
  const target = new URL(postLogoutRedirectUri)
  if (state !== undefined) target.searchParams.set('state', state)
  ctx.body = undefined
  ctx.redirect(target.href)
}

type Session = Awaited<ReturnType<Provider['Session']['get']>>

async function endSession(ctx: Context, provider: Provider, quirks: Quirks, session: Session): Promise<void> {
  for (const { grantId } of Object.values(session.authorizations ?? {})) {
    if (grantId !== undefined) await (await provider.Grant.find(grantId))?.destroy()
  }
  await session.destroy()
  ctx.cookies.set(quirks.cookies.session, null, { path: `${quirks.root}/`, signed: true })
}
