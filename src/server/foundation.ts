/** What outlives a reload: the address, the store and everything that is kept there, and what hangs on the issuer alone. */
import type { Clock } from '../clock.ts'
import type { ErrorCode } from '../errors.ts'
import type { Log, Logger } from '../log.ts'
import { type BrowserSessions, createBrowserSessions } from '../login/browser-sessions.ts'
import { createFailedSignIns, type FailedSignIns } from '../login/failed-sign-ins.ts'
import { createKnownDevices, type KnownDevices } from '../login/known-devices.ts'
import { createRefusedPasswords, type RefusedPasswords } from '../login/refused-passwords.ts'
import { createSetupLink, type SetupLink } from '../login/setup-link.ts'
import { createTraces, type Traces } from '../login/traces.ts'
import { createTransactions, type Transactions } from '../login/transaction.ts'
import { createSessions, type Sessions } from '../sessions/index.ts'
import type { Store } from '../store/index.ts'
import type { Sealer } from '../store/sealing.ts'
import { createTurns, type Turns } from '../turns.ts'
import { describeIssuer, type Issuer } from './issuer.ts'
import type { TakenAddress } from './listening.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import type { ServerConfig } from './prerequisites.ts'
import { createReadiness, type Readiness } from './readiness.ts'
import type { BesideGate } from './service-gate.ts'
import { openConfiguredStore, type StateOptions } from './state.ts'
import { createWayStates, type WayStates } from './way-states.ts'

export interface Foundation extends Omit<StateOptions, 'config'> {
  issuer: Issuer
  address: TakenAddress
  store: Store
  sealer: Sealer
  sessions: Sessions
  browser: BrowserSessions
  transactions: Transactions
  knownDevices: KnownDevices
  refusedPasswords: RefusedPasswords
  failedSignIns: FailedSignIns
  setupLink: SetupLink
  traces: Traces
  /** What answers now, for gates of before. */
  beside: () => BesideGate
  readiness: Readiness
  ways: WayStates
  turns: Turns
  clock: Clock
  output: Log
  /** Of the output. */
  log: Logger
  /** Absent where nobody reads them. */
  metrics: Metrics | undefined
}

/**
 * Opens the store and makes what stands on it. `opened` collects what must be closed; the last is closed first. Throws what
 * `openConfiguredStore` throws.
 */
export async function layFoundation({
  config,
  baseDir,
  env,
  address,
  clock,
  output,
  beside,
  opened,
}: StateOptions & {
  config: ServerConfig
  address: TakenAddress
  clock: Clock
  output: Log
  beside: () => BesideGate
  opened: AsyncDisposableStack
}): Promise<Foundation> {
  const issuer = describeIssuer(config.issuer)
  const log = output.logger
  const { secure } = issuer
  const turns = createTurns()
  const metrics = config.listen.metrics === undefined ? undefined : createMetrics(clock)
  const ways = createWayStates({ clock, log })
  // A look may take as long as a provider does.
  opened.defer(() => ways.stop())
  const opening = { config, baseDir, env, turns, alone: true, count: metrics?.store }
  const { store, sealer } = await openConfiguredStore(opening)
  opened.defer(() => store.close())
  // Whoever is still asking needs the store.
  opened.defer(() => address.stop())
  const { users, singleUse } = store
  const sessions = createSessions({ store, sealer, clock, log })
  const signIn = (way: string, outcome: 'succeeded' | ErrorCode) => {
    ways.note(way, outcome)
    metrics?.signIn(way, outcome)
  }
  return {
    baseDir,
    env,
    issuer,
    address,
    store,
    sealer,
    sessions,
    browser: createBrowserSessions({ logins: sessions.logins, secure, started: (way) => signIn(way, 'succeeded') }),
    transactions: createTransactions({ sealer, singleUse, clock, secure }),
    knownDevices: createKnownDevices({ sealer, clock, secure }),
    refusedPasswords: createRefusedPasswords({ sealer, clock, log }),
    failedSignIns: createFailedSignIns({ audit: store.audit, failed: signIn, clock, log }),
    setupLink: createSetupLink({ users, singleUse, clock }),
    traces: createTraces({ table: store.traces, clock, log }),
    beside,
    readiness: createReadiness({ reachStore: () => store.engine.reach(), ways, clock }),
    ways,
    turns,
    clock,
    output,
    log,
    metrics,
  }
}
