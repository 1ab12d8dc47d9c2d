const limit = 200

/** A value of a claim as an operator reads it: short, in one line, `absent` where there is none. */
export function shown(value: unknown): string {
  if (value === undefined) return 'absent'
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.length > limit ? `${text.slice(0, limit)}…` : text
}

/** The first characters of a value that is good for one attempt: enough to tell two apart. */
export function shownInPart(value: unknown): string {
  return typeof value === 'string' && value.length > 8 ? `${value.slice(0, 8)}…` : shown(value)
}

/** Seconds since 1970 as people read them. */
export function timeOf(seconds: unknown): string {
  if (typeof seconds !== 'number' || !(Math.abs(seconds) < 8e12)) return shown(seconds)
  return new Date(seconds * 1000).toISOString()
}
