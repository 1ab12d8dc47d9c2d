import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cached } from './cache.ts'
import { findJdk } from './jdk.ts'
import { unpackArtifact } from './maven.ts'
import { freePort } from './ports.ts'
import { startProcess } from './processes.ts'
import { type SelfSigned, selfSignedCertificate } from './self-signed.ts'
import { tempFolder } from './temp.ts'

const VERSION = '476'

export interface TrinoOptions {
  /** Written exactly as given: `{ 'config.properties': ..., 'rules.json': ... }`. */
  etcFiles: Record<string, string>
  /** What the files take by ${ENV:...}. TRINO_KEYSTORE_PATH is there already. */
  env?: Record<string, string>
  /** Free ones unless told. */
  httpsPort?: number
  httpPort?: number
}

export interface Trino {
  /** https://localhost:<httpsPort>; nobody listens there when config.properties does not turn https on. */
  url: string
  httpUrl: string
  certificate: SelfSigned
  /** The folder that Trino takes for its `etc`. */
  etcFolder: string
  log(): string
  stop(): Promise<void>
}

/** Starts a real Trino coordinator (no catalogs but `system`). Its identity provider must answer already. */
export async function startTrino(options: TrinoOptions): Promise<Trino> {
  const { etcFiles, env = {}, httpsPort = await freePort(), httpPort = await freePort() } = options
  const jdk = findJdk(24)
  const installed = await cached(`trino-server-core-${VERSION}`, (folder) =>
    unpackArtifact(`io.trino:trino-server-core:${VERSION}:tar.gz`, folder),
  )
  const folder = tempFolder('trino')
  const etcFolder = join(folder, 'etc')
  const dataFolder = join(folder, 'data')
  mkdirSync(dataFolder)
  const certificate = await selfSignedCertificate(folder)
  const serverSettings = settingsBeside(etcFiles['config.properties'] ?? '', { httpPort, httpsPort })
  const files = { 'node.properties': nodeProperties, 'jvm.config': jvmConfig(serverSettings), ...etcFiles }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(etcFolder, name)), { recursive: true })
    writeFileSync(join(etcFolder, name), content)
  }
  const server = await startProcess({
    name: 'trino',
    command: join(installed, 'bin/launcher'),
    args: ['run', '-etc-dir', etcFolder, '-data-dir', dataFolder, '-jvm-dir', jdk],
    cwd: dataFolder,
    env: { TRINO_KEYSTORE_PATH: certificate.pemFile, ...env },
    // Not the port: that one answers 500 "OAuth2 client not initialized" for a while.
    ready: (log) => log().includes('======== SERVER STARTED ========'),
    within: 300_000,
  })
  return {
    url: `https://localhost:${httpsPort}`,
    httpUrl: `http://localhost:${httpPort}`,
    certificate,
    etcFolder,
    log: server.log,
    stop: server.stop,
  }
}

// Without the addresses Trino listens on all interfaces and calls itself by the machine's outside address.
const nodeProperties = `node.environment=e2e
node.id=e2e-1
node.internal-address=localhost
node.bind-ip=127.0.0.1
`

/**
 * What a coordinator needs and an identity layer does not render. They reach Trino as system properties, which it reads
 * like lines of config.properties; so that file stays as rendered, and what it says itself is left to it.
 */
function settingsBeside(config: string, ports: { httpPort: number; httpsPort: number }): string[] {
  const settings = {
    // Its default is 8080, https or not.
    'http-server.http.port': String(ports.httpPort),
    'http-server.https.port': String(ports.httpsPort),
    // Required as soon as authentication is on.
    'internal-communication.shared-secret': 'for-tests-only-0123456789abcdef0123456789abcdef',
  }
  return Object.entries(settings)
    .filter(([key]) => !config.split('\n').some((line) => line.split('=')[0]?.trim() === key))
    .map(([key, value]) => `-D${key}=${value}`)
}

function jvmConfig(serverSettings: readonly string[]): string {
  const lines = [
    '-Xmx1G',
    '-XX:+UseG1GC',
    '-XX:ReservedCodeCacheSize=256M',
    '-Djdk.attach.allowAttachSelf=true',
    '--add-modules=jdk.incubator.vector',
    '--enable-native-access=ALL-UNNAMED',
    '--sun-misc-unsafe-memory-access=allow',
    ...serverSettings,
  ]
  return `${lines.join('\n')}\n`
}
