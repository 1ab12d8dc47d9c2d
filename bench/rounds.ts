import { type Answer, HttpConnection } from './http-connection.ts'
import { cpuTime } from './processes.ts'
import type { Progress } from './progress.ts'

/** A target to measure: a server, and one action that a client repeats. */
export interface Target {
  pid: number
  port: number
  connections: number
  /** Creates the action that one connection repeats. Throws WrongAnswer. */
  visit(connection: HttpConnection, index: number): () => Promise<unknown>
}

/** An answer that must not be counted: the run fails. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer'

  constructor(what: string, expected: string, { status, head, body }: Answer) {
    super(`${what}: expected ${expected}, got ${status}\n${head}\n\n${body.slice(0, 1000)}`)
  }
}

export interface Measured {
  /** Per second. */
  rate: number
  /** CPU time of the server for each action, in microseconds. */
  cpu: number
  /** Fraction of a core: 1 is a whole one. */
  serverBusy: number
  loadBusy: number
  /** Milliseconds. */
  p50: number
  p99: number
}

export interface RoundOptions {
  rounds: number
  seconds: number
  warmUp: number
  signal: AbortSignal
  progress: Progress
}

/** Runs the targets in turn, round by round, after a warm-up of each: A B A B ... Each has one result per round. */
export async function interleave<Name extends string>(
  label: string,
  targets: Readonly<Record<Name, Target>>,
  { rounds, seconds, warmUp, signal, progress }: RoundOptions,
): Promise<Record<Name, Measured[]>> {
  const names = Object.keys(targets) as Name[]
  const results = Object.fromEntries(names.map((name) => [name, [] as Measured[]])) as Record<Name, Measured[]>
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      progress(round === 0 ? `${label}: warming up ${name}` : `${label}: round ${round} of ${rounds}, ${name}`)
      const measured = await measure(targets[name], round === 0 ? warmUp : seconds, signal)
      if (round > 0) results[name].push(measured)
    }
  }
  return results
}

/** One round of one target. */
export async function measure(target: Target, seconds: number, signal: AbortSignal): Promise<Measured> {
  const connections = await Promise.all(
    Array.from({ length: target.connections }, () => HttpConnection.open(target.port)),
  )
  const latencies: number[] = []
  const visits = connections.map((connection, index) => target.visit(connection, index))
  const cpuBefore = cpuTime(target.pid)
  const ownBefore = process.cpuUsage()
  const start = performance.now()
  const deadline = start + seconds * 1000
  try {
    await Promise.all(
      visits.map(async (visit) => {
        for (let at = performance.now(); at < deadline && !signal.aborted; ) {
          await visit()
          const now = performance.now()
          latencies.push(now - at)
          at = now
        }
      }),
    )
  } finally {
    for (const connection of connections) connection.close()
  }
  signal.throwIfAborted()
  const elapsed = performance.now() - start
  const own = process.cpuUsage(ownBefore)
  const cpu = cpuTime(target.pid) - cpuBefore
  latencies.sort((a, b) => a - b)
  return {
    rate: latencies.length / (elapsed / 1000),
    cpu: cpu / latencies.length,
    serverBusy: cpu / 1000 / elapsed,
    loadBusy: (own.user + own.system) / 1000 / elapsed,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  }
}

/** Repeats the same request, whose answer must have this status. */
export function repeated(request: string, status: number, what: string): Target['visit'] {
  const bytes = Buffer.from(request, 'latin1')
  return (connection) => async () => {
    const answer = await connection.exchange(bytes)
    if (answer.status !== status) throw new WrongAnswer(what, String(status), answer)
  }
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
