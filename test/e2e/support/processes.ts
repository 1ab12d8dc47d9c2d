import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { progress, tail } from './cache.ts'
import { tempFolder } from './temp.ts'

export interface StartOptions {
  /** What the progress lines and the errors call it; the command unless told. */
  name?: string
  command: string
  args?: readonly string[]
  cwd?: string
  /** Added to this process's environment. */
  env?: Record<string, string>
  /** Called repeatedly until it answers true; an error counts as "not yet". */
  ready: (log: () => string) => Promise<boolean> | boolean
  /** Milliseconds until ready; three minutes unless told. */
  within?: number
}

export interface RunningProcess {
  pid: number
  logFile: string
  /** All that it printed so far. */
  log(): string
  /** SIGTERM to the whole process group, SIGKILL if that does not help. May be called twice. */
  stop(): Promise<void>
}

const groups = new Set<number>()

/** Starts a server as a separate process group and answers when it is ready. The group ends with this process. */
export async function startProcess(options: StartOptions): Promise<RunningProcess> {
  const { name = options.command, within = 180_000 } = options
  return progress(`start ${name}`, async () => {
    const started = spawnGroup(options)
    const deadline = Date.now() + within
    let lastError: unknown
    for (;;) {
      const ended = started.ended()
      if (ended) {
        await started.stop()
        throw new Error(`${name} ${ended} before it was ready. Its log:\n${tail(started.log())}`)
      }
      try {
        if (await options.ready(started.log)) return started
      } catch (error) {
        lastError = error
      }
      if (Date.now() > deadline) {
        await started.stop()
        const why = `${name} was not ready within ${within / 1000} s. Its log:\n${tail(started.log())}`
        throw new Error(why, { cause: lastError })
      }
      await sleep(100)
    }
  })
}

function spawnGroup(options: StartOptions): RunningProcess & { ended(): string | undefined } {
  const { name = options.command, command, args = [], cwd = process.cwd(), env = {} } = options
  const logFile = join(tempFolder('log'), 'log.txt')
  const logDescriptor = openSync(logFile, 'w')
  // Not for children: it makes a Node child believe that it is a test file.
  const { NODE_TEST_CONTEXT: _, ...inherited } = process.env
  const child = spawn(command, args, {
    cwd,
    env: { ...inherited, ...env },
    // A separate group, so that a start script's real server (kc.sh's java) ends with it.
    detached: true,
    stdio: ['ignore', logDescriptor, logDescriptor],
  })
  closeSync(logDescriptor)
  let ended: string | undefined
  child.once('error', (error) => {
    ended = `cannot be started (${error.message})`
  })
  child.once('exit', (code, signal) => {
    ended = `ended (${signal ?? `exit code ${code}`})`
  })
  // A failed test that never calls stop() must not keep its file running: the exit handler ends the group.
  child.unref()
  const pid = child.pid
  if (pid === undefined) throw new Error(`${name}: cannot run \`${command}\``)
  endWithThisProcess(pid)
  return {
    pid,
    logFile,
    log: () => readFileSync(logFile, 'utf8'),
    ended: () => ended,
    stop: () => stopGroup(pid),
  }
}

async function stopGroup(pid: number): Promise<void> {
  if (!groups.has(pid)) return
  if (!(await signalAndWait(pid, 'SIGTERM', 15_000))) await signalAndWait(pid, 'SIGKILL', 5_000)
  groups.delete(pid)
}

/** Says whether the whole group is gone. */
async function signalAndWait(pid: number, signal: NodeJS.Signals, within: number): Promise<boolean> {
  const deadline = Date.now() + within
  if (!signalGroup(pid, signal)) return true
  while (Date.now() < deadline) {
    if (!signalGroup(pid, 0)) return true
    await sleep(50)
  }
  return false
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    return false
  }
}

let watching = false

function endWithThisProcess(pid: number): void {
  groups.add(pid)
  if (watching) return
  watching = true
  // First of all exit handlers: no server may write into a temp folder that is being removed.
  process.prependOnceListener('exit', () => {
    for (const group of groups) signalGroup(group, 'SIGKILL')
  })
  // Without a listener these end the process at once and 'exit' never comes.
  for (const [signal, number] of [
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.once(signal, () => process.exit(128 + number))
  }
}

/** Waits until a URL answers with the wanted status (200 unless told). For plain http. */
export async function waitFor(url: string, { status = 200, within = 60_000 } = {}): Promise<void> {
  const deadline = Date.now() + within
  let last = 'no answer'
  while (Date.now() < deadline) {
    last = await statusOf(url).catch((error: unknown) => String(error))
    if (last === String(status)) return
    await sleep(100)
  }
  throw new Error(`${url} did not answer ${status} within ${within / 1000} s (last: ${last})`)
}

/** For `ready` functions: does this URL answer with this status now? */
export async function answers(url: string, status = 200): Promise<boolean> {
  return (await statusOf(url)) === String(status)
}

async function statusOf(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(10_000) })
  await response.body?.cancel()
  return String(response.status)
}
