import { html } from 'hono/html'
import { own } from '../../maps.ts'
import { page } from '../../web/layout.ts'

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

const meanings: Readonly<Record<string, string>> = {
  openid: 'Know that it is you',
  profile: 'See your name and username',
  email: 'See your email address',
  groups: 'See the teams that you are in',
  offline_access: 'Keep access while you are away',
}

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

function meant(scopes: readonly string[], claims: readonly string[]): string[] {
  const asked = new Set([...scopes, ...claims.map((claim) => own(scopeOfClaim, claim) ?? claim)])
  return [...asked].map((scope) => own(meanings, scope) ?? scope)
}

/** Asks whether to let this product in. Shown for products with `consent: ask`. */
export function consentPage({ product, user, scopes, claims = [], services, action }: ConsentPage): string {
  const wishes = [...meant(scopes, claims), ...services.map((name) => `Use ${name} as you`)]
  return page(
    { title: `Allow ${product}?` },
    html`<h1>Allow ${product} to use your account?</h1>
<p>You are signed in as <strong>${user}</strong>. ${product} asks ${wishes.length > 0 ? 'to:' : 'for nothing about you.'}</p>
${wishes.length > 0 ? html`<ul class="plain box">${wishes.map((wish) => html`<li>${wish}</li>`)}</ul>` : ''}
<form method="post" action="${action}">
<button class="main" type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="refuse">Do not allow</button>
</form>`,
  )
}
