import { UnwritableValue } from './unwritable-value.ts'

/** A text in the language of expr-lang.org. */
export function exprText(text: string): string {
  if (/\p{Cc}/u.test(text) || !text.isWellFormed())
    throw new UnwritableValue(`not a text of a rule: ${JSON.stringify(text)}`)
  return `'${text.replace(/['\\]/g, '\\$&')}'`
}
