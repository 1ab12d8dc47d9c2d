import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type * as z from 'zod'
import { didYouMean } from './did-you-mean.ts'
import { applyEnvironment, type Override } from './environment.ts'
import { isManifest, readManifests } from './kubernetes/manifests.ts'
import type { Problem } from './problem.ts'
import { referenceProblems } from './references.ts'
import { Config } from './schema.ts'
import { parseSources, type Source } from './source.ts'
import { hasPlainPassword } from './store-address.ts'

type Path = readonly (string | number)[]
type Location = Pick<Problem, 'file' | 'line' | 'column'>

export interface LoadedConfig {
  /** Absent when a problem is an error. */
  config: Config | undefined
  /** Every problem at once, in the order of the files. */
  problems: Problem[]
  /** Folder that relative paths of the configuration start from: that of the first file. */
  baseDir: string
  /** Where a field was written, for problems that are found later. */
  locate(path: Path): Location
}

/**
 * Reads configuration files and manifests of Kubernetes (`-` is standard input) and environment overrides, checks everything, and
 * changes nothing.
 * Never throws for a mistake in the configuration: each is a problem with its place.
 */
export function loadConfig({
  files,
  env,
}: {
  files: readonly string[]
  env: Readonly<Record<string, string | undefined>>
}): LoadedConfig {
  const documents: Source[] = []
  const problems: Problem[] = []
  for (const file of files) {
    try {
      documents.push(...parseSources(file === '-' ? '<stdin>' : file, readFileSync(file === '-' ? 0 : file, 'utf8')))
    } catch (error) {
      const reason =
        error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : String(error)
      problems.push({ severity: 'error', file, line: 1, column: 1, path: '', message: `cannot be read: ${reason}` })
    }
  }
  problems.push(...documents.flatMap((source) => source.syntaxProblems))
  const manifests = readManifests(documents.filter(isManifest), env)
  const ours = documents.filter((document) => !isManifest(document))
  const sources = [...ours, ...manifests.sources]
  problems.push(...manifests.problems)

  const merged = withAssumedSecrets(merge(sources, problems), manifests.assumedSecrets)
  const { data, overrides, unknown } = applyEnvironment(merged, Config, env)
  const locate = (path: Path): Location => locateIn(sources, overrides, path)
  for (const variable of unknown) {
    problems.push({
      severity: 'error',
      file: `$${variable}`,
      line: 1,
      column: 1,
      path: '',
      message: 'names no setting',
    })
  }

  const baseDir = files[0] === undefined || files[0] === '-' ? process.cwd() : dirname(resolve(files[0]))
  if (problems.some(({ severity }) => severity === 'error')) return { config: undefined, problems, baseDir, locate }

  const parsed = Config.safeParse(data)
  const found = [
    ...(parsed.error?.issues.flatMap((issue) => describe(issue, data)) ?? []),
    ...referenceProblems(data, { withManifests: ours.length < documents.length }),
  ]
  for (const { path, message } of found) {
    problems.push({ severity: 'error', ...locate(path), path: path.join('.'), message })
  }
  const inFiles = literalSecrets(data).filter((path) => !locate(path).file.startsWith('$'))
  problems.push(...inFiles.map((path) => literalSecretWarning(path, locate)))
  problems.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
  return { config: found.length === 0 ? parsed.data : undefined, problems, baseDir, locate }
}

