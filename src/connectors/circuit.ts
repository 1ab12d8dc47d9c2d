/**
 * What keeps a provider that hangs or is broken from costing more than its own sign-ins: so many calls at once, and after some failures in a
 * row none but one now and then, until one succeeds. What is refused is refused at once.
 */
import type { Clock } from '../clock.ts'
import { AppError, type IncidentCode } from '../errors.ts'
import { isAway } from './away.ts'

export interface Circuit {
  /** Makes a call at an endpoint. Throws what it throws; for one that is not made `provider-busy`, or the last failure again. */
  call<Result>(endpoint: string, work: () => Promise<Result>): Promise<Result>
  /** The code of the last failure at an endpoint where nothing has succeeded for a while. */
  broken(): IncidentCode | undefined
}

/** Calls at once. Honest providers answer in fractions of a second: that is hundreds of sign-ins in each. */
const mostAtOnce = 64
/** Failures in a row. */
const failuresToBreak = 3
/** Milliseconds until the next attempt: twice as many after each failure, and a random part less, so that servers do not come together. */
const pauses = { first: 1_000, most: 30_000 }

interface EndpointState {
  failures: number
  error: AppError
  askAgainAt: number
  isTrying: boolean
}

export function createCircuit({ clock, random = Math.random }: { clock: Clock; random?: () => number }): Circuit {
  const failing = new Map<string, EndpointState>()
  let underWay = 0

  async function call<Result>(endpoint: string, work: () => Promise<Result>): Promise<Result> {
    const state = failing.get(endpoint)
    const isBroken = state !== undefined && state.failures >= failuresToBreak
    if (isBroken && (state.isTrying || clock.now() < state.askAgainAt)) throw again(state, clock.now())
    if (underWay >= mostAtOnce) throw new AppError('provider-busy', { endpoint, underWay })
    if (isBroken) state.isTrying = true
    underWay++
    try {
      const result = await work()
      failing.delete(endpoint)
      return result
    } catch (error) {
      if (isAway(error)) noteFailure(endpoint, error as AppError)
      // It answers, if only to refuse.
      else failing.delete(endpoint)
      throw error
    } finally {
      underWay--
      if (isBroken) state.isTrying = false
    }
  }

  function noteFailure(endpoint: string, error: AppError): void {
    const state = failing.get(endpoint) ?? { failures: 0, error, askAgainAt: 0, isTrying: false }
    state.failures++
    state.error = error
    const doubled = pauses.first * 2 ** Math.min(Math.max(0, state.failures - failuresToBreak), 10)
    state.askAgainAt = clock.now() + Math.min(doubled, pauses.most) * (1 - random() / 2)
    failing.set(endpoint, state)
  }

  return {
    call,
    broken: () => [...failing.values()].find(({ failures }) => failures >= failuresToBreak)?.error.code as IncidentCode,
  }
}

/** The same failure, with why nobody was asked this time. */
function again({ error, failures, askAgainAt }: EndpointState, now: number): AppError {
  const seconds = Math.max(1, Math.ceil((askAgainAt - now) / 1_000))
  const notAsked = `it failed ${failures} times in a row, and is asked again in ${seconds} s`
  return new AppError(error.code as IncidentCode, { ...error.details, notAsked }, { cause: error.cause })
}
