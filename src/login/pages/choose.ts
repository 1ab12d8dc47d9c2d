import { html, raw } from 'hono/html'
import type { ErrorCode } from '../../errors.ts'
import { filled, marked } from '../../web/languages/filling.ts'
import type { Texts } from '../../web/languages/texts.ts'
import { page } from '../../web/layout.ts'
import type { Look } from '../../web/look.ts'
import { markOfWay } from '../../web/marks/marks.ts'

/** A way in that leads to a provider. */
export interface WayLink {
  title: string
  /** Whose mark it has. */
  vendor: string
  href: string
  lastUsed: boolean
  /** The product says that the person has an address in a domain that is the way's own. */
  suggested: boolean
  /** Why it is not expected to work at the moment. It can be tried all the same: what is known of it may be old. */
  unavailable?: ErrorCode | undefined
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
  /** Why it is not expected to work at the moment; it can be tried all the same. */
  unavailable?: ErrorCode | undefined
  /** Where people go who have forgotten the password; undefined: nowhere. */
  forgottenHref?: string | undefined
  /** Where passkeys are asked for; undefined: nowhere. */
  passkeyHref?: string | undefined
}

export interface ChoosePage {
  /** Where the person is going, if anywhere. */
  target: string | undefined
  /** For a product that lets people choose; undefined: nobody is signed in, or they must sign in again. */
  current: CurrentAccount | undefined
  /** Who is signed in already, and wants to be somebody else. */
  leaving: { username: string; stayHref: string } | undefined
  links: readonly WayLink[]
  /** One form for each, so that a password goes only to the one that the person chose. */
  forms: readonly PasswordForm[]
  error: { code: ErrorCode; message: string; note?: string | undefined } | undefined
  /** What has happened. */
  notices: readonly string[]
}

/** The page with the ways in. */
export function choosePage(look: Look, content: ChoosePage): string {
  const { target, current, leaving, links, forms, error, notices } = content
  const { choose, frame } = look.texts
  const heading = target === undefined ? choose.heading : filled(choose.headingFor, { target })
  const or = html`<div class="or" aria-hidden="true">${frame.or}</div>`
  // What the product suggests comes first. One thing has the focus: what failed, the account, the suggestion, or the only form.
  const ways = links.toSorted((one, other) => Number(other.suggested) - Number(one.suggested))
  const failed = forms.find((way) => way.failed)
  const suggested = ways.find((way) => way.suggested)
  const focused = failed ?? current ?? suggested ?? (ways.length === 0 ? forms[0] : undefined)
  const main = current === undefined ? mainWay(ways) : undefined
  const several = forms.length > 1
  const isMain = ways.length === 0 && current === undefined
  return page(
    look,
    { title: heading },
    html`<h1>${heading}</h1>
${leaving === undefined ? '' : html`<p>${marked(choose.leaving, { user: html`<strong>${leaving.username}</strong>` })}</p>`}
${notices.map((notice) => html`<p class="status" role="status">${notice}</p>`)}
${current ? html`<nav aria-label="${choose.currentAccount}">${account(current, choose, current === focused)}</nav>${or}` : ''}
${ways.length > 0 ? html`<nav aria-label="${choose.waysIn}">${ways.map((way) => link(way, choose, { isMain: way === main, isFocused: way === focused }))}</nav>` : ''}
${links.length > 0 && forms.length > 0 ? or : ''}
${forms.map((way, index) => html`${index > 0 ? or : ''}${form(way, choose, { several, isMain, isFocused: way === focused, error })}`)}
${asides(look, leaving?.stayHref)}`,
  )
}

/** The one that stands out: what is suggested or was used before, or the only one. */
function mainWay(ways: readonly WayLink[]): WayLink | undefined {
  const working = ways.filter(({ unavailable }) => unavailable === undefined)
  const [first, ...others] = working
  const known = working.find(({ suggested }) => suggested) ?? working.find(({ lastUsed }) => lastUsed)
  return known ?? (others.length === 0 ? first : undefined)
}

