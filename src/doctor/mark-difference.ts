/** A mark that points at the first different character when it is printed below both values. */
export function markDifference(one: string, other: string): string {
  let at = 0
  while (at < one.length && one[at] === other[at]) at++
  return `${' '.repeat(at)}^ character ${at + 1}`
}
