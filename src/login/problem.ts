import type { AppError } from '../errors.ts'
import { own } from '../maps.ts'
import type { PageContext } from '../web/answers.ts'
import { filled } from '../web/languages/filling.ts'
import type { FormProblem } from './pages/second-factor.ts'

/** What a form says about an error. Where somebody has to wait, the answer says for how long, to programs as well. */
export function problemOf(c: PageContext, error: AppError, { texts } = c.get('look')): FormProblem {
  const message = own(texts.errors, error.code) ?? error.message
  const seconds = error.details['secondsLeft']
  if (typeof seconds !== 'number') return { message }
  c.header('retry-after', String(seconds))
  const { tryAgainIn, tryAgainInOne } = texts.choose
  return { message, note: filled(seconds === 1 ? tryAgainInOne : tryAgainIn, { seconds }) }
}
