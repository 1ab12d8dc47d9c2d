import type { Clock } from '../clock.ts'
import type { ErrorCode } from '../errors.ts'

/** Whether the identity providers answered, as of the last sign-in there. */
export interface WayStates {
  note(way: string, outcome: 'succeeded' | ErrorCode): void
  /** By way in; those at which nobody has signed in are not there. `since` is an ISO time. */
  states(): Record<string, { state: 'ok' | 'unreachable'; since: string }>
}

/** Errors that say that a provider is not there; any other answer says that it is. */
const away: ReadonlySet<string> = new Set<ErrorCode>(['provider-unavailable', 'provider-unreachable'])
/** More than anybody configures. */
const mostWays = 200

/** Nobody is asked for it: a probe must not make requests to others. */
export function createWayStates(clock: Clock): WayStates {
  const known = new Map<string, { state: 'ok' | 'unreachable'; since: string }>()
  return {
    note: (way, outcome) => {
      const state = away.has(outcome) ? 'unreachable' : 'ok'
      if (known.get(way)?.state === state || (known.size >= mostWays && !known.has(way))) return
      known.set(way, { state, since: new Date(clock.now()).toISOString() })
    },
    states: () => Object.fromEntries(known),
  }
}
