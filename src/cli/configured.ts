import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { readBrandFiles } from '../config/brand-files.ts'
import { type LoadedConfig, loadConfig, withReasons } from '../config/load.ts'
import { missingSecrets } from '../config/needed-secrets.ts'
import { formatProblem, type PathProblem, type Problem } from '../config/problem.ts'
import { readSources } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
import { readReferenced } from '../config/secret-reference.ts'
import type { Surroundings } from './surroundings.ts'

/** Loads the configuration and prints every problem to standard error; undefined when one is an error. */
export function loadOrExplain(
  files: readonly string[],
  surroundings: Pick<Surroundings, 'env' | 'stderr' | 'isTerminal'>,
): (LoadedConfig & { config: Config }) | undefined {
  const loaded = loadConfig(readSources(files), surroundings.env)
  printProblems(loaded.problems, loaded, surroundings)
  const { config } = loaded
  return config && { ...loaded, config }
}

/**
 * Prints problems that nobody has acknowledged, each with its place on the first line, and the code of a warning at the end. Under it stands the line of the file: for a person at a terminal always, and for
 * a text that is no YAML everywhere, for there no path says where it is.
 */
export function printProblems(
  problems: readonly Problem[],
  { excerpt }: Pick<LoadedConfig, 'excerpt'>,
  { stderr, isTerminal = false }: Pick<Surroundings, 'stderr' | 'isTerminal'>,
): void {
  for (const problem of problems) {
    if (problem.acknowledged !== undefined) continue
    stderr(`${formatProblem(problem)}${problem.severity === 'error' ? '' : ` (${problem.code})`}\n`)
    if (isTerminal || (problem.path === '' && problem.severity === 'error')) stderr(excerpt(problem) ?? '')
  }
}

/** Problems that were found later, with their places. */
export function placed(
  problems: readonly PathProblem[],
  { locate, conceal, whyAcknowledged }: Pick<LoadedConfig, 'locate' | 'conceal' | 'whyAcknowledged'>,
): Problem[] {
  const found = problems.map(({ path, message, ...seriousness }) => ({
    ...seriousness,
    ...locate(path),
    path: path.join('.'),
    message: conceal(message),
  }))
  return withReasons(found, whyAcknowledged)
}

/** What a configuration needs of the machine and does not find here, with its places: notes, and a warning for a key that is none. */
export function missingHere(
  config: Config,
  loaded: Pick<LoadedConfig, 'locate' | 'conceal' | 'whyAcknowledged' | 'baseDir'>,
  { env }: Pick<Surroundings, 'env'>,
): Problem[] {
  const secrets = missingSecrets(config, { env, textOf: (path) => textOf(path, loaded) })
  const { problems } = readBrandFiles(config.branding, loaded.baseDir)
  return placed([...secrets, ...problems], loaded)
}

function textOf(path: string, { baseDir }: Pick<LoadedConfig, 'baseDir'>): string | undefined {
  const file = resolve(baseDir, path)
  if (!existsSync(file)) return undefined
  try {
    return readReferenced(file)
  } catch {
    return ''
  }
}

/** The same where the environment is the one in which the program runs: whatever is missing keeps it from starting. */
export function asErrors(problems: readonly Problem[]): Problem[] {
  return problems.map((each) =>
    each.severity === 'error' || each.code === 'variable-elsewhere' ? each : { ...each, severity: 'error' },
  )
}
