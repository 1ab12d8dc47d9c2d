import { html, raw } from 'hono/html'
import type { AppError, ErrorCode } from '../errors.ts'
import { own } from '../maps.ts'
import { teamsNamed } from '../teams-named.ts'
import { filled, marked } from './languages/filling.ts'
import type { Texts } from './languages/texts.ts'
import { page } from './layout.ts'
import type { Look } from './look.ts'
import { membershipAdvice, missingMembership } from './missing-membership.ts'

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
  'provider-unavailable',
  'provider-unreachable',
  'server-stopping',
  'store-unavailable',
  'upstream-timeout',
  'upstream-unreachable',
])

/**
 * The script of an error page: it shows the button that copies, and copies. Where scripts are off there is no button, and one click on the
 * details selects them all.
 */
export const copyScript = `const b=document.getElementById('copy'),d=document.getElementById('details');b.hidden=false;b.onclick=async()=>{getSelection().selectAllChildren(d);try{await navigator.clipboard.writeText(b.dataset.text)}catch{document.execCommand('copy')}b.textContent=b.dataset.done}`

/** What people can do about it. The row's hint is for administrators and is in their box. */
function advice({ code, status }: AppError, { failure }: Texts): string {
  if (passing.has(code)) return failure.adviceWait
  if (status >= 500 || code === 'upstream-missing') return failure.adviceLasting
  if (code === 'access-denied') return failure.adviceDenied
  if (code === 'login-expired' || code === 'login-replayed') return failure.adviceStartAgain
  return failure.adviceElse
}

/** A heading is the sentence without its full stop, with the name of the application. */
function headingOf({ code, message }: AppError, application: string | undefined, texts: Texts): string {
  const named = application === undefined ? undefined : own(texts.errorsOfApplication, code)
  const sentence =
    named === undefined || application === undefined
      ? (own<string>(texts.errors, code) ?? message)
      : filled(named, { application })
  return sentence.replace(/[.。]$/, '')
}

function openTo({ openTo: entries, frontPage }: Denied, name: string | undefined, { language, texts }: Look): string {
  const { failure } = texts
  const service = name ?? failure.thisService
  const application = frontPage === undefined ? service : filled(failure.pageOf, { application: service })
  if (entries.length === 0) return filled(failure.openToNobody, { application })
  const names = teamsNamed(entries)
  // Who they are is not for somebody who is refused.
  const people = names.length < entries.length
  if (names.length === 0) return filled(failure.openToPeople, { application })
  const teams = new Intl.ListFormat(language.tag).format(names)
  return filled(openToText(names.length > 1, people, failure), { application, teams })
}

function openToText(several: boolean, people: boolean, failure: Texts['failure']): string {
  if (several) return people ? failure.openToTeamsAndPeople : failure.openToTeams
  return people ? failure.openToTeamAndPeople : failure.openToTeam
}

/** A sentence, what people can do, and a box for the administrator. Never a stack, never an address with parameters. */
export function errorPage(look: Look, content: ErrorContent): string {
  const { texts, brand } = look
  const { error, back, application, denied } = content
  const { failure } = texts
  const heading = headingOf(error, denied?.frontPage === undefined ? application : failure.thisPage, texts)
  const membership = missingMembership(error)
  const goTo = filled(failure.goTo, { application: application ?? failure.thisService })
  return page(
    look,
    { title: heading, width: 'wide', script: copyScript },
    html`<h1>${heading}</h1>
${denied ? html`<p>${whoAndWhoElse(denied, look, application)}</p>` : ''}
<h2>${failure.whatYouCanDo}</h2>
${membership ? membershipAdvice(membership) : html`<p>${advice(error, texts)}</p>`}
<div class="actions">
${back ? html`<a class="way main" href="${back.href}">${back.title}</a>` : ''}
${denied?.frontPage ? html`<a class="way main" href="${denied.frontPage}">${goTo}</a>` : ''}
${denied ? html`<a class="way" href="${denied.someoneElseHref}">${failure.someoneElse}</a>` : ''}
${denied && brand.access ? html`<a class="way" href="${brand.access}">${failure.askForAccess}</a>` : ''}
</div>
${details(look, content)}`,
  )
}

function whoAndWhoElse(denied: Denied, look: Look, application: string | undefined) {
  const who = marked(look.texts.failure.signedInAs, { user: html`<strong>${denied.user}</strong>` })
  return html`${who} ${openTo(denied, application, look)}`
}

/** What stands between backticks is to be typed. */
function withCode(text: string) {
  return text.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`))
}

/** The box for the administrator, whose words are those of the log and of the reference, in English. */
function details({ texts: { failure }, language }: Look, { error, requestId, at }: ErrorContent) {
  const english = language.tag === 'en' ? '' : raw(' lang="en" dir="ltr"')
  const rows = [
    [failure.code, error.code],
    [failure.request, requestId],
    [failure.time, at.toISOString()],
    [failure.nextStep, error.hint],
    [failure.trace, `gatehouse explain ${requestId}`],
  ] as const
  const shown = rows.map(([term, value]) => {
    const inWords = value === error.hint
    return html`<dt>${term}</dt><dd${english}>${inWords ? withCode(value) : html`<code>${value}</code>`}</dd>`
  })
  const text = rows.map(([term, value]) => `${term}: ${value}`).join('\n')
  return html`<section class="box" aria-labelledby="for-administrators">
<div class="box-head"><h2 id="for-administrators">${failure.forAdministrators}</h2><button type="button" id="copy" hidden aria-live="polite" data-done="${failure.copied}" data-text="${text}">${failure.copy}</button></div>
<dl id="details" class="copied">
${shown}
</dl>
</section>`
}
