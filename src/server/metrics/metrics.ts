/** What is counted while a server runs, reloads included. Nothing here is asynchronous, and nothing is made for a request. */
import type { AppError } from '../../errors.ts'
import type { CacheCounts } from '../../gate/cache-counts.ts'
import { createCacheCounts } from '../../gate/cache-counts.ts'
import type { ProtocolFailure } from '../../provider/contract.ts'
import type { RequestPart, RequestRecord } from '../../request-record.ts'
import type { StoreCounter } from '../../store/measured.ts'
import { metricTable } from './metric-table.ts'
import { Histogram, Tally } from './tally.ts'

export interface Metrics {
  /** An answer is over. `status` is 499 for a client that left before. */
  answered(record: RequestRecord, status: number): void
  signIn(way: string, outcome: 'succeeded' | AppError['code']): void
  granted(client: string | undefined, grantType: string | undefined): void
  refused(failure: Pick<ProtocolFailure, 'event' | 'error'>): void
  reloaded(outcome: 'done' | 'refused'): void
  caches: CacheCounts
  store: StoreCounter
  readonly counted: Counted
}

/** The counts as they are now. */
export interface Counted {
  requests: Tally
  durations: ReadonlyMap<RequestPart, Histogram>
  /** By service: allow, sign-in, or the code of a refusal. */
  decisions: Tally
  signIns: Tally
  tokens: Tally
  refusals: Tally
  reloads: Tally
  /** Milliseconds since the epoch, by outcome. */
  reloadedAt: ReadonlyMap<string, number>
  storeOperations: Tally
  storeDurations: ReadonlyMap<string, Histogram>
}

const classes = ['', '1xx', '2xx', '3xx', '4xx', '5xx']
const parts = ['gate', 'provider', 'login', 'page', 'health'] as const

export function createMetrics({ now }: { now: () => number }): Metrics {
  const { buckets } = metricTable.gatehouse_request_duration_seconds
  const storeBuckets = metricTable.gatehouse_store_operation_duration_seconds.buckets
  const durations = new Map(parts.map((part) => [part, new Histogram(buckets)]))
  const storeDurations = new Map(['read', 'write'].map((operation) => [operation, new Histogram(storeBuckets)]))
  const reloadedAt = new Map<string, number>()
  const counted: Counted = {
    requests: new Tally(),
    durations,
    decisions: new Tally(),
    signIns: new Tally(),
    tokens: new Tally(),
    refusals: new Tally(),
    reloads: new Tally(),
    reloadedAt,
    storeOperations: new Tally(),
    storeDurations,
  }

  return {
    answered: (record, status) => {
      const { part } = record
      if (part === '') return
      counted.requests.add(part, classes[Math.floor(status / 100)] ?? '5xx')
      if (status >= 200) durations.get(part)?.observe((performance.now() - record.startedAt) / 1_000)
      if (part !== 'gate' || record.service === '') return
      const decision = decisionOf(record)
      if (decision !== undefined) counted.decisions.add(record.service, decision)
    },
    signIn: (way, outcome) => counted.signIns.add(way, outcome),
    granted: (client = '', grantType = '') => counted.tokens.add(client, grantType),
    refused: ({ event, error }) => counted.refusals.add(event, error),
    reloaded: (outcome) => {
      counted.reloads.add(outcome, '')
      reloadedAt.set(outcome, now())
    },
    caches: createCacheCounts(),
    store: (operation, outcome, milliseconds) => {
      counted.storeOperations.add(operation, outcome)
      storeDurations.get(operation)?.observe(milliseconds / 1_000)
    },
    counted,
  }
}

/** Reasons besides the rules. */
const refusedAnyway: ReadonlySet<string> = new Set(['header-refused', 'sign-in-required', 'cross-site-request'])

/** What passed is allowed, whatever became of it at the service; the gate's own paths under a service's host decide nothing. */
function decisionOf({ decision, refusal }: RequestRecord): string | undefined {
  if (decision === 'sign-in' || (decision === 'allow' && !refusedAnyway.has(refusal?.code ?? ''))) return decision
  return refusal?.code
}
