import { closest, distance } from 'fastest-levenshtein'

/** ` (did you mean "x"?)` when one of the candidates is close to the written word, otherwise nothing. */
export function didYouMean(written: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return ''
  const best = closest(written.toLowerCase(), [...candidates])
  const near = distance(written.toLowerCase(), best.toLowerCase()) <= Math.max(2, Math.floor(written.length / 3))
  return near ? ` (did you mean "${best}"?)` : ''
}
