/** A running server: a foundation, and the generation of parts that stands on it now. */
import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '../clock.ts'
import type { Log } from '../log.ts'
import { startCleaning } from './cleaning.ts'
import { drain, drainTimes } from './drain.ts'
import { type Foundation, layFoundation } from './foundation.ts'
import { type Checked, checkedConfig, createGeneration } from './generation.ts'
import { createGenerations, type Generations } from './generations.ts'
import { takeAddress } from './listening.ts'
import { exposeMetrics } from './metrics/exposing.ts'
import { type MetricsAddress, takeMetricsAddress } from './metrics/metrics-server.ts'
import { createReloading, type Reload } from './reload.ts'
import { type StateOptions, shownStore } from './state.ts'

export type { Reloaded } from './reload.ts'

export interface ServerOptions extends StateOptions {
  /** Level, format and which requests have lines follow the configuration, at a reload too. */
  output: Log
  /** Of the program, for its metrics. */
  version?: string
  clock?: Clock
}

export interface RunningServer {
  /** The address for people: the issuer. */
  url: string
  host: string
  port: number
  /** Where the store is, without its password. */
  store: string
  /** Names of the ways in, in their order. */
  waysIn: readonly string[]
  /** A link that creates the first administrator, while there is no user and local accounts are a way in. */
  setupUrl: string | undefined
  /**
   * Puts a new configuration in the place of the one that runs, one after another. Throws AppError for one that cannot run, and nothing has
   * changed then.
   */
  reload: Reload
  /** A new configuration was refused before it came here. */
  reloadRefused(): void
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
  const { baseDir, env, output, version = '', clock = systemClock } = options
  const checked = await checkedConfig(options.config, { env, baseDir, clock, log: output.logger })
  const { config } = checked
  const address = await takeAddress(config.listen)
  const generations = createGenerations(address)
  let metricsAddress: MetricsAddress | undefined
  const beside = () => generations.current.beside
  const opened = new AsyncDisposableStack()
  try {
    metricsAddress = await takeMetricsAddress(config.listen)
    // Until the end, so that a drain can be watched.
    opened.defer(() => metricsAddress?.stop())
    const foundation = await layFoundation({ config, baseDir, env, address, beside, clock, output, opened })
    const running = await open({ checked, foundation, generations, opened })
    metricsAddress?.serve(await exposeMetrics(foundation, generations, version))
    return running
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
  generations,
  opened,
}: {
  checked: Checked
  foundation: Foundation
  generations: Generations
  opened: AsyncDisposableStack
}): Promise<RunningServer> {
  const { address, issuer, sessions, setupLink, store, readiness, baseDir, env, clock, log } = foundation
  const { revocations } = sessions
  const generation = await createGeneration(checked, foundation)
  readiness.hasKeys()
  // The keys that it has made are in every copy of the store from now on.
  await store.engine.settle()
  opened.defer(() => generations.endWhatIsLeft())
  await revocations.follow()
  opened.defer(() => revocations.stop())
  await generation.teams.follow(generation.config.teams)

  generations.replace(generation)
  foundation.ways.follow(generation.connectors)
  // Before the answer, after which the connection tells nothing any more.
  address.server.prependListener('clientError', (error, socket) => {
    generations.current.requestLog.unreadable(error, socket)
  })
  opened.defer(startCleaning({ store, auditDays: () => generations.current.config.log.auditDays, clock, log }))
  const token = generation.hasLocal ? await setupLink.make() : undefined
  const listening = address.server.address() as AddressInfo
  const { reload, stop } = createReloading({ foundation, generations })

  return {
    url: issuer.url,
    host: listening.address,
    port: listening.port,
    store: shownStore({ config: generation.config, baseDir, env }),
    waysIn: generation.waysIn,
    setupUrl: token && `${issuer.url}/login/setup?${new URLSearchParams({ token })}`,
    reload,
    reloadRefused: () => foundation.metrics?.reloaded('refused'),
    stop: async () => {
      readiness.giveUp()
      await stop()
      const { endWhatIsLeft, current } = generations
      const times = drainTimes(current.config, readiness)
      const outcome = await drain({ times, address, readiness, endWhatIsLeft, log })
      await opened.disposeAsync()
      return outcome
    },
  }
}
