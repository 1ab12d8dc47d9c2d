/** Walks down the schema beside the data. Knows Zod's definitions, so that nothing else has to. */
import type * as z from 'zod'

interface Definition {
  type: string
  /** Of optional, default, prefault and the like. */
  innerType?: z.ZodType
  /** Of a pipe: what is written before it is converted. */
  in?: z.ZodType
  shape?: Readonly<Record<string, z.ZodType>>
  /** Of a record. */
  valueType?: z.ZodType
  /** Of a list. */
  element?: z.ZodType
}

/** The schema of the data as written, without the wrappers around it. */
function definitionOf(schema: z.ZodType): Definition {
  const definition = schema.def as unknown as Definition
  const inside = definition.innerType ?? definition.in
  return inside ? definitionOf(inside) : definition
}

/** The kind of the written value: `string`, `enum`, `object`, `array` ... */
export function typeOf(schema: z.ZodType): string {
  return definitionOf(schema).type
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
