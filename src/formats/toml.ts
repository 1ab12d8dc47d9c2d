/**
 * TOML 1.0 files, also for a program that expands `${X}` and `$__env{X}` in the whole file before it parses it, comments included:
 * a `$` that could begin that is written as \u0024, which is the same text to TOML.
 */
import { checkWellFormed, commonEscapes, escapeQuoted } from './characters.ts'
import { type Comment, commentLines } from './comment.ts'
import { checkUnique, wholeNumber } from './data.ts'
import { type Placeholder, placeholderText } from './placeholder.ts'
import { UnwritableValue } from './unwritable-value.ts'

export type TomlValue = string | number | boolean | readonly string[] | Placeholder

export interface TomlKey {
  kind: 'toml-key'
  key: string
  value: TomlValue
}

/** `[name]`, or with several bodies `[[name]]`. */
export interface TomlTable {
  kind: 'toml-table'
  name: string
  bodies: readonly TomlBody[]
  isArray: boolean
}

export type TomlBody = readonly (Comment | TomlKey | TomlTable)[]

export function tomlKey(key: string, value: TomlValue): TomlKey {
  return { kind: 'toml-key', key, value }
}

/** A table; its keys come before its own tables. */
export function tomlTable(name: string, body: TomlBody): TomlTable {
  return { kind: 'toml-table', name, bodies: [body], isArray: false }
}

/** An array of tables: one `[[name]]` for each body. */
export function tomlTables(name: string, bodies: readonly TomlBody[]): TomlTable {
  return { kind: 'toml-table', name, bodies, isArray: true }
}

export function writeToml(body: TomlBody): string {
  return writeBody(body, [])
}

function writeBody(body: TomlBody, path: readonly string[]): string {
  checkUnique(body.flatMap((entry) => nameOf(entry) ?? []))
  const firstTable = body.findIndex((entry) => entry.kind === 'toml-table')
  const late = body.slice(firstTable).find((entry) => entry.kind === 'toml-key')
  // TOML would read it as a key of that table.
  if (firstTable >= 0 && late) throw new UnwritableValue(`a key after a table: ${JSON.stringify(nameOf(late))}`)
  return body.map((entry) => writeEntry(entry, path)).join('')
}

function nameOf(entry: TomlBody[number]): string | undefined {
  if (entry.kind === 'comment') return undefined
  return entry.kind === 'toml-key' ? entry.key : entry.name
}

function writeEntry(entry: TomlBody[number], path: readonly string[]): string {
  if (entry.kind === 'comment') return commentLines(entry).replace(/\$(?=[{_])/g, '$ ')
  if (entry.kind === 'toml-key') return `${tomlName(entry.key)} = ${tomlValue(entry.value)}\n`
  const inner = [...path, tomlName(entry.name)]
  const header = entry.isArray ? `[[${inner.join('.')}]]` : `[${inner.join('.')}]`
  return entry.bodies.map((body) => `\n${header}\n${writeBody(body, inner)}`).join('')
}

function tomlName(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : tomlString(name)
}

function tomlString(text: string): string {
  return `"${escapeQuoted(checkWellFormed(text), commonEscapes).replace(/\$(?=[{_])/g, '\\u0024')}"`
}

function tomlValue(value: TomlValue): string {
  if (typeof value === 'string') return tomlString(value)
  if (typeof value === 'number') return wholeNumber(value)
  if (typeof value === 'boolean') return String(value)
  // Quotes and backslashes of the value, which is put in before TOML is read, mean nothing between these.
  if ('kind' in value) return `'''${placeholderText(value)}'''`
  return `[${value.map(tomlString).join(', ')}]`
}
