import * as z from 'zod'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const part = /(\d+)(ms|s|m|h|d)/g
/** What a timer of Node takes: longer than that it would fire at once. */
const longest = 2 ** 31 - 1

/** A length of time as people write it in Go, Kubernetes and systemd: `500ms`, `30s`, `5m`, `1h30m`. */
export const duration = z
  .string({ error: 'must be a duration such as 500ms, 30s, 5m or 1h30m' })
  .regex(/^(?:\d{1,12}(?:ms|s|m|h|d))+$/, 'must be a duration such as 500ms, 30s, 5m or 1h30m')
  .refine((text) => milliseconds(text) <= longest, 'must be at most 24d')

/** The milliseconds of a `duration`. */
export function milliseconds(text: string): number {
  return [...text.matchAll(part)].reduce((sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? 0), 0)
}
