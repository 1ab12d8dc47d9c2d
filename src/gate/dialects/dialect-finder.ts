import type { Dialect } from './dialect.ts'

/**
 * Finds the dialect that is spoken at a path: the one with the longest prefix, on the border of a segment. What stands below the prefix
 * of a dialect that takes no rest is nobody's, also where a shorter prefix would fit.
 */
export function createDialectFinder(dialects: readonly Dialect[]): (path: string) => Dialect | undefined {
  // Most ask at the prefix itself: one look-up, and nothing is made for it.
  const byPrefix = new Map(dialects.map((dialect) => [dialect.prefix, dialect]))
  const longestFirst = dialects.toSorted((one, two) => two.prefix.length - one.prefix.length)

  function above(path: string): Dialect | undefined {
    for (const dialect of longestFirst) {
      if (path.startsWith(dialect.prefix) && path[dialect.prefix.length] === '/')
        return dialect.takesRest ? dialect : undefined
    }
    return undefined
  }

  return (path) => byPrefix.get(path) ?? above(path)
}
