import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The command line as sources, for tests that look at single files. */
export const sourceFile = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
/** The command line: the build that `npm test` has made (a process starts in half the time), or the sources. */
export const mainFile = process.env['GATEHOUSE_TESTED_MAIN'] ?? sourceFile

export interface CliResult {
  status: number
  stdout: string
  stderr: string
}

export interface Gatehouse {
  /** The issuer. */
  url: string
  port: number
  setupUrl: string | undefined
  folder: string
  configFile: string
  pid: number
  /** Lines that the server wrote to standard error until now; it writes them in batches, a moment late. */
  log(): string
  /** Waits at most 5 s for a log that matches. The log that there is then, for `assert.match`. */
  logWith(pattern: RegExp): Promise<string>
  /** Runs another command on the same configuration. */
  cli(args: readonly string[], input?: string): Promise<CliResult>
  addUser(name: string, password: string, options?: readonly string[]): Promise<void>
  /** Waits for the end, and gives the exit status, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals | null>
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>
  /** SIGKILL, as power loss would. The folder stays; `restart` goes on with it. */
  kill(): Promise<void>
  restart(): Promise<void>
}

/** Starts the server from the checkout with a configuration in its own folder, and waits until it answers. */
export async function startGatehouse({
  config,
  env = {},
  port,
  files = {},
  whenSpawned = () => {},
}: {
  /** YAML; gets the port that was chosen. */
  config: (port: number) => string
  env?: Record<string, string>
  port?: number
  /** Files beside the configuration, by name. */
  files?: Record<string, string>
  /** Called with each process as soon as there is one. */
  whenSpawned?: (child: ChildProcess) => void
}): Promise<Gatehouse> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
  const chosen = port ?? (await freePort())
  const configFile = join(folder, 'gatehouse.yaml')
  writeFileSync(configFile, config(chosen))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const environment = { ...process.env, ...env }
  const kept = process.env['GATEHOUSE_TEST_KEEP'] === '1'

  let child: ChildProcess
  let log = ''
  let ready: { address: string; port: number; setupUrl?: string }

  const start = async () => {
    child = spawn(process.execPath, [mainFile, 'serve', '-c', configFile, '--json'], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    whenSpawned(child)
    const { stdout, stderr } = child
    if (!stdout || !stderr) throw new Error('no output')
    stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString()
    })
    const lines = createInterface({ input: stdout })
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${code}:\n${log}`)
    })
    ended.catch(() => {})
    ready = JSON.parse(String((await Promise.race([once(lines, 'line'), ended]))[0])) as typeof ready
  }
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  const cli = (args: readonly string[], input = '') =>
    runCli([...args, '-c', configFile], { env: environment, input, cwd: folder })

  await start()
  return {
    get url() {
      return ready.address
    },
    get port() {
      return ready.port
    },
    get setupUrl() {
      return ready.setupUrl
    },
    get pid() {
      return child.pid ?? 0
    },
    folder,
    configFile,
    log: () => log,
    logWith: async (pattern) => {
      for (let waited = 0; waited < 5_000 && !pattern.test(log); waited += 20) await sleep(20)
      return log
    },
    cli,
    addUser: async (name, password, options = []) => {
      const { status, stderr } = await cli(['users', 'add', name, '--password-stdin', ...options], password)
      if (status !== 0) throw new Error(`users add ${name}: ${stderr}`)
    },
    ended: async () => {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      return child.exitCode ?? child.signalCode
    },
    stop: async () => {
      await end('SIGTERM')
      if (!kept) rmSync(folder, { recursive: true, force: true })
    },
    kill: () => end('SIGKILL'),
    restart: start,
  }
}

/** Runs one command of the checkout to its end; -1 when there is none within a minute. */
export function runCli(
  args: readonly string[],
  {
    env = process.env,
    input = '',
    cwd,
    main = mainFile,
  }: { env?: NodeJS.ProcessEnv; input?: string; cwd?: string; main?: string } = {},
): Promise<CliResult> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [main, ...args],
      { env, timeout: 60_000, killSignal: 'SIGKILL', ...(cwd === undefined ? {} : { cwd }) },
      (error, stdout, stderr) => {
        const status = typeof error?.code === 'number' ? error.code : error ? -1 : 0
        resolve({ status, stdout, stderr })
      },
    )
    child.stdin?.end(input)
  })
}

/** A free port on loopback. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
