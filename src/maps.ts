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

/**
 * What a record has under a key of its own, where the key comes from a file, a claim or a request; what every object inherits
 * (`constructor`, `toString`, `__proto__`) is none of that.
 */
export function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

/** A copy that inherits nothing: any key can be read from it and written to it like any other. */
export function withoutPrototype<Value>(record: Readonly<Record<string, Value>> = {}): Record<string, Value> {
  return Object.assign(Object.create(null), record)
}
