import type { Check, Outcome, ProviderContext } from '../contract.ts'
import { ok, problem, skipped } from '../outcome.ts'
import { withoutDocument } from '../without-document.ts'

const toleranceSeconds = 30

/** Checks that both machines have the same time. Tokens are valid from one second to another: a wrong clock puts them in the future or the past. */
export const clock: Check<'provider'> = {
  id: 'clock',
  title: 'Both clocks agree',
  run: look,
}

function look({ probe }: ProviderContext): Outcome {
  if (!probe.answer) return withoutDocument
  // A cache sends the Date at which it fetched the page, and says in Age how long ago that was.
  const theirs = Date.parse(probe.answer.date ?? '') + probe.answer.age * 1000
  if (Number.isNaN(theirs)) return skipped('the provider sends no Date header')
  const ours = probe.answer.askedAt
  const seconds = Math.round((theirs - ours) / 1000)
  const direction = seconds < 0 ? ' behind ours' : seconds > 0 ? ' ahead of ours' : ''
  const difference = `${Math.abs(seconds)} s${direction}`
  const evidence = { ours: time(ours), theirs: time(theirs), difference }
  if (Math.abs(seconds) <= toleranceSeconds) return ok(evidence)
  return problem(
    'clock-skew',
    evidence,
    `Synchronise both machines with a time server: more than ${toleranceSeconds} s apart, tokens look expired or not valid yet.`,
  )
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
}
