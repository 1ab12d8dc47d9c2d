import { formatProblem } from '../config/problem.ts'
import { AppError, causeChain } from '../errors.ts'
import { createLogger } from '../log.ts'
import { startServer } from '../server.ts'
import { loadOrExplain } from './configured.ts'
import type { ExitStatus, Surroundings } from './surroundings.ts'

export interface ServeRequest {
  file: string
  /** Log lines and the line with the address as JSON. */
  json: boolean
}

/** `gatehouse serve`: runs until it is told to stop. Prints one line with its address when it answers. */
export async function serve(
  { file, json }: ServeRequest,
  surroundings: Surroundings & { stopped: Promise<unknown> },
): Promise<ExitStatus> {
  const { stdout, stderr, env } = surroundings
  const loaded = loadOrExplain([file], surroundings)
  if (!loaded) return 2
  const { config, baseDir, locate } = loaded
  if (config.issuer === undefined) {
    const message = 'is missing; serve needs the address that people see'
    stderr(`${formatProblem({ severity: 'error', ...locate([]), path: 'issuer', message })}\n`)
    return 2
  }
  const log = createLogger({ level: json ? 'info' : 'warn' })
  try {
    const server = await startServer({ config, baseDir, env, log })
    const { url, port, setupUrl } = server
    if (json) stdout(`${JSON.stringify({ address: url, port, setupUrl })}\n`)
    else {
      stdout(`Gatehouse is ready at ${url}\n`)
      if (setupUrl) stdout(`Make the first administrator: ${setupUrl}\n`)
    }
    await surroundings.stopped
    await server.close()
    return 0
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    stderr(`${error.code}: ${error.message}\n  ${describe(error)}\n  ${error.hint}\n`)
    return 2
  }
}

function describe(error: AppError): string {
  const details = Object.entries(error.details).map(([name, value]) => `${name}: ${String(value)}`)
  return [...details, ...(error.cause === undefined ? [] : [causeChain(error.cause)])].join('; ')
}