type Words = Texts['choose']

/** Ways out: back to who one was, and to somebody who helps. */
function asides({ texts: { frame }, brand }: Look, stayHref: string | undefined) {
  const links = [
    ...(stayHref === undefined ? [] : [html`<a href="${stayHref}">${frame.cancel}</a>`]),
    ...(brand.help === undefined ? [] : [html`<a href="${brand.help}">${frame.help}</a>`]),
  ]
  return links.length === 0 ? '' : html`<p class="side">${links}</p>`
}

const autofocus = raw(' autofocus')

function account({ username, href }: CurrentAccount, words: Words, isFocused: boolean) {
  return html`<a class="way main" href="${href}"${isFocused ? autofocus : ''}><span>${filled(words.continueAs, { user: username })}</span></a>`
}

function link(way: WayLink, words: Words, { isMain, isFocused }: { isMain: boolean; isFocused: boolean }) {
  const { title, vendor, href } = way
  const note = noteOf(way, words)
  const kind = way.unavailable === undefined ? (isMain ? 'way main' : 'way') : 'way offline'
  return html`<a class="${kind}" href="${href}"${isFocused ? autofocus : ''}>${markOfWay(vendor)}<span>${filled(words.continueWith, { title })}</span>${note === undefined ? '' : html`<span class="note">${note}</span>`}</a>`
}

function noteOf({ unavailable, suggested, lastUsed }: WayLink, words: Words): string | undefined {
  if (unavailable !== undefined) return filled(words.unavailable, { code: unavailable })
  if (suggested) return words.suggested
  return lastUsed ? words.lastUsed : undefined
}

/** Beside the fields: below nine ways in nobody would see it at the top. */
function alert({ message, note }: NonNullable<ChoosePage['error']>) {
  return html`<div class="alert" role="alert" id="problem">${message}${note ? html`<br>${note}` : ''}</div>`
}

interface FormPlace {
  several: boolean
  isMain: boolean
  isFocused: boolean
  error: ChoosePage['error']
}

function form(
  { name, title, action, hidden, failed, username, unavailable, forgottenHref, passkeyHref }: PasswordForm,
  words: Words,
  { several, isMain, isFocused, error }: FormPlace,
) {
  // With one form the ids are those of the fields; password managers know them.
  const [usernameId, passwordId] = several ? [`username-${name}`, `password-${name}`] : ['username', 'password']
  const [first, second] = isFocused && !failed ? (username === '' ? [' autofocus', ''] : ['', ' autofocus']) : ['', '']
  const usernameState = failed ? ' aria-describedby="problem"' : first
  const passwordState = failed ? ' aria-invalid="true" aria-describedby="problem" autofocus' : second
  return html`<form method="post" action="${action}">
${hidden.map(([field, value]) => html`<input type="hidden" name="${field}" value="${value}">`)}
${several ? html`<h2>${filled(words.withTitle, { title })}</h2>` : ''}${unavailable === undefined ? '' : html`<p class="status">${filled(words.unavailable, { code: unavailable })}</p>`}${failed && error ? alert(error) : ''}<label for="${usernameId}">${words.username}</label>
<input id="${usernameId}" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="100" value="${username}"${raw(usernameState)}>
<label for="${passwordId}">${words.password}</label>
<input id="${passwordId}" name="password" type="password" autocomplete="current-password" required maxlength="1024"${raw(passwordState)}>
<button class="${isMain || failed ? 'main' : 'second'}" type="submit">${words.signIn}</button>
${passkeyHref === undefined ? '' : html`<p class="soft"><a href="${passkeyHref}">Sign in with a passkey</a></p>`}
${forgottenHref === undefined ? '' : html`<p class="soft"><a href="${forgottenHref}">Forgotten your password?</a></p>`}
</form>`
}
