/** XML 1.0 files of elements, attributes and texts, for products whose configuration is a tree of elements. */
import { hex } from './characters.ts'
import { type Comment, linesOf } from './comment.ts'
import { UnwritableValue } from './unwritable-value.ts'

export interface XmlElement {
  kind: 'xml-element'
  name: string
  attributes: Readonly<Record<string, string>>
  content: string | readonly (Comment | XmlElement)[]
}

/** An element with a text or with children. There is no mixed content, so indentation never becomes part of a text. */
export function xmlElement(
  name: string,
  attributes: Readonly<Record<string, string>> = {},
  content: XmlElement['content'] = [],
): XmlElement {
  return { kind: 'xml-element', name, attributes, content }
}

/** A file in UTF-8 with one root element, and comments above it. */
export function writeXml(root: XmlElement, above: readonly Comment[] = []): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${[...above, root].map((node) => xmlNode(node, '')).join('')}`
}

function xmlNode(node: Comment | XmlElement, indent: string): string {
  if (node.kind === 'comment') return xmlComment(node, indent)
  const name = xmlName(node.name)
  const attributes = Object.entries(node.attributes).map(
    ([key, value]) => ` ${xmlName(key)}="${xmlText(value, '\t\n')}"`,
  )
  const open = `${indent}<${name}${attributes.join('')}`
  if (typeof node.content === 'string') return `${open}>${xmlText(node.content, '')}</${name}>\n`
  if (node.content.length === 0) return `${open}/>\n`
  return `${open}>\n${node.content.map((child) => xmlNode(child, `${indent}  `)).join('')}${indent}</${name}>\n`
}

/** Two hyphens, and one before the end, are forbidden in a comment (XML 1.0 section 2.5). */
function xmlComment({ text }: Comment, indent: string): string {
  if (text === '') return '\n'
  return linesOf(text)
    .map((line) => `${indent}<!-- ${line.replace(/-(?=-)/g, '- ')} -->\n`)
    .join('')
}

/** Names of the products' own formats: ASCII, and without a colon, which needs a declared namespace. */
function xmlName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) || /^xml/i.test(name))
    throw new UnwritableValue(`not an XML name: ${JSON.stringify(name)}`)
  return name
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/**
 * Letters and digits stay readable. A CR is always a reference (a reader turns a bare one into a newline), and so are a tab and a
 * newline in an attribute, where they would become blanks.
 */
function xmlText(text: string, alsoEscaped: string): string {
  // XML 1.0 section 2.2: these have no form at all, not even as a reference.
  if (/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.test(text))
    throw new UnwritableValue(`not characters of XML 1.0: ${JSON.stringify(text)}`)
  return text.replace(/[&<>"]|[^ -~\p{L}\p{N}]/gu, (character) => {
    const known = entities[character]
    if (known !== undefined) return known
    if ((character === '\t' || character === '\n') && !alsoEscaped.includes(character)) return character
    return `&#x${hex(character.codePointAt(0) ?? 0, 1)};`
  })
}
