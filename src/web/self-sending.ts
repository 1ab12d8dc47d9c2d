import { html, raw } from 'hono/html'
import type { Answer } from '../http.ts'
import { pageHeaders } from './headers.ts'
import { page } from './layout.ts'
import type { Look } from './look.ts'

const script = 'document.forms[0].submit()'

/**
 * A page with a form that the browser sends at once, or the person where scripts are off.
 * `action` and `fields` (hidden inputs) are HTML that is escaped already; `targets` are the origins to which the action leads.
 */
export function selfSendingPage(
  look: Look,
  { action, fields, targets }: { action: string; fields: string; targets: readonly string[] },
): Answer {
  const { sending, frame } = look.texts
  const body = page(
    look,
    { title: sending.heading, script },
    html`<h1>${sending.heading}</h1>
<form method="post" action="${raw(action)}">${raw(fields)}
<button class="main" type="submit">${frame.continue}</button>
</form>`,
  )
  return { status: 200, headers: pageHeaders(look, { formTargets: targets, script }), body }
}
