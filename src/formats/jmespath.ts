/** Parts of a JMESPath expression, for products that read claims by one. */
import { checkWellFormed } from './characters.ts'
import { jsonString } from './json.ts'

/** A field with any name: `groups`, `"cognito:groups"`. */
export function jmesField(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : jsonString(name)
}

/** A text: `'analysts'`. A raw string knows no escape but `\'`, so a text with a backslash is a JSON literal. */
export function jmesText(text: string): string {
  checkWellFormed(text)
  return text.includes('\\') ? `\`${jsonString(text).replaceAll('`', '\\u0060')}\`` : `'${text.replaceAll("'", "\\'")}'`
}
