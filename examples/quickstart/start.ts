/**
 * `npm start`: everything on one laptop. A development identity provider, a demo service without a login, and `gatehouse serve` on the
 * configuration beside this file. Secrets are created once for this machine and kept in state/, readable only by you.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createDemoService } from './demo-service.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const config = join(here, 'gatehouse.yaml')
const state = join(here, 'state')
const rendered = join(here, 'rendered')
const devIdpPort = 8090
const demoPort = 8082
const children: ChildProcess[] = []

interface DevIdp {
  issuer: string
  clientSecret: string
  users: { username: string; password: string; groups: string[] }[]
}

mkdirSync(state, { recursive: true, mode: 0o700 })
process.once('SIGINT', stop)
process.once('SIGTERM', stop)

try {
  const demo = createDemoService()
  demo.listen(demoPort, '127.0.0.1')
  const [devIdp, password] = await Promise.all([startDevIdp(), localAccount(), render(), once(demo, 'listening')])
  const server = run(['serve', '-c', config], { COMPANY_CLIENT_SECRET: devIdp.clientSecret })
  await firstLine(server)
  explain(devIdp, password)
  const [code] = (await once(server, 'exit')) as [number | null]
  stop()
  process.exitCode = code ?? 0
} catch (error) {
  const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  process.stderr.write(inUse ? `port ${demoPort} is in use; stop the other program and try again\n` : `${error}\n`)
  stop()
  process.exitCode = 1
}

function run(args: readonly string[], env: Record<string, string> = {}, input?: string): ChildProcess {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin?.end(input)
  children.push(child)
  return child
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no output')
  const lines = createInterface({ input: child.stdout })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a part of the quickstart ended with status ${code}; the reason is above`)
  })
  ended.catch(() => {})
  return String((await Promise.race([once(lines, 'line'), ended]))[0])
}

async function startDevIdp(): Promise<DevIdp> {
  const child = run([
    'dev-idp',
    '--like',
    'keycloak',
    '--port',
    String(devIdpPort),
    '--state',
    join(state, 'dev-idp.json'),
  ])
  return JSON.parse(await firstLine(child)) as DevIdp
}

/** The local account of this machine: created at the first start; its password is kept for the next. */
async function localAccount(): Promise<string> {
  const file = join(state, 'admin-password')
  if (existsSync(file)) return readFileSync(file, 'utf8')
  const password = randomBytes(9).toString('base64url')
  const account = ['admin', '--email', 'admin@example.test', '--name', 'Ada Admin', '--admin', '--team', 'data-admins']
  const child = run(['users', 'add', ...account, '--password-stdin', '-c', config], {}, password)
  const [code] = (await once(child, 'exit')) as [number]
  if (code !== 0) throw new Error('the local account could not be created; the reason is above')
  writeFileSync(file, password, { mode: 0o600 })
  return password
}

async function render(): Promise<void> {
  const [code] = (await once(run(['render', '-f', config, '-o', rendered]), 'exit')) as [number]
  if (code !== 0) throw new Error('the product files could not be written; the reason is above')
}

function explain({ users }: DevIdp, adminPassword: string): void {
  const people = users.map(({ username, password, groups }) => [
    username,
    password,
    `Continue with Company, ${groups.join(' and ')}`,
  ])
  const rows = [['admin', adminPassword, 'the form (local account), data-admins'], ...people]
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  const accounts = rows.map(
    ([name = '', secret = '', way = '']) => `    ${name.padEnd(width(0))}  ${secret.padEnd(width(1))}  ${way}`,
  )
  process.stdout.write(`
  Gatehouse is running.

  Open  http://demo.localhost:8080   a service without its own login
        http://localhost:8080        the sign-in service

  Sign in as
${accounts.join('\n')}

  Files for Superset and Trino are in ${relative(process.cwd(), rendered)}/
  Stop with Ctrl+C.

`)
}

function stop(): void {
  for (const child of children) if (child.exitCode === null) child.kill('SIGTERM')
  setTimeout(() => process.exit(), 300).unref()
}
