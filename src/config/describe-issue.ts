/** What the schema finds, in words for people: where, what is expected there, and what is there now. */
import type * as z from 'zod'
import { didYouMean } from './did-you-mean.ts'
import { Config } from './schema.ts'
import { keysOf, schemaAt } from './schema-walk.ts'

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let at = data
  for (const segment of path) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Record<PropertyKey, unknown>)[segment]
  }
  return at
}

/** Zod's issue in our words, with what was written; unknown keys become one problem each. */
export function describeIssue(
  issue: z.core.$ZodIssue,
  data: unknown,
): { path: (string | number)[]; message: string }[] {
  const path = issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment))
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path)
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key${didYouMean(key, known)}` }))
  }
  const written = valueAt(data, issue.path)
  if (issue.code === 'invalid_key') {
    const why = issue.issues[0]?.message ?? 'is not a valid name'
    return [{ path, message: `the name ${why}` }]
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String)
    const hint = typeof written === 'string' ? didYouMean(written, allowed) : ''
    return [{ path, message: `must be one of ${allowed.join(', ')}${butItIs(path, written)}${hint}` }]
  }
  if (issue.code === 'invalid_type') {
    if (issue.message.startsWith('must ')) return [{ path, message: issue.message }]
    if (written === undefined) return [{ path, message: 'is missing' }]
    return [{ path, message: `must be a ${typeNames[issue.expected] ?? issue.expected}${butItIs(path, written)}` }]
  }
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.flat()
    const specific = branches.find((inner) => inner.code === 'invalid_format' || inner.code === 'too_small')
    if (specific) return describeIssue({ ...specific, path: [...issue.path, ...specific.path] }, data)
    const literals = branches.flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []))
    const hint = typeof written === 'string' ? didYouMean(written, literals) : ''
    return [{ path, message: `must be ${literals.join(', ')} or a list${butItIs(path, written)}${hint}` }]
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') return [{ path, message: bound(issue, written) }]
  const shown = issue.code === 'invalid_format' && typeof written === 'string' ? butItIs(path, written) : ''
  return [{ path, message: `${issue.message}${shown}` }]
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'whole number',
  record: 'map',
  object: 'map',
  array: 'list',
}

function bound(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, written: unknown): string {
  if (issue.message.startsWith('must '))
    return `${issue.message}${typeof written === 'number' ? `, but it is ${written}` : ''}`
  if (written === '' || (Array.isArray(written) && written.length === 0)) return 'must not be empty'
  return issue.code === 'too_small' ? `must be at least ${issue.minimum}` : `must be at most ${issue.maximum}`
}

/** Settings that are secret or may hold one: nothing of them is repeated, not even of the wrong type. */
const confidential: readonly unknown[] = ['secrets', 'encryptionKey', 'store']

function butItIs(path: readonly (string | number)[], written: unknown): string {
  if (confidential.includes(path[0])) return ''
  const text = JSON.stringify(written) ?? String(written)
  return `, but it is ${text.length > 80 ? `${text.slice(0, 77)}...` : text}`
}

/** The keys that the schema knows at a path, for "did you mean". */
function knownKeys(path: readonly (string | number)[]): string[] {
  let schema: z.ZodType | undefined = Config
  for (const segment of path) {
    schema = schemaAt(schema, segment)
    if (schema === undefined) return []
  }
  return keysOf(schema)
}
