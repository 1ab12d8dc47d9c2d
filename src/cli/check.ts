import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { formatProblem, type Problem } from '../config/problem.ts'
import { readSources } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
import { serverProblems } from '../config/server-problems.ts'
import { printable, printableJson } from '../printable.ts'
import { renderProduct } from '../products/render-product.ts'
import { type Declare, filesOption, filesOrDefault, jsonOption } from './command.ts'
import { placed } from './configured.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export const declareCheck: Declare = (command, { surroundings, finish }) => {
  command
    .addOption(filesOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse check -f gatehouse.yaml')
    .action(({ file, json }: { file: string[]; json: boolean }) => {
      finish(check({ files: filesOrDefault(file), json }, surroundings))
    })
}

/**
 * `gatehouse check`: prints every problem of the configuration, `file:line:column path: message`, then what nobody said about
 * names, and what products cannot do with it, as `render` would. 2 when the configuration is wrong, 1 when a product has an error.
 */
export function check(
  { files, json }: { files: readonly string[]; json: boolean },
  { env, stdout, stderr }: Pick<Surroundings, 'env' | 'stdout' | 'stderr'>,
): ExitStatus {
  const loaded = loadConfig(readSources(files), env)
  const { config } = loaded
  const ofServer = config ? placed(serverProblems(config), loaded) : []
  const problems = [...loaded.problems, ...ofServer, ...(config ? productProblems(config, loaded) : [])]
  if (json) stdout(`${printableJson(problems)}\n`)
  else for (const problem of problems) stderr(`${formatProblem(problem)}\n`)
  const errors = problems.filter(({ severity }) => severity === 'error').length
  if (errors === 0 && !json) stdout(`${printable(files.join(', '))}: fine\n`)
  if (errors > 0 && !json) stderr(`${errors} ${errors === 1 ? 'problem' : 'problems'}\n`)
  if (!config || ofServer.some(({ severity }) => severity === 'error')) return 2
  return errors > 0 ? 1 : 0
}

function productProblems(config: Config, loaded: Pick<LoadedConfig, 'locate' | 'conceal'>): Problem[] {
  return Object.keys(config.products).flatMap((name) => placed(renderProduct(config, name).problems, loaded))
}
