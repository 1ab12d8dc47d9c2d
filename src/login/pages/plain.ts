import { html, raw } from 'hono/html'
import { filled, marked } from '../../web/languages/filling.ts'
import { page } from '../../web/layout.ts'
import type { Look } from '../../web/look.ts'

/** Shown after a complete sign-out. */
export function signedOutPage(look: Look, { signInHref }: { signInHref: string }): string {
  const words = look.texts.signOut
  return page(
    look,
    { title: words.doneHeading },
    html`<h1>${words.doneHeading}</h1>
<p>${words.doneAdvice}</p>
<a class="way" href="${signInHref}">${words.signInAgain}</a>`,
  )
}

/** Shown to people who signed out at a service at which they were not signed in any more. */
export function stillSignedInPage(look: Look, { user, action }: { user: string; action: string }): string {
  const words = look.texts.signOut
  return page(
    look,
    { title: words.title },
    html`<h1>${filled(words.stillHeading, { user })}</h1>
<p>${words.stillAdvice}</p>
<form method="post" action="${action}"><button class="main" type="submit">${words.signOut}</button></form>`,
  )
}

/** Shown on the host of a service to somebody whom another site has sent to its sign-out. */
export function askSignOutPage(look: Look, { action }: { action: string }): string {
  const words = look.texts.signOut
  return page(
    look,
    { title: words.title },
    html`<h1>${words.askHeading}</h1>
<form method="post" action="${action}"><button class="main" type="submit">${words.signOut}</button></form>`,
  )
}

/** Shown when either the person or another site may have requested the sign-out. `form` has the id `op.logoutForm`. */
export function confirmSignOutPage(
  look: Look,
  { form, product, user }: { form: string; product: string | undefined; user: string },
): string {
  const words = look.texts.signOut
  const who = html`<strong>${user}</strong>`
  const says =
    product === undefined ? marked(words.ask, { user: who }) : marked(words.askAt, { user: who, application: product })
  return page(
    look,
    { title: words.title },
    html`<h1>${words.askHeading}</h1>
<p>${says}</p>
${raw(form)}
<button class="main" type="submit" form="op.logoutForm" name="logout" value="yes">${words.signOut}</button>
<button type="submit" form="op.logoutForm">${words.stay}</button>`,
  )
}

/** The form for the first administrator. It works once, with the link printed at the first start. */
export function setupPage(
  look: Look,
  {
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
  },
): string {
  const words = look.texts.setup
  return page(
    look,
    { title: filled(words.title, { name: look.brand.name }) },
    html`<h1>${words.heading}</h1>
${problem ? html`<div class="alert" role="alert" id="problem">${problem}</div>` : ''}
<p class="soft">${marked(words.note, { command: html`<code>gatehouse users</code>` })}</p>
<form method="post" action="${action}">
<label for="username">${words.username}</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64" value="${username}" autofocus>
<label for="email">${words.email}</label>
<input id="email" name="email" type="email" autocomplete="email" maxlength="200" value="${email}">
<label for="password">${filled(words.password, { length: minLength })}</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="${minLength}" maxlength="1024">
<label for="repeat">${words.repeat}</label>
<input id="repeat" name="repeat" type="password" autocomplete="new-password" required minlength="${minLength}" maxlength="1024">
<button class="main" type="submit">${words.create}</button>
</form>`,
  )
}
