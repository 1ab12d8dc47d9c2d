export interface HtmlForm {
  /** As written in the page, often relative; empty when the form has none. */
  action: string
  method: 'GET' | 'POST'
  fields: HtmlField[]
}

export interface HtmlField {
  name: string
  type: string
  value: string
  checked: boolean
}

/** The forms of a page, for pages that work without JavaScript. Reads markup that servers write, not what people can. */
export function parseForms(html: string): HtmlForm[] {
  const withoutComments = html.replace(/<!--[\s\S]*?-->/g, '')
  return [...withoutComments.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, opening = '', content = '']) => {
    const attributes = parseAttributes(opening)
    return {
      action: attributes.get('action') ?? '',
      method: attributes.get('method')?.toUpperCase() === 'POST' ? 'POST' : 'GET',
      fields: parseFields(content),
    }
  })
}

function parseFields(content: string): HtmlField[] {
  return [...content.matchAll(/<(input|button)\b([^>]*)>/gi)]
    .map(([, element = '', tag = '']) => ({ element: element.toLowerCase(), attributes: parseAttributes(tag) }))
    .filter(({ attributes }) => attributes.has('name'))
    .map(({ element, attributes }) => ({
      name: attributes.get('name') ?? '',
      type: attributes.get('type')?.toLowerCase() ?? (element === 'button' ? 'submit' : 'text'),
      value: attributes.get('value') ?? '',
      checked: attributes.has('checked'),
    }))
}

/** What a browser would send when the person fills in `fields` and presses the only button. */
export function filledIn(form: HtmlForm, fields: Readonly<Record<string, string>>): URLSearchParams {
  const buttons = form.fields.filter(({ type }) => type === 'submit')
  const values = new URLSearchParams()
  for (const field of form.fields) {
    // Which of several buttons is pressed is for the caller to say: { decision: 'allow' }.
    const isPressed = buttons.length === 1 && field === buttons[0]
    if (isPressed || isSentAsItIs(field)) values.append(field.name, field.value)
  }
  for (const [name, value] of Object.entries(fields)) values.set(name, value)
  return values
}

function isSentAsItIs({ type, checked }: HtmlField): boolean {
  if (type === 'checkbox' || type === 'radio') return checked
  return !['submit', 'button', 'reset', 'image', 'file'].includes(type)
}

/** Where the first link leads whose visible text contains `text`. */
export function hrefOfLink(html: string, text: string): string | undefined {
  const links = html.matchAll(/<a\b([^>]*)>([\s\S]*?)<\/a>/gi)
  const link = links.find(([, , content = '']) => unescapeHtml(content.replace(/<[^>]*>/g, '')).includes(text))
  return link && parseAttributes(link[1] ?? '').get('href')
}

function parseAttributes(tag: string): Map<string, string> {
  const matches = tag.matchAll(/([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g)
  return new Map(
    [...matches].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      unescapeHtml(double ?? single ?? bare ?? ''),
    ]),
  )
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Undoes the escapes that servers use in attribute values. */
export function unescapeHtml(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (hex) return String.fromCodePoint(Number.parseInt(hex, 16))
      if (decimal) return String.fromCodePoint(Number(decimal))
      return NAMED[name?.toLowerCase() ?? ''] ?? whole
    },
  )
}
