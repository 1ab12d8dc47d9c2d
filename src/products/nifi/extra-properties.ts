/** `extra` in NiFi's XML files: properties of an element, by its identifier. */
import { comment, envPlaceholder, type XmlElement, xmlElement } from '../../formats.ts'
import type { ProductInput } from '../contract.ts'
import { sectionsWith } from '../extra/files.ts'
import { extraPath, RefusedExtra, type Syntax } from '../extra/values.ts'
import { error } from '../writing/problem.ts'
import { isPlainText } from './placeholders.ts'

const syntax: Syntax<string> = {
  text: (text) => (isPlainText(text) ? text : undefined),
  variable: envPlaceholder,
  number: String,
  boolean: String,
}

/** Throws RefusedExtra. */
export function elementsWith(
  input: ProductInput<'nifi'>,
  file: string,
  elements: readonly XmlElement[],
): readonly XmlElement[] {
  const sections = elements.map((element) => ({ name: identifierOf(element), keys: propertiesOf(element) }))
  const extended = sectionsWith(input, file, sections, syntax)
  const names = sections.map(({ name }) => name)
  const unknown = extended.find(({ name }) => !names.includes(name))
  if (unknown) {
    const at = [...extraPath(input, file), unknown.name]
    throw new RefusedExtra([error(at, `is no element of this file: write its properties below ${names.join(' or ')}`)])
  }
  return elements.map((element, index) => {
    const added = extended[index]?.keys.slice(propertiesOf(element).length) ?? []
    if (added.length === 0) return element
    const lines = added.map(([name, value]) => xmlElement('property', { name }, value))
    const note = comment('Yours: `extra` in the Gatehouse configuration.')
    return { ...element, content: [...childrenOf(element), note, ...lines] }
  })
}

function childrenOf({ content }: XmlElement): Exclude<XmlElement['content'], string> {
  return typeof content === 'string' ? [] : content
}

function identifierOf(element: XmlElement): string {
  const found = childrenOf(element).find((child) => child.kind === 'xml-element' && child.name === 'identifier')
  return found?.kind === 'xml-element' && typeof found.content === 'string' ? found.content : ''
}

function propertiesOf(element: XmlElement): (readonly [string, string])[] {
  return childrenOf(element).flatMap((child) =>
    child.kind === 'xml-element' && child.name === 'property' && typeof child.content === 'string'
      ? [[child.attributes['name'] ?? '', child.content] as const]
      : [],
  )
}
