/** Takes over what the schema of gatehouse.yaml knows, and names the rest. */
import type * as z from 'zod'
import { keysOf, schemaAt, typeOf } from '../../config/schema-walk.ts'
import type { Data } from '../../formats.ts'
import { isMap } from '../../maps.ts'

export interface Fitted {
  /** Undefined when nothing of it fits. */
  data: Data | undefined
  /** Paths of what does not fit, with their values. */
  left: readonly (readonly [string, unknown])[]
}

/** What of a value a schema accepts, key by key. */
export function fitted(schema: z.ZodType, value: unknown, path = ''): Fitted {
  if (isMap(value) && typeOf(schema) === 'object' && keysOf(schema).length > 0) return fittedMap(schema, value, path)
  if (isEmpty(value)) return { data: undefined, left: [] }
  if (schema.safeParse(value).success) return { data: value as Data, left: [] }
  return Array.isArray(value) ? fittedList(schema, value, path) : { data: undefined, left: [[path, value]] }
}

/** A list of maps whose items have a key too many. */
function fittedList(schema: z.ZodType, list: readonly unknown[], path: string): Fitted {
  const item = schemaAt(schema, 0)
  const found = item && list.every(isMap) ? list.map((inner, index) => fitted(item, inner, `${path}[${index}]`)) : []
  const data = found.flatMap((inner) => (inner.data === undefined ? [] : [inner.data]))
  if (data.length < list.length || !schema.safeParse(data).success) return { data: undefined, left: [[path, list]] }
  return { data, left: found.flatMap(({ left }) => left) }
}

function fittedMap(schema: z.ZodType, map: Readonly<Record<string, unknown>>, path: string): Fitted {
  const data: Record<string, Data> = {}
  const left: (readonly [string, unknown])[] = []
  for (const [key, value] of Object.entries(map)) {
    const at = path === '' ? key : `${path}.${key}`
    const inner = keysOf(schema).includes(key) ? schemaAt(schema, key) : undefined
    const found: Fitted = inner
      ? fitted(inner, value, at)
      : { data: undefined, left: isEmpty(value) ? [] : [[at, value]] }
    if (found.data !== undefined) data[key] = found.data
    left.push(...found.left)
  }
  // A part that lacks what the schema asks for fits nowhere.
  if (Object.keys(data).length === 0) return { data: undefined, left }
  return schema.safeParse(data).success ? { data, left } : { data: undefined, left: [...left, [path, map]] }
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined
}
