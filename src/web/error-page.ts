import { html } from 'hono/html'
import type { AppError } from '../errors.ts'
import { page } from './layout.ts'

export interface ErrorContent {
  error: AppError
  requestId: string
  at: Date
  /** Where the person came from, to start again. */
  back: { href: string; title: string } | undefined
  /** The application concerned, by the name that people know. */
  application?: string | undefined
  /** For a refusal: the person who is signed in, and the people whom the service admits. */
  denied?: { user: string; openTo: readonly string[]; signOutHref: string } | undefined
}

/** What people can do about it. The row's hint is for administrators and is in their box. */
function advice(error: AppError): string {
  if (error.status >= 500)
    return 'Try again in a moment. If that does not help, send the details below to your administrator.'
  if (error.code === 'access-denied') return 'Sign in as someone else, or ask the owner of the service for access.'
  if (error.code === 'login-expired' || error.code === 'login-replayed') return 'Start again.'
  return 'Start again from the application. If it happens again, send the details below to your administrator.'
}

/** A heading is the sentence without its full stop, with the name of the application. */
function headingOf(error: AppError, application: string | undefined): string {
  const sentence = error.message.replace(/\.$/, '')
  if (application === undefined) return sentence
  return sentence
    .replace(/^The application( that sent you here)?/, () => sentenceCase(application))
    .replace(/\bthis service\b/, () => application)
}

function openTo(teams: readonly string[], application = 'It'): string {
  if (teams.length === 0) return `${sentenceCase(application)} is not open to anyone at this address.`
  const names =
    teams.length === 1 ? `the team ${teams[0]}` : `the teams ${teams.slice(0, -1).join(', ')} and ${teams.at(-1)}`
  return `${sentenceCase(application)} is open to ${names}.`
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A sentence, what people can do, and a box for the administrator. Never a stack, never an address with parameters. */
export function errorPage({ error, requestId, at, back, application, denied }: ErrorContent): string {
  const heading = headingOf(error, application)
  return page(
    { title: heading, wide: true },
    html`<h1>${heading}</h1>
${denied ? html`<p>You are signed in as <strong>${denied.user}</strong>. ${openTo(denied.openTo, application)}</p>` : ''}
<h2>What you can do</h2>
<p>${advice(error)}</p>
${back ? html`<a class="way" href="${back.href}">${back.title}</a>` : ''}
${denied ? html`<a class="way" href="${denied.signOutHref}">Sign in as someone else</a>` : ''}
<section class="box" aria-labelledby="for-administrators">
<h2 id="for-administrators">For your administrator</h2>
<dl>
<dt>Code</dt><dd><code>${error.code}</code></dd>
<dt>Request</dt><dd><code>${requestId}</code></dd>
<dt>Time</dt><dd><code>${at.toISOString()}</code></dd>
<dt>Next step</dt><dd>${error.hint}</dd>
<dt>Trace</dt><dd><code>gatehouse explain ${requestId}</code></dd>
</dl>
</section>`,
  )
}
