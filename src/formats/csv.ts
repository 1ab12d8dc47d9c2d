import { UnwritableValue } from './unwritable-value.ts'

/** One line of comma-separated values (RFC 4180), with a blank behind each comma. */
export function csvLine(fields: readonly string[]): string {
  return fields.map(csvField).join(', ')
}

function csvField(text: string): string {
  if (/[\r\n]/.test(text) || !text.isWellFormed())
    throw new UnwritableValue(`not one line of text: ${JSON.stringify(text)}`)
  return /^[A-Za-z0-9_.:@/-]+$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`
}
