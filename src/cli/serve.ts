import { resolve } from 'node:path'
import { loadConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { readSources } from '../config/read.ts'
import type { Config } from '../config/schema.ts'
import { serverProblems } from '../config/server-problems.ts'
import { AppError } from '../errors.ts'
import { createLog } from '../log.ts'
import { standardError } from '../log-writer.ts'
import { printable, printableJson } from '../printable.ts'
import type { RunningServer } from '../server/start.ts'
import { configFiles, type Declare, jsonOption, type Shell } from './command.ts'
import { asErrors, missingHere, placed, printProblems } from './configured.ts'
import { explainError } from './explain-error.ts'
import { packageVersion } from './package-file.ts'
import { createReloader } from './serve/reload.ts'
import { type ExitStatus, type Surroundings, wantsColor } from './surroundings.ts'

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
  terminal: Surroundings & { stopped: Promise<unknown> } & Pick<Shell, 'hungUp'>,
): Promise<ExitStatus> {
  const surroundings = json ? { ...terminal, stderr: inJson(terminal.stderr) } : terminal
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
  const { level, format = 'text' } = config.log
  const color = wantsColor(process.stderr, env)
  const output = createLog({ level, format, jsonOnly: json, destination: standardError(), color })
  const log = output.logger
  const tell = (line: string) => {
    if (!json && format === 'text') stderr(`${line}\n`)
  }
  try {
    // This loads all parts; a wrong configuration does not wait for them.
    const { startServer } = await import('../server/start.ts')
    const server = await startServer({ config, version: packageVersion(), baseDir, env, output })
    const { url, port, setupUrl } = server
    const facts = factsOf(server, config, files)
    if (json) stdout(`${printableJson({ address: url, port, setupUrl, ...facts })}\n`)
    else {
      stdout(`Gatehouse is ready at ${printable(url)}\n${factLines(facts)}`)
      if (setupUrl) stdout(`Create the first administrator: ${printable(setupUrl)}\n`)
    }
    // People have read it. The link for the first administrator is for whoever starts the server, and never in a log.
    if (json || format === 'json') log.info({ event: 'ready', ...facts }, 'ready')
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
      const missing = asErrors(missingHere(config, loaded, { env })).filter(({ severity }) => severity === 'error')
      printProblems(missing, loaded, surroundings)
    }
    explainError(error, surroundings)
    return 2
  } finally {
    // A reader that stands still would keep the process for ever.
    if (!(await output.close())) setImmediate(() => process.exit())
  }
}

/** What is told to people before there is a log, as lines of it. */
function inJson(stderr: Surroundings['stderr']): Surroundings['stderr'] {
  return (text) => {
    const level = /^\S+ (\S+ )?warning: /.test(text) ? 'warn' : /^\S+ (\S+ )?note: /.test(text) ? 'info' : 'error'
    const time = new Date().toISOString()
    stderr(`${printableJson({ level, time, event: 'configuration', msg: text.trimEnd() })}\n`)
  }
}

/** What somebody needs to know who finds this server. */
function factsOf({ url, host, port, store, waysIn }: RunningServer, config: Config, files: readonly string[]) {
  return {
    issuer: url,
    listener: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    configuration: files.map((file) => resolve(file)).join(', '),
    store,
    waysIn,
    products: Object.keys(config.products).length,
    services: Object.keys(config.services).length,
  }
}

function factLines({ listener, configuration, store, waysIn, products, services }: ReturnType<typeof factsOf>): string {
  const rows = [
    ['listening on', listener],
    ['configuration', configuration],
    ['store', store],
    ['ways in', waysIn.join(', ') || 'none'],
    ['products', String(products)],
    ['services', String(services)],
  ]
  return rows.map(([name = '', value = '']) => `  ${name.padEnd(13)}  ${printable(value)}\n`).join('')
}
