import type { Dialect } from './dialect.ts'

/**
 * Finds the dialect for a path: the one with the longest prefix, at a segment boundary. A path below the prefix of a dialect that takes
 * no rest belongs to none, even if a shorter prefix would fit.
 */
export function createDialectFinder(dialects: readonly Dialect[]): (path: string) => Dialect | undefined {
  // Most ask at the prefix itself: one look-up without an allocation.
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
