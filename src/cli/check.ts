import { loadConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

/** `gatehouse check`: every problem of the configuration, `file:line:column path: message`. */
export function check(
  { files, json }: { files: readonly string[]; json: boolean },
  { env, stdout, stderr }: Pick<Surroundings, 'env' | 'stdout' | 'stderr'>,
): ExitStatus {
  const { config, problems } = loadConfig({ files, env })
  if (json) stdout(`${JSON.stringify(problems)}\n`)
  else for (const problem of problems) stderr(`${formatProblem(problem)}\n`)
  if (!config) {
    const errors = problems.filter(({ severity }) => severity === 'error').length
    if (!json) stderr(`${errors} ${errors === 1 ? 'problem' : 'problems'}\n`)
    return 2
  }
  if (!json) stdout(`${files.join(', ')}: fine\n`)
  return 0
}
