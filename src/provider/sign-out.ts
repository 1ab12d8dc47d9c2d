import type { KoaContextWithOIDC } from 'oidc-provider'
import { escapeHtml } from '../escape-html.ts'
import type { CurrentLogin } from './adapter.ts'
import { answerWith } from './answer.ts'
import type { ProviderHost } from './contract.ts'

/** RP-Initiated Logout 1.0: a product sends the browser to `/logout`. */
export interface SignOut {
  /** Signs out at once when the product proves that it knows who is signed in, else asks the person. */
  confirm(ctx: KoaContextWithOIDC, form: string): Promise<void>
  /**
   * The same for somebody who is signed in here and at no product yet: oidc-provider knows nobody, and has answered with a form that sends
   * itself and signs out. Where nobody is signed in at all the answer stays.
   */
  confirmLogin(ctx: KoaContextWithOIDC): Promise<void>
  /** After the form: ends the login session too, unless the person chose to stay. */
  afterForm(ctx: KoaContextWithOIDC): Promise<void>
  /** Where to send people who came without an address to return to. */
  signedOut(ctx: KoaContextWithOIDC): Promise<void>
}

export function createSignOut({
  host,
  endSession,
  issuer,
  sessionCookie,
  currentLogin,
}: {
  host: Pick<ProviderHost, 'confirmSignOutPage' | 'signOut' | 'signedOutUrl'>
  endSession: (uid: string) => Promise<void>
  issuer: string
  /** Name of the cookie with the provider's session. */
  sessionCookie: string
  currentLogin: () => Pick<CurrentLogin, 'userId'> | undefined
}): SignOut {
  return {
    confirm: (ctx, form) => askUnlessHinted(ctx, ctx.oidc.session?.accountId, form),

    confirmLogin: async (ctx) => {
      const { session } = ctx.oidc
      const { userId } = currentLogin() ?? {}
      if (ctx.status !== 200 || session?.accountId !== undefined || userId === undefined) return
      const { secret } = (session as unknown as { state: { secret: string } }).state
      const fields = `<input type="hidden" name="xsrf" value="${escapeHtml(secret)}"/>`
      const form = `<form id="op.logoutForm" method="post" action="${escapeHtml(issuer)}/logout/confirm">${fields}</form>`
      await askUnlessHinted(ctx, userId, form)
    },

    afterForm: async (ctx) => {
      // "No, stay signed in" ends the product's grant only, and leaves the session as it is.
      if (ctx.oidc.params?.['logout'] === undefined) return
      const location = ctx.response.get('location')
      const upstream = await endLogin(ctx, location.startsWith(`${issuer}/logout/success`) ? undefined : location)
      if (upstream) ctx.redirect(upstream)
    },

    signedOut: async (ctx) => {
      ctx.status = 303
      ctx.redirect(host.signedOutUrl)
    },
  }

  async function askUnlessHinted(ctx: KoaContextWithOIDC, userId: string | undefined, form: string): Promise<void> {
    if (isHintOf(ctx, userId)) return signOutAtOnce(ctx)
    const { client } = ctx.oidc
    const title = client?.clientName ?? client?.clientId
    answerWith(ctx, await host.confirmSignOutPage({ form, title, request: ctx.req }))
  }

  async function signOutAtOnce(ctx: KoaContextWithOIDC): Promise<void> {
    const { session, params } = ctx.oidc
    const { post_logout_redirect_uri: uri, state } = params as Record<string, string | undefined>
    const returnTo = uri === undefined ? undefined : withState(uri, state)
    if (session?.uid) await endSession(session.uid)
    await session?.destroy()
    const upstream = await endLogin(ctx, returnTo)
    ctx.cookies.set(sessionCookie, null)
    ctx.status = 303
    ctx.redirect(upstream ?? returnTo ?? host.signedOutUrl)
  }

  async function endLogin(ctx: KoaContextWithOIDC, returnTo: string | undefined): Promise<string | undefined> {
    const { setCookie, upstream } = await host.signOut(ctx.req, returnTo)
    ctx.append('set-cookie', setCookie)
    return upstream
  }
}

/** Section 2: with a valid hint for the signed-in person, no question is needed. */
function isHintOf({ oidc }: KoaContextWithOIDC, userId: string | undefined): boolean {
  const hint = oidc.entities.IdTokenHint as { payload?: { sub?: string } } | undefined
  return hint?.payload?.sub !== undefined && hint.payload.sub === userId
}

function withState(uri: string, state: string | undefined): string {
  const url = new URL(uri)
  if (state !== undefined) url.searchParams.set('state', state)
  return url.href
}
