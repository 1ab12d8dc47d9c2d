import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { installGatehouse } from '../gatehouse.ts'
import { type Answer, HttpConnection } from '../http-connection.ts'
import {
  builtMain,
  checkoutMain,
  endChild,
  freePort,
  proportionalSetSize,
  root,
  spawnOnServerCore,
  temporaryFolder,
} from '../processes.ts'
import { type Row, type Spread, spread, type Unit, withGoal } from '../report.ts'
import { WrongAnswer } from '../rounds.ts'
import type { MeasureOptions } from './contract.ts'

const runs = 7
const memoryRuns = 3
const idleSeconds = 5
const startLimit = 20_000
const pollEvery = 3

interface Program {
  args: readonly string[]
  port: number
  host: string
  paths: readonly string[]
}

/** From spawn to the first 200, with an existing store; and the memory of the idle built server. */
export async function start({ signal, progress }: MeasureOptions): Promise<Row[]> {
  const { configFile, port } = await installGatehouse()
  const barePort = await freePort()
  const ours = { port, host: `127.0.0.1:${port}`, paths: ['/readyz', '/login'] }
  const programs = {
    built: { ...ours, args: [builtMain, 'serve', '-c', configFile, '--json'] },
    checkout: { ...ours, args: [checkoutMain, 'serve', '-c', configFile, '--json'] },
    bare: {
      args: [`${root}/bench/peers/bare-oidc-provider.ts`, String(barePort), '[]'],
      port: barePort,
      host: `127.0.0.1:${barePort}`,
      paths: ['/.well-known/openid-configuration'],
    },
  } satisfies Record<string, Program>

  const times = { built: [] as number[][], checkout: [] as number[][], bare: [] as number[][] }
  // The first run of each fills the compile cache and creates the signing keys: it is the warm-up.
  for (let run = 0; run <= runs; run++) {
    for (const name of ['built', 'checkout', 'bare'] as const) {
      progress(run === 0 ? `start: warming up ${name}` : `start: run ${run} of ${runs}, ${name}`)
      const seconds = await timeToAnswers(programs[name], signal)
      if (run > 0) times[name].push(seconds)
    }
  }
  const memory: number[] = []
  // This process runs the same binary: without a copy, shared pages would be counted only half.
  const runtime = join(temporaryFolder(), 'node')
  copyFileSync(process.execPath, runtime)
  for (let run = 0; run < memoryRuns; run++) {
    progress(`start: idle memory, run ${run + 1} of ${memoryRuns}`)
    memory.push(await idleMemory(programs.built, signal, runtime))
  }

  const column = (name: keyof typeof times, path: number) =>
    spread(times[name].map((seconds) => seconds[path] ?? Number.NaN))
  const bare = column('bare', 0)
  return [
    rowOf('built: first 200 of /readyz', 's', column('built', 0), { goal: 0.6, limit: bare }),
    rowOf('built: first 200 of /login', 's', column('built', 1), { goal: 0.6, limit: bare }),
    rowOf('checkout: first 200 of /readyz', 's', column('checkout', 0), { goal: 1.2, limit: bare }),
    rowOf('checkout: first 200 of /login', 's', column('checkout', 1), { goal: 1.2, limit: bare }),
    rowOf(`built: idle PSS after ${idleSeconds} s`, 'MiB', spread(memory), { goal: 100 }),
  ]
}

function rowOf(row: string, unit: Unit, ours: Spread, { goal, limit }: { goal: number; limit?: Spread }): Row {
  return withGoal({
    row,
    unit,
    ours,
    goal: { kind: 'at most', of: 'ours', value: goal },
    ...(limit && {
      limit,
      limitName: 'oidc-provider, wrapped, from node_modules: first 200 of its discovery',
      ratio: { median: ours.median / limit.median, min: ours.min / limit.max, max: ours.max / limit.min },
    }),
  })
}

/** Seconds from the start to the first 200 of each path, in turn. */
async function timeToAnswers(program: Program, signal: AbortSignal): Promise<number[]> {
  return whileRunning(program, signal, async (begun) => {
    const seconds: number[] = []
    for (const path of program.paths) {
      await firstAnswer(program, path, signal)
      seconds.push((performance.now() - begun) / 1000)
    }
    return seconds
  })
}

async function idleMemory(program: Program, signal: AbortSignal, runtime: string): Promise<number> {
  const work = async (_begun: number, pid: number) => {
    await firstAnswer(program, '/readyz', signal)
    await delay(idleSeconds * 1000, undefined, { signal })
    return proportionalSetSize(pid)
  }
  return whileRunning(program, signal, work, runtime)
}

async function whileRunning<Result>(
  { args }: Program,
  signal: AbortSignal,
  work: (begun: number, pid: number) => Promise<Result>,
  runtime?: string,
): Promise<Result> {
  signal.throwIfAborted()
  const begun = performance.now()
  const child = spawnOnServerCore(args, 'ignore', runtime)
  child.stdout?.resume()
  try {
    return await work(begun, child.pid ?? 0)
  } finally {
    await endChild(child)
  }
}

async function firstAnswer({ port, host }: Program, path: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + startLimit
  while (performance.now() < deadline) {
    const answer = await ask(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html\r\n\r\n`)
    if (answer?.status === 200) return
    if (answer) throw new WrongAnswer(`GET ${path}`, '200', answer)
    await delay(pollEvery, undefined, { signal })
  }
  throw new Error(`nothing answered ${path} on port ${port} within ${startLimit / 1000} s`)
}

/** Undefined while nobody listens. */
async function ask(port: number, request: string): Promise<Answer | undefined> {
  const connection = await HttpConnection.open(port).catch(() => undefined)
  if (!connection) return undefined
  try {
    return await connection.exchange(request)
  } finally {
    connection.close()
  }
}
