import { html, raw } from 'hono/html'
import type { ErrorCode } from '../../errors.ts'
import { page } from '../../web/layout.ts'

/** A way in that leads to a provider. */
export interface WayLink {
  title: string
  href: string
  lastUsed: boolean
  /** The product says that the person has an address in a domain that is the way's own. */
  suggested: boolean
}

/** The account that is signed in already. */
export interface CurrentAccount {
  username: string
  /** Goes on with it. */
  href: string
}

/** A way in with a username and a password. */
export interface PasswordForm {
  name: string
  /** Shown when there are several. */
  title: string
  action: string
  /** Fields that carry the destination and the way in. */
  hidden: readonly [string, string][]
  /** Whether this form was sent and failed. */
  failed: boolean
  username: string
}

export interface ChoosePage {
  /** Where the person is going, if anywhere. */
  target: string | undefined
  /** For a product that lets people choose; undefined: nobody is signed in, or they must sign in again. */
  current: CurrentAccount | undefined
  /** Who is signed in already, and wants to be somebody else. */
  leaving: string | undefined
  links: readonly WayLink[]
  /** One form for each, so that a password goes only to the one that the person chose. */
  forms: readonly PasswordForm[]
  error: { code: ErrorCode; message: string; note?: string } | undefined
  /** What has happened. */
  notices: readonly string[]
}

const door = raw(
  '<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true"><path d="M12 4h4v12h-4M3 10h9m-3-3 3 3-3 3" stroke-linejoin="round" stroke-linecap="round"/></svg>',
)
const or = html`<div class="or" aria-hidden="true">or</div>`

/** The page with the ways in. */
export function choosePage({ target, current, leaving, links, forms, error, notices }: ChoosePage): string {
  const heading = target === undefined ? 'Sign in' : `Sign in to ${target}`
  // What the product suggests comes first. One thing has the focus: what failed, the account, the suggestion, or a field.
  const ways = links.toSorted((one, other) => Number(other.suggested) - Number(one.suggested))
  const failed = forms.find((way) => way.failed)
  const suggested = ways.find((way) => way.suggested)
  const focused = failed ?? current ?? suggested ?? forms[0]
  return page(
    { title: heading },
    html`<h1>${heading}</h1>
${leaving === undefined ? '' : html`<p>You are signed in as <strong>${leaving}</strong>. Signing in as someone else ends that session in this browser.</p>`}
${notices.map((notice) => html`<p class="box" role="status">${notice}</p>`)}
${error ? html`<div class="alert" role="alert" id="problem">${error.message}${error.note ? html`<br>${error.note}` : ''}</div>` : ''}
${current ? html`<nav aria-label="The account that is signed in">${account(current, current === focused)}</nav>${or}` : ''}
${ways.length > 0 ? html`<nav aria-label="Ways to sign in">${ways.map((way) => link(way, way === focused))}</nav>` : ''}
${links.length > 0 && forms.length > 0 ? or : ''}
${forms.map((way, index) => html`${index > 0 ? or : ''}${form(way, { several: forms.length > 1, focused: way === focused })}`)}`,
  )
}

const autofocus = raw(' autofocus')

function account({ username, href }: CurrentAccount, focused: boolean) {
  return html`<a class="way" href="${href}"${focused ? autofocus : ''}><span>Continue as ${username}</span></a>`
}

function link({ title, href, lastUsed, suggested }: WayLink, focused: boolean) {
  const note = suggested ? 'Suggested' : lastUsed ? 'Last used' : undefined
  return html`<a class="way" href="${href}"${focused ? autofocus : ''}>${door}<span>Continue with ${title}</span>${note === undefined ? '' : html`<span class="note">${note}</span>`}</a>`
}

function form(
  { name, title, action, hidden, failed, username }: PasswordForm,
  { several, focused }: { several: boolean; focused: boolean },
) {
  // With one form the ids are those of the fields; password managers know them.
  const [usernameId, passwordId] = several ? [`username-${name}`, `password-${name}`] : ['username', 'password']
  const [first, second] = focused && !failed ? (username === '' ? [' autofocus', ''] : ['', ' autofocus']) : ['', '']
  const usernameState = failed ? ' aria-describedby="problem"' : first
  const passwordState = failed ? ' aria-invalid="true" aria-describedby="problem" autofocus' : second
  return html`<form method="post" action="${action}">
${hidden.map(([field, value]) => html`<input type="hidden" name="${field}" value="${value}">`)}
${several ? html`<h2>With ${title}</h2>` : ''}<label for="${usernameId}">Username or email</label>
<input id="${usernameId}" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="100" value="${username}"${raw(usernameState)}>
<label for="${passwordId}">Password</label>
<input id="${passwordId}" name="password" type="password" autocomplete="current-password" required maxlength="1024"${raw(passwordState)}>
<button class="main" type="submit">Sign in</button>
</form>`
}
