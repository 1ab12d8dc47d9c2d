import { closest, distance } from 'fastest-levenshtein'

/** With more names than this a look at each of them, for each wrong one, takes minutes. */
const mostCandidates = 1000

/** ` (did you mean "x"?)` when one of the candidates is close to the written word, otherwise nothing. */
export function didYouMean(written: string, candidates: readonly string[]): string {
  if (candidates.length === 0 || candidates.length > mostCandidates) return ''
  const best = closest(written.toLowerCase(), candidates)
  const near = distance(written.toLowerCase(), best.toLowerCase()) <= Math.max(2, Math.floor(written.length / 3))
  return near ? ` (did you mean "${best}"?)` : ''
}
