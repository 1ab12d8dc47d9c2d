import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureCommand } from './apt.ts'
import { run } from './cache.ts'
import { freePort } from './ports.ts'
import { type RunningProcess, startProcess } from './processes.ts'
import { tempFolder } from './temp.ts'

export interface Squid extends RunningProcess {
  /** HOST:PORT. */
  address: string
  username: string
  password: string
  /** Every request so far, as `METHOD TARGET STATUS`. */
  requests(): string[]
}

/** Where Debian's package has the helper that reads a file of htpasswd. */
const helper = '/usr/lib/squid/basic_ncsa_auth'

/**
 * A forward proxy that wants a name and a password, and lets CONNECT through to these hosts alone. It alone can resolve them: to this machine.
 */
export async function startSquid(hosts: readonly string[]): Promise<Squid> {
  const squid = await ensureCommand('squid', ['squid'])
  const openssl = await ensureCommand('openssl', ['openssl'])
  const folder = tempFolder('squid')
  // As root it becomes another user, who writes its log and reads the rest.
  chmodSync(folder, 0o755)
  const logs = join(folder, 'logs')
  mkdirSync(logs)
  chmodSync(logs, 0o777)
  const [username, password] = ['gatehouse', 'p@ss:w/rd%']
  const hash = (await run(openssl, ['passwd', '-apr1', password])).trim()
  writeFileSync(join(folder, 'users'), `${username}:${hash}\n`)
  writeFileSync(join(folder, 'hosts'), `127.0.0.1 ${hosts.join(' ')}\n`)
  const port = await freePort()
  const configFile = join(folder, 'squid.conf')
  writeFileSync(configFile, configOf({ folder, logs, port, hosts }))
  const accessLog = join(logs, 'access.log')
  const running = await startProcess({
    name: 'squid',
    command: squid,
    args: ['-N', '-f', configFile],
    ready: () => existsSync(join(logs, 'squid.pid')),
    within: 30_000,
  })
  return {
    ...running,
    address: `127.0.0.1:${port}`,
    username,
    password,
    requests: () =>
      existsSync(accessLog)
        ? readFileSync(accessLog, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
        : [],
  }
}

function configOf({
  folder,
  logs,
  port,
  hosts,
}: {
  folder: string
  logs: string
  port: number
  hosts: readonly string[]
}): string {
  return [
    `http_port 127.0.0.1:${port}`,
    'visible_hostname proxy.example.test',
    `pid_filename ${join(logs, 'squid.pid')}`,
    'logformat short %rm %ru %>Hs',
    'buffered_logs off',
    `access_log stdio:${join(logs, 'access.log')} short`,
    `cache_log ${join(logs, 'cache.log')}`,
    'cache deny all',
    'coredump_dir none',
    'shutdown_lifetime 1 second',
    `hosts_file ${join(folder, 'hosts')}`,
    `auth_param basic program ${helper} ${join(folder, 'users')}`,
    'auth_param basic children 2',
    'auth_param basic realm a proxy of the test',
    'acl known proxy_auth REQUIRED',
    `acl open dstdomain ${hosts.join(' ')}`,
    'acl CONNECT method CONNECT',
    'http_access deny !CONNECT',
    'http_access deny !known',
    'http_access deny !open',
    'http_access allow all',
    '',
  ].join('\n')
}
