import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached, run } from './cache.ts'
import { freePort } from './ports.ts'
import { answers, startProcess } from './processes.ts'
import { pythonEnvironment } from './python.ts'
import { tempFolder } from './temp.ts'

/** The versions, each with what it does not say itself that it needs. */
const pins = {
  // It imports pkg_resources, which newer ones no longer have.
  '4.1.4': ['setuptools<81'],
  // With marshmallow 4 its schemas do not load.
  '5.0.0': ['marshmallow<4'],
  '6.1.0': [],
} as const

export type SupersetVersion = keyof typeof pins

export interface SupersetOptions {
  version: SupersetVersion
  /** The superset_config.py under test, read by Superset as it is. */
  configFile: string
  /** What that file reads. SUPERSET_SECRET_KEY is there already. */
  env?: Record<string, string>
  /** A free one unless told. */
  port?: number
}

export interface Superset {
  /** http://127.0.0.1:<port> */
  url: string
  log(): string
  stop(): Promise<void>
}

/** Starts a real Superset on a fresh copy of a database that already has its tables and roles. */
export async function startSuperset({ version, configFile, env = {}, port }: SupersetOptions): Promise<Superset> {
  const venv = await installSuperset(version)
  const prepared = await preparedDatabase(version, venv)
  const home = tempFolder('superset')
  copyFileSync(join(prepared, 'superset.db'), join(home, 'superset.db'))
  const chosenPort = port ?? (await freePort())
  const url = `http://127.0.0.1:${chosenPort}`
  const server = await startProcess({
    name: `superset ${version}`,
    command: join(venv, 'bin/superset'),
    args: ['run', '-h', '127.0.0.1', '-p', String(chosenPort)],
    cwd: home,
    env: { ...supersetEnv(home), SUPERSET_CONFIG_PATH: configFile, ...env },
    ready: () => answers(`${url}/health`),
    within: 300_000,
  })
  return { url, log: server.log, stop: server.stop }
}

function installSuperset(version: SupersetVersion): Promise<string> {
  return pythonEnvironment(`superset-${version}`, 'python3.11', [
    `apache-superset==${version}`,
    ...pins[version],
    'authlib',
    // Undeclared: the command line and the first page after a login import them.
    'rich',
    'cachetools',
    // Newer ones break Superset's metastore cache.
    'flask-caching==2.3.1',
  ])
}

/** The tables and roles take longer than the start: made once, copied for every start. */
function preparedDatabase(version: SupersetVersion, venv: string): Promise<string> {
  return cached(`superset-${version}-database`, async (folder) => {
    const superset = join(venv, 'bin/superset')
    await run(superset, ['db', 'upgrade'], { cwd: folder, env: supersetEnv(folder) })
    await run(superset, ['init'], { cwd: folder, env: supersetEnv(folder) })
  })
}

function supersetEnv(home: string): Record<string, string> {
  return {
    SUPERSET_HOME: home,
    // Superset applies this one after the configuration file, whatever that file says.
    SUPERSET__SQLALCHEMY_DATABASE_URI: `sqlite:///${join(home, 'superset.db')}`,
    SUPERSET_SECRET_KEY: 'for-tests-only-0123456789abcdef0123456789abcdef',
    FLASK_APP: 'superset.app:create_app()',
  }
}
