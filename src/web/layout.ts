import { html, raw } from 'hono/html'
import { style } from './style.ts'

type Html = ReturnType<typeof html>

const mark = raw(
  '<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true"><path d="M3 17V8l7-5 7 5v9M7 17v-6h6v6M3 17h14" stroke-linejoin="round" stroke-linecap="round"/></svg>',
)

/** A whole page: one column in the upper third, no script, no further requests. */
export function page(
  { title, wide = false }: { title: string; wide?: boolean },
  content: Html | Promise<Html>,
): string {
  const main = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
<main class="${wide ? 'wide' : ''}">
<div class="brand">${mark}<span>Gatehouse</span></div>
${content}
</main>
</body>
</html>
`
  return String(main)
}
