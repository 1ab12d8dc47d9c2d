/**
 * A line of a configuration as messages may show it. Nobody knows what stands in a text that cannot be read: a secret may be in any place. So
 * only what cannot be one is shown: words of the schema, short numbers, addresses, names of variables. Everything else is dots of its length.
 */
import { Config } from './schema.ts'
import { wordsOf } from './schema-walk.ts'

const maxWidth = 100
let words: ReadonlySet<string> | undefined

/** Whether the schema itself has the word: then no secret is shown with it. */
export function isKnownWord(word: string): boolean {
  words ??= wordsOf(Config)
  return words.has(word)
}

/** The line with a caret under the column, each behind a margin. Undefined where there is no such line. Both count from 1. */
export function excerptOf(text: string, { line, column }: { line: number; column: number }): string | undefined {
  const written = text.split('\n', line)[line - 1]
  if (written === undefined || written.trim() === '') return undefined
  const start = Math.max(0, Math.min(column - 1 - maxWidth / 2, written.length - maxWidth))
  const shown = shownLine(written.replace(/\r$/, '')).slice(start, start + maxWidth)
  const margin = ' '.repeat(String(line).length)
  return `  ${line} | ${shown}\n  ${margin} | ${' '.repeat(column - 1 - start)}^\n`
}

const secretName = /secret|passw|key|token|user|credential|store|proxy|private/i
const parts = /\$\{env:[A-Z][A-Z0-9_]{0,60}\}|[^\s{}[\]()<>,:;#&*!|'"%@`?$=]+|[^\S\n]/gu

/** Of the same width, so that a caret stays under its column. */
function shownLine(line: string): string {
  const isSecret = secretName.test(line)
  return line.replace(parts, (part) => {
    if (part.trim() === '') return part === ' ' ? ' ' : '→'
    if (/^-+$/.test(part) || part.startsWith('${') || (isKnownWord(part) && !/^\d/.test(part))) return part
    const isHarmless =
      !isSecret && /^(?:\d{1,5}|\d{1,3}(?:\.\d{1,3}){3}(?:\/\d+)?|https?|true|false|localhost)$/.test(part)
    return isHarmless ? part : '•'.repeat(part.length)
  })
}
