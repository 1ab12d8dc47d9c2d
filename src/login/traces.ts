import type { Clock } from '../clock.ts'
import { type AppError, causeChain } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/index.ts'
import type { Trace, TraceStep } from '../store/traces.ts'

const maxOpen = 10_000

/** The steps of one login, gathered while it goes on and stored when it ends, well or badly. */
export function createTraces({ store, clock, log }: { store: Store; clock: Clock; log: Logger }) {
  const open = new Map<string, { trace: Trace; requestIds: Set<string> }>()

  const entry = (id: string) => {
    const known = open.get(id)
    if (known) return known
    // Logins that nobody finishes must not gather for ever.
    if (open.size >= maxOpen) open.delete(open.keys().next().value ?? '')
    const made = { trace: { id, startedAt: clock.now(), steps: [] as TraceStep[] }, requestIds: new Set<string>() }
    open.set(id, made)
    return made
  }

  return {
    /** Adds a step, seen in the request of that id. */
    step: (traceId: string, requestId: string, step: Omit<TraceStep, 'at'>): void => {
      const { trace, requestIds } = entry(traceId)
      trace.steps.push({ at: clock.now(), ...step })
      requestIds.add(requestId)
      log.info({ traceId, requestId, ...step }, step.event)
    },

    /** Stores the trace. A failure to store is logged: it must not fail the login. */
    end: async (traceId: string): Promise<void> => {
      const found = open.get(traceId)
      open.delete(traceId)
      if (!found) return
      try {
        await store.traces.save(found.trace, [...found.requestIds], clock.now())
      } catch (error) {
        log.error({ err: error, traceId }, 'the trace could not be stored')
      }
    },
  }
}
export type Traces = ReturnType<typeof createTraces>

/** What an operator needs of an error: details as text, and the chain of causes. */
export function evidenceOf(error: AppError): Record<string, string> {
  const details = Object.entries(error.details).map(([name, value]) => [name, String(value).slice(0, 300)])
  const evidence = Object.fromEntries(details) as Record<string, string>
  return error.cause === undefined ? evidence : { ...evidence, cause: causeChain(error.cause).slice(0, 600) }
}

/** Codes that say that the other side is wrong, for the hop in the trace. */
const providersFault =
  /^(provider-|certificate-|issuer-mismatch$|client-credentials-rejected$|id-token-invalid$|principal-claim-missing$)/

/** The step of a trace in which something went wrong. */
export function failure(error: AppError) {
  const evidence = evidenceOf(error)
  const hop = providersFault.test(error.code) ? ('provider' as const) : ('gatehouse' as const)
  return { hop, event: error.message, code: error.code, status: error.status, evidence }
}
