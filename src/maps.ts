/** Maps, as they come out of YAML and JSON that nobody has checked yet. */
export type DataMap = Readonly<Record<string, unknown>>

export function isMap(value: unknown): value is DataMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The map under a key of its own; an empty one where there is none, or something else. */
export function mapAt(data: unknown, key: string): DataMap {
  const value = isMap(data) && Object.hasOwn(data, key) ? data[key] : undefined
  return isMap(value) ? value : {}
}

/** The list under a key of its own; an empty one where there is none, or something else. */
export function listAt(data: unknown, key: string): readonly unknown[] {
  const value = isMap(data) && Object.hasOwn(data, key) ? data[key] : undefined
  return Array.isArray(value) ? value : []
}
