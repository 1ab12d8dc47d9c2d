import { html, raw } from 'hono/html'
import { renderSVG } from 'uqr'
import { page } from '../../web/layout.ts'
import type { Look } from '../../web/look.ts'

/** What went wrong with the form before, for the person. */
export interface FormProblem {
  message: string
  note?: string | undefined
}

/** A secret that the person is to add to an app. */
export interface ShownSecret {
  /** In base32. */
  secret: string
  /** What the picture says: an `otpauth:` address. */
  address: string
  /** The sealed field that comes back with the code. */
  sealed: string
}

function alert(problem: FormProblem | undefined) {
  if (!problem) return ''
  return html`<div class="alert" role="alert" id="problem">${problem.message}${problem.note ? html`<br>${problem.note}` : ''}</div>`
}

/** Asks somebody whose password was right for a code. */
export function codePage(
  look: Look,
  {
    action,
    username,
    startHref,
    problem,
  }: {
    action: string
    username: string
    /** Begins again, as somebody else. */
    startHref: string
    problem: FormProblem | undefined
  },
): string {
  return page(
    look,
    { title: 'Your second factor' },
    html`<h1>Your second factor</h1>
${alert(problem)}
<p>You are signing in as <strong>${username}</strong>. Open your authenticator app and write its code here.</p>
<form method="post" action="${action}">
${codeField({ label: 'Code', failed: problem !== undefined })}
<button class="main" type="submit">Sign in</button>
</form>
<p class="soft">You have lost your phone? Write one of your recovery codes in its place. You have none either? Ask your administrator.</p>
<a class="way" href="${startHref}">Start again</a>`,
  )
}

/** Asks for the code of an app that is being added. */
export function enrolmentPage(
  look: Look,
  {
    action,
    shown,
    why,
    problem,
  }: {
    action: string
    shown: ShownSecret
    /** A sentence about why the page is there. */
    why: string
    problem: FormProblem | undefined
  },
): string {
  const groups = shown.secret.match(/.{1,4}/g)?.join(' ') ?? shown.secret
  return page(
    look,
    { title: 'Add an authenticator app' },
    html`<h1>Add an authenticator app</h1>
${alert(problem)}
<p>${why}</p>
<ol>
<li>Open an authenticator app on your phone.</li>
<li>Let it read this picture, or type the key below into it.</li>
<li>Write the code that it shows into the field.</li>
</ol>
<div role="img" aria-label="A picture for authenticator apps; the key below says the same">${raw(renderSVG(shown.address, { border: 2 }))}</div>
<p><span class="soft">Key</span><br><code>${groups}</code></p>
<form method="post" action="${action}">
<input type="hidden" name="step" value="enrol">
<input type="hidden" name="enrolment" value="${shown.sealed}">
${codeField({ label: 'Code of the app', failed: problem !== undefined })}
<button class="main" type="submit">Add the app</button>
</form>`,
  )
}

/** Recovery codes, which are shown once. */
export function recoveryCodesPage(
  look: Look,
  {
    codes,
    next,
  }: {
    codes: readonly string[]
    next: { href: string; title: string }
  },
): string {
  return page(
    look,
    { title: 'Your recovery codes' },
    html`<h1>Your recovery codes</h1>
<p>Each of them works once, in the place of a code of the app. Keep them where you find them without your phone. <strong>They are shown only now.</strong></p>
<ul class="box">${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
<a class="way" href="${next.href}">${next.title}</a>`,
  )
}

/** What somebody has, and what they can do about it. */
export function ownSecondFactorPage(
  look: Look,
  {
    action,
    state,
    problem,
    notice,
  }: {
    action: string
    state:
      | { kind: 'elsewhere' }
      | { kind: 'off' }
      | { kind: 'none' }
      | { kind: 'app'; since: string; recoveryCodes: number; mayRemove: boolean }
    problem?: FormProblem | undefined
    notice?: string | undefined
  },
): string {
  return page(
    look,
    { title: 'Second factor' },
    html`<h1>Second factor</h1>
${notice === undefined ? '' : html`<p class="box" role="status">${notice}</p>`}
${alert(problem)}
${ownSecondFactor(state, action)}`,
  )
}

type OwnState = Parameters<typeof ownSecondFactorPage>[1]['state']

function ownSecondFactor(state: OwnState, action: string) {
  if (state.kind === 'elsewhere')
    return html`<p>You sign in at an identity provider. It asks for your second factor, and there you change it.</p>`
  if (state.kind === 'off') return html`<p>Second factors are switched off here.</p>`
  if (state.kind === 'none')
    return html`<p>Your account has a password only. With an authenticator app on your phone, whoever guesses your password still does not get in.</p>
${passwordForm({ action, step: 'begin', id: 'begin', button: 'Add an authenticator app' })}`
  const codes = `${state.recoveryCodes} recovery ${state.recoveryCodes === 1 ? 'code is' : 'codes are'} left.`
  return html`<p>Your account has an authenticator app since ${state.since}. ${codes}</p>
<h2>New recovery codes</h2>
<p class="soft">The codes that you have now stop working.</p>
${passwordForm({ action, step: 'renew', id: 'renew', button: 'Make new recovery codes' })}
<h2>Another phone</h2>
<p class="soft">The app that you have now goes on working until the new one has been added.</p>
${passwordForm({ action, step: 'begin', id: 'begin', button: 'Use another app' })}
${
  state.mayRemove
    ? html`<h2>Without second factor</h2>
${passwordForm({ action, step: 'remove', id: 'remove', button: 'Remove the app' })}`
    : ''
}`
}

/** One act, which needs the password again. */
function passwordForm({ action, step, id, button }: { action: string; step: string; id: string; button: string }) {
  return html`<form method="post" action="${action}">
<input type="hidden" name="step" value="${step}">
<label for="password-${id}">Your password</label>
<input id="password-${id}" name="password" type="password" autocomplete="current-password" required maxlength="1024">
<button type="submit">${button}</button>
</form>`
}

function codeField({ label, failed }: { label: string; failed: boolean }) {
  const state = failed ? ' aria-invalid="true" aria-describedby="problem"' : ''
  return html`<label for="code">${label}</label>
<input id="code" name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" required maxlength="64" autofocus${raw(state)}>`
}
