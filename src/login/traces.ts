import type { Clock } from '../clock.ts'
import { type AppError, causeChain } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Trace, TraceStep, TraceTable } from '../store/traces.ts'

const maxOpen = 10_000
const maxStoredPerSecond = 50

/** The steps of one login, collected while it runs and stored when it ends, in success or failure. */
export function createTraces({ table, clock, log }: { table: Pick<TraceTable, 'save'>; clock: Clock; log: Logger }) {
  const open = new Map<string, { trace: Trace; requestIds: Set<string> }>()

  const entry = (id: string) => {
    const known = open.get(id)
    if (known) return known
    // Unfinished logins must not accumulate forever.
    if (open.size >= maxOpen) open.delete(open.keys().next().value ?? '')
    const made = { trace: { id, startedAt: clock.now(), steps: [] as TraceStep[] }, requestIds: new Set<string>() }
    open.set(id, made)
    return made
  }

  /** Adds a step, from the request with that id. */
  const step = (traceId: string, requestId: string, made: Omit<TraceStep, 'at'>): void => {
    const { trace, requestIds } = entry(traceId)
    trace.steps.push({ at: clock.now(), ...made })
    requestIds.add(requestId)
    log.info({ traceId, requestId, ...made }, made.event)
  }

  /** Stores the trace. A failure to store is logged: it must not fail the login. */
  const end = async (traceId: string): Promise<void> => {
    const found = open.get(traceId)
    open.delete(traceId)
    if (!found || !withinBudget()) return
    try {
      await table.save(found.trace, [...found.requestIds], clock.now())
    } catch (error) {
      log.error({ err: error, traceId }, 'the trace could not be stored')
    }
  }

  // Anybody can provoke error pages: the log has them all, the store only a limited number.
  let second = 0
  let storedThisSecond = 0
  const withinBudget = (): boolean => {
    const now = Math.floor(clock.now() / 1000)
    if (now !== second) storedThisSecond = 0
    second = now
    return ++storedThisSecond <= maxStoredPerSecond
  }

  return {
    step,
    end,

    /** The whole trace of a request that failed by itself, outside a sign-in. */
    failed: (error: AppError, requestId: string): void => {
      step(requestId, requestId, failure(error))
      void end(requestId)
    },
  }
}
export type Traces = ReturnType<typeof createTraces>

/** What an operator needs to know about an error: details as text, and the chain of causes. */
export function evidenceOf(error: AppError): Record<string, string> {
  const details = Object.entries(error.details).map(([name, value]) => [name, String(value).slice(0, 300)])
  const evidence = Object.fromEntries(details) as Record<string, string>
  return error.cause === undefined ? evidence : { ...evidence, cause: causeChain(error.cause).slice(0, 600) }
}

/** Codes that blame the other side, for the hop in the trace. */
const providersFault =
  /^(provider-|certificate-|issuer-mismatch$|client-credentials-rejected$|id-token-invalid$|principal-claim-missing$)/

/** The step of a trace in which something went wrong. */
export function failure(error: AppError) {
  const evidence = evidenceOf(error)
  const hop = providersFault.test(error.code) ? ('provider' as const) : ('gatehouse' as const)
  return { hop, event: error.message, code: error.code, status: error.status, evidence }
}
