import { unusedAcknowledgements } from '../config/acknowledged.ts'
import { deadSettings } from '../config/dead-settings.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { Problem } from '../config/problem.ts'
import { readSources } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
import { serverProblems } from '../config/server-problems.ts'
import { printable, printableJson } from '../printable.ts'
import { renderProduct } from '../products/render-product.ts'
import { configFiles, type Declare, jsonOption } from './command.ts'
import { asErrors, missingHere, placed, printProblems } from './configured.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export const declareCheck: Declare = (command, { surroundings, finish }) => {
  const files = configFiles(command, { bare: true })
  command
    .addOption(jsonOption())
    .option('--strict', 'exit with 1 on warnings too', false)
    .option('--env', 'this is where the server runs: variables and files that are missing are errors', false)
    .addHelpText(
      'after',
      '\nExamples:\n  gatehouse check gatehouse.yaml\n  gatehouse check --strict -f clusters/ --json',
    )
    .action((named: string[], options: { json: boolean; strict: boolean; env: boolean }) => {
      finish(check({ ...options, files: files(named) }, surroundings))
    })
}

interface CheckRequest {
  files: readonly string[]
  json: boolean
  /** Warnings count as problems do. */
  strict?: boolean
  /** What is missing in the environment counts as a problem does. */
  env?: boolean
}

/**
 * `gatehouse check`: prints every problem of the configuration, `file:line:column path: message (code)`, then what nobody said about
 * names, what is not here, and what products cannot do with it, as `render` would. 2 when the configuration is wrong, 1 when a product
 * has an error; with `strict` also when there is a warning that nobody has acknowledged.
 */
export function check(
  { files, json, strict = false, env: isTheirs = false }: CheckRequest,
  surroundings: Pick<Surroundings, 'env' | 'stdout' | 'stderr' | 'isTerminal'>,
): ExitStatus {
  const { env, stdout, stderr } = surroundings
  const loaded = loadConfig(readSources(files), env)
  const { ofServer, ofProducts } = loaded.config
    ? foundIn(loaded.config, loaded, { env, isTheirs })
    : { ofServer: [], ofProducts: [] }
  const found = [...loaded.problems, ...ofServer, ...ofProducts]
  const unused = loaded.config ? placed(unusedAcknowledgements(loaded.config, found), loaded) : []
  const problems = [...found, ...unused]
  const counts = countsOf(problems)
  const isFine = counts.problem === 0 && !(strict && counts.warning > 0)
  if (json) stdout(`${printableJson(problems)}\n`)
  else {
    printProblems(problems, loaded, surroundings)
    if (isFine) stdout(`${printable(files.join(', '))}: ${verdictOf(counts)}\n`)
    else
      stderr(
        counts.problem > 0
          ? `${counted(counts.problem, 'problem')}\n`
          : `${counted(counts.warning, 'warning')}, and --strict allows none\n`,
      )
  }
  if (!loaded.config || ofServer.some(({ severity }) => severity === 'error')) return 2
  return isFine ? 0 : 1
}

/** What the server and the products would say about a configuration without errors. */
function foundIn(
  config: Config,
  loaded: LoadedConfig,
  { env, isTheirs }: Pick<Surroundings, 'env'> & { isTheirs: boolean },
): { ofServer: Problem[]; ofProducts: Problem[] } {
  const missing = missingHere(config, loaded, { env })
  const ofServer = placed([...serverProblems(config), ...deadSettings(config)], loaded)
  return {
    ofServer: [...ofServer, ...(isTheirs ? asErrors(missing) : missing)],
    ofProducts: Object.keys(config.products).flatMap((name) => placed(renderProduct(config, name).problems, loaded)),
  }
}

interface Counts {
  problem: number
  warning: number
  note: number
  acknowledged: number
}

function countsOf(problems: readonly Problem[]): Counts {
  const open = problems.filter(({ acknowledged }) => acknowledged === undefined)
  const count = (wanted: Problem['severity']) => open.filter(({ severity }) => severity === wanted).length
  return {
    problem: count('error'),
    warning: count('warning'),
    note: count('note'),
    acknowledged: problems.length - open.length,
  }
}

/** `fine`, or `2 warnings`; then what else there was: `1 note, 3 acknowledged`. */
function verdictOf({ warning, note, acknowledged }: Counts): string {
  return [
    warning === 0 ? 'fine' : counted(warning, 'warning'),
    ...(note === 0 ? [] : [counted(note, 'note')]),
    ...(acknowledged === 0 ? [] : [`${acknowledged} acknowledged`]),
  ].join(', ')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
