import { html, raw } from 'hono/html'
import { gatePath } from './brand.ts'
import type { Html } from './languages/filling.ts'
import { inEveryLanguage, type Look } from './look.ts'

const gate = raw(
  `<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round" aria-hidden="true"><path d="${gatePath}"/></svg>`,
)

export interface PageFrame {
  title: string
  /** `narrow`: one column of 22rem; `wide`: sentences and lists; `broad`: tiles and tables. */
  width?: 'narrow' | 'wide' | 'broad'
  /** Who is signed in, and how to leave, in the corner. */
  corner?: Html | Promise<Html> | undefined
  /** The only script of the page, if it has one; the answer's policy must name its hash. */
  script?: string | undefined
}

/** A whole page: a card with the operator's name in the upper third, no further requests but for the operator's own pictures. */
export function page(
  look: Look,
  { title, width = 'narrow', corner, script }: PageFrame,
  content: Html | Promise<Html>,
): string {
  const { brand, language } = look
  const main = html`<!doctype html>
<html lang="${language.tag}" dir="${language.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="${brand.favicon}">
<style>${raw(brand.style)}</style>
</head>
<body class="${width}">
<div class="card">
<header class="brand">${brand.logo === undefined ? gate : html`<img src="${brand.logo}" alt="">`}<span>${brand.name}</span>${corner ?? ''}</header>
<main>
${content}
</main>
</div>
${footer(look)}
${script === undefined ? '' : html`<script>${raw(script)}</script>`}
</body>
</html>
`
  return String(main)
}

function footer(look: Look) {
  const { brand, here } = look
  if (brand.links.length === 0 && here === undefined) return ''
  return html`<footer>
${brand.links.map(({ title, url }) => html`<a href="${url}">${title}</a>`)}
${here === undefined ? '' : languageSwitch(look, here)}
</footer>`
}

/** Opens without a script. */
function languageSwitch({ language, texts }: Look, here: string) {
  const others = inEveryLanguage(here).filter((other) => other.language !== language)
  if (others.length === 0) return ''
  return html`<details><summary aria-label="${texts.frame.language}: ${language.name}">${language.name}</summary>
<ul>${others.map(({ language: { tag, name, direction }, href }) => html`<li><a href="${href}" hreflang="${tag}" lang="${tag}" dir="${direction}">${name}</a></li>`)}</ul></details>`
}
