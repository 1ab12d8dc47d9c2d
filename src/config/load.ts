import { isMap, withoutPrototype } from '../maps.ts'
import { acknowledgedBy, type WhyAcknowledged } from './acknowledged.ts'
import { describeIssue, shownPath } from './describe-issue.ts'
import { applyEnvironment, type Override } from './environment.ts'
import { excerptOf } from './excerpt.ts'
import { issuerOf, slashProblem, vendorOfClass } from './issuer.ts'
import { isManifest, type PlacedUnread, readManifests } from './kubernetes/manifests.ts'
import type { Problem } from './problem.ts'
import type { ConfigFile, ConfigSources } from './read.ts'
import { referenceProblems } from './references.ts'
import { Config } from './schema.ts'
import { parseSources, type Source } from './source.ts'
import { hasPlainPassword } from './store-address.ts'
import { tenantProblem } from './tenant.ts'

type Path = readonly (string | number)[]
type Location = Pick<Problem, 'file' | 'line' | 'column'>

export interface LoadedConfig {
  /** Undefined when a problem is an error. */
  config: Config | undefined
  /** Every problem at once, in the order of the files. */
  problems: Problem[]
  /** Names of files in which nothing stands. */
  emptyFiles: readonly string[]
  /** Folder that relative paths of the configuration start from: the one of the first file. */
  baseDir: string
  /** Where a field was written, for problems that are found later. */
  locate(path: Path): Location
  /** The line of a problem, as far as it may be shown, with a caret; undefined when it is in no file. */
  excerpt(problem: Location): string | undefined
  /** A message about the configuration without the values that came from the environment. */
  conceal(message: string): string
  /** Why the file says that a warning may be as it is; undefined when it does not. */
  whyAcknowledged: WhyAcknowledged
}

/**
 * Turns texts (our own documents and Kubernetes manifests) and environment overrides into the configuration. Checks everything, reads
 * no files, changes nothing. Never throws for a mistake in the configuration: each becomes a problem with its place.
 */
export function loadConfig(
  { files, baseDir }: ConfigSources,
  env: Readonly<Record<string, string | undefined>>,
): LoadedConfig {
  const documents = files.flatMap(({ name, text }) => (text === undefined ? [] : parseSources(name, text)))
  const problems = files.flatMap(unreadableProblem)
  problems.push(...documents.flatMap((source) => source.syntaxProblems))
  const emptyFiles = files.filter(
    ({ name, text }) => text !== undefined && !documents.some(({ file }) => file === name),
  )
  if (documents.length === 0) problems.push(...emptyFiles.map(emptyProblem))
  const manifests = readManifests(documents.filter(isManifest), env)
  const ours = documents.filter((document) => !isManifest(document))
  const sources = [...ours, ...manifests.sources]
  problems.push(...manifests.problems, ...manifests.passedOver.flatMap(({ problem }) => problem ?? []))
  problems.push(...manifests.unread.flatMap(unreadProblem))

  const merged = withAssumedSecrets(merge(sources, problems), manifests.assumedSecrets)
  const { data, overrides, unknown } = applyEnvironment(merged, Config, env)
  const locate = (path: Path): Location => locateIn(sources, overrides, path)
  const excerpt = ({ file, ...place }: Location) => {
    const text = files.find(({ name }) => name === file)?.text
    return text === undefined ? undefined : excerptOf(text, place)
  }
  const conceal = concealer([...manifests.filledIn, ...overrides.map(({ variable }) => env[variable] ?? '')])
  const rest = { problems, emptyFiles: emptyFiles.map(({ name }) => name), baseDir, locate, conceal, excerpt }
  const nothing = { config: undefined, whyAcknowledged: acknowledgedBy(undefined), ...rest }
  for (const variable of unknown) {
    problems.push({
      severity: 'error',
      file: `$${variable}`,
      line: 1,
      column: 1,
      path: '',
      message: 'does not name a setting',
    })
  }

  if (problems.some(({ severity }) => severity === 'error')) return nothing

  const parsed = Config.safeParse(data)
  const isHidden = (path: Path) => locate(path).file.startsWith('$')
  const found = [
    ...(parsed.error?.issues.flatMap((issue) => describeIssue(issue, data, isHidden)) ?? []),
    ...referenceProblems(data, { withManifests: ours.length < documents.length, isHidden }),
    ...(parsed.data ? waysInOfNoTenant(parsed.data) : []),
  ]
  for (const { path, message } of found) {
    problems.push({ severity: 'error', ...locate(path), path: shownPath(path, data), message: conceal(message) })
  }
  const inFiles = literalSecrets(data).filter((path) => !locate(path).file.startsWith('$'))
  for (const path of inFiles) {
    const place = { ...locate(path), path: shownPath(path, data) }
    problems.push({ severity: 'warning', code: 'secret-in-file', ...place, message: literalSecret })
  }
  for (const { path, message } of slashProblems(parsed.data)) {
    const place = locate(path)
    // At Stackable a slash at the end means nothing, and its documentation writes one.
    if (manifests.sources.some(({ file }) => file === place.file)) continue
    const said = { path: shownPath(path, data), message: conceal(message) }
    problems.push({ severity: 'warning', code: 'issuer-slash', ...place, ...said })
  }
  problems.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column)
  if (found.length > 0 || !parsed.data) return nothing
  const whyAcknowledged = acknowledgedBy(parsed.data)
  return { config: parsed.data, whyAcknowledged, ...rest, problems: withReasons(problems, whyAcknowledged) }
}

