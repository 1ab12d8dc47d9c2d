/** Rules that no request reaches, because those above decide everything that they could. */

import type { PathProblem } from './problem.ts'
import type { Config, Rule } from './schema.ts'

/** The methods that rules for a path decide, and the first of these rules. */
interface Decided {
  methods: Set<string>
  all: boolean
  by: number
}

/** A warning for each rule that the ones above it leave nothing: a stricter rule below a laxer one protects nothing. */
export function shadowedRules({ services }: Pick<Config, 'services'>): PathProblem[] {
  return Object.entries(services).flatMap(([service, { rules }]) => {
    const decided = new Map<string, Decided>()
    return rules.flatMap((rule, index): PathProblem[] => {
      const path = pathOf(rule)
      const above = [...pathsAbove(path)].flatMap((prefix) => decided.get(prefix) ?? [])
      note(decided, path, rule, index)
      const left = above.some(({ all }) => all)
        ? []
        : (methodsOf(rule) ?? ['*']).filter((method) => !above.some(({ methods }) => methods.has(method)))
      if (above.length === 0 || left.length > 0) return []
      const first = Math.min(...above.map(({ by }) => by))
      const message = `no request reaches it: rules above, from rules.${first} (${rules[first]?.path}) on, decide all that it could. Put the narrower rule first`
      return [{ severity: 'warning', path: ['services', service, 'rules', index], message }]
    })
  })
}

function note(decided: Map<string, Decided>, path: string, rule: Rule, index: number): void {
  const known = decided.get(path) ?? { methods: new Set(), all: false, by: index }
  const methods = methodsOf(rule)
  if (methods === undefined) known.all = true
  for (const method of methods ?? []) known.methods.add(method)
  decided.set(path, known)
}

/** HEAD goes with GET, as the gate reads rules. Undefined: all methods, also those that have no name here. */
function methodsOf({ methods }: Rule): readonly string[] | undefined {
  return methods?.includes('GET') ? [...methods, 'HEAD'] : methods
}

function pathOf({ path }: Rule): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** `/a/b`, `/a`, `/` */
function* pathsAbove(path: string): Generator<string> {
  for (let at = path; at.length > 1; at = at.slice(0, at.lastIndexOf('/')) || '/') yield at
  yield '/'
}
