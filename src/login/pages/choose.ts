import { html, raw } from 'hono/html'
import type { ErrorCode } from '../../errors.ts'
import { page } from '../../web/layout.ts'

export interface WayIn {
  title: string
  href: string
  lastUsed: boolean
}

export interface ChoosePage {
  /** What the person is on the way to, if anything. */
  target: string | undefined
  waysIn: readonly WayIn[]
  /** The form for local accounts, with the hidden fields that carry the destination. */
  passwordForm: { action: string; hidden: readonly [string, string][]; username: string } | undefined
  error: { code: ErrorCode; message: string; note?: string } | undefined
}

const door = raw(
  '<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true"><path d="M12 4h4v12h-4M3 10h9m-3-3 3 3-3 3" stroke-linejoin="round" stroke-linecap="round"/></svg>',
)

/** The page with the ways in. */
export function choosePage({ target, waysIn, passwordForm, error }: ChoosePage): string {
  const heading = target === undefined ? 'Sign in' : `Sign in to ${target}`
  return page(
    { title: heading },
    html`<h1>${heading}</h1>
${error ? html`<div class="alert" role="alert" id="problem">${error.message}${error.note ? html`<br>${error.note}` : ''}</div>` : ''}
${waysIn.length > 0 ? html`<nav aria-label="Ways to sign in">${waysIn.map(link)}</nav>` : ''}
${waysIn.length > 0 && passwordForm ? html`<div class="or" aria-hidden="true">or</div>` : ''}
${passwordForm ? form(passwordForm, error !== undefined) : ''}`,
  )
}

function link({ title, href, lastUsed }: WayIn) {
  return html`<a class="way" href="${href}">${door}<span>Continue with ${title}</span>${lastUsed ? html`<span class="note">Last used</span>` : ''}</a>`
}

function form({ action, hidden, username }: NonNullable<ChoosePage['passwordForm']>, failed: boolean) {
  return html`<form method="post" action="${action}">
${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<label for="username">User name or e-mail</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="100" value="${username}"${failed ? raw(' aria-describedby="problem"') : raw(' autofocus')}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"${failed ? raw(' aria-invalid="true" aria-describedby="problem" autofocus') : ''}>
<button class="main" type="submit">Sign in</button>
</form>`
}
