import { UnwritableValue } from './unwritable-value.ts'

/** A text in the Common Expression Language. */
export function celText(text: string): string {
  if (/\p{Cc}/u.test(text) || !text.isWellFormed())
    throw new UnwritableValue(`not a text of a rule: ${JSON.stringify(text)}`)
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
