import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cached, run } from './cache.ts'
import { freePort } from './ports.ts'
import { answers, type RunningProcess, startProcess } from './processes.ts'
import { pythonEnvironment } from './python.ts'
import { tempFolder } from './temp.ts'

const VERSION = '6.1.1'
const AUTHENTICATOR_VERSION = '17.4.0'
const PROXY_VERSION = '5.3.0'
const PROXY_TOKEN = 'for-tests-only-0123456789abcdef'

export interface JupyterHubOptions {
  /** The jupyterhub_config.py under test, loaded as it is after the part that is the operator's. */
  configFile: string
  /** What that file reads. */
  env?: Record<string, string>
  /** Where people reach it; a free one unless told. */
  port?: number
}

export interface JupyterHub {
  /** http://127.0.0.1:<port>; the hub's own pages are below /hub/. */
  url: string
  log(): string
  stop(): Promise<void>
}

/** Starts a real JupyterHub with its proxy, whose notebook servers are processes of this user. */
export async function startJupyterHub({ configFile, env = {}, port }: JupyterHubOptions): Promise<JupyterHub> {
  // JupyterHub passes over a file that is not there.
  if (!existsSync(configFile)) throw new Error(`${configFile} does not exist`)
  const venv = await installJupyterHub()
  const proxy = await installProxy()
  const home = tempFolder('jupyterhub')
  const chosenPort = port ?? (await freePort())
  const url = `http://127.0.0.1:${chosenPort}`
  const own = { configFile, url, home, hubPort: await freePort(), proxyApiPort: await freePort() }
  const ownConfig = join(home, 'own_config.py')
  writeFileSync(ownConfig, configAround(own))
  mkdirSync(join(home, 'people'))
  const proxyProcess = await startProxy({ proxy, home, port: chosenPort, apiPort: own.proxyApiPort })
  try {
    const hub = await startProcess({
      name: 'jupyterhub',
      command: join(venv, 'bin/jupyterhub'),
      args: ['-f', ownConfig],
      cwd: home,
      env: {
        // Where the spawner looks for jupyterhub-singleuser.
        PATH: [join(venv, 'bin'), process.env.PATH].join(delimiter),
        CONFIGPROXY_AUTH_TOKEN: PROXY_TOKEN,
        ...env,
      },
      ready: () => answers(`${url}/hub/health`),
      within: 180_000,
    })
    const stop = async () => {
      await hub.stop()
      await proxyProcess.stop()
    }
    return { url, log: hub.log, stop }
  } catch (error) {
    await proxyProcess.stop()
    throw error
  }
}

interface ProxyOptions {
  proxy: string
  home: string
  port: number
  apiPort: number
}

/** Not by the hub, which puts it into a separate session, where nothing stops it when a test dies. */
function startProxy({ proxy, home, port, apiPort }: ProxyOptions): Promise<RunningProcess> {
  return startProcess({
    name: 'configurable-http-proxy',
    command: process.execPath,
    args: [
      join(proxy, 'node_modules/configurable-http-proxy/bin/configurable-http-proxy'),
      '--ip=127.0.0.1',
      `--port=${port}`,
      '--api-ip=127.0.0.1',
      `--api-port=${apiPort}`,
    ],
    cwd: home,
    env: { CONFIGPROXY_AUTH_TOKEN: PROXY_TOKEN },
    // Its API wants the token: 403 without.
    ready: () => answers(`http://127.0.0.1:${apiPort}/api/routes`, 403),
    within: 30_000,
  })
}

interface OwnConfig {
  configFile: string
  url: string
  home: string
  hubPort: number
  proxyApiPort: number
}

/** One file is all that JupyterHub reads: addresses, database and spawner, then the file under test, which wins. */
function configAround({ configFile, url, home, hubPort, proxyApiPort }: OwnConfig): string {
  return `c = get_config()
c.JupyterHub.bind_url = "${url}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:${hubPort}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:${proxyApiPort}"
c.ConfigurableHTTPProxy.should_start = False
c.JupyterHub.db_url = "sqlite:///${join(home, 'jupyterhub.sqlite')}"
c.JupyterHub.cookie_secret = bytes.fromhex("11" * 32)
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "${join(home, 'people/{username}')}"
# In the process group of the hub, with which it ends.
c.SimpleLocalProcessSpawner.popen_kwargs = {"start_new_session": False}
c.Spawner.args = ["--allow-root"]
load_subconfig("${configFile}")
`
}

function installJupyterHub(): Promise<string> {
  return pythonEnvironment(`jupyterhub-${VERSION}`, 'python3.11', [
    `jupyterhub==${VERSION}`,
    `oauthenticator==${AUTHENTICATOR_VERSION}`,
    // What a spawned server is.
    'jupyterlab',
  ])
}

function installProxy(): Promise<string> {
  return cached(`configurable-http-proxy-${PROXY_VERSION}`, async (folder) => {
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
    await run('npm', ['install', '--prefix', folder, ...quiet, `configurable-http-proxy@${PROXY_VERSION}`])
  })
}
