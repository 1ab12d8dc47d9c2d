import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type Provider from 'oidc-provider'
import { type Context, html } from './answers.ts'
import type { Quirks } from './contract.ts'
import { loginGone } from './login-gone.ts'
import { rootParameter } from './own-parameters.ts'
import { consentPage, errorPage, loginPage } from './pages.ts'
import { readForm } from './request-form.ts'
import type { Setup } from './setup.ts'

/** Compares without telling how much was right. */
export function matchesSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

/** Path and query of the form of one sign-in. */
export function loginUrl({ quirks }: Setup, uid: string, clientId: string): string {
  const { parameter, extra } = quirks.login
  const query = new URLSearchParams({
    [parameter]: uid,
    ...(extra?.(uid, clientId) as Record<string, string> | undefined),
  })
  return `${formPath(quirks)}?${query}`
}

/** The form is at the host of the authorization endpoint. */
function formPath({ root, elsewhere, login }: Quirks): string {
  return (elsewhere?.includes('authorization') ? '' : root) + login.path
}

/** The form at its own address: shows it, or takes what was typed. */
export async function answerLogin(ctx: Context, provider: Provider, setup: Setup): Promise<void> {
  // The number of the sign-in is enough here: the redirect that follows needs the cookie of the browser that started.
  const interaction = await provider.Interaction.find(String(ctx.query[setup.quirks.login.parameter]))
  if (!interaction) return html(ctx, 400, errorPage(loginGone))
  if (ctx.method !== 'POST') return showForm(ctx, interaction, setup)
  if (interaction.prompt.name !== 'login') return finish(ctx, interaction, { consent: {} })

  const form = await readForm(ctx.req)
  const { cancelled } = setup.quirks.words
  if (cancelled !== undefined && form.has('cancel')) {
    return finish(ctx, interaction, { error: 'access_denied', error_description: cancelled })
  }
  const name = form.get('username') ?? ''
  const user = setup.settings
    .users()
    .find(({ username, email }) => username === name.toLowerCase() || email === name.toLowerCase())
  if (!matchesSecret(form.get('password') ?? '', user?.password ?? randomBytes(16).toString('hex')) || !user) {
    return showForm(ctx, interaction, setup, { username: name, error: 'Invalid username or password.' })
  }
  if (user.disabled) {
    return showForm(ctx, interaction, setup, {
      username: name,
      error: 'Account is disabled, contact your administrator.',
    })
  }
  const root = String(interaction.params[rootParameter] ?? setup.quirks.root)
  const refusal = setup.quirks.refusesPerson?.(user, root)
  if (refusal !== undefined) return showForm(ctx, interaction, setup, { username: name, error: refusal })
  const accountId = setup.quirks.subject(user, setup.settings.clientId)
  await finish(ctx, interaction, { login: { accountId }, select_account: {} })
}

/** For a vendor that answers the authorization request with the form itself, not with a redirect to it. */
export function showInPlace(ctx: Context, setup: Setup): void {
  const { quirks } = setup
  const isLoginRedirect = ctx.status === 303 && String(ctx.res.getHeader('location')).startsWith(formPath(quirks))
  const interaction = isLoginRedirect && quirks.login.inPlace ? ctx.oidc?.entities.Interaction : undefined
  if (!interaction) return
  ctx.remove('location')
  showForm(ctx, interaction, setup)
}

type Interaction = NonNullable<Awaited<ReturnType<Provider['interactionDetails']>>>

function showForm(
  ctx: Context,
  { uid, prompt }: Interaction,
  setup: Setup,
  again: { username?: string; error?: string } = {},
): void {
  const { clientId } = setup.settings
  const action = new URL(setup.addresses.authorization).origin + loginUrl(setup, uid, clientId)
  html(
    ctx,
    200,
    prompt.name === 'login'
      ? loginPage({ action, clientId, hasCancel: setup.quirks.words.cancelled !== undefined, ...again })
      : consentPage({ action, clientId }),
  )
}

async function finish(ctx: Context, interaction: Interaction, result: Record<string, unknown>): Promise<void> {
  interaction.result = { ...interaction.lastSubmission, ...result }
  await interaction.save(interaction.exp - Math.floor(Date.now() / 1000))
  ctx.redirect(interaction.returnTo)
}
