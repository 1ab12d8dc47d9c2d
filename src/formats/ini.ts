/** INI files as Go's ini.v1 reads them with its default options, for a program that expands variables in their values afterwards. */
import { type Comment, commentLines } from './comment.ts'
import { checkUnique, plainNumber } from './data.ts'
import { type Placeholder, placeholderText } from './placeholder.ts'
import { UnwritableValue } from './unwritable-value.ts'

export type IniValue = string | number | boolean | Placeholder

export interface IniKey {
  kind: 'ini-key'
  key: string
  value: IniValue
}

export interface IniSection {
  kind: 'ini-section'
  name: string
  entries: readonly (Comment | IniKey)[]
}

export function iniKey(key: string, value: IniValue): IniKey {
  return { kind: 'ini-key', key, value }
}

export function iniSection(name: string, entries: IniSection['entries']): IniSection {
  return { kind: 'ini-section', name, entries }
}

/**
 * Whether a text is read as it is. Neither expansion has an escape: `$__env{X}`, `$__file{X}`, `$__vault{X}` and `${X}` of the
 * program, `%(x)s` of ini.v1. A backquote and `"""` in a text of several lines leave no quote to write it in.
 */
export function isIniText(text: string): boolean {
  if (!text.isWellFormed() || /\$(?:__\w+)?\{[^}]+\}|%\([^)]+\)s/.test(text)) return false
  return !(text.includes('\n') && text.includes('`') && text.includes('"""'))
}

/** Keys before the first section belong to ini.v1's default section. */
export function writeIni(entries: readonly (Comment | IniKey | IniSection)[]): string {
  checkUnique(entries.flatMap((entry) => (entry.kind === 'ini-section' ? entry.name : [])))
  const firstSection = entries.findIndex((entry) => entry.kind === 'ini-section')
  if (firstSection >= 0 && entries.slice(firstSection).some((entry) => entry.kind === 'ini-key'))
    throw new UnwritableValue('a key after a section would belong to that section')
  checkUnique(keysOf(entries))
  return entries
    .map(writeEntry)
    .join('')
    .replace(/^\n(?=\[)/, '')
}

function keysOf(entries: readonly (Comment | IniKey | IniSection)[]): string[] {
  return entries.flatMap((entry) => (entry.kind === 'ini-key' ? entry.key : []))
}

function writeEntry(entry: Comment | IniKey | IniSection): string {
  if (entry.kind === 'comment') return commentLines(entry)
  if (entry.kind === 'ini-key') return `${iniName(entry.key)} = ${iniValue(entry.value)}\n`
  checkUnique(keysOf(entry.entries))
  return `\n[${iniName(entry.name)}]\n${entry.entries.map(writeEntry).join('')}`
}

/** ini.v1 has no escape for a name. */
function iniName(name: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) throw new UnwritableValue(`not an INI name: ${JSON.stringify(name)}`)
  return name
}

function iniValue(value: IniValue): string {
  if (typeof value === 'number') return plainNumber(value)
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'string' ? iniText(value) : placeholderText(value)
}

/**
 * ini.v1 takes a quoted text from the first quote to the last one of its line, so a backquote inside a single line does not end it;
 * in a text of several lines it would.
 */
function iniText(text: string): string {
  if (!isIniText(text)) throw new UnwritableValue(`this would not be read as it is: ${JSON.stringify(text)}`)
  if (/^[A-Za-z0-9_./:@+,=?&*-]+(?: [A-Za-z0-9_./:@+,=?&*-]+)*$/.test(text)) return text
  const quote = text.includes('\n') && text.includes('`') ? '"""' : '`'
  return `${quote}${text}${quote}`
}
