import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from './cache.ts'
import { freePort } from './ports.ts'
import { answers, type RunningProcess, startProcess } from './processes.ts'
import { pythonEnvironment } from './python.ts'
import { tempFolder } from './temp.ts'

const VERSION = '3.17.2'
const PLUGIN_VERSION = '11.0.2'

export interface MlflowOptions {
  /** What mlflow-oidc-auth reads: the rendered lines, and the secrets that they name. SECRET_KEY is there already. */
  env: Record<string, string>
  /** A free one unless told. */
  port?: number
}

export interface Mlflow {
  /** http://127.0.0.1:<port> */
  url: string
  log(): string
  stop(): Promise<void>
}

/** Starts a real MLflow server with mlflow-oidc-auth, on fresh copies of databases that already have their tables. */
export async function startMlflow({ env, port }: MlflowOptions): Promise<Mlflow> {
  const venv = await installMlflow()
  const prepared = await preparedDatabases(venv)
  const home = tempFolder('mlflow')
  for (const name of ['mlflow.db', 'auth.db']) copyFileSync(join(prepared, name), join(home, name))
  const chosenPort = port ?? (await freePort())
  const server = await startServer({ venv, home, port: chosenPort, env })
  return { url: `http://127.0.0.1:${chosenPort}`, log: server.log, stop: server.stop }
}

/** Not on Python 3.11: there the plugin ends at its first import (a mutable default in permission_kinds.py). */
function installMlflow(): Promise<string> {
  return pythonEnvironment(`mlflow-${VERSION}`, 'python3.12', [
    `mlflow==${VERSION}`,
    `mlflow-oidc-auth==${PLUGIN_VERSION}`,
  ])
}

/** A first start makes the tables of both, and takes long: done once, copied for every start. */
function preparedDatabases(venv: string): Promise<string> {
  return cached(`mlflow-${VERSION}-databases`, async (home) => {
    const env = {
      OIDC_DISCOVERY_URL: 'http://127.0.0.1:1/.well-known/openid-configuration',
      OIDC_CLIENT_ID: 'nobody',
      OIDC_CLIENT_SECRET: 'nothing',
    }
    const server = await startServer({ venv, home, port: await freePort(), env })
    await server.stop()
  })
}

interface Server {
  venv: string
  home: string
  port: number
  env: Record<string, string>
}

function startServer({ venv, home, port, env }: Server): Promise<RunningProcess> {
  return startProcess({
    name: 'mlflow',
    command: join(venv, 'bin/mlflow'),
    args: [
      'server',
      '--app-name=oidc-auth',
      '--host=127.0.0.1',
      `--port=${port}`,
      '--workers=1',
      `--backend-store-uri=sqlite:///${join(home, 'mlflow.db')}`,
      `--artifacts-destination=${join(home, 'artifacts')}`,
    ],
    cwd: home,
    env: {
      PATH: `${join(venv, 'bin')}:${process.env.PATH}`,
      OIDC_USERS_DB_URI: `sqlite:///${join(home, 'auth.db')}`,
      SECRET_KEY: 'for-tests-only-0123456789abcdef0123456789abcdef',
      // Else eight workers for jobs start first, and the server is late for minutes.
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      ...env,
    },
    ready: () => answers(`http://127.0.0.1:${port}/health`),
    within: 300_000,
  })
}
