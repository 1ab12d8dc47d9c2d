import { html, raw } from 'hono/html'
import type { PasskeyQuestion } from '../../directory/passkeys.ts'
import { page } from '../../web/layout.ts'
import type { Look } from '../../web/look.ts'
import { passkeyScript } from '../../web/passkey-script.ts'
import type { FormProblem } from './second-factor.ts'

const missing = 'This browser cannot use passkeys, or its scripts are off.'

function alert(problem: FormProblem | undefined) {
  if (!problem) return ''
  return html`<div class="alert" role="alert" id="problem">${problem.message}${problem.note ? html`<br>${problem.note}` : ''}</div>`
}

/** The form that the script fills in. It is hidden until the script says that the browser knows passkeys. */
function passkeyForm({
  action,
  kind,
  question,
  failed,
  fields,
  button,
}: {
  action: string
  kind: 'create' | 'get'
  question: PasskeyQuestion
  failed: string
  fields: ReturnType<typeof html>
  button: string
}) {
  return html`<p class="alert" role="status" id="passkey-said">${missing}</p>
<form method="post" action="${action}" id="passkey" data-kind="${kind}" data-options="${question.options}" data-failed="${failed}" hidden>
<input type="hidden" name="question" value="${question.sealed}">
<input type="hidden" name="answer" value="">
${fields}
<button class="main" type="submit">${button}</button>
</form>`
}

/** Asks for a passkey to sign in with. */
export function passkeySignInPage(
  look: Look,
  {
    action,
    question,
    signInHref,
    problem,
  }: { action: string; question: PasskeyQuestion; signInHref: string; problem: FormProblem | undefined },
): string {
  return page(
    look,
    { title: 'Sign in with a passkey', script: passkeyScript },
    html`<h1>Sign in with a passkey</h1>
${alert(problem)}
<p>Your device asks for your finger, your face or a PIN. No password is needed.</p>
${passkeyForm({
  action,
  kind: 'get',
  question,
  failed: 'No passkey was used. Try again, or sign in in another way.',
  fields: html``,
  button: 'Use a passkey',
})}
<a class="way" href="${signInHref}">Other ways to sign in</a>`,
  )
}

/** Makes the passkey of somebody who has just written the password. */
export function newPasskeyPage(
  look: Look,
  { action, question, backHref }: { action: string; question: PasskeyQuestion; backHref: string },
): string {
  return page(
    look,
    { title: 'Add a passkey', script: passkeyScript },
    html`<h1>Add a passkey</h1>
<p>Your device makes it, and keeps it. Give it a name by which you know it again.</p>
${passkeyForm({
  action,
  kind: 'create',
  question,
  failed: 'No passkey was made. Perhaps this device has one for your account already.',
  fields: html`<input type="hidden" name="step" value="add">
<label for="name">Name of the passkey</label>
<input id="name" name="name" maxlength="60" required value="Passkey">`,
  button: 'Make the passkey',
})}
<a class="way" href="${backHref}">Back</a>`,
  )
}

export interface ListedPasskey {
  id: string
  name: string
  since: string
  lastUsed: string | undefined
}

/** The passkeys of whoever is signed in. */
export function ownPasskeysPage(
  look: Look,
  {
    action,
    state,
    problem,
    notice,
  }: {
    action: string
    state: { kind: 'elsewhere' } | { kind: 'own'; passkeys: readonly ListedPasskey[] }
    problem?: FormProblem | undefined
    notice?: string | undefined
  },
): string {
  return page(
    look,
    { title: 'Passkeys' },
    html`<h1>Passkeys</h1>
${notice === undefined ? '' : html`<p role="status">${notice}</p>`}
${alert(problem)}
${
  state.kind === 'elsewhere'
    ? html`<p>You sign in at an identity provider. It has your passkeys.</p>`
    : html`<p>A passkey signs you in with your finger, your face or a PIN, in the place of your password. Where you have no authenticator app it is also your second factor.</p>
${state.passkeys.map((passkey, index) => listed(action, passkey, index))}
<h2>A new passkey</h2>
<form method="post" action="${action}">
<input type="hidden" name="step" value="begin">
<label for="password">Your password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024">
<button class="main" type="submit">Add a passkey</button>
</form>`
}`,
  )
}

function listed(action: string, { id, name, since, lastUsed }: ListedPasskey, index: number) {
  return html`<h2>${name}</h2>
<p class="soft">Since ${since}${lastUsed === undefined ? ', not used yet' : `, last used ${lastUsed}`}</p>
<form method="post" action="${action}">
<input type="hidden" name="step" value="remove"><input type="hidden" name="passkey" value="${id}">
<label for="password-${raw(String(index))}">Your password</label>
<input id="password-${raw(String(index))}" name="password" type="password" autocomplete="current-password" required maxlength="1024">
<p></p><button type="submit">Remove ${name}</button>
</form>`
}
