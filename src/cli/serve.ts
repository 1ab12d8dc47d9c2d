import { loadConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { readSources } from '../config/read.ts'
import { serverProblems } from '../config/server-problems.ts'
import { AppError } from '../errors.ts'
import { createLogger } from '../log.ts'
import { printable, printableJson } from '../printable.ts'
import { configFiles, type Declare, jsonOption, type Shell } from './command.ts'
import { missingHere, placed, printProblems } from './configured.ts'
import { explainError } from './explain-error.ts'
import { createReloader } from './serve/reload.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export const declareServe: Declare = (command, { surroundings, stopped, hungUp, finish }) => {
  const files = configFiles(command, { bare: true })
  command
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse serve -c gatehouse.yaml')
    .action(async (named: string[], { json }: { json: boolean }) => {
      finish(await serve({ files: files(named), json }, { ...surroundings, stopped: stopped(), hungUp }))
    })
}

export interface ServeRequest {
  files: readonly string[]
  /** Log lines and the line with the address as JSON. */
  json: boolean
}

/**
 * `gatehouse serve`: runs until told to stop. Prints one line with its address when it is ready. Reads the configuration again when it is
 * asked to, and when a file of it has changed.
 */
export async function serve(
  { files, json }: ServeRequest,
  surroundings: Surroundings & { stopped: Promise<unknown> } & Pick<Shell, 'hungUp'>,
): Promise<ExitStatus> {
  const { stdout, stderr, env } = surroundings
  const readAt = Date.now()
  const sources = readSources(files)
  const loaded = loadConfig(sources, env)
  const { config, baseDir, locate } = loaded
  const problems = config ? [...loaded.problems, ...placed(serverProblems(config), loaded)] : loaded.problems
  printProblems(problems, loaded, surroundings)
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
    const reloader = createReloader({ files, sources, config, readAt, env, server, log, tell })
    surroundings.hungUp(() => void reloader.now())

    await surroundings.stopped
    reloader.stop()
    tell('Stopping when what is under way has ended; a second signal ends it at once.')
    const { cut } = await server.stop()
    log.info({ event: 'stopped', cut }, 'stopped')
    tell(cut === 0 ? 'Stopped.' : `Stopped; the deadline has ended ${cut} that were under way.`)
    return 0
  } catch (error) {
    // The error names the variable, this also the entry and the line.
    if (error instanceof AppError && (error.code === 'secret-not-found' || error.code === 'encryption-key-wrong')) {
      const missing = missingHere(config, loaded, { env })
      printProblems(
        missing.map((problem) => ({ ...problem, severity: 'error' })),
        loaded,
        surroundings,
      )
    }
    explainError(error, surroundings)
    return 2
  }
}
