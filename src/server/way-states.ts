import type { Clock } from '../clock.ts'
import type { Presence } from '../connectors/contract.ts'
import { type AppError, causeChain, type ErrorCode } from '../errors.ts'
import type { Logger } from '../log.ts'
import { type WatchedWay, type WatchOptions, watchWay } from './watched-way.ts'

/** Whether the identity providers answer, as of the last sign-in there or the last look at them. */
export interface WayStates {
  note(way: string, outcome: 'succeeded' | ErrorCode): void
  /** From now on these are the ways in. Each is looked at, in the background. */
  follow(connectors: readonly (Presence & { name: string })[]): void
  /** Why a way in is not expected to work at the moment. Whoever asks shows it: it is looked at again when that was long ago. */
  unavailable(way: string): ErrorCode | undefined
  /** By way in; those of which nothing is known are not there. */
  states(): Record<string, WayState>
  /** Ends every look. */
  stop(): void
}

export interface WayState {
  state: 'ok' | 'unreachable'
  /** An ISO time. */
  since: string
  /** Why it is unreachable, where that is known. */
  code?: ErrorCode
}

/** Errors that say that a provider is not there; any other answer says that it is. */
const away: ReadonlySet<string> = new Set<ErrorCode>([
  'certificate-expired',
  'certificate-hostname-mismatch',
  'certificate-untrusted',
  'provider-busy',
  'provider-unavailable',
  'provider-unreachable',
  'proxy-refused',
  'proxy-unreachable',
])
/** More than anybody configures. */
const mostWays = 200

export function createWayStates({
  clock,
  log,
  ...watching
}: { clock: Clock; log?: Logger } & Pick<WatchOptions, 'random' | 'after'>): WayStates {
  const known = new Map<string, WayState>()
  const stopping = new AbortController()
  let watched = new Map<string, WatchedWay>()

  function set(way: string, code: ErrorCode | undefined): 'changed' | 'same' {
    const before = known.get(way)
    if (before?.code === code && before?.state === (code === undefined ? 'ok' : 'unreachable')) return 'same'
    if (before === undefined && known.size >= mostWays) return 'same'
    const state = code === undefined ? 'ok' : 'unreachable'
    const since = before?.state === state ? before.since : new Date(clock.now()).toISOString()
    known.set(way, { state, since, ...(code === undefined ? {} : { code }) })
    return 'changed'
  }

  function looked(way: string, error: AppError | undefined): void {
    const isNew = !known.has(way)
    if (set(way, error?.code) === 'same' || (isNew && !error)) return
    if (error) log?.warn({ event: 'provider.away', way, ...whyOf(error) }, 'a provider does not answer as it should')
    else log?.info({ event: 'provider.back', way }, 'a provider answers again')
  }

  return {
    note: (way, outcome) => {
      const isAway = away.has(outcome)
      set(way, isAway ? (outcome as ErrorCode) : undefined)
      if (isAway) watched.get(way)?.told('away')
      else if (outcome === 'succeeded') watched.get(way)?.told('succeeded')
    },
    follow: (connectors) => {
      for (const watch of watched.values()) watch.stop()
      for (const way of watched.keys()) if (!connectors.some(({ name }) => name === way)) known.delete(way)
      watched = new Map(
        connectors
          .filter(({ look, broken }) => look !== undefined || broken !== undefined)
          .map((connector) => {
            const { name } = connector
            const told = (error: AppError | undefined) => looked(name, error)
            return [name, watchWay({ connector, clock, stopped: stopping.signal, looked: told, ...watching })]
          }),
      )
    },
    unavailable: (way) => {
      const watch = watched.get(way)
      watch?.shown()
      return watch?.code()
    },
    states: () => Object.fromEntries(known),
    stop: () => {
      stopping.abort()
      for (const watch of watched.values()) watch.stop()
    },
  }
}

function whyOf({ code, details, cause }: AppError): Record<string, unknown> {
  const chain = causeChain(cause)
  return { code, details, ...(chain === '' ? {} : { cause: chain }) }
}
