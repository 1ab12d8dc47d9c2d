import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { missingSecrets } from '../config/needed-secrets.ts'
import { formatProblem, type Problem } from '../config/problem.ts'
import { readSources } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
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
 * Prints problems, each with its place on the first line. Under it stands the line of the file: for a person at a terminal always, and for
 * a text that is no YAML everywhere, for there no path says where it is.
 */
export function printProblems(
  problems: readonly Problem[],
  { excerpt }: Pick<LoadedConfig, 'excerpt'>,
  { stderr, isTerminal = false }: Pick<Surroundings, 'stderr' | 'isTerminal'>,
): void {
  for (const problem of problems) {
    stderr(`${formatProblem(problem)}\n`)
    if (isTerminal || (problem.path === '' && problem.severity === 'error')) stderr(excerpt(problem) ?? '')
  }
}

/** Problems that were found later, with their places. */
export function placed(
  problems: readonly { severity: Problem['severity']; path: readonly (string | number)[]; message: string }[],
  { locate, conceal }: Pick<LoadedConfig, 'locate' | 'conceal'>,
): Problem[] {
  return problems.map(({ severity, path, message }) => ({
    severity,
    ...locate(path),
    path: path.join('.'),
    message: conceal(message),
  }))
}

/** Secrets that a server needs and that are not here, with their places. */
export function missingHere(
  config: Config,
  loaded: Pick<LoadedConfig, 'locate' | 'conceal' | 'baseDir'>,
  { env }: Pick<Surroundings, 'env'>,
): Problem[] {
  const hasFile = (path: string) => existsSync(resolve(loaded.baseDir, path))
  return placed(missingSecrets(config, { env, hasFile }), loaded)
}