/** Top-level maps of several documents are joined; the same key in two is a problem, not a silent winner. */
function merge(sources: readonly Source[], problems: Problem[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {}
  for (const source of sources) {
    for (const [key, value] of Object.entries(source.data)) {
      const existing = merged[key]
      if (existing === undefined) {
        // A map of our own: the next documents are put into it.
        merged[key] = isMap(value) ? { ...value } : value
      } else if (isMap(existing) && isMap(value)) {
        for (const [name, entry] of Object.entries(value)) {
          if (Object.hasOwn(existing, name)) problems.push(twice(sources, source, [key, name]))
          // Not by assignment: `__proto__` would become no key, and what it holds would be lost without a word.
          else
            Object.defineProperty(existing, name, {
              value: entry,
              enumerable: true,
              configurable: true,
              writable: true,
            })
        }
      } else problems.push(twice(sources, source, [key]))
    }
  }
  return merged
}

function withAssumedSecrets(
  merged: Record<string, unknown>,
  assumed: Record<string, unknown>,
): Record<string, unknown> {
  const configured = merged['secrets'] ?? {}
  if (Object.keys(assumed).length === 0 || !isMap(configured)) return merged
  return { ...merged, secrets: { ...assumed, ...configured } }
}

function twice(sources: readonly Source[], source: Source, path: Path): Problem {
  const first = sources.find((other) => other !== source && has(other.data, path))
  const where = first?.file === source.file ? 'in this file' : 'in another file'
  const message = `is set ${where} as well`
  return { severity: 'error', file: source.file, ...source.locate(path), path: path.join('.'), message }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function locateIn(sources: readonly Source[], overrides: readonly Override[], path: Path): Location {
  const override = overrides.find((candidate) => candidate.path.every((segment, index) => segment === path[index]))
  if (override) return { file: `$${override.variable}`, line: 1, column: 1 }
  const source =
    sources.find(({ data }) => has(data, path)) ?? sources.find(({ data }) => has(data, path.slice(0, 2))) ?? sources[0]
  return source ? { file: source.file, ...source.locate(path) } : { file: '<none>', line: 1, column: 1 }
}

function has(data: unknown, path: Path): boolean {
  let at = data
  for (const segment of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, segment)) return false
    at = (at as Record<string | number, unknown>)[segment]
  }
  return true
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let at = data
  for (const segment of path) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Record<PropertyKey, unknown>)[segment]
  }
  return at
}

/** Zod's issue in our words, with what was written; unknown keys become one problem each. */
function describe(issue: z.core.$ZodIssue, data: unknown): { path: (string | number)[]; message: string }[] {
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
    return [{ path, message: `must be one of ${allowed.join(', ')}, but it is ${show(written)}${hint}` }]
  }
  if (issue.code === 'invalid_type') {
    if (issue.message.startsWith('must ')) return [{ path, message: issue.message }]
    if (written === undefined) return [{ path, message: 'is missing' }]
    return [{ path, message: `must be a ${typeNames[issue.expected] ?? issue.expected}, but it is ${show(written)}` }]
  }
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.flat()
    const specific = branches.find((inner) => inner.code === 'invalid_format' || inner.code === 'too_small')
    if (specific) return describe({ ...specific, path: [...issue.path, ...specific.path] }, data)
    const literals = branches.flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []))
    const hint = typeof written === 'string' ? didYouMean(written, literals) : ''
    return [{ path, message: `must be ${literals.join(', ')} or a list, but it is ${show(written)}${hint}` }]
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') return [{ path, message: bound(issue, written) }]
  const shown = issue.code === 'invalid_format' && typeof written === 'string' ? `, but it is ${show(written)}` : ''
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

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** The keys that the schema knows at a path, for "did you mean". */
function knownKeys(path: readonly (string | number)[]): string[] {
  let schema: z.ZodType | undefined = Config
  for (const segment of path) {
    const definition = bare(schema)
    schema = definition.shape?.[segment] ?? definition.valueType ?? definition.element
    if (schema === undefined) return []
  }
  return Object.keys(bare(schema).shape ?? {})
}

type Definition = {
  innerType?: z.ZodType
  shape?: Record<string, z.ZodType>
  valueType?: z.ZodType
  element?: z.ZodType
}

function bare(schema: z.ZodType): Definition {
  const definition = schema.def as unknown as Definition
  return definition.innerType ? bare(definition.innerType) : definition
}

/** Values under `secrets` that are secrets: never the certificate of an authority, never a user name. */
function literalSecrets(data: Record<string, unknown>): Path[] {
  const store = data['store']
  const ofStore: Path[] = typeof store === 'string' && hasPlainPassword(store) ? [['store']] : []
  return [...ofStore, ...literalEntries(data)]
}

function literalEntries(data: Record<string, unknown>): Path[] {
  const secrets = isMap(data['secrets']) ? data['secrets'] : {}
  return Object.entries(secrets).flatMap(([name, entry]) => {
    if (!isMap(entry)) return []
    const users = isMap(entry['users']) ? entry['users'] : {}
    const values: [Path, unknown][] = [
      [['secrets', name, 'clientSecret'], entry['clientSecret']],
      [['secrets', name, 'password'], entry['password']],
      ...Object.entries(users).map(([user, value]): [Path, unknown] => [['secrets', name, 'users', user], value]),
    ]
    return values
      .filter(([, value]) => typeof value === 'string' && !/^\$\{(env|file):/.test(value))
      .map(([path]) => path)
  })
}

function literalSecretWarning(path: Path, locate: (path: Path) => Location): Problem {
  const message = 'the secret is written in the file; put it into the environment and write ${env:NAME}'
  return { severity: 'warning', ...locate(path), path: path.join('.'), message }
}
