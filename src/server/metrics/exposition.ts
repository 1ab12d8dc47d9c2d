/** The counts in Prometheus' words. prom-client writes them, and counts what Node.js and the process do. */

import { collectDefaultMetrics, Registry } from 'prom-client'
import { type MetricName, type MetricRow, metricTable } from './metric-table.ts'
import type { Counted, Metrics } from './metrics.ts'
import type { Histogram, Tally } from './tally.ts'

/** What is not counted but looked up when somebody reads. */
export interface Gauges {
  version: string
  ready(): Promise<boolean>
  storeUp(): Promise<boolean>
  underWay(): number
  cacheEntries(): { sessions: number; tokens: number }
  passwords(): { running: number; waiting: number }
  ways(): Record<string, { state: 'ok' | 'unreachable' }>
}

export interface Exposition {
  contentType: string
  /** The text of now. */
  text(): Promise<string>
}

/** A line: `labels` in the order of the table. `suffix` is that of a part of a histogram. */
interface Value {
  labels: Readonly<Record<string, string | number>>
  value: number
  metricName?: string
}

/** One registry for each call, so that two servers of a process do not meet. */
export function createExposition(metrics: Metrics, gauges: Gauges): Exposition {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const read = readers(metrics, gauges)
  for (const [name, row] of Object.entries<MetricRow>(metricTable)) {
    const values = read[name as MetricName]
    const metric = {
      name,
      help: row.help,
      type: row.type,
      aggregator: 'sum',
      get: async () => ({ name, help: row.help, type: row.type, aggregator: 'sum', values: await values() }),
      reset: () => {},
    }
    // The registry calls nothing but these; its types know its own classes only, which count for themselves.
    registry.registerMetric(metric as never)
  }
  return { contentType: registry.contentType, text: () => registry.metrics() }
}

type Readers = Readonly<Record<MetricName, () => Value[] | Promise<Value[]>>>

function readers({ counted, caches }: Metrics, gauges: Gauges): Readers {
  return {
    gatehouse_build_info: () => [{ labels: { version: gauges.version }, value: 1 }],
    gatehouse_ready: async () => [number(await gauges.ready())],
    gatehouse_requests_total: () => pairs(counted.requests, 'part', 'status'),
    gatehouse_request_duration_seconds: () =>
      histograms('gatehouse_request_duration_seconds', 'part', counted.durations),
    gatehouse_requests_under_way: () => [number(gauges.underWay())],
    gatehouse_gate_decisions_total: () => decisions(counted),
    gatehouse_gate_cache_entries: () => {
      const { sessions, tokens } = gauges.cacheEntries()
      return [
        { labels: { cache: 'sessions' }, value: sessions },
        { labels: { cache: 'tokens' }, value: tokens },
      ]
    },
    gatehouse_gate_cache_lookups_total: () =>
      (['sessions', 'tokens'] as const).flatMap((cache) =>
        (['hit', 'miss'] as const).map((result) => ({ labels: { cache, result }, value: caches[cache][result] })),
      ),
    gatehouse_sign_ins_total: () => pairs(counted.signIns, 'way', 'outcome'),
    gatehouse_tokens_issued_total: () => pairs(counted.tokens, 'client', 'grant'),
    gatehouse_provider_errors_total: () => pairs(counted.refusals, 'event', 'error'),
    gatehouse_store_up: async () => [number(await gauges.storeUp())],
    gatehouse_store_operations_total: () => pairs(counted.storeOperations, 'operation', 'outcome'),
    gatehouse_store_operation_duration_seconds: () =>
      histograms('gatehouse_store_operation_duration_seconds', 'operation', counted.storeDurations),
    gatehouse_provider_up: () =>
      Object.entries(gauges.ways()).map(([way, { state }]) => ({ labels: { way }, value: Number(state === 'ok') })),
    gatehouse_passwords_running: () => [number(gauges.passwords().running)],
    gatehouse_passwords_waiting: () => [number(gauges.passwords().waiting)],
    gatehouse_reloads_total: () =>
      [...counted.reloads.entries()].map(([outcome, , value]) => ({ labels: { outcome }, value })),
    gatehouse_reload_last_timestamp_seconds: () =>
      [...counted.reloadedAt].map(([outcome, at]) => ({ labels: { outcome }, value: at / 1_000 })),
  }
}

function number(value: number | boolean): Value {
  return { labels: {}, value: Number(value) }
}

function pairs(tally: Tally, first: string, second: string): Value[] {
  return [...tally.entries()].map(([one, other, value]) => ({ labels: { [first]: one, [second]: other }, value }))
}

function decisions({ decisions: tally }: Counted): Value[] {
  return [...tally.entries()].map(([service, what, value]) => {
    const isDeny = what !== 'allow' && what !== 'sign-in'
    return { labels: { service, decision: isDeny ? 'deny' : what, reason: isDeny ? what : '' }, value }
  })
}

function histograms(name: string, label: string, all: ReadonlyMap<string, Histogram>): Value[] {
  return [...all].flatMap(([of, { bounds, buckets, sum }]) => {
    const values: Value[] = []
    let count = 0
    buckets.forEach((inBucket, index) => {
      count += inBucket
      values.push({ labels: { le: bounds[index] ?? '+Inf', [label]: of }, value: count, metricName: `${name}_bucket` })
    })
    values.push({ labels: { [label]: of }, value: sum, metricName: `${name}_sum` })
    values.push({ labels: { [label]: of }, value: count, metricName: `${name}_count` })
    return values
  })
}
