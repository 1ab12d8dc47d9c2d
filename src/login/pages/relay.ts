/** Pages that bring the answer of a provider to us in a form of our own: with it come the cookies, which a form of another site does not bring. */
import { html, raw } from 'hono/html'
import { page } from '../../web/layout.ts'
import type { Look } from '../../web/look.ts'

/** What an answer may have. Anything else goes no further. */
export const answerFields = ['state', 'id_token', 'access_token', 'error', 'error_description', 'iss'] as const

export const relayScript = 'document.forms[0].submit()'

/** From the fragment, which no server sees: it is taken out of the address at once. Without an answer nothing is sent. */
export const fragmentScript = `const given = new URLSearchParams(location.hash.slice(1))
history.replaceState(null, '', location.pathname)
const form = document.forms[0]
for (const field of form.querySelectorAll('input')) {
  const values = given.getAll(field.name)
  if (values.length === 1) field.value = values[0]
  else field.remove()
}
if (given.has('state')) form.submit()`

/** The form with what the provider has posted. */
export function relayPage(look: Look, { action, answer }: { action: string; answer: URLSearchParams }): string {
  const { sending, frame } = look.texts
  const fields = answerFields.flatMap((name) => answer.getAll(name).map((value) => ({ name, value })))
  return page(
    look,
    { title: sending.heading, script: relayScript },
    html`<h1>${sending.heading}</h1>
<form method="post" action="${action}">${fields.map(({ name, value }) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button class="main" type="submit">${frame.continue}</button>
</form>`,
  )
}

/** The form that a script fills with what is in the fragment; there is no other way to read one. */
export function fragmentPage(look: Look, { action, back }: { action: string; back: string }): string {
  const { sending, frame } = look.texts
  return page(
    look,
    { title: sending.heading, script: fragmentScript },
    html`<h1>${sending.heading}</h1>
<form method="post" action="${action}">${answerFields.map((name) => html`<input type="hidden" name="${name}">`)}</form>
<noscript><p><a class="way" href="${back}">${raw('')}${frame.continue}</a></p></noscript>`,
  )
}
