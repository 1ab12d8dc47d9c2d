/**
 * NiFi reads no environment variables: not in nifi.properties and not in its XML files. The rendered files name them as
 * `${env:NAME}`, which apply.sh (or the start script of Stackable's image) fills in.
 */
import { UnwritableValue } from '../../formats.ts'

/** Whether NiFi reads a text as it is: no placeholder, no blanks that it cuts off, nothing that XML has no form for. */
export function isPlainText(text: string): boolean {
  return !text.includes('${env:') && text.trim() === text && text.isWellFormed() && !/[\ufffe\uffff]/.test(text)
}

/** A text of the configuration, which must not be taken for a placeholder. */
export function plainText(text: string): string {
  if (!isPlainText(text)) throw new UnwritableValue(`a variable would be filled in here: ${JSON.stringify(text)}`)
  return text
}
