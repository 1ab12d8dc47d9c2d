/** `"6.1.0"` -> `[6, 1, 0]`. */
export function parseVersion(text: string): readonly number[] {
  return text === '' ? [] : text.split('.').map(Number)
}

/** Whether `version` comes before `other`; a missing part counts as 0. */
export function isBefore(version: readonly number[], other: string): boolean {
  const parts = parseVersion(other)
  for (let at = 0; at < Math.max(version.length, parts.length); at++) {
    const difference = (version[at] ?? 0) - (parts[at] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** Whether `version` is of a later line than `other`, in as many parts as `version` names: 6.1.3 is no surprise after 6.1.0. */
export function isLaterLine(version: readonly number[], other: string, parts: number): boolean {
  const known = parseVersion(other).slice(0, parts).join('.')
  return isBefore(parseVersion(known), version.slice(0, parts).join('.'))
}
