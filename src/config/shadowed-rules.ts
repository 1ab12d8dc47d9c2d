/**
 * Rules that do not hold as they are written, as src/gate/decide.ts reads them: the first rule that matches by path and method decides, and what
 * a rule asks for is asked of paths too that differ from its own by letter case only.
 */

import { type PathProblem, warning } from './problem.ts'
import type { Config, Rule } from './schema.ts'

/** Every method that a rule can name. Requests may have others, such as PROPFIND. */
const namedMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** Rules whose paths differ by letter case only are compared with so many others: each pair could be one. */
const comparedAtMost = 16

/** The methods that rules for a path decide, and the first of these rules. */
interface Decided {
  methods: Set<string>
  all: boolean
  by: number
}

/** What stands above a rule, by path. */
interface Above {
  /** By the path to the letter. */
  decided: Map<string, Decided>
  /** By the path without its case. */
  spelled: Map<string, { path: string; rule: Rule; index: number }[]>
}

/** A warning for each rule that never holds, or only where another one does: a stricter rule below a laxer one protects nothing. */
export function shadowedRules({ services }: Pick<Config, 'services'>): PathProblem[] {
  return Object.entries(services).flatMap(([service, { rules }]) => {
    if (rules.length === 0) {
      const message =
        'is empty, and no rule is a refusal: nobody gets in. Leave it out to let in everybody who is signed in'
      return [warning('rules-missing', ['services', service, 'rules'], message)]
    }
    const above: Above = { decided: new Map(), spelled: new Map() }
    return rules.flatMap((rule, index): PathProblem[] => {
      const path = pathOf(rule)
      const found = unreachable(rules, rule, above.decided) ?? spelledOtherwise(rule, above.spelled)
      note(above, { path, rule, index })
      return found ? [warning(found.code, ['services', service, 'rules', index], found.message)] : []
    })
  })
}

interface Found {
  code: 'rule-unreachable' | 'rule-narrowed' | 'rule-by-case'
  message: string
}

function unreachable(rules: readonly Rule[], rule: Rule, decided: Above['decided']): Found | undefined {
  if (rule.methods?.length === 0)
    return {
      code: 'rule-unreachable',
      message: 'no request reaches it: methods is empty. Name methods, or leave it out',
    }
  const above = [...pathsAbove(pathOf(rule))].flatMap((prefix) => decided.get(prefix) ?? [])
  if (above.length === 0) return undefined
  const isAll = above.some(({ all }) => all)
  const left = (methodsOf(rule) ?? namedMethods).filter((method) => !above.some(({ methods }) => methods.has(method)))
  if (!isAll && left.length > 0) return undefined
  const first = Math.min(...above.map(({ by }) => by))
  const isOdd = !isAll && rule.methods === undefined
  const what = isOdd
    ? 'only requests of methods that no rule names (PROPFIND and the like) reach it'
    : 'no request reaches it'
  const message = `${what}: rules above, from ${nameOf(rules, first)} on, decide all that it could. Put the narrower rule first`
  return { code: 'rule-unreachable', message }
}

/**
 * What a rule above, whose path differs by letter case only, does to this one: people whom it refuses are refused here as well; and where it lets in
 * more people than this one, servers that know no case (Express, IIS) open by its spelling what this one protects.
 */
function spelledOtherwise(rule: Rule, spelled: Above['spelled']): Found | undefined {
  const path = pathOf(rule)
  for (const prefix of pathsAbove(fold(path))) {
    for (const other of spelled.get(prefix) ?? []) {
      if (isBelow(path, other.path) || !isCoveredBy(rule, other.rule)) continue
      const name = `rules.${other.index} (${other.rule.path})`
      if (!letsInAll(other.rule.allow, rule.allow)) {
        const message = `only people whom ${name} lets in too get in here: the paths differ by letter case only, and what the first asks for is asked for in every spelling. Write one rule`
        return { code: 'rule-narrowed', message }
      }
      if (!letsInAll(rule.allow, other.rule.allow)) {
        const message = `protects this spelling only: ${name} lets in more people, and servers that know no letter case (Express, IIS) take its path for the same. Put this rule first`
        return { code: 'rule-by-case', message }
      }
    }
  }
  return undefined
}

function note({ decided, spelled }: Above, { path, rule, index }: { path: string; rule: Rule; index: number }): void {
  const known = decided.get(path) ?? { methods: new Set(), all: false, by: index }
  const methods = methodsOf(rule)
  if (methods === undefined) known.all = true
  for (const method of methods ?? []) known.methods.add(method)
  decided.set(path, known)
  const folded = fold(path)
  const others = spelled.get(folded) ?? []
  if (others.length < comparedAtMost) spelled.set(folded, [...others, { path, rule, index }])
}

/** Whether the other rule decides every method of this one. */
function isCoveredBy(rule: Rule, other: Rule): boolean {
  const decided = methodsOf(other)
  if (decided === undefined) return true
  return (methodsOf(rule) ?? namedMethods).every((method) => decided.includes(method))
}

/** Whether whoever is let in by `some` is let in by `allow`, as far as rules can say. */
function letsInAll(allow: Rule['allow'], some: Rule['allow']): boolean {
  if (allow === 'everyone') return true
  if (some === 'everyone') return false
  // People only: programs are named.
  if (allow === 'authenticated') return some === 'authenticated' || !some.some((entry) => entry.startsWith('client:'))
  return some !== 'authenticated' && some.every((entry) => allow.includes(entry))
}

/** HEAD goes with GET, as the gate reads rules. Undefined: all methods, also those that have no name here. */
function methodsOf({ methods }: Rule): readonly string[] | undefined {
  return methods?.includes('GET') ? [...methods, 'HEAD'] : methods
}

function pathOf({ path }: Rule): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function nameOf(rules: readonly Rule[], index: number): string {
  return `rules.${index} (${rules[index]?.path})`
}

function isBelow(path: string, above: string): boolean {
  return above === '/' || path === above || path.startsWith(`${above}/`)
}

/** As the most lenient server compares paths. */
function fold(path: string): string {
  return path.normalize('NFKC').toLowerCase()
}

/** `/a/b`, `/a`, `/` */
function* pathsAbove(path: string): Generator<string> {
  for (let at = path; at.length > 1; at = at.slice(0, at.lastIndexOf('/')) || '/') yield at
  yield '/'
}
