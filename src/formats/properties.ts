/** Files in the format of java.util.Properties, and the values that products expand after they read one. */
import { hex } from './characters.ts'
import { type Comment, commentLines } from './comment.ts'
import type { Data } from './data.ts'
import { jsonLine } from './json.ts'
import { UnwritableValue } from './unwritable-value.ts'
import { checkVariable, envPlaceholder } from './variable-name.ts'

/** A value that a program of the Airlift framework itself takes from its environment: it replaces `${ENV:NAME}` after it read the file. */
export interface AirliftVariable {
  kind: 'airlift-variable'
  name: string
}

/** The same as `${env:NAME}`. */
export interface EnvVariable {
  kind: 'env-variable'
  name: string
}

/** A value that the product parses as JSON. */
export interface JsonProperty {
  kind: 'json'
  json: string
}

/** A value as SmallRye Config (Quarkus) reads it: it expands `${name}` in every value, and cuts those of lists at commas. */
export interface SmallRyeValue {
  kind: 'smallrye'
  text: string
}

export interface Property {
  kind: 'property'
  key: string
  value: string | AirliftVariable | EnvVariable | JsonProperty | SmallRyeValue
}

export function property(key: string, value: Property['value']): Property {
  return { kind: 'property', key, value }
}

export function airliftVariable(name: string): AirliftVariable {
  return { kind: 'airlift-variable', name: checkVariable(name) }
}

export function envVariable(name: string): EnvVariable {
  return { kind: 'env-variable', name: checkVariable(name) }
}

/**
 * A text for SmallRye Config. `\\$` is a `$` there, whatever stands before it or behind it: no other backslash means anything in a
 * value that is no list.
 */
export function smallRyeText(text: string): SmallRyeValue {
  return { kind: 'smallrye', text: text.replaceAll('$', '\\$') }
}

/** A list for SmallRye Config, which takes a backslash off before it cuts at commas. An empty item would vanish. */
export function smallRyeList(items: readonly string[]): SmallRyeValue {
  if (items.includes('')) throw new UnwritableValue('an empty item of a list')
  return smallRyeText(items.map((item) => item.replace(/[\\,]/g, '\\$&')).join(','))
}

/**
 * `${NAME}`, or `${NAME:otherwise}`. SmallRye Config expands what stands in the variable again. Where it is missing, an optional
 * setting is as if it were not written: a check that hangs on it needs a text to go by instead.
 */
export function smallRyeVariable(name: string, otherwise?: string): SmallRyeValue {
  if (otherwise === undefined) return { kind: 'smallrye', text: `\${${checkVariable(name)}}` }
  if (!/^[\w-]+$/.test(otherwise)) throw new UnwritableValue(`not a text to go by instead: ${otherwise}`)
  return { kind: 'smallrye', text: `\${${checkVariable(name)}:${otherwise}}` }
}

/** Every `$` is written as \u0024: who expands `${...}` before the JSON is parsed leaves a text in this form alone. */
export function propertyJson(value: Data): JsonProperty {
  return { kind: 'json', json: jsonLine(value).replaceAll('$', '\\u0024') }
}

const propertyEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
}

/** By UTF-16 units and in ASCII only: java.util.Properties reads a file as ISO 8859-1 unless the product says otherwise. */
function escapeProperty(text: string, unsafe: RegExp): string {
  return text.replace(
    unsafe,
    (unit) => propertyEscapes[unit] ?? (unit < ' ' || unit > '~' ? `\\u${hex(unit.charCodeAt(0), 4)}` : `\\${unit}`),
  )
}

function valueText(value: Property['value']): string {
  if (typeof value === 'string') return value
  if (value.kind === 'json') return value.json
  if (value.kind === 'smallrye') return value.text
  return value.kind === 'airlift-variable' ? `\${ENV:${value.name}}` : envPlaceholder(value.name)
}

/** A file in the format of java.util.Properties. */
export function writeProperties(entries: readonly (Comment | Property)[]): string {
  return entries
    .map((entry) => {
      if (entry.kind === 'comment') return commentLines(entry)
      // Only leading spaces of a value need an escape (the reader drops them); `:`, `=` and `#` mean nothing inside it.
      const value = escapeProperty(valueText(entry.value), /^ |[\\]|[^ -~]/g)
      return `${escapeProperty(entry.key, /[ :=#!\\]|[^ -~]/g)}=${value}\n`
    })
    .join('')
}
