/** What the writers of every format must know about characters. */
import { UnwritableValue } from './unwritable-value.ts'

export function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

/** UTF-8 has no lone surrogates: Node would write U+FFFD instead, which is a different text. */
export function checkWellFormed(text: string): string {
  if (!text.isWellFormed()) throw new UnwritableValue(`not well-formed Unicode: ${JSON.stringify(text)}`)
  return text
}

/**
 * The inside of a text in double quotes. Letters and digits of every script stay readable; whatever could end the text, hide or
 * reorder it is escaped. `short` has the format's own escapes; the rest becomes \uXXXX or \UXXXXXXXX.
 */
export function escapeQuoted(text: string, short: Readonly<Record<string, string>>): string {
  return text.replace(/["\\]|[^ -~\p{L}\p{N}]|[\u{10000}-\u{10ffff}]/gu, (character) => {
    const known = short[character]
    if (known !== undefined) return known
    const code = character.codePointAt(0) ?? 0
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`
  })
}

/** What Python, YAML, TOML and HCL agree on. */
export const commonEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}
