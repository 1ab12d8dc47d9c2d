import { html } from 'hono/html'

/** A piece of HTML that is escaped already. */
export type Html = ReturnType<typeof html>

const place = /\{(\w+)\}/

/** The text with its words in braces filled in. A sentence that begins with one begins with a capital. */
export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  const full = text.replace(/\{(\w+)\}/g, (braces, name: string) => String(values[name] ?? braces))
  return text.startsWith('{') ? full.charAt(0).toUpperCase() + full.slice(1) : full
}

/** The same for a page: values may be HTML, and what is text is escaped. */
export function marked(
  text: string,
  values: Readonly<Record<string, Html | Promise<Html> | string>>,
): Html | Promise<Html> {
  const parts = text.split(place).map((part, index) => (index % 2 === 0 ? part : (values[part] ?? `{${part}}`)))
  return html`${parts}`
}
