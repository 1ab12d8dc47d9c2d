import { createBudget } from '../budget.ts'
import type { Clock } from '../clock.ts'
import { type AppError, causeChain } from '../errors.ts'
import type { Logger } from '../log.ts'
import type { Trace, TraceStep, TraceTable } from '../store/traces.ts'

/** In place of a sender: the person has signed in. */
export const succeeded = Symbol('signed in')

const maxOpen = 10_000
const maxOpenPerSender = 200
const maxSteps = 100
const minute = 60_000

/** The steps of one login, collected while it runs and stored when it ends, in success or failure. */
export function createTraces({ table, clock, log }: { table: Pick<TraceTable, 'save'>; clock: Clock; log: Logger }) {
  const open = new Map<string, { trace: Trace; requestIds: Set<string> }>()
  // Anybody can provoke error pages. Every sender has a share of its own, and of each error, so that a flood of one error from one
  // network crowds out nobody else's; the last two bound what everybody together can store.
  const budgets = {
    oneError: createBudget({ each: 20, all: 2_000, window: minute, clock }),
    sender: createBudget({ each: 60, all: 2_000, window: minute, clock }),
    day: createBudget({ each: 50_000, all: 50_000, window: 1_440 * minute, clock }),
  }
  const lines = createBudget({ each: 500, all: 500, window: 1_000, clock })
  let leftOut = 0

  const entry = (id: string) => {
    const known = open.get(id)
    if (known) return known
    // Unfinished logins must not accumulate forever.
    if (open.size >= maxOpen) open.delete(open.keys().next().value ?? '')
    const made = { trace: { id, startedAt: clock.now(), steps: [] as TraceStep[] }, requestIds: new Set<string>() }
    open.set(id, made)
    return made
  }

  // Logins that nobody finishes would otherwise push out those of others.
  const bySender = new Map<string, string[]>()

  /** A login begins, whose next steps come with later requests. */
  const begin = (traceId: string, sender: string): void => {
    const ids = bySender.get(sender) ?? []
    if (ids.push(traceId) > maxOpenPerSender) open.delete(ids.shift() ?? '')
    if (bySender.size >= maxOpen && !bySender.has(sender)) bySender.delete(bySender.keys().next().value ?? '')
    bySender.set(sender, ids)
  }

  const add = (traceId: string, requestId: string, made: Omit<TraceStep, 'at'>): void => {
    const { trace, requestIds } = entry(traceId)
    requestIds.add(requestId)
    if (trace.steps.length < maxSteps) trace.steps.push({ at: clock.now(), ...made })
  }

  /** Adds a step, from the request with that id, and writes it to the log: `told` is what the log says besides. */
  const step = (traceId: string, requestId: string, made: Omit<TraceStep, 'at'>, told: Told = {}): void => {
    add(traceId, requestId, made)
    writeLine({ traceId, requestId, ...made }, told)
  }

  /** The log has every step, but for those of a flood. */
  const writeLine = (
    { event: message, evidence, ...made }: Omit<TraceStep, 'at'> & { traceId: string; requestId: string },
    { event = 'sign-in.step', error, ...told }: Told,
  ): void => {
    if (!lines.take('')) {
      leftOut++
      return
    }
    if (leftOut > 0) log.warn({ leftOut }, 'there were so many steps of sign-ins that lines were left out')
    leftOut = 0
    // Where it happened matters for what nobody expected, and to find out how a library came to it.
    const place = made.code === 'internal-error' || log.isLevelEnabled('debug') ? { err: error } : {}
    const line = { event, ...evidence, ...made, ...told }
    if ((made.status ?? 0) >= 500) log.error({ ...line, ...place }, message)
    else log.info(line, message)
  }

  /**
   * Stores the trace: of a sign-in that succeeded always, else within the share of `sender`, a network or a known browser. A failure
   * to store is logged: it must not fail the login.
   */
  const end = async (traceId: string, sender: string | typeof succeeded): Promise<void> => {
    const found = open.get(traceId)
    open.delete(traceId)
    if (!found || (sender !== succeeded && !withinBudget(found.trace, sender))) return
    try {
      await table.save(found.trace, [...found.requestIds], clock.now())
    } catch (error) {
      log.error({ err: error, traceId }, 'the trace could not be stored')
    }
  }

  const withinBudget = ({ steps }: Trace, sender: string): boolean => {
    const code = steps.at(-1)?.code ?? ''
    return budgets.oneError.take(`${sender} ${code}`) && budgets.sender.take(sender) && budgets.day.take('')
  }

  return {
    begin,
    step,
    /** The same without a line, where the log tells of it otherwise. */
    add,
    end,

    /** The whole trace of a request that failed by itself, outside a sign-in; `evidence` besides that of the error. The log says it elsewhere. */
    failed: (
      error: AppError,
      requestId: string,
      sender: string,
      { traceId = requestId, evidence = {} }: { traceId?: string; evidence?: Readonly<Record<string, string>> } = {},
    ): void => {
      const made = failure(error)
      add(traceId, requestId, { ...made, evidence: { ...made.evidence, ...evidence } })
      void end(traceId, sender)
    },

    /** The same for an answer of a protocol, which has words of its own for what is wrong. */
    answered: (
      made: Omit<TraceStep, 'at'>,
      requestId: string,
      sender: string,
      { traceId = requestId }: { traceId?: string } = {},
    ): void => {
      add(traceId, requestId, made)
      void end(traceId, sender)
    },
  }
}
export type Traces = ReturnType<typeof createTraces>

/** What the log says of a step besides the step itself. */
export interface Told {
  /** The stable word by which programs know such lines, such as `sign-in.failed`. */
  event?: string
  /** The address of the client. */
  address?: string
  /** The name of the connector. */
  way?: string | undefined
  error?: unknown
}

/** What an operator needs to know about an error: details as text, and the chain of causes. */
export function evidenceOf(error: AppError): Record<string, string> {
  const details = Object.entries(error.details).map(([name, value]) => [name, String(value).slice(0, 300)])
  const evidence = Object.fromEntries(details) as Record<string, string>
  return error.cause === undefined ? evidence : { ...evidence, cause: causeChain(error.cause).slice(0, 600) }
}

/** Codes that blame the other side, for the hop in the trace. */
const providersFault =
  /^(?:provider-.*|certificate-.*|issuer-mismatch|client-credentials-rejected|groups-unavailable|id-token-invalid|principal-claim-missing|scope-not-supported|sign-in-cancelled|sign-in-incomplete|tenant-not-named)$/

/** The step of a trace in which something went wrong. */
export function failure(error: AppError) {
  const evidence = evidenceOf(error)
  const hop = providersFault.test(error.code) ? ('provider' as const) : ('gatehouse' as const)
  return { hop, event: error.message, code: error.code, status: error.status, evidence }
}
