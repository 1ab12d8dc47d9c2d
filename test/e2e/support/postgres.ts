import { chmodSync, chownSync, copyFileSync, globSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type QueryResultRow } from 'pg'
import { aptInstall } from './apt.ts'
import { run } from './cache.ts'
import { freePort } from './ports.ts'
import { type RunningProcess, startProcess } from './processes.ts'
import { selfSignedCertificate } from './self-signed.ts'
import { tempFolder } from './temp.ts'

const superuser = 'admin'
/** With characters that an address must escape. */
const password = 'p@ss/w:rd#1%'

export interface Postgres {
  /** Of the server that runs now; those that it starts are its children. */
  readonly pid: number
  host: string
  port: number
  superuser: string
  password: string
  /** The certificate of the server signs itself. */
  certFile: string
  /** The address of a new, empty database. */
  createDatabase(parameters?: string): Promise<string>
  /** One statement by the superuser, in a database of the given address. */
  query<Row extends QueryResultRow>(address: string, sql: string, values?: unknown[]): Promise<Row[]>
  log(): string
  /** Ends the server as its administrator would (connections are cut), or as a crash would. */
  end(how?: 'fast' | 'crash'): Promise<void>
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Starts a real PostgreSQL of Debian in its own folder, as an unprivileged user: it refuses root. */
export async function startPostgres(): Promise<Postgres> {
  const programs = await ensurePrograms()
  const folder = tempFolder('postgres')
  const data = join(folder, 'data')
  const port = await freePort()
  const account = process.getuid?.() === 0 ? await accountOf('postgres') : undefined
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password)
  mkdirSync(data)
  const certificate = await selfSignedCertificate(folder, ['127.0.0.1'])
  const keyFile = join(folder, 'server.key')
  copyFileSync(certificate.keyFile, keyFile)
  chmodSync(keyFile, 0o600)
  if (account) for (const path of [folder, data, passwordFile, keyFile]) chownSync(path, account.uid, account.gid)
  const [initdb, ...initdbArgs] = asAccount(account, [
    join(programs, 'initdb'),
    ...['--pgdata', data, '--username', superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256', '--no-sync'],
    ...['--encoding', 'UTF8', '--locale', 'C.UTF-8'],
  ])
  await run(initdb, initdbArgs, { cwd: '/' })

  let server: RunningProcess
  const start = async () => {
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      ssl: 'on',
      ssl_cert_file: certificate.certFile,
      ssl_key_file: keyFile,
      // Waiting for locks and failed statements are what a suite wants to read in the log.
      log_lock_waits: 'on',
    }
    const [command, ...args] = asAccount(account, [
      join(programs, 'postgres'),
      ...['-D', data, '-p', String(port)],
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ])
    server = await startProcess({ name: 'postgres', command, args, cwd: '/', ready: () => answers(), within: 60_000 })
  }
  const connected = async <Result>(address: string, work: (client: Client) => Promise<Result>): Promise<Result> => {
    const client = new Client({ connectionString: address, ssl: false, connectionTimeoutMillis: 5000 })
    client.on('error', () => {})
    await client.connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }
  const addressOf = (database: string, parameters = '') =>
    `postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}${parameters}`
  const answers = () => connected(addressOf('postgres'), async () => true)
  let databases = 0

  await start()
  return {
    get pid() {
      return server.pid
    },
    host: '127.0.0.1',
    port,
    superuser,
    password,
    certFile: certificate.certFile,
    createDatabase: async (parameters = '') => {
      const name = `gatehouse_${++databases}`
      await connected(addressOf('postgres'), (client) => client.query(`CREATE DATABASE ${name}`))
      return addressOf(name, parameters)
    },
    query: <Row extends QueryResultRow>(address: string, sql: string, values: unknown[] = []) =>
      connected(address.replace(/\?.*$/, ''), async (client) => (await client.query<Row>(sql, values)).rows),
    log: () => server.log(),
    end: async (how = 'fast') => {
      process.kill(server.pid, how === 'fast' ? 'SIGINT' : 'SIGQUIT')
      while (isAlive(server.pid)) await sleep(20)
    },
    start,
    stop: () => server.stop(),
  }
}

/** The folder of the newest PostgreSQL's programs, after installing Debian's when there is none. */
async function ensurePrograms(): Promise<string> {
  const installed = newestPrograms()
  if (installed) return installed
  // The package would create and start its own cluster; the suite starts another.
  mkdirSync('/etc/postgresql-common/createcluster.d', { recursive: true })
  writeFileSync('/etc/postgresql-common/createcluster.d/no-main-cluster.conf', 'create_main_cluster = false\n')
  await aptInstall(['postgresql'])
  const programs = newestPrograms()
  if (!programs)
    throw new Error('Install PostgreSQL: the package postgresql did not bring /usr/lib/postgresql/*/bin/postgres')
  return programs
}

function newestPrograms(): string | undefined {
  const version = (folder: string) => Number(/postgresql\/(\d+)/.exec(folder)?.[1] ?? 0)
  const [newest] = globSync('/usr/lib/postgresql/*/bin/postgres').sort((a, b) => version(b) - version(a))
  return newest?.replace(/\/postgres$/, '')
}

interface Account {
  uid: number
  gid: number
}

async function accountOf(name: string): Promise<Account> {
  const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
  return { uid: Number(uid), gid: Number(gid) }
}

function asAccount(account: Account | undefined, command: [string, ...string[]]): [string, ...string[]] {
  if (!account) return command
  return ['setpriv', `--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups', '--', ...command]
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
