/**
 * What the schema finds, in words for people: where, what is expected there, and what is there now, unless that may be a secret. A value is
 * shown only where the schema knows the setting and does not mark it (`isSecretAt`), and only a single one: a map or a list
 * in a wrong place may hold anything.
 */
import { distance } from 'fastest-levenshtein'
import type * as z from 'zod'
import { issuerOfDocument } from '../issuer-text.ts'
import { isMap } from '../maps.ts'
import { didYouMean } from './did-you-mean.ts'
import { Config } from './schema.ts'
import { isSecretAt, keysOf, longForm, schemaAt, typeOf } from './schema-walk.ts'
import { shownText } from './shown-text.ts'

type Path = (string | number)[]

export interface DescribedIssue {
  path: Path
  message: string
}

/** Whether a value came from elsewhere than the files, such as the environment: then it is not shown. */
export type IsHidden = (path: readonly (string | number)[]) => boolean

/** Zod's issue in our words, with what was written; unknown keys become one problem each. */
export function describeIssue(
  issue: z.core.$ZodIssue,
  data: unknown,
  isHidden: IsHidden = () => false,
): DescribedIssue[] {
  const path = withoutSymbols(issue.path)
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(path)
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key${didYouMean(key, known)}` }))
  }
  if (issue.code === 'invalid_key') {
    const why = issue.issues[0]?.message ?? 'is not a valid name'
    return [{ path, message: `the name ${why}` }]
  }
  if (issue.code === 'invalid_union') return describeUnion(issue, data, isHidden)
  return [{ path, message: messageOf(issue, valueAt(data, path), whatIsThere(path, data, isHidden)) }]
}

/** What may be said of the written value: nothing, when it may be a secret. */
interface Shown {
  /** `, but it is "x"`; empty when nothing may be said. */
  butItIs: string
  /** The word that it could have been, among those allowed. */
  meant: (allowed: readonly string[]) => string
}

const hidden: Shown = { butItIs: '', meant: () => '' }

function shown(written: unknown): Shown {
  if (written === undefined) return hidden
  if (Array.isArray(written)) return { ...hidden, butItIs: ', but it is a list' }
  if (typeof written === 'object' && written !== null) return { ...hidden, butItIs: ', but it is a map' }
  const text = typeof written === 'string' ? shownText(written) : undefined
  const value = typeof written === 'string' ? text && JSON.stringify(text) : String(written)
  return {
    butItIs: value === undefined ? '' : `, but it is ${value}`,
    meant: (allowed) => (text === undefined ? '' : didYouMean(text, allowed)),
  }
}

type SingleIssue = Exclude<
  z.core.$ZodIssue,
  z.core.$ZodIssueUnrecognizedKeys | z.core.$ZodIssueInvalidKey | z.core.$ZodIssueInvalidUnion
>

function messageOf(issue: SingleIssue, written: unknown, { butItIs, meant }: Shown): string {
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String)
    return `must be one of ${allowed.join(', ')}${butItIs}${meant(allowed)}`
  }
  if (issue.code === 'invalid_type') {
    if (issue.message.startsWith('must ')) return issue.message
    if (written === undefined) return 'is missing'
    return `must be a ${typeNames[issue.expected] ?? issue.expected}${butItIs}${butItIs === '' ? '' : quotesOf(issue.expected, written)}`
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    if (issue.message.startsWith('must ')) return `${issue.message}${typeof written === 'number' ? butItIs : ''}`
    if (written === '' || (Array.isArray(written) && written.length === 0)) return 'must not be empty'
    const unit = units[issue.origin] ?? ''
    const verb = unit === '' ? 'must be' : 'must have'
    return issue.code === 'too_small'
      ? `${verb} at least ${issue.minimum}${unit}`
      : `${verb} at most ${issue.maximum}${unit}`
  }
  // What was written is the value that should be there, but for a detail.
  const meantText = issue.code === 'custom' ? issue.params?.['meant'] : undefined
  if (typeof meantText === 'string' && butItIs !== '') return `${issue.message}: write ${meantText}`
  if (issue.code !== 'invalid_format' || typeof written !== 'string') return issue.message
  const parts = issue.path.at(-1) === 'hostname' && butItIs !== '' ? partsOf(written, issue.path) : ''
  return `${issue.message}${butItIs}${parts}`
}

/** A whole address in the place of a host name, in the settings to which its parts belong: `: write hostname: sso.example.com and port: 8443`. */
function partsOf(address: string, path: readonly PropertyKey[]): string {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `https://${address}`)
  if (!url || url.hostname === '' || url.username !== '') return ''
  const rootPath = issuerOfDocument(url.pathname)
  const parts = [
    `hostname: ${url.hostname}`,
    ...(url.port === '' ? [] : [`port: ${url.port}`]),
    ...(path.includes('oidc') && rootPath !== '/' ? [`rootPath: ${rootPath}`] : []),
  ]
  return `: write ${parts.join(' and ')}`
}

