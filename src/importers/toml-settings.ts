/** TOML as people write it, with what is wrong in words of ours: the messages of the parser quote lines, which may hold secrets. */
import { parse, TomlError } from 'smol-toml'
import { type ImportFile, UnreadableImport } from './contract.ts'

/** The settings of a TOML file. Throws UnreadableImport. */
export function tomlSettings({ name, text }: ImportFile): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw new UnreadableImport(name, `line ${error.line}: ${slipIn(text, error)}`)
  }
}

/** What a person has done there, by the first words of the parser. */
const slips: readonly (readonly [RegExp, string])[] = [
  // A text in one quote ends with its line.
  [/^(?:unfinished string|control characters are not allowed in strings)/, 'this quote is never closed'],
  [/^unfinished (?:array|table)/, 'this bracket is never closed'],
  [
    /^(?:invalid value|unfinished numeric|illegal (?:leading|underscore|character in numeric)|invalid date)/,
    'is no TOML value: put a text in quotes',
  ],
  [/^each key-value/, 'is no TOML: one line holds one setting, `name = "value"`, and a text is in quotes'],
  [/^expected comma/, 'a comma or the closing bracket is missing in this list'],
  [/escape/, 'a backslash in double quotes begins an escape, and this is none: use single quotes'],
  [/key/, 'is no TOML: write `name = "value"`'],
  [/^document contains excessively/, 'is nested too deeply'],
  [/control characters/, 'has a character that TOML forbids'],
]

function slipIn(text: string, { message, line }: TomlError): string {
  const words = message.replace(/^Invalid TOML document: /, '')
  if (words.startsWith('trying to redefine')) return setTwice(text, line)
  return slips.find(([pattern]) => pattern.test(words))?.[1] ?? 'is not TOML'
}

const declaration = /^\s*(?:"([\w.-]+)"|'([\w.-]+)'|([\w.-]+))\s*=/

function setTwice(text: string, line: number): string {
  const keys = text.split(/\r?\n/).map((row) => {
    const [, double, single, bare] = declaration.exec(row) ?? []
    return double ?? single ?? bare
  })
  const second = keys.findLastIndex((key, index) => key !== undefined && index < line)
  const key = keys[second]
  const first = keys.indexOf(key)
  if (key === undefined || first === second) return 'is set twice'
  return `${JSON.stringify(key)} is set twice, first in line ${first + 1}: leave one of them`
}
