import type { AppError } from '../errors.ts'
import type { PageContext } from '../web/answers.ts'
import type { FormProblem } from './pages/second-factor.ts'

/** What a form says about an error. Where somebody has to wait, the answer says for how long, to programs as well. */
export function problemOf(c: PageContext, error: AppError): FormProblem {
  const seconds = error.details['secondsLeft']
  if (typeof seconds !== 'number') return { message: error.message }
  c.header('retry-after', String(seconds))
  return { message: error.message, note: `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.` }
}
