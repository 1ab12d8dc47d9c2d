import { html, raw } from 'hono/html'
import { renderSVG } from 'uqr'
import { filled } from '../../web/languages/filling.ts'
import type { Texts } from '../../web/languages/texts.ts'
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
    passkeyHref,
    problem,
  }: {
    action: string
    username: string
    /** Begins again, as somebody else. */
    startHref: string
    /** Where the person can use a passkey instead; undefined: there is none. */
    passkeyHref: string | undefined
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
${passkeyHref === undefined ? '' : html`<a class="way" href="${passkeyHref}">Use a passkey</a>`}
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
  const words = look.texts.secondFactor
  const groups = shown.secret.match(/.{1,4}/g)?.join(' ') ?? shown.secret
  return page(
    look,
    { title: words.add },
    html`<h1>${words.add}</h1>
${alert(problem)}
<p>${why}</p>
<ol>
<li>${words.stepOpen}</li>
<li>${words.stepRead}</li>
<li>${words.stepWrite}</li>
</ol>
<div class="picture" role="img" aria-label="${words.picture}">${raw(renderSVG(shown.address, { border: 2 }))}</div>
<p><span class="soft">${words.key}</span><br><code>${groups}</code></p>
<form method="post" action="${action}">
<input type="hidden" name="step" value="enrol">
<input type="hidden" name="enrolment" value="${shown.sealed}">
${codeField({ label: words.codeOfApp, failed: problem !== undefined })}
<button class="main" type="submit">${words.addApp}</button>
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
  const words = look.texts.secondFactor
  return page(
    look,
    { title: words.codesTitle },
    html`<h1>${words.codesTitle}</h1>
<p>${words.codesNote} <strong>${words.codesOnce}</strong></p>
<ul class="box codes">${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>
<a class="way main" href="${next.href}">${next.title}</a>`,
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
    { title: look.texts.secondFactor.own },
    html`<h1>${look.texts.secondFactor.own}</h1>
${notice === undefined ? '' : html`<p class="status" role="status">${notice}</p>`}
${alert(problem)}
${ownSecondFactor(state, action, look.texts.secondFactor)}`,
  )
}

type OwnState = Parameters<typeof ownSecondFactorPage>[1]['state']

function ownSecondFactor(state: OwnState, action: string, words: Texts['secondFactor']) {
  const proof = { action, label: words.yourPassword }
  if (state.kind === 'elsewhere') return html`<p>${words.elsewhere}</p>`
  if (state.kind === 'off') return html`<p>${words.off}</p>`
  if (state.kind === 'none')
    return html`<p>${words.passwordOnly}</p>
${passwordForm({ ...proof, step: 'begin', id: 'begin', button: words.add })}`
  const { recoveryCodes: count } = state
  const codes = filled(count === 1 ? words.codesLeftOne : words.codesLeft, { count })
  return html`<p>${filled(words.since, { since: state.since })} ${codes}</p>
<h2>${words.newCodes}</h2>
<p class="soft">${words.newCodesNote}</p>
${passwordForm({ ...proof, step: 'renew', id: 'renew', button: words.makeCodes })}
<h2>${words.anotherPhone}</h2>
<p class="soft">${words.anotherPhoneNote}</p>
${passwordForm({ ...proof, step: 'begin', id: 'begin', button: words.useAnother })}
${
  state.mayRemove
    ? html`<h2>${words.without}</h2>
${passwordForm({ ...proof, step: 'remove', id: 'remove', button: words.remove })}`
    : ''
}`
}

/** One act, which needs the password again. */
function passwordForm({
  action,
  label,
  step,
  id,
  button,
}: {
  action: string
  label: string
  step: string
  id: string
  button: string
}) {
  return html`<form method="post" action="${action}">
<input type="hidden" name="step" value="${step}">
<label for="password-${id}">${label}</label>
<input id="password-${id}" name="password" type="password" autocomplete="current-password" required maxlength="1024">
<button type="submit">${button}</button>
</form>`
}

function codeField({ label, failed }: { label: string; failed: boolean }) {
  const state = failed ? ' aria-invalid="true" aria-describedby="problem"' : ''
  return html`<label for="code">${label}</label>
<input id="code" name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" required maxlength="64" autofocus${raw(state)}>`
}
