import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

export const root = resolve(import.meta.dirname, '..')
export const builtMain = join(root, 'dist/main.js')
export const checkoutMain = join(root, 'src/cli/main.ts')

const serverCore = '0'
const loadCore = '1'
const startLimit = 20_000
const stopLimit = 5_000
/** Linux reports CPU time to programs in hundredths of a second, whatever its own clock (USER_HZ). */
const microsecondsPerTick = 10_000

export interface Child {
  pid: number
  /** The first line that it printed. */
  ready: Record<string, unknown>
  /** File with what it wrote to standard error. */
  log: string
  stop(): Promise<void>
}

const running = new Set<Child>()
const folders: string[] = []

/** Why nothing is pinned to a core, or undefined. */
export function whyUnpinned(): string | undefined {
  if (availableParallelism() < 2) return 'this machine has one core only'
  if (spawnSync('taskset', ['--version']).error) return 'there is no `taskset` (util-linux)'
  return undefined
}

const pinned = whyUnpinned() === undefined

/** The load generator is this process. Children are told their core when they start. */
export function pinLoadGenerator(): void {
  if (pinned) execFileSync('taskset', ['-a', '-c', '-p', loadCore, String(process.pid)], { stdio: 'ignore' })
}

/** Pins a server that is not a Node program, and processes it starts from now on, to the core of servers. */
export function pinToServerCore(pid: number): void {
  if (pinned) execFileSync('taskset', ['-a', '-c', '-p', serverCore, String(pid)], { stdio: 'ignore' })
}

/** A folder in the temporary folder that is deleted when the run ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  folders.push(folder)
  return folder
}

/** `runtime`: another copy of the Node binary, whose pages no other process on this machine shares. */
export function spawnOnServerCore(
  args: readonly string[],
  log: number | 'ignore',
  runtime = process.execPath,
): ChildProcess {
  const [command, ...rest] = pinned ? ['taskset', '-c', serverCore, runtime, ...args] : [runtime, ...args]
  // taskset becomes node (exec), so the pid is that of node.
  return spawn(command ?? '', rest, { cwd: root, stdio: ['ignore', 'pipe', log] })
}

/** Starts a Node program on the core of servers and waits for the line of JSON that says that it is ready. */
export async function startOnServerCore(args: readonly string[]): Promise<Child> {
  const log = join(temporaryFolder(), 'stderr')
  const descriptor = openSync(log, 'a')
  const child = spawnOnServerCore(args, descriptor)
  closeSync(descriptor)
  if (!child.stdout || child.pid === undefined) throw new Error(`${args[0]} could not be started`)
  const started: Child = { pid: child.pid, ready: {}, log, stop: () => stop(started, child) }
  running.add(started)

  const lines = createInterface({ input: child.stdout })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${args.join(' ')} ended with ${code}: ${readFileSync(log, 'utf8').slice(-2000)}`)
  })
  ended.catch(() => {})
  const [line] = await Promise.race([once(lines, 'line', { signal: AbortSignal.timeout(startLimit) }), ended])
  started.ready = JSON.parse(String(line)) as Record<string, unknown>
  return started
}

async function stop(started: Child, child: ChildProcess): Promise<void> {
  running.delete(started)
  await endChild(child)
}

export async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), stopLimit)
  await exited
  clearTimeout(impatience)
}

/** The last log lines of the servers that still run: why an answer was wrong. */
export function lastWords(): string {
  return [...running].map(({ log }) => readFileSync(log, 'utf8').slice(-3000)).join('')
}

/** Stops what was started here and deletes what it wrote. */
export async function cleanUp(): Promise<void> {
  await Promise.all([...running].map((child) => child.stop()))
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}

/** CPU time of a process and its threads so far, in microseconds. */
export function cpuTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name in parentheses may contain blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick
}

/** Memory of a process, with its proportion of shared memory, in MiB. */
export function proportionalSetSize(pid: number): number {
  const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
  return Number(match?.[1] ?? Number.NaN) / 1024
}

/** A free port on loopback. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address ? address.port : 0
}

/** Builds dist/ if it is missing or older than a source. Answers with the reason. */
export function buildIfStale(): string | undefined {
  const reason = existsSync(builtMain) ? staleBecause() : 'dist/main.js is missing'
  if (reason === undefined) return undefined
  process.stderr.write(`bench: ${reason}: building\n`)
  // The build empties dist/ before it compiles: if a source does not compile, there would be no dist/ at all.
  const dist = join(root, 'dist')
  const kept = join(temporaryFolder(), 'dist')
  if (existsSync(dist)) cpSync(dist, kept, { recursive: true, preserveTimestamps: true })
  try {
    execFileSync(process.execPath, [join(root, 'scripts/build.ts')], { cwd: root, stdio: ['ignore', 2, 2] })
  } catch (error) {
    if (existsSync(kept)) cpSync(kept, dist, { recursive: true, preserveTimestamps: true })
    throw new Error('the build failed; the dist/ of before was put back', { cause: error })
  }
  return reason
}

function staleBecause(): string | undefined {
  const builtAt = statSync(builtMain).mtimeMs
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  const newer = sources.find(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && statSync(join(root, 'src', file)).mtimeMs > builtAt,
  )
  return newer && `src/${newer} is newer than dist/main.js`
}
