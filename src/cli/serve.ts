import { formatProblem } from '../config/problem.ts'
import { serverProblems } from '../config/server-problems.ts'
import { createLogger } from '../log.ts'
import { printable, printableJson } from '../printable.ts'
import { configOption, type Declare, jsonOption } from './command.ts'
import { loadOrExplain, placed } from './configured.ts'
import { explainError } from './explain-error.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export const declareServe: Declare = (command, { surroundings, stopped, finish }) => {
  command
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  gatehouse serve -c gatehouse.yaml')
    .action(async ({ config, json }: { config: string; json: boolean }) => {
      finish(await serve({ file: config, json }, { ...surroundings, stopped: stopped() }))
    })
}

export interface ServeRequest {
  file: string
  /** Log lines and the line with the address as JSON. */
  json: boolean
}

/** `gatehouse serve`: runs until told to stop. Prints one line with its address when it is ready. */
export async function serve(
  { file, json }: ServeRequest,
  surroundings: Surroundings & { stopped: Promise<unknown> },
): Promise<ExitStatus> {
  const { stdout, stderr, env } = surroundings
  const loaded = loadOrExplain([file], surroundings)
  if (!loaded) return 2
  const { config, baseDir, locate } = loaded
  const problems = placed(serverProblems(config), loaded)
  for (const problem of problems) stderr(`${formatProblem(problem)}\n`)
  if (problems.some(({ severity }) => severity === 'error')) return 2
  if (config.issuer === undefined) {
    const message = 'is missing; serve needs the address that people see'
    stderr(`${formatProblem({ severity: 'error', ...locate([]), path: 'issuer', message })}\n`)
    return 2
  }
  const log = createLogger({ level: json ? 'info' : 'warn' })
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
    await surroundings.stopped
    if (!json) stderr('Stopping when what is under way has ended; a second signal ends it at once.\n')
    const { cut } = await server.stop()
    log.info({ cut }, 'stopped')
    if (!json) stderr(cut === 0 ? 'Stopped.\n' : `Stopped; the deadline has ended ${cut} that were under way.\n`)
    return 0
  } catch (error) {
    explainError(error, surroundings)
    return 2
  }
}