/** What a length counts. */
const units: Readonly<Record<string, string>> = { string: ' characters', array: ' items', set: ' items' }

/** What quotes have to do with it: YAML reads `31080` as a number and `"31080"` as a text. */
function quotesOf(expected: string, written: unknown): string {
  if (typeof written === 'string' && /^(?:int|number|boolean)$/.test(expected)) {
    const isPlain = expected === 'boolean' ? /^(?:true|false)$/.test(written) : /^-?\d+(?:\.\d+)?$/.test(written)
    return isPlain ? ': write it without quotes' : ''
  }
  return expected === 'string' && (typeof written === 'number' || typeof written === 'boolean')
    ? ': put it in quotes'
    : ''
}

function describeUnion(issue: z.core.$ZodIssueInvalidUnion, data: unknown, isHidden: IsHidden): DescribedIssue[] {
  // Whoever wrote a map or a list meant the member that is one: what is wrong is in it.
  const written = valueAt(data, issue.path)
  const inside =
    isMap(written) || Array.isArray(written) ? issue.errors.find((errors) => !errors.some(isAboutTheWhole)) : undefined
  if (inside)
    return inside.flatMap((inner) => describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, data, isHidden))
  const branches = issue.errors.flat()
  const specific = branches.find((inner) => inner.code === 'invalid_format' || inner.code === 'too_small')
  if (specific) return describeIssue({ ...specific, path: [...issue.path, ...specific.path] }, data, isHidden)
  const path = withoutSymbols(issue.path)
  const literals = branches.flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []))
  const { butItIs, meant } = whatIsThere(path, data, isHidden)
  const types = branches.flatMap((inner) => (inner.code === 'invalid_type' ? [inner.expected] : []))
  const longForms = { object: ' or a map', array: ' or a list' }
  const orMore = Object.entries(longForms).find(([type]) => types.some((expected) => expected === type))?.[1] ?? ''
  const words = types.includes('string') ? ['a text', ...literals] : literals
  return [{ path, message: `must be ${words.join(', ')}${orMore}${butItIs}${meant(literals)}` }]
}

function isAboutTheWhole({ code, path }: z.core.$ZodIssue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value')
}

function withoutSymbols(path: readonly PropertyKey[]): Path {
  return path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment))
}

function whatIsThere(path: Path, data: unknown, isHidden: IsHidden): Shown {
  return isSecretAt(Config, path) || isHidden(path) ? hidden : shown(valueAt(data, path))
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let at = data
  for (const segment of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, segment)) return undefined
    at = (at as Record<PropertyKey, unknown>)[segment]
  }
  return at
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'whole number',
  record: 'map',
  object: 'map',
  array: 'list',
}

/** The keys that the schema knows at a path, for "did you mean". */
function knownKeys(path: Path): string[] {
  const schema = schemaOf(path)
  return schema === undefined ? [] : keysOf(longForm(schema))
}

/**
 * The path of a problem as messages show it. A line such as `clientSecret:hunter2` without a blank is a key: below a secret a key is shown when it
 * is one of the schema or names something, and elsewhere unless it looks like a secret.
 */
export function shownPath(path: readonly (string | number)[], data: unknown): string {
  return path.map((segment, index) => shownSegment(segment, path.slice(0, index), data)).join('.')
}

function shownSegment(segment: string | number, above: Path, data: unknown): string {
  const known = knownKeys(above)
  if (typeof segment === 'number' || known.includes(segment)) return String(segment)
  if (!isSecretAt(Config, above)) return shownText(segment) ?? '…'
  if (isNameAt(above)) return isNameOfSomething(segment, above, data) ? segment : '…'
  const isSetting = isMisspelt(segment, known) || (above.length === 0 && /^[a-z_][A-Za-z_-]{0,30}$/.test(segment))
  return isSetting ? segment : '…'
}

/** Whether a name among secrets has what it should name: then somebody wrote a name there. */
function isNameOfSomething(name: string, above: Path, data: unknown): boolean {
  const schema = schemaOf([...above, name])
  const wanted = schema && typeOf(schema)
  const value = valueAt(data, [...above, name])
  return /^[\w.@+-]{1,64}$/.test(name) && (wanted === 'string' ? typeof value === 'string' : isMap(value))
}

function isMisspelt(word: string, known: readonly string[]): boolean {
  return /^[A-Za-z.]+$/.test(word) && known.some((key) => distance(key, word) <= 2)
}

/** Whether keys at a path are names that people choose. */
function isNameAt(path: Path): boolean {
  const schema = schemaOf(path)
  return schema !== undefined && typeOf(schema) === 'record'
}

function schemaOf(path: Path): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((schema, segment) => schema && schemaAt(schema, segment), Config)
}
