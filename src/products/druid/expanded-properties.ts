import {
  type Data,
  type EnvVariable,
  envVariable,
  type JsonProperty,
  type Property,
  property,
  propertyJson,
  UnwritableValue,
} from '../../formats.ts'
import type { PropertySyntax } from '../extra/files.ts'
import type { RefusedKeys } from '../extra/values.ts'

/**
 * Whether Druid reads a plain text as it is. It expands `${env:X}`, `${sys:X}` and `${file:X}` anywhere in a value (its way to
 * escape that, `$${`, holds for some readers of properties only), and parses what begins like a JSON list or object.
 */
export function isDruidText(text: string): boolean {
  return !text.includes('${') && !/^[[{]/.test(text)
}

/** A property of Druid: a text that it would expand or parse is refused. */
export function druidProperty(key: string, value: string | EnvVariable | JsonProperty): Property {
  if (typeof value === 'string' && !isDruidText(value))
    throw new UnwritableValue(`Druid would expand or parse: ${JSON.stringify(value)}`)
  return property(key, value)
}

/** Lists and maps are JSON, in which nothing is filled in. */
export const druidSyntax: PropertySyntax = {
  text: (text) => (isDruidText(text) ? text : undefined),
  variable: envVariable,
  list: jsonOf,
  map: jsonOf,
}

function jsonOf(value: Data): JsonProperty | undefined {
  return JSON.stringify(value).includes('${') ? undefined : propertyJson(value)
}

export const refusedKeys: RefusedKeys = [
  [
    /^druid\.extensions\.loadList$/,
    'is one list with your own extensions: keep it in your own part, with those of REGISTER.md',
  ],
]
