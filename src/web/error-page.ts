import { html } from 'hono/html'
import type { AppError, ErrorCode } from '../errors.ts'
import { teamsNamed } from '../teams-named.ts'
import { page } from './layout.ts'

export interface ErrorContent {
  error: AppError
  requestId: string
  at: Date
  /** Where the person was going, or came from. */
  back: { href: string; title: string } | undefined
  /** The application concerned, by the name that people know. */
  application?: string | undefined
  /** For a refusal by the rules of a service. */
  denied?: Denied | undefined
}

/** Somebody who is signed in, and may not have what they asked for. */
export interface Denied {
  user: string
  /** Who may, as rules name them: `team:NAME`, `user:NAME`. */
  openTo: readonly string[]
  /** Signs in as someone else, and comes back. */
  someoneElseHref: string
  /** The service itself is open to the person, at this address; only this page is not. */
  frontPage: string | undefined
}

/** What passes by itself. Everything else that is broken stays so until somebody mends it, however often people try. */
const passing: ReadonlySet<string> = new Set<ErrorCode>([
  'internal-error',
  'issuer-unreachable',
  'provider-unreachable',
  'store-unavailable',
  'upstream-timeout',
  'upstream-unreachable',
])

/** What people can do about it. The row's hint is for administrators and is in their box. */
function advice(error: AppError): string {
  if (passing.has(error.code))
    return 'Try again in a moment. If that does not help, send the details below to your administrator.'
  if (error.status >= 500 || error.code === 'upstream-missing')
    return 'Send the details below to your administrator: this lasts until it is put right.'
  if (error.code === 'access-denied') return 'Sign in as someone else, or ask the owner of the service for access.'
  if (error.code === 'login-expired' || error.code === 'login-replayed') return 'Start again.'
  return 'Start again from the application. If it happens again, send the details below to your administrator.'
}

/** A heading is the sentence without its full stop, with the name of the application. */
function headingOf(error: AppError, application: string | undefined): string {
  const sentence = error.message.replace(/\.$/, '')
  if (application === undefined) return sentence
  return sentence
    .replace(/^The application( that sent you here)?|^This service/, () => sentenceCase(application))
    .replace(/\bthis service\b/, () => application)
}

function openTo({ openTo: entries, frontPage }: Denied, application = 'It'): string {
  const what = frontPage === undefined ? sentenceCase(application) : `This page of ${application}`
  if (entries.length === 0) return `${what} is not open to anyone at this address.`
  const teams = teamsNamed(entries)
  // Who they are is not for somebody who is refused.
  const people = teams.length < entries.length
  if (teams.length === 0) return `${what} is open to certain people only.`
  const names =
    teams.length === 1 ? `the team ${teams[0]}` : `the teams ${teams.slice(0, -1).join(', ')} and ${teams.at(-1)}`
  return `${what} is open to ${names}${people ? ' and to certain people' : ''}.`
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A sentence, what people can do, and a box for the administrator. Never a stack, never an address with parameters. */
export function errorPage({ error, requestId, at, back, application, denied }: ErrorContent): string {
  const heading = headingOf(error, denied?.frontPage === undefined ? application : 'this page')
  return page(
    { title: heading, wide: true },
    html`<h1>${heading}</h1>
${denied ? html`<p>You are signed in as <strong>${denied.user}</strong>. ${openTo(denied, application)}</p>` : ''}
<h2>What you can do</h2>
<p>${advice(error)}</p>
${back ? html`<a class="way" href="${back.href}">${back.title}</a>` : ''}
${denied?.frontPage ? html`<a class="way" href="${denied.frontPage}">Go to ${application ?? 'the front page'}</a>` : ''}
${denied ? html`<a class="way" href="${denied.someoneElseHref}">Sign in as someone else</a>` : ''}
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
