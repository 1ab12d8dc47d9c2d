import { deadSettings } from '../config/dead-settings.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { Problem } from '../config/problem.ts'
import { readSources } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
import { serverProblems } from '../config/server-problems.ts'
import { printable, printableJson } from '../printable.ts'
import { renderProduct } from '../products/render-product.ts'
import { configFiles, type Declare, jsonOption } from './command.ts'
import { missingHere, placed, printProblems } from './configured.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export const declareCheck: Declare = (command, { surroundings, finish }) => {
  const files = configFiles(command, { bare: true })
  command
    .addOption(jsonOption())
    .option('--strict', 'end with 1 when there are warnings', false)
    .addHelpText(
      'after',
      '\nExamples:\n  gatehouse check gatehouse.yaml\n  gatehouse check --strict -f clusters/ --json',
    )
    .action((named: string[], options: { json: boolean; strict: boolean }) => {
      finish(check({ ...options, files: files(named) }, surroundings))
    })
}

/**
 * `gatehouse check`: prints every problem of the configuration, `file:line:column path: message`, then what nobody said about
 * names, secrets that are not here, and what products cannot do with it, as `render` would. 2 when the configuration is wrong, 1 when a product
 * has an error; with `strict` also when there is a warning.
 */
export function check(
  { files, json, strict = false }: { files: readonly string[]; json: boolean; strict?: boolean },
  surroundings: Pick<Surroundings, 'env' | 'stdout' | 'stderr' | 'isTerminal'>,
): ExitStatus {
  const { env, stdout, stderr } = surroundings
  const loaded = loadConfig(readSources(files), env)
  const { config } = loaded
  const ofServer = config ? placed([...serverProblems(config), ...deadSettings(config)], loaded) : []
  const ofProducts = config ? productProblems(config, loaded) : []
  const secrets = config ? missingHere(config, loaded, { env }) : []
  const problems = [...loaded.problems, ...ofServer, ...secrets, ...ofProducts]
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const warnings = problems.length - errors
  const isFine = errors === 0 && !(strict && warnings > 0)
  if (json) stdout(`${printableJson(problems)}\n`)
  else {
    printProblems(problems, loaded, surroundings)
    const told = warnings === 0 ? '' : `, ${counted(warnings, 'warning')}`
    if (isFine) stdout(`${printable(files.join(', '))}: fine${told}\n`)
    else
      stderr(
        `${errors > 0 ? counted(errors, 'problem') : `${counted(warnings, 'warning')}, and --strict allows none`}\n`,
      )
  }
  if (!config || ofServer.some(({ severity }) => severity === 'error')) return 2
  return isFine ? 0 : 1
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function productProblems(config: Config, loaded: Pick<LoadedConfig, 'locate' | 'conceal'>): Problem[] {
  return Object.keys(config.products).flatMap((name) => placed(renderProduct(config, name).problems, loaded))
}
