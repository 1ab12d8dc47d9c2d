import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureCommand } from './apt.ts'
import { run } from './cache.ts'
import { type RunningProcess, startProcess } from './processes.ts'
import { tempFolder } from './temp.ts'

/**
 * Starts nginx with the given `http { ... }` content (maps, upstreams, servers that listen on ports of `freePort()`).
 * Everything it writes stays in its own folder.
 */
export async function startNginx(httpBlock: string): Promise<RunningProcess> {
  const nginx = await ensureCommand('nginx', ['nginx'])
  if (!(await run(nginx, ['-V'])).includes('http_auth_request_module')) {
    throw new Error(`Install an nginx with the auth_request module: ${nginx} was built without it`)
  }
  const folder = tempFolder('nginx')
  const configFile = join(folder, 'nginx.conf')
  const pidFile = join(folder, 'nginx.pid')
  writeFileSync(configFile, wholeConfig({ folder, pidFile, httpBlock }))
  return startProcess({
    name: 'nginx',
    command: nginx,
    args: ['-c', configFile, '-p', folder, '-e', 'stderr'],
    // The pid file is written after the sockets are open.
    ready: () => existsSync(pidFile),
    within: 20_000,
  })
}

function wholeConfig({ folder, pidFile, httpBlock }: Record<'folder' | 'pidFile' | 'httpBlock', string>): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return [
    'daemon off;',
    'worker_processes 1;',
    // Workers drop to another user that cannot enter our folder, when they start as root.
    process.getuid?.() === 0 ? 'user root;' : '',
    `pid ${pidFile};`,
    'error_log stderr;',
    'events { worker_connections 512; }',
    'http {',
    `access_log ${join(folder, 'access.log')};`,
    ...temporary.map((kind) => `${kind}_temp_path ${join(folder, kind)};`),
    httpBlock,
    '}',
    '',
  ].join('\n')
}
