import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The root of this repository. */
export const repositoryRoot = resolve(import.meta.dirname, '../../..')

/** Where installed products live between runs. */
export function cacheFolder(): string {
  return resolve(process.env.GATEHOUSE_E2E_CACHE || join(repositoryRoot, '.cache/e2e'))
}

/**
 * Runs an install step once per machine and answers the folder that it filled. `name` carries the version, so that a
 * new version is a new folder. The marker is written last: an interrupted install is wiped and done again.
 */
export async function cached(name: string, install: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name)
  const marker = `${folder}.installed`
  if (existsSync(marker)) return folder
  mkdirSync(cacheFolder(), { recursive: true })
  const release = await lock(folder)
  try {
    // The previous holder of the lock may have done the work.
    if (existsSync(marker)) return folder
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    await progress(`install ${name}`, () => install(folder))
    writeFileSync(marker, `${new Date().toISOString()}\n`)
  } finally {
    release()
  }
  return folder
}

/** Two suites that are started side by side must not fill one folder together. A lock of a dead process is void. */
async function lock(folder: string): Promise<() => void> {
  const file = `${folder}.lock`
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch {
      if (isAlive(holderOf(file))) await sleep(500)
      else rmSync(file, { force: true })
    }
  }
}

function holderOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined
  } catch {
    // Released between the two looks.
    return undefined
  }
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Says on stderr what is about to take time, and afterwards how long it took: a silent CI log looks like a hang. */
export async function progress<T>(label: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now()
  process.stderr.write(`e2e: ${label} ...\n`)
  try {
    const result = await work()
    process.stderr.write(`e2e: ${label}: done in ${seconds(start)}\n`)
    return result
  } catch (error) {
    process.stderr.write(`e2e: ${label}: FAILED after ${seconds(start)}\n`)
    throw error
  }
}

function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`
}

export interface RunOptions {
  cwd?: string
  /** Added to this process's environment. */
  env?: Record<string, string>
  /** Milliseconds; ten minutes unless told. */
  within?: number
}

/** Runs a command to its end and answers what it printed. Fails with the tail of that output. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { cwd = process.cwd(), env = {}, within = 600_000 } = options
  const line = [command, ...args].join(' ')
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: within,
      killSignal: 'SIGKILL',
    })
    let output = ''
    const collect = (chunk: string) => {
      output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    child.once('error', (cause) => fail(new Error(`cannot run \`${line}\`: ${cause.message}`, { cause })))
    child.once('close', (code, signal) => {
      if (code === 0) return done(output)
      const how = signal ? `was ended by ${signal} (limit ${within / 1000} s)` : `exited with ${code}`
      fail(new Error(`\`${line}\` ${how}:\n${tail(output)}`))
    })
  })
}

/** The last lines of a log. */
export function tail(text: string, lines = 40): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}
