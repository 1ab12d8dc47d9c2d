import type { Rule } from '../../src/config/schema.ts'
import { type Reading, readings } from './readings.ts'

/** The person, or program, whose credential came with a request. */
export interface Somebody {
  username: string
  teams: readonly string[]
  /** A program (client_credentials) is nobody that `authenticated` means. */
  isProgram?: boolean
}

/**
 * The policy of a service, read as literally as possible: the first rule whose segments begin those of the path, and whose methods have
 * that of the request, decides; no rule is a refusal.
 */
export function permits(
  rules: readonly Rule[],
  { method, segments, who }: { method: string; segments: readonly string[]; who: Somebody | undefined },
  ignoresCase = false,
): boolean {
  const fold = (text: string) => (ignoresCase ? text.toLowerCase() : text)
  const rule = rules.find(({ path, methods }) => {
    if (methods && !methods.some((one) => one === method || (one === 'GET' && method === 'HEAD'))) return false
    const wanted = path.split('/').filter((segment) => segment !== '')
    return wanted.every((segment, at) => segments[at] !== undefined && fold(segments[at]) === fold(segment))
  })
  if (rule === undefined) return false
  if (rule.allow === 'everyone') return true
  if (who === undefined) return false
  if (rule.allow === 'authenticated') return who.isProgram !== true
  return rule.allow.some(
    (entry) =>
      (who.isProgram !== true && entry === `user:${who.username}`) ||
      (who.isProgram === true && entry === who.username) ||
      who.teams.some((team) => entry === `team:${team}`),
  )
}

/** The first server that would serve, for this target, what the policy does not allow; undefined when there is none. */
export function leakingReading(
  rules: readonly Rule[],
  { method, target, who }: { method: string; target: string; who: Somebody | undefined },
): Reading | undefined {
  return readings.find((reading) => {
    const segments = reading.segments(target)
    return segments !== undefined && !permits(rules, { method, segments, who }, reading.ignoresCase)
  })
}