/** The problems, with the reasons of those that are acknowledged. */
export function withReasons(problems: readonly Problem[], whyAcknowledged: WhyAcknowledged): Problem[] {
  return problems.map((problem) => {
    const acknowledged = whyAcknowledged(problem)
    return acknowledged === undefined ? problem : { ...problem, acknowledged }
  })
}

/** The value stays where it is: it may be a secret. */
function unreadProblem({ file, line, column, path, why, isSaid }: PlacedUnread): Problem[] {
  if (isSaid) return []
  const message = `is not read. ${why}`
  return [{ severity: 'warning', code: 'setting-ignored', file, line, column, path: path.join('.'), message }]
}

/** Values shorter than that are words and numbers, which other words contain. */
const shortestConcealed = 6

function concealer(values: readonly string[]): LoadedConfig['conceal'] {
  const concealed = values.filter((value) => value.length >= shortestConcealed)
  return (message) => concealed.reduce((text, value) => text.replaceAll(value, '…'), message)
}

function slashProblems(config: Config | undefined): { path: Path; message: string }[] {
  return Object.entries(config?.authenticationClasses ?? {}).flatMap(([name, { oidc }]) => {
    const message = oidc && slashProblem(oidc)
    return message === undefined ? [] : [{ path: ['authenticationClasses', name, 'oidc', 'rootPath'], message }]
  })
}

/** Ways in whose tokens this server would refuse, or whose tenant is everyone. Products have their own check for that. */
function waysInOfNoTenant({ login, authenticationClasses }: Config): { path: Path; message: string }[] {
  return login.flatMap(({ authenticationClass: name }, index) => {
    const provider = name === undefined ? undefined : authenticationClasses[name]?.oidc
    if (name === undefined || provider === undefined || provider.allowedTenants) return []
    const message = tenantProblem(vendorOfClass(provider), issuerOf(provider), name)
    return message === undefined ? [] : [{ path: ['login', index, 'authenticationClass'], message }]
  })
}

function unreadableProblem({ name: file, unreadable }: ConfigFile): Problem[] {
  if (unreadable === undefined) return []
  return [{ severity: 'error', file, line: 1, column: 1, path: '', message: `cannot be read: ${unreadable}` }]
}

/** Nothing is wrong with it, but nobody writes it on purpose. */
function emptyProblem({ name: file }: ConfigFile): Problem {
  const message = 'is empty: it configures nothing'
  return { severity: 'warning', code: 'file-empty', file, line: 1, column: 1, path: '', message }
}

/** Top-level maps of several documents are joined; the same key in two is a problem, not a silent winner. */
function merge(sources: readonly Source[], problems: Problem[]): Record<string, unknown> {
  const merged = withoutPrototype<unknown>()
  for (const source of sources) {
    for (const [key, value] of Object.entries(source.data)) {
      const existing = merged[key]
      if (existing === undefined) {
        // Our own map: the next documents go into it.
        merged[key] = isMap(value) ? { ...value } : value
      } else if (isMap(existing) && isMap(value)) {
        for (const [name, entry] of Object.entries(value)) {
          if (Object.hasOwn(existing, name)) problems.push(twice(sources, source, [key, name]))
          // Not by assignment: `__proto__` would not become a key, and its content would be silently lost.
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
  return { severity: 'error', file: source.file, ...source.locate(path), path: shownPath(path, source.data), message }
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

const literalSecret = 'the secret is written in the file; put it into the environment and write ${env:NAME}'

/** Values under `secrets` that are secrets: never the certificate of an authority, never a user name. */
function literalSecrets(data: Record<string, unknown>): Path[] {
  const store = data['store']
  const ofStore: Path[] = typeof store === 'string' && hasPlainPassword(store) ? [['store']] : []
  return [...ofStore, ...literalEntries(data)]
}

function isLiteral(value: unknown): boolean {
  return typeof value === 'string' && !/^\$\{(env|file):/.test(value)
}

function literalEntries(data: Record<string, unknown>): Path[] {
  const secrets = isMap(data['secrets']) ? data['secrets'] : {}
  return Object.entries(secrets).flatMap(([name, entry]) => {
    if (!isMap(entry)) return []
    const users = isMap(entry['users']) ? entry['users'] : {}
    const values: [Path, unknown][] = [
      [['secrets', name, 'clientSecret'], entry['clientSecret']],
      [['secrets', name, 'privateKey'], entry['privateKey']],
      [['secrets', name, 'password'], entry['password']],
      ...Object.entries(users).map(([user, value]): [Path, unknown] => [['secrets', name, 'users', user], value]),
    ]
    return values.filter(([, value]) => isLiteral(value)).map(([path]) => path)
  })
}
