import { html, raw } from 'hono/html'
import { page } from '../../web/layout.ts'

/** Shown after a complete sign-out. */
export function signedOutPage({ signInHref }: { signInHref: string }): string {
  return page(
    { title: 'You are signed out' },
    html`<h1>You are signed out</h1>
<p>Close the browser if others use this computer.</p>
<a class="way" href="${signInHref}">Sign in again</a>`,
  )
}

/** Shown to people who signed out at a service at which they were not signed in any more. */
export function stillSignedInPage({ user, action }: { user: string; action: string }): string {
  return page(
    { title: 'Sign out?' },
    html`<h1>You are still signed in as ${user}</h1>
<p>Your session at the application had already ended. Signing out ends your session here and at all applications.</p>
<form method="post" action="${action}"><button class="main" type="submit">Sign out</button></form>`,
  )
}

/** Shown when either the person or another site may have requested the sign-out. `form` has the id `op.logoutForm`. */
export function confirmSignOutPage({
  form,
  product,
  user,
}: {
  form: string
  product: string | undefined
  user: string
}): string {
  return page(
    { title: 'Sign out?' },
    html`<h1>Do you want to sign out?</h1>
<p>You are signed in as <strong>${user}</strong>. Signing out ends your session here${product ? ` and at ${product}` : ''}.</p>
${raw(form)}
<button class="main" type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
<button type="submit" form="op.logoutForm">Stay signed in</button>`,
  )
}

export interface HomePage {
  user: string
  places: readonly { title: string; url: string }[]
  signOutAction: string
}

/** What signed-in people see at the address of Gatehouse itself. */
export function homePage({ user, places, signOutAction }: HomePage): string {
  return page(
    { title: 'Signed in' },
    html`<h1>You are signed in as ${user}</h1>
${
  places.length > 0
    ? html`<nav aria-label="Applications">${places.map(({ title, url }) => html`<a class="way" href="${url}">${title}</a>`)}</nav>`
    : html`<p class="soft">No products or services are configured yet. Add them under <code>products</code> and <code>services</code>.</p>`
}
<form method="post" action="${signOutAction}"><button class="main" type="submit">Sign out</button></form>`,
  )
}

/** The form for the first administrator. It works once, with the link printed at the first start. */
export function setupPage({
  action,
  minLength,
  problem,
  username = '',
  email = '',
}: {
  action: string
  /** Characters of a password at least. */
  minLength: number
  problem: string | undefined
  /** What was typed before the problem. */
  username?: string
  email?: string
}): string {
  return page(
    { title: 'Set up Gatehouse' },
    html`<h1>Create the first administrator</h1>
${problem ? html`<div class="alert" role="alert" id="problem">${problem}</div>` : ''}
<p class="soft">This account is marked as an administrator. There are no pages for administrators yet: they work with the command line, <code>gatehouse users</code>, on the server. Here the account signs in like any other.</p>
<form method="post" action="${action}">
<label for="username">Username</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64" value="${username}" autofocus>
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="email" maxlength="200" value="${email}">
<label for="password">Password (at least ${minLength} characters)</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="${minLength}" maxlength="1024">
<label for="repeat">The same password again</label>
<input id="repeat" name="repeat" type="password" autocomplete="new-password" required minlength="${minLength}" maxlength="1024">
<button class="main" type="submit">Create account</button>
</form>`,
  )
}
