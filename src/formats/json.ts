import { checkWellFormed, hex } from './characters.ts'
import { type Data, entriesOf, isList } from './data.ts'
import { UnwritableValue } from './unwritable-value.ts'

/** A JSON file (RFC 8259): two spaces per level, a trailing newline. */
export function writeJson(value: Data): string {
  return `${jsonText(value, '')}\n`
}

/** A JSON text on one line. */
export function jsonLine(value: Data): string {
  return jsonText(value, undefined)
}

/** Letters and digits stay readable; line separators and what hides or reorders text are escaped. */
export function jsonString(text: string): string {
  return JSON.stringify(checkWellFormed(text)).replace(/[^ -~\p{L}\p{N}]/gu, (character) =>
    character
      .split('')
      .map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
      .join(''),
  )
}

/** With an indent, each item has its own line; without one everything is on one line. */
function jsonText(value: Data, indent: string | undefined): string {
  if (typeof value === 'string') return jsonString(value)
  if (typeof value === 'number') return jsonNumber(value)
  if (typeof value === 'boolean' || value === null) return String(value)
  if (typeof value !== 'object') throw new UnwritableValue(`not JSON: ${typeof value}`)
  const inner = indent === undefined ? undefined : `${indent}  `
  if (isList(value))
    return jsonBlock(
      ['[', ']'],
      value.map((item) => jsonText(item, inner)),
      indent,
    )
  const colon = indent === undefined ? ':' : ': '
  const entries = entriesOf(value).map(([key, item]) => `${jsonString(key)}${colon}${jsonText(item, inner)}`)
  return jsonBlock(['{', '}'], entries, indent)
}

function jsonBlock([open, close]: readonly [string, string], items: readonly string[], indent: string | undefined) {
  if (indent === undefined || items.length === 0) return `${open}${items.join(',')}${close}`
  return `${open}\n${items.map((item) => `${indent}  ${item}`).join(',\n')}\n${indent}${close}`
}

function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new UnwritableValue(`not a JSON number: ${value}`)
  return JSON.stringify(value)
}
