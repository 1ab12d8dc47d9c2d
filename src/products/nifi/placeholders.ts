/**
 * NiFi reads environment variables neither in nifi.properties nor in its XML files. The rendered files name them as
 * `${env:NAME}`, which apply.sh (or the start script of Stackable's image) fills in.
 */
import { envVariable, UnwritableValue } from '../../formats.ts'
import { commaList, type PropertySyntax } from '../extra/files.ts'

/** Whether NiFi reads a text unchanged: no placeholder, no blanks that it cuts off, nothing that XML cannot express. */
export function isPlainText(text: string): boolean {
  return !text.includes('${env:') && text.trim() === text && text.isWellFormed() && !/[\ufffe\uffff]/.test(text)
}

/** A text of the configuration, which must not look like a placeholder. */
export function plainText(text: string): string {
  if (!isPlainText(text)) throw new UnwritableValue(`a variable would be filled in here: ${JSON.stringify(text)}`)
  return text
}

export const nifiSyntax: PropertySyntax = {
  text: (text) => (isPlainText(text) ? text : undefined),
  variable: envVariable,
  list: commaList,
}
