import { parse } from 'yaml'
import type * as z from 'zod'
import { keysOf, longForm, schemaAt, typeOf } from './schema-walk.ts'
import { holdsItself, yamlOptions } from './source.ts'

const prefix = 'GATEHOUSE__'

/** An environment override, so that a problem can name the variable instead of a line. */
export interface Override {
  variable: string
  path: string[]
}

/** Names compare without case and separators: `TRINO_PROD` is `trino-prod`, `INTERNAL_URL` is `internalUrl`. */
function fold(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '')
}

/**
 * Applies `GATEHOUSE__PRODUCTS__TRINO_PROD__URL=...` to the data: every segment names the key that folds to it, of the data or of
 * the schema. Changes nothing in `data`; returns the result and the overrides made; variables that name nothing are returned as unknown.
 */
export function applyEnvironment(
  data: Record<string, unknown>,
  schema: z.ZodType,
  env: Readonly<Record<string, string | undefined>>,
): { data: Record<string, unknown>; overrides: Override[]; unknown: string[] } {
  const overrides: Override[] = []
  const unknown: string[] = []
  const variables = Object.keys(env)
    .filter((name) => name.startsWith(prefix))
    .sort()
  if (variables.length === 0) return { data, overrides, unknown }
  const copy = structuredClone(data)
  for (const variable of variables) {
    const path = override(copy, schema, variable.slice(prefix.length).split('__'), env[variable] ?? '')
    if (path) overrides.push({ variable, path })
    else unknown.push(variable)
  }
  return { data: copy, overrides, unknown }
}

function override(
  target: Record<string, unknown>,
  schema: z.ZodType,
  segments: string[],
  value: string,
): string[] | undefined {
  const [segment = '', ...rest] = segments
  const known = [...Object.keys(target), ...keysOf(schema)]
  const key = known.find((candidate) => fold(candidate) === fold(segment))
  if (key === undefined) return undefined
  const child = schemaAt(schema, key)
  if (rest.length === 0) {
    target[key] = convert(value, child)
    return [key]
  }
  if (child === undefined) return undefined
  const existing = target[key]
  if (existing !== undefined && (typeof existing !== 'object' || existing === null || Array.isArray(existing)))
    return undefined
  const next = (existing ?? {}) as Record<string, unknown>
  const path = override(next, longForm(child), rest, value)
  if (path === undefined) return undefined
  target[key] = next
  return [key, ...path]
}

/** Text stays text where the schema wants text (a version "476" is not a number); lists and numbers are read as YAML. */
function convert(value: string, schema: z.ZodType | undefined): unknown {
  const type = schema ? typeOf(schema) : 'string'
  if (type === 'string' || type === 'enum') return value
  try {
    const data: unknown = parse(value, { ...yamlOptions, uniqueKeys: true })
    return holdsItself(data) ? value : data
  } catch {
    // Left as text: the schema then says what it should have been, at the name of the variable.
    return value
  }
}
