/** Walks down the schema beside the data. Knows Zod's definitions, so that nothing else has to. */
import type * as z from 'zod'

interface Definition {
  type: string
  /** Of optional, default, prefault and the like. */
  innerType?: z.ZodType
  /** Of a pipe: what is written before it is converted. */
  in?: z.ZodType
  /** Of a schema that is made when it is needed. */
  getter?: () => z.ZodType
  shape?: Readonly<Record<string, z.ZodType>>
  /** Of a record. */
  valueType?: z.ZodType
  /** Of a list. */
  element?: z.ZodType
  /** Of a union. */
  options?: readonly z.ZodType[]
  /** Of an enum. */
  entries?: Readonly<Record<string, string | number>>
  /** Of a literal. */
  values?: readonly unknown[]
}

/** The schema of the data as written, without the wrappers around it. */
function definitionOf(schema: z.ZodType): Definition {
  const inside = insideOf(schema)
  return inside ? definitionOf(inside) : (schema.def as unknown as Definition)
}

/** What a wrapper is around; undefined for what is none. */
function insideOf(schema: z.ZodType): z.ZodType | undefined {
  const { innerType, in: written, getter } = schema.def as unknown as Definition
  return innerType ?? written ?? (getter && (schema as z.ZodLazy<z.ZodType>).unwrap())
}

/** The kind of the written value: `string`, `enum`, `object`, `array` ... */
export function typeOf(schema: z.ZodType): string {
  return definitionOf(schema).type
}

/** The member of a union that has keys, such as the long form of a setting that is usually one word; else the schema as it is. */
export function longForm(schema: z.ZodType): z.ZodType {
  const { options = [] } = definitionOf(schema)
  return options.find((option) => keysOf(option).length > 0) ?? schema
}

/** The keys of an object according to its schema; none for a record, whose keys are free. */
export function keysOf(schema: z.ZodType): string[] {
  return Object.keys(definitionOf(schema).shape ?? {})
}

/** The schema of the value under a key, or of the items of a list. */
export function schemaAt(schema: z.ZodType, key: string | number): z.ZodType | undefined {
  const { shape = {}, valueType, element } = definitionOf(schema)
  return (Object.hasOwn(shape, key) ? shape[key] : undefined) ?? valueType ?? element
}

/** Whether a schema, or a wrapper around it, is marked as `secret`. */
function isMarked(schema: z.ZodType): boolean {
  if (schema.meta()?.['writeOnly'] === true) return true
  const inside = insideOf(schema)
  return inside !== undefined && isMarked(inside)
}

/** Every word that a schema itself knows, at any depth: keys, and texts of enums and literals. */
export function wordsOf(schema: z.ZodType): ReadonlySet<string> {
  const words = new Set<string>()
  const seen = new Set<z.ZodType>()
  const visit = (at: z.ZodType): void => {
    if (seen.has(at)) return
    seen.add(at)
    const { shape = {}, valueType, element, options = [], entries = {}, values = [] } = definitionOf(at)
    for (const word of [...Object.keys(shape), ...Object.values(entries), ...values]) {
      if (typeof word === 'string') words.add(word)
    }
    for (const inner of [...Object.values(shape), ...options, valueType, element]) if (inner) visit(inner)
  }
  visit(schema)
  return words
}

const holders = new WeakMap<z.ZodType, boolean>()

/** Whether a schema is marked, or anything below it. */
function holdsSecret(schema: z.ZodType): boolean {
  const known = holders.get(schema)
  if (known !== undefined) return known
  const { shape = {}, valueType, element, options = [] } = definitionOf(schema)
  const below = [...Object.values(shape), ...options, ...(valueType ? [valueType] : []), ...(element ? [element] : [])]
  const holds = isMarked(schema) || below.some(holdsSecret)
  holders.set(schema, holds)
  return holds
}

/**
 * Whether what is written at a path may be a secret: the setting there is marked as one, is below one, has one below it (and something
 * else stands in the place of all), or is unknown beside one. With `marked` only the first two.
 */
export function isSecretAt(schema: z.ZodType, path: readonly PropertyKey[], { marked = false } = {}): boolean {
  let at = schema
  for (const segment of path) {
    if (isMarked(at)) return true
    const next = typeof segment === 'symbol' ? undefined : schemaAt(at, segment)
    if (next === undefined) return !marked && holdsSecret(at)
    at = next
  }
  return marked ? isMarked(at) : holdsSecret(at)
}
