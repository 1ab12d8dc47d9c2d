import { hex } from './characters.ts'

export interface Comment {
  kind: 'comment'
  text: string
}

/** A comment of one or more lines. An empty text is an empty line. */
export function comment(text: string): Comment {
  return { kind: 'comment', text }
}

/**
 * The lines of a comment. It is split at every line end that any reader knows: Python reads a form feed or a lone CR as a new
 * line, editors U+2028 too. What a format forbids even here, or what hides or reorders text, is shown by its number.
 */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/).map((line) =>
    line.replace(/(?!\t)[\p{Cc}\p{Cf}\p{Cs}\ufffe\uffff]/gu, (character) => {
      const code = character.codePointAt(0) ?? 0
      return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`
    }),
  )
}

/** A comment in the formats where it runs from `#` to the end of the line. */
export function commentLines({ text }: Comment, indent = ''): string {
  if (text === '') return '\n'
  return linesOf(text)
    .map((line) => `${indent}# ${line}\n`)
    .join('')
}
