const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A length of time as people write it in Go, Kubernetes and systemd: `500ms`, `30s`, `5m`, `1h30m`. */
export const durationPattern = /^(?:\d{1,12}(?:ms|s|m|h|d))+$/

/** The milliseconds of such a text. */
export function milliseconds(text: string): number {
  const parts = text.matchAll(/(\d{1,12})(ms|s|m|h|d)/g)
  return [...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? 0), 0)
}
