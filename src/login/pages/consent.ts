import { html } from 'hono/html'
import { own } from '../../maps.ts'
import { filled, marked } from '../../web/languages/filling.ts'
import type { Texts } from '../../web/languages/texts.ts'
import { page } from '../../web/layout.ts'
import type { Look } from '../../web/look.ts'

export interface ConsentPage {
  product: string
  user: string
  scopes: readonly string[]
  /** Asked for one by one. */
  claims?: readonly string[]
  /** At which it wants to act for the person. */
  services: readonly string[]
  action: string
}

/** Scopes with a text of their own; others are shown by their name. */
const known = ['openid', 'profile', 'email', 'groups', 'offline_access'] as const

/** The scope that stands for a claim, where a person would say the same of both. */
const scopeOfClaim: Readonly<Record<string, string>> = {
  email: 'email',
  email_verified: 'email',
  name: 'profile',
  given_name: 'profile',
  family_name: 'profile',
  preferred_username: 'profile',
  groups: 'groups',
}

function meant(scopes: readonly string[], claims: readonly string[], words: Texts['consent']): string[] {
  const asked = new Set([...scopes, ...claims.map((claim) => own(scopeOfClaim, claim) ?? claim)])
  return [...asked].map((scope) => {
    const text = known.find((name) => name === scope)
    return text === undefined ? scope : words[text]
  })
}

/** Asks whether to let this product in. Shown for products with `consent: ask`. */
export function consentPage(look: Look, { product, user, scopes, claims = [], services, action }: ConsentPage): string {
  const words = look.texts.consent
  const application = product
  const wishes = [...meant(scopes, claims, words), ...services.map((service) => filled(words.useService, { service }))]
  const asks = wishes.length > 0 ? words.asksTo : words.asksNothing
  return page(
    look,
    { title: filled(words.title, { application }) },
    html`<h1>${filled(words.heading, { application })}</h1>
<p>${marked(asks, { user: html`<strong>${user}</strong>`, application })}</p>
${wishes.length > 0 ? html`<ul class="plain">${wishes.map((wish) => html`<li>${wish}</li>`)}</ul>` : ''}
<form method="post" action="${action}">
<button class="main" type="submit" name="decision" value="allow">${words.allow}</button>
<button type="submit" name="decision" value="refuse">${words.refuse}</button>
</form>`,
  )
}
