import { html } from 'hono/html'
import { page } from '../../web/layout.ts'
import type { Look } from '../../web/look.ts'
import type { FormProblem } from './second-factor.ts'

function alert(problem: FormProblem | undefined) {
  if (!problem) return ''
  return html`<div class="alert" role="alert" id="problem">${problem.message}${problem.note ? html`<br>${problem.note}` : ''}</div>`
}

/** Asks who has forgotten the password. */
export function forgottenPage(
  look: Look,
  {
    action,
    username = '',
    signInHref,
    problem,
  }: {
    action: string
    username?: string
    signInHref: string
    problem?: FormProblem | undefined
  },
): string {
  return page(
    look,
    { title: 'A new password' },
    html`<h1>A new password</h1>
${alert(problem)}
<p>Write your username or your e-mail address. You get a letter with a link.</p>
<form method="post" action="${action}">
<label for="username">Username or email</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="200" value="${username}" autofocus>
<button class="main" type="submit">Send the link</button>
</form>
<a class="way" href="${signInHref}">Back to sign-in</a>`,
  )
}

/** The same answer for everybody: whether there is such an account is nobody’s business. */
export function letterSentPage(look: Look, { signInHref }: { signInHref: string }): string {
  return page(
    look,
    { title: 'Look into your mail' },
    html`<h1>Look into your mail</h1>
<p>If there is an account with that name or address, a letter is on its way to the address of the account. Its link works once, for an hour.</p>
<p class="soft">No letter? Look among the unwanted ones, wait some minutes, or ask your administrator. People of an identity provider change their password there.</p>
<a class="way" href="${signInHref}">Back to sign-in</a>`,
  )
}

/** Where the owner of a link chooses a password. */
export function newPasswordPage(
  look: Look,
  {
    action,
    username,
    minLength,
    problem,
  }: {
    action: string
    username: string
    minLength: number
    problem: string | undefined
  },
): string {
  return page(
    look,
    { title: 'Choose a new password' },
    html`<h1>Choose a new password</h1>
${alert(problem === undefined ? undefined : { message: problem })}
<p>For the account <strong>${username}</strong>. Every session of it ends.</p>
<form method="post" action="${action}">
<input type="text" name="username" autocomplete="username" value="${username}" hidden readonly>
<label for="password">New password (at least ${minLength} characters)</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="${minLength}" maxlength="1024" autofocus>
<label for="repeat">The same password again</label>
<input id="repeat" name="repeat" type="password" autocomplete="new-password" required minlength="${minLength}" maxlength="1024">
<button class="main" type="submit">Set the password</button>
</form>`,
  )
}
