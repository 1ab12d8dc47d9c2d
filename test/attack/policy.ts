import type { Rule } from '../../src/config/schema.ts'
import { type Reading, readings } from './readings.ts'

/** The person, or program, whose credential came with a request. */
export interface Somebody {
  username: string
  teams: readonly string[]
  /** A program (client_credentials) is nobody that `authenticated` means. */
  isProgram?: boolean
}

export interface Question {
  method: string
  segments: readonly string[]
  who: Somebody | undefined
}

/**
 * The policy of a service, read as literally as possible: the first rule whose segments begin those of the path, and whose methods have
 * that of the request, decides; no rule is a refusal.
 */
export function permits(rules: readonly Rule[], question: Question, ignoresCase = false): boolean {
  const rule = rules.find((candidate) => matches(candidate, question, ignoresCase))
  return rule !== undefined && admits(rule, question.who)
}

/** Whether the gate has no reason to refuse: a rule in other letters, before the one that decides, is asked as well. */
export function permitsInAnyCase(rules: readonly Rule[], question: Question): boolean {
  const decisive = rules.findIndex((rule) => matches(rule, question, false))
  return (
    rules.slice(0, decisive + 1).every((rule) => !matches(rule, question, true) || admits(rule, question.who)) &&
    decisive >= 0
  )
}

function matches({ path, methods }: Rule, { method, segments }: Question, ignoresCase: boolean): boolean {
  const fold = (text: string) => (ignoresCase ? text.toLowerCase() : text)
  if (methods && !methods.some((one) => one === method || (one === 'GET' && method === 'HEAD'))) return false
  const wanted = path.split('/').filter((segment) => segment !== '')
  return wanted.every((segment, at) => segments[at] !== undefined && fold(segments[at]) === fold(segment))
}

function admits({ allow }: Rule, who: Somebody | undefined): boolean {
  if (allow === 'everyone') return true
  if (who === undefined) return false
  if (allow === 'authenticated') return who.isProgram !== true
  return allow.some(
    (entry) =>
      (who.isProgram !== true && entry === `user:${who.username}`) ||
      (who.isProgram === true && entry === who.username) ||
      who.teams.some((team) => entry === `team:${team}`),
  )
}

/** The first server that would serve, for this target, what the policy does not allow; undefined when there is none. */
export function leakingReading(
  rules: readonly Rule[],
  {
    method,
    target,
    who,
    isForwarded,
  }: { method: string; target: string; who: Somebody | undefined; isForwarded: boolean },
): Reading | undefined {
  return readings.find((reading) => {
    if (reading.behindTheGate && !isForwarded) return false
    const segments = reading.segments(target)
    return segments !== undefined && !permits(rules, { method, segments, who }, reading.ignoresCase)
  })
}
