import { type EnvVariable, type JsonProperty, type Property, property, UnwritableValue } from '../../formats.ts'

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
