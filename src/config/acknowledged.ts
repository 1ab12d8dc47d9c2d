/** Warnings that the file itself says are known: `acknowledge: [{ code, at, why }]`. */
import { didYouMean } from './did-you-mean.ts'
import { type PathProblem, type Problem, warning } from './problem.ts'
import type { Config } from './schema.ts'
import { warningCodes } from './warning-codes.ts'

/** Why the file says that a warning may be as it is; undefined when it does not, and for what is no warning. */
export type WhyAcknowledged = (problem: Problem) => string | undefined

/** The reader of `acknowledge`; `undefined` for a configuration with errors, in which nothing is acknowledged. */
export function acknowledgedBy(config: Pick<Config, 'acknowledge'> | undefined): WhyAcknowledged {
  const reasons = new Map(config?.acknowledge.map(({ code, at, why }) => [keyOf(code, at), why]))
  return (problem) =>
    problem.severity === 'warning' && reasons.size > 0 ? reasons.get(keyOf(problem.code, problem.path)) : undefined
}

/** A warning for each acknowledgement of something that is not there. `problems` are all that there are. */
export function unusedAcknowledgements(
  { acknowledge }: Pick<Config, 'acknowledge'>,
  problems: readonly Problem[],
): PathProblem[] {
  if (acknowledge.length === 0) return []
  const warnings = problems.flatMap((each) => (each.severity === 'warning' ? [each] : []))
  const there = new Set(warnings.map(({ code, path }) => keyOf(code, path)))
  const seen = new Set<string>()
  return acknowledge.flatMap(({ code, at }, index) => {
    const key = keyOf(code, at)
    const isTwice = seen.has(key)
    seen.add(key)
    if (there.has(key) && !isTwice) return []
    const message = isTwice
      ? `acknowledges ${code} at ${at} a second time: remove it`
      : nothingThere({ code, at }, warnings)
    return [warning('acknowledgement-unused', ['acknowledge', index], message)]
  })
}

function nothingThere(
  { code, at }: { code: string; at: string },
  warnings: readonly { code: string; path: string }[],
): string {
  if (!warningCodes.some((known) => known === code))
    return `there is no warning of the code ${code}${didYouMean(code, warningCodes)}: see docs/reference/warnings.md`
  const elsewhere = warnings.find((each) => each.code === code)
  const isNear = elsewhere === undefined ? '' : `; there is one at ${elsewhere.path}`
  return `there is no warning ${code} at ${at}, so it acknowledges nothing: remove it${isNear}`
}

function keyOf(code: string, at: string): string {
  return `${code} ${at}`
}
