/** Parts of a JMESPath expression, for products that read claims by one. */
import { checkWellFormed } from './characters.ts'
import { jsonString } from './json.ts'

/** A field with any name: `groups`, `"cognito:groups"`. */
export function jmesField(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : jsonString(name)
}

/**
 * The value at a path as a list: `[realm_access.roles][]`. A single text becomes a list of one, as ADFS sends it, and a claim that is
 * absent a list without texts, where `realm_access.roles[*]` would be null, which no function takes.
 */
export function jmesList(path: readonly string[]): string {
  return `[${path.map(jmesField).join('.')}][]`
}

/** A text: `'analysts'`. A raw string knows no escape but `\'`, so a text with a backslash is a JSON literal. */
export function jmesText(text: string): string {
  checkWellFormed(text)
  return text.includes('\\') ? `\`${jsonString(text).replaceAll('`', '\\u0060')}\`` : `'${text.replaceAll("'", "\\'")}'`
}
