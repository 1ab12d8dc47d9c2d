import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cached, run } from './cache.ts'
import { freePort } from './ports.ts'
import { answers, startProcess } from './processes.ts'
import { pythonEnvironment } from './python.ts'
import { tempFolder } from './temp.ts'

const VERSIONS = {
  2: { airflow: '2.11.2', fab: '1.5.4' },
  3: { airflow: '3.3.2', fab: '3.10.2' },
} as const

export type AirflowLine = keyof typeof VERSIONS

export interface AirflowOptions {
  line: AirflowLine
  /** The webserver_config.py under test, put where Airflow looks for it. */
  configFile: string
  /** What airflow.env says and what the file reads. Line 3 has no FAB login page without its AUTH_MANAGER. */
  env?: Record<string, string>
  /** A free one unless told. */
  port?: number
}

export interface Airflow {
  /** http://127.0.0.1:<port> */
  url: string
  version: string
  log(): string
  stop(): Promise<void>
}

/** Starts the web server of a real Airflow (no scheduler) on a fresh copy of a database that has its tables and roles. */
export async function startAirflow({ line, configFile, env = {}, port }: AirflowOptions): Promise<Airflow> {
  const venv = await installAirflow(line)
  const prepared = await preparedDatabase(line, venv)
  const home = join(tempFolder('airflow'), 'home')
  mkdirSync(home)
  copyFileSync(join(prepared, 'airflow.db'), join(home, 'airflow.db'))
  copyFileSync(configFile, join(home, 'webserver_config.py'))
  const chosenPort = port ?? (await freePort())
  const url = `http://127.0.0.1:${chosenPort}`
  const { args, serverEnv, healthPath } = serverOf[line](chosenPort)
  const server = await startProcess({
    name: `airflow ${VERSIONS[line].airflow}`,
    command: join(venv, 'bin/airflow'),
    args,
    cwd: home,
    env: { ...airflowEnv(home), ...serverEnv, ...env },
    ready: () => answers(`${url}${healthPath}`),
    within: 300_000,
  })
  return { url, version: VERSIONS[line].airflow, log: server.log, stop: server.stop }
}

interface Server {
  args: readonly string[]
  serverEnv: Record<string, string>
  /** Open to everybody, and 200 although it says there that no scheduler runs. */
  healthPath: string
}

const serverOf: Record<AirflowLine, (port: number) => Server> = {
  2: (port) => ({
    args: ['webserver'],
    serverEnv: {
      AIRFLOW__WEBSERVER__WEB_SERVER_HOST: '127.0.0.1',
      AIRFLOW__WEBSERVER__WEB_SERVER_PORT: String(port),
      AIRFLOW__WEBSERVER__BASE_URL: `http://127.0.0.1:${port}`,
      AIRFLOW__WEBSERVER__WORKERS: '1',
      // On a busy machine the first answer takes longer than the two minutes after which it gives up.
      AIRFLOW__WEBSERVER__WEB_SERVER_MASTER_TIMEOUT: '900',
      AIRFLOW__WEBSERVER__WEB_SERVER_WORKER_TIMEOUT: '900',
      // Without it the API recognises nobody, signed in or not.
      AIRFLOW__API__AUTH_BACKENDS: 'airflow.providers.fab.auth_manager.api.auth.backend.session',
    },
    healthPath: '/health',
  }),
  3: (port) => ({
    args: ['api-server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
    serverEnv: { AIRFLOW__API__BASE_URL: `http://127.0.0.1:${port}` },
    healthPath: '/api/v2/monitor/health',
  }),
}

function installAirflow(line: AirflowLine): Promise<string> {
  const { airflow, fab } = VERSIONS[line]
  return pythonEnvironment(`airflow-${airflow}`, 'python3.11', [
    `apache-airflow==${airflow}`,
    `apache-airflow-providers-fab==${fab}`,
    // Undeclared: only a configuration with AUTH_OAUTH needs it.
    'authlib',
  ])
}

/** The tables, permissions and roles take longer than the start: made once, copied for every start. */
function preparedDatabase(line: AirflowLine, venv: string): Promise<string> {
  return cached(`airflow-${VERSIONS[line].airflow}-database`, async (folder) => {
    const env = {
      ...airflowEnv(folder),
      // Its tables are there only when it is the chosen one.
      AIRFLOW__CORE__AUTH_MANAGER: 'airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager',
    }
    for (const command of [['db', 'migrate'], ['sync-perm']]) {
      await run(join(venv, 'bin/airflow'), command, { cwd: folder, env })
    }
  })
}

function airflowEnv(home: string): Record<string, string> {
  const secret = 'for-tests-only-0123456789abcdef0123456789abcdef0123456789abcdef0'
  return {
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__WEBSERVER__SECRET_KEY: secret,
    AIRFLOW__API__SECRET_KEY: secret,
    AIRFLOW__API_AUTH__JWT_SECRET: secret,
    // Hundreds of lines about what line 3 removes.
    PYTHONWARNINGS: 'ignore',
  }
}
