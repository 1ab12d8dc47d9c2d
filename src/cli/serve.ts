import { loadConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { readSources } from '../config/read.ts'
import { serverProblems } from '../config/server-problems.ts'
import { createLogger } from '../log.ts'
import { printable, printableJson } from '../printable.ts'
import { configOption, type Declare, jsonOption, type Shell } from './command.ts'
import { placed } from './configured.ts'
import { explainError } from './explain-error.ts'
import { createReloader } from './serve/reload.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export const declareServe: Declare = (command, { surroundings, stopped, hungUp, finish }) => {
  command
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse serve -c gatehouse.yaml')
    .action(async ({ config, json }: { config: string; json: boolean }) => {
      finish(await serve({ file: config, json }, { ...surroundings, stopped: stopped(), hungUp }))
    })
}

export interface ServeRequest {
  file: string
  /** Log lines and the line with the address as JSON. */
  json: boolean
}

/**
 * `gatehouse serve`: runs until told to stop. Prints one line with its address when it is ready. Reads the configuration again when it is
 * asked to, and when a file of it has changed.
 */
export async function serve(
  { file, json }: ServeRequest,
  surroundings: Surroundings & { stopped: Promise<unknown> } & Pick<Shell, 'hungUp'>,
): Promise<ExitStatus> {
  const { stdout, stderr, env } = surroundings
  const readAt = Date.now()
  const sources = readSources([file])
  const loaded = loadConfig(sources, env)
  const { config, baseDir, locate } = loaded
  const problems = config ? [...loaded.problems, ...placed(serverProblems(config), loaded)] : loaded.problems
  for (const problem of problems) stderr(`${formatProblem(problem)}\n`)
  if (!config || problems.some(({ severity }) => severity === 'error')) return 2
  if (config.issuer === undefined) {
    const message = 'is missing; serve needs the address that people see'
    stderr(`${formatProblem({ severity: 'error', ...locate([]), path: 'issuer', message })}\n`)
    return 2
  }
  const log = createLogger({ level: json ? 'info' : 'warn' })
  const tell = (line: string) => {
    if (!json) stderr(`${line}\n`)
  }
  try {
    // This loads all parts; a wrong configuration does not wait for them.
    const { startServer } = await import('../server/start.ts')
    const server = await startServer({ config, baseDir, env, log })
    const { url, port, setupUrl } = server
    if (json) stdout(`${printableJson({ address: url, port, setupUrl })}\n`)
    else {
      stdout(`Gatehouse is ready at ${printable(url)}\n`)
      if (setupUrl) stdout(`Create the first administrator: ${printable(setupUrl)}\n`)
    }
    const reloader = createReloader({ file, sources, config, readAt, env, server, log, tell })
    surroundings.hungUp(() => void reloader.now())

    await surroundings.stopped
    reloader.stop()
    tell('Stopping when what is under way has ended; a second signal ends it at once.')
    const { cut } = await server.stop()
    log.info({ event: 'stopped', cut }, 'stopped')
    tell(cut === 0 ? 'Stopped.' : `Stopped; the deadline has ended ${cut} that were under way.`)
    return 0
  } catch (error) {
    explainError(error, surroundings)
    return 2
  }
}
