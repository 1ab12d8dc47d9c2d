import { didYouMean } from '../../config/did-you-mean.ts'
import type { Config } from '../../config/schema.ts'

/** A sentence about names that are no team of the configuration; undefined when all are. */
export function unknownTeams(names: readonly string[], configured: Config['teams']): string | undefined {
  const unknown = names.filter((name) => !Object.hasOwn(configured, name))
  const [first = ''] = unknown
  if (unknown.length === 0) return undefined
  const known = Object.keys(configured)
  const meant = unknown.length === 1 ? didYouMean(first, known) : ''
  return `there is no team ${unknown.join(', ')}; known: ${known.join(', ') || 'none'}${meant}`
}
