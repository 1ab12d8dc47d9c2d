import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { formatProblem, type Problem } from '../config/problem.ts'
import { readSources } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
import type { Surroundings } from './surroundings.ts'

/** Loads the configuration and prints every problem to standard error; undefined when one is an error. */
export function loadOrExplain(
  files: readonly string[],
  { env, stderr }: Pick<Surroundings, 'env' | 'stderr'>,
): (LoadedConfig & { config: Config }) | undefined {
  const loaded = loadConfig(readSources(files), env)
  for (const problem of loaded.problems) stderr(`${formatProblem(problem)}\n`)
  const { config } = loaded
  return config && { ...loaded, config }
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
