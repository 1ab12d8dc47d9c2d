import { join } from 'node:path'
import { cached, run } from './cache.ts'
import { findGo } from './go.ts'
import { answers, startProcess } from './processes.ts'
import { tempFolder } from './temp.ts'

const VERSION = '7.15.6'

export interface OAuth2ProxyOptions {
  /** The file under test for --config. */
  configFile: string
  /** The file under test for --alpha-config. */
  alphaConfigFile?: string
  /** Where the files say that it listens on 127.0.0.1. */
  port: number
  /** What the files take from OAUTH2_PROXY_*: the two secrets. */
  env?: Record<string, string>
}

export interface OAuth2Proxy {
  /** http://127.0.0.1:<port> */
  url: string
  log(): string
  stop(): Promise<void>
}

/** Starts a real oauth2-proxy. Its identity provider must answer already. */
export async function startOAuth2Proxy(options: OAuth2ProxyOptions): Promise<OAuth2Proxy> {
  const { configFile, alphaConfigFile, port, env = {} } = options
  const installed = await installOAuth2Proxy()
  const url = `http://127.0.0.1:${port}`
  const server = await startProcess({
    name: 'oauth2-proxy',
    command: join(installed, 'oauth2-proxy'),
    args: [`--config=${configFile}`, ...(alphaConfigFile === undefined ? [] : [`--alpha-config=${alphaConfigFile}`])],
    cwd: tempFolder('oauth2-proxy'),
    env,
    ready: () => answers(`${url}/ready`),
    within: 60_000,
  })
  return { url, log: server.log, stop: server.stop }
}

/** Has a real oauth2-proxy read the files and say what is wrong with them; it calls nobody. Fails when it does not take them. */
export async function checkOAuth2ProxyFiles(
  options: Pick<OAuth2ProxyOptions, 'configFile' | 'alphaConfigFile' | 'env'>,
): Promise<void> {
  const { configFile, alphaConfigFile, env = {} } = options
  const installed = await installOAuth2Proxy()
  const files = [
    `--config=${configFile}`,
    ...(alphaConfigFile === undefined ? [] : [`--alpha-config=${alphaConfigFile}`]),
  ]
  await run(join(installed, 'oauth2-proxy'), [...files, '--config-test'], { cwd: tempFolder('oauth2-proxy'), env })
}

function installOAuth2Proxy(): Promise<string> {
  return cached(`oauth2-proxy-${VERSION}`, async (folder) => {
    const command = `github.com/oauth2-proxy/oauth2-proxy/v7@v${VERSION}`
    await run(await findGo(), ['install', command], { cwd: folder, env: { GOBIN: folder } })
  })
}
