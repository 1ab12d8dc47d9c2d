/** A running server: a foundation, and the generation of parts that stands on it now. */
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { Logger } from '../log.ts'
import { startCleaning } from './cleaning.ts'
import { drain, drainTimes } from './drain.ts'
import { type Foundation, layFoundation } from './foundation.ts'
import { type Checked, checkedConfig, createGeneration, type Generation } from './generation.ts'
import { takeAddress } from './listening.ts'
import type { StateOptions } from './state.ts'

export interface ServerOptions extends StateOptions {
  log: Logger
  clock?: Clock
}

export interface RunningServer {
  /** The address for people: the issuer. */
  url: string
  port: number
  /** A link that creates the first administrator, while there is no user and local accounts are a way in. */
  setupUrl: string | undefined
  /**
   * Stops as `listen` says: what is under way ends well, up to a deadline. Resolves when everything is closed, with the number of
   * requests and connections that the deadline has ended.
   */
  stop(): Promise<{ cut: number }>
}

/**
 * Starts everything in the configuration. Everything that can be refused is checked before the store and its key are created,
 * so that a server that does not start leaves neither behind. Throws AppError for what cannot start.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { baseDir, env, log, clock = systemClock } = options
  const checked = await checkedConfig(options.config, { env, baseDir, clock })
  const { config } = checked
  const address = await takeAddress(config.listen)
  const opened = new AsyncDisposableStack()
  try {
    const foundation = await layFoundation({ config, baseDir, env, address, clock, log, opened })
    return await open({ checked, foundation, opened })
  } catch (error) {
    // Anything left open, such as connections to a database, would keep the process alive forever.
    await opened.disposeAsync()
    await address.stop()
    throw error
  }
}

async function open({
  checked,
  foundation,
  opened,
}: {
  checked: Checked
  foundation: Foundation
  opened: AsyncDisposableStack
}): Promise<RunningServer> {
  const { address, issuer, sessions, setupLink, store, readiness, clock, log } = foundation
  const { revocations } = sessions
  const generation = await createGeneration(checked, foundation)
  opened.defer(() => generation.close())
  await revocations.follow()
  opened.defer(() => revocations.stop())
  await generation.teams.follow(generation.config.teams)

  address.open(generation.gate, generation.answer)
  opened.defer(startCleaning({ store, clock, log }))
  const token = generation.hasLocal ? await setupLink.make() : undefined

  return {
    url: issuer.url,
    port: (address.server.address() as AddressInfo).port,
    setupUrl: token && `${issuer.url}/login/setup?${new URLSearchParams({ token })}`,
    stop: async () => {
      const endWhatIsLeft = async () => {
        await generation.close()
        for (const response of address.underWay.responses()) endAnswer(response, generation)
      }
      const times = drainTimes(generation.config, readiness)
      const outcome = await drain({ times, address, readiness, endWhatIsLeft, log })
      await opened.disposeAsync()
      return outcome
    },
  }
}

/** The server stops before a page, or an answer of the provider, is ready. Answers of services have been ended by the gate. */
function endAnswer(response: ServerResponse, { refuse }: Generation): void {
  // Its last bytes are on their way.
  if (response.writableEnded) return
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.setHeader('connection', 'close').setHeader('retry-after', '5')
  refuse(response.req, response, new AppError('server-stopping'))
}
