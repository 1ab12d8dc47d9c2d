import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { builtMain, root, temporaryFolder } from '../processes.ts'
import { type Row, spread, withGoal } from '../report.ts'
import type { MeasureOptions } from './contract.ts'

const productCount = 1000
const runs = 5
const goalSeconds = 1
const goalMebibytes = 200

interface Rendering {
  seconds: number
  mebibytes: number
}

/**
 * The whole command on a description of a thousand products of all kinds: start, read, check, render, print; and the same with
 * every file written to a fresh folder. Memory is the highest resident set that the kernel has seen.
 */
export async function render({ signal, progress }: MeasureOptions): Promise<Row[]> {
  const folder = temporaryFolder()
  const configFile = join(folder, 'gatehouse.yaml')
  writeFileSync(configFile, thousandProducts())
  const output = join(folder, 'rendered')
  const printed: Rendering[] = []
  const written: Rendering[] = []
  const bareWrites: number[] = []
  // The first run of each fills the compile cache.
  for (let run = 0; run <= runs; run++) {
    progress(run === 0 ? 'render: warming up' : `render: printing, run ${run} of ${runs}`)
    const print = await renderOnce(['-f', configFile, '-o', '-'], signal)
    if (run > 0) printed.push(print)
  }
  // Separately, because the kernel is busy with thousands of new files for seconds afterwards.
  for (let run = 0; run <= runs; run++) {
    progress(run === 0 ? 'render: warming up' : `render: writing, run ${run} of ${runs}`)
    rmSync(output, { recursive: true, force: true })
    mkdirSync(output)
    const write = await renderOnce(['-f', configFile, '-o', output], signal)
    const bare = writeOnly(output, join(folder, 'bare'))
    if (run === 0) continue
    written.push(write)
    bareWrites.push(bare)
  }
  const seconds = (found: readonly Rendering[]) => spread(found.map((rendering) => rendering.seconds))
  const memory = spread([...printed, ...written].map(({ mebibytes }) => mebibytes))
  return [
    withGoal({
      row: `render: ${productCount} products, printed`,
      unit: 's',
      ours: seconds(printed),
      goal: { kind: 'at most', of: 'ours', value: goalSeconds },
    }),
    {
      row: `render: ${productCount} products, written as files`,
      unit: 's',
      ours: seconds(written),
      limit: spread(bareWrites),
      limitName: 'only writing those files',
      ratio: spread(written.map(({ seconds: taken }, run) => taken / (bareWrites[run] ?? Number.NaN))),
    },
    withGoal({
      row: 'render: highest resident memory',
      unit: 'MiB',
      ours: memory,
      goal: { kind: 'at most', of: 'ours', value: goalMebibytes },
    }),
  ]
}

interface Description {
  issuer?: string
  authenticationClasses?: Record<string, unknown>
  secrets?: Record<string, unknown>
  teams?: Record<string, unknown>
  products: Record<string, unknown>
}

/** The golden cases that render, repeated under different names. */
function thousandProducts(): string {
  const cases = globSync('test/golden/*/*/gatehouse.yaml', { cwd: root })
    .filter((file) => !file.includes('/error-'))
    .sort()
    .map((file) => readFileSync(join(root, file), 'utf8'))
  const description: Required<Description> = {
    issuer: 'https://id.example.com',
    authenticationClasses: {},
    secrets: {},
    teams: {},
    products: {},
  }
  cases.forEach((text, which) => {
    const found = renamed(text, which)
    Object.assign(description.authenticationClasses, found.authenticationClasses)
    Object.assign(description.secrets, found.secrets)
    const [product] = Object.values(found.products)
    for (let copy = which; copy < productCount; copy += cases.length) description.products[`p${copy}`] = product
  })
  return stringify(description, { aliasDuplicateObjects: false })
}

/** Settings that name a class or a secret. */
const references = new Set([
  'authenticationClass',
  'clientCredentialsSecret',
  'secretClass',
  'clientCertSecretClass',
  'name',
  'metadata',
  'search',
])

/** A case whose classes and secrets have names that no other case has. */
function renamed(text: string, which: number): Description {
  const description = parse(text) as Description
  const { authenticationClasses = {}, secrets = {} } = description
  const names = new Set([...Object.keys(authenticationClasses), ...Object.keys(secrets)])
  const nameOf = (name: string) => (names.has(name) ? `c${which}-${name}` : name)
  const inside = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return references.has(key) ? nameOf(value) : value
    if (Array.isArray(value)) return value.map((item) => inside(item, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, inside(item, name)]))
  }
  const section = (entries: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(entries).map(([name, value]) => [nameOf(name), inside(value, '')]))
  return {
    authenticationClasses: section(authenticationClasses),
    secrets: section(secrets),
    products: inside(description.products, '') as Record<string, unknown>,
  }
}

/** Seconds that the file system takes for the same files. */
function writeOnly(source: string, target: string): number {
  const files = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(source.length))
    .map((path) => ({ path: join(target, path), content: readFileSync(join(source, path)) }))
  rmSync(target, { recursive: true, force: true })
  const begun = performance.now()
  for (const { path, content } of files) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  return (performance.now() - begun) / 1000
}

async function renderOnce(args: readonly string[], signal: AbortSignal): Promise<Rendering> {
  const begun = performance.now()
  const [command = '', ...before] = [...everyCore(), process.execPath, builtMain, 'render']
  const child = spawn(command, [...before, ...args], { stdio: ['ignore', 'ignore', 'pipe'], signal })
  let problems = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    problems += text
  })
  let mebibytes = 0
  const watch = setInterval(() => {
    mebibytes = Math.max(mebibytes, highWaterMark(child.pid ?? 0))
  }, 10)
  const [status] = (await once(child, 'close')) as [number]
  clearInterval(watch)
  const seconds = (performance.now() - begun) / 1000
  // Warnings and errors of single products are part of the work; a refused configuration is not.
  if (status === 2) throw new Error(`render ended with 2:\n${problems.slice(0, 2000)}`)
  return { seconds, mebibytes }
}

// Counted before the load generator is pinned: afterwards it sees one.
const lastCore = availableParallelism() - 1

/** People start a command on all cores of their machine, not on the core of the load generator. */
function everyCore(): string[] {
  return lastCore > 0 ? ['taskset', '-c', `0-${lastCore}`] : []
}

/** MiB, by the kernel (proc_pid_status(5), VmHWM); 0 when the process has ended. */
function highWaterMark(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
