/** Every metric of our own: name, labels and meaning, which docs/reference/metrics.md lists. Those of Node.js and of the process are prom-client's. */
export interface MetricRow {
  type: 'counter' | 'gauge' | 'histogram'
  labels: readonly string[]
  help: string
  /** Upper bounds of a histogram, in seconds. */
  buckets?: readonly number[]
}

/** From an answer out of memory to a person at a slow provider. */
const ofRequests = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
/** From a look-up in a file to a database that does not answer. */
const ofStore = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export const metricTable = {
  gatehouse_build_info: { type: 'gauge', labels: ['version'], help: 'Always 1; the version is a label.' },
  gatehouse_ready: { type: 'gauge', labels: [], help: '1 while /readyz answers 200.' },
  gatehouse_requests_total: {
    type: 'counter',
    labels: ['part', 'status'],
    help: 'Requests that were answered, by the part that did (gate, provider, login, page, health) and the class of the status: 2xx to 5xx. 1xx is a websocket that has ended; 499 (4xx) a client that left before the answer.',
  },
  gatehouse_request_duration_seconds: {
    type: 'histogram',
    labels: ['part'],
    buckets: ofRequests,
    help: 'From the head of a request to the last byte of its answer, what a service behind the gate takes included; without websockets.',
  },
  gatehouse_requests_under_way: {
    type: 'gauge',
    labels: [],
    help: 'Requests and websockets that have begun and are not over.',
  },
  gatehouse_gate_decisions_total: {
    type: 'counter',
    labels: ['service', 'decision', 'reason'],
    help: 'What the gate decided about requests to a service. Decision: allow, sign-in (a person was sent to sign in), deny; the reason of a deny is its code, such as access-denied or sign-in-required.',
  },
  gatehouse_gate_cache_entries: {
    type: 'gauge',
    labels: ['cache'],
    help: 'Sessions and verified tokens that the gate has in memory.',
  },
  gatehouse_gate_cache_lookups_total: {
    type: 'counter',
    labels: ['cache', 'result'],
    help: 'Look-ups of the gate in its memory: hit, or miss (the store was asked, or a token verified).',
  },
  gatehouse_sign_ins_total: {
    type: 'counter',
    labels: ['way', 'outcome'],
    help: 'Sign-ins by way in (an authentication class, or local). Outcome: succeeded, or the code of the failure, such as invalid-credentials or too-many-attempts.',
  },
  gatehouse_tokens_issued_total: {
    type: 'counter',
    labels: ['client', 'grant'],
    help: 'Successful answers of /token, by product and grant type.',
  },
  gatehouse_provider_errors_total: {
    type: 'counter',
    labels: ['event', 'error'],
    help: 'Requests of products that the provider refused: the event as in the log (grant.error, authorization.error ...) and the error of the protocol.',
  },
  gatehouse_store_up: { type: 'gauge', labels: [], help: '1 when the store answered the last time it was asked.' },
  gatehouse_store_operations_total: {
    type: 'counter',
    labels: ['operation', 'outcome'],
    help: 'Reads and writes (units, each one transaction). Outcome: done, stale (somebody else was first), or failed.',
  },
  gatehouse_store_operation_duration_seconds: {
    type: 'histogram',
    labels: ['operation'],
    buckets: ofStore,
    help: 'How long reads took, and writes until they were on disk.',
  },
  gatehouse_provider_up: {
    type: 'gauge',
    labels: ['way'],
    help: '1 when the provider of a way in answered at the last sign-in or the last look, 0 when it is away; `/readyz` has the code.',
  },
  gatehouse_passwords_running: { type: 'gauge', labels: [], help: 'Passwords that are being checked or hashed.' },
  gatehouse_passwords_waiting: { type: 'gauge', labels: [], help: 'Passwords that wait for their turn; 256 at most.' },
  gatehouse_reloads_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'New configurations: done, or refused (the one of before stays).',
  },
  gatehouse_reload_last_timestamp_seconds: {
    type: 'gauge',
    labels: ['outcome'],
    help: 'When that happened last, in seconds since the epoch; absent until then.',
  },
} as const satisfies Record<string, MetricRow>

export type MetricName = keyof typeof metricTable
