import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import type { Answer } from '../http.ts'
import { pageHeaders } from './headers.ts'
import { page } from './layout.ts'

/** The only script of all pages; the policy names its hash. */
const script = 'document.forms[0].submit()'
const scriptSource = `'sha256-${createHash('sha256').update(script).digest('base64')}'`

/**
 * A page with a form that the browser sends at once, or the person where scripts are off.
 * `action` and `fields` (hidden inputs) are HTML that is escaped already; `targets` are the origins to which the action leads.
 */
export function selfSendingPage({
  action,
  fields,
  targets,
}: {
  action: string
  fields: string
  targets: readonly string[]
}): Answer {
  const body = page(
    { title: 'One moment' },
    html`<h1>One moment</h1>
<form method="post" action="${raw(action)}">${raw(fields)}
<button class="main" type="submit">Continue</button>
</form>
<script>${raw(script)}</script>`,
  )
  const { 'content-security-policy': policy, ...headers } = pageHeaders(targets)
  return {
    status: 200,
    headers: { ...headers, 'content-security-policy': `${policy}; script-src ${scriptSource}` },
    body,
  }
}
