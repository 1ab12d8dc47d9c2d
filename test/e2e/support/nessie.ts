import { appendFileSync, cpSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from './cache.ts'
import { findJdk } from './jdk.ts'
import { fetchArtifact } from './maven.ts'
import { freePort } from './ports.ts'
import { answers, startProcess } from './processes.ts'
import { tempFolder } from './temp.ts'

const VERSION = '0.99.0'

export interface NessieOptions {
  /** The folder with the application.properties under test. */
  configFolder: string
  env: Record<string, string>
  port: number
}

export interface Nessie {
  log(): string
  stop(): Promise<void>
}

/** The program in one file: 245 MB. */
export async function nessieJar(): Promise<string> {
  const folder = await cached(`nessie-${VERSION}`, async (installed) => {
    const start = Date.now()
    const heartbeat = setInterval(() => {
      process.stderr.write(`e2e: 245 MB of Nessie, for ${Math.round((Date.now() - start) / 1000)} s so far ...\n`)
    }, 15_000)
    try {
      const jar = await fetchArtifact(`org.projectnessie.nessie:nessie-quarkus:${VERSION}:jar:runner`)
      cpSync(jar, join(installed, 'part'))
      renameSync(join(installed, 'part'), join(installed, 'nessie.jar'))
    } finally {
      clearInterval(heartbeat)
    }
  })
  return join(folder, 'nessie.jar')
}

/** Starts a real Nessie that forgets everything at its end. Its identity provider must answer already. */
export async function startNessie({ configFolder, env, port }: NessieOptions): Promise<Nessie> {
  const jar = await nessieJar()
  const home = tempFolder('nessie')
  const file = join(home, 'config/application.properties')
  mkdirSync(join(home, 'config'))
  cpSync(join(configFolder, 'application.properties'), file)
  const management = await freePort()
  appendFileSync(file, ownProperties({ port, management }))
  return startProcess({
    name: 'nessie',
    command: join(findJdk(21), 'bin/java'),
    args: ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-jar', jar],
    cwd: home,
    env,
    ready: () => answers(`http://127.0.0.1:${management}/q/health/ready`),
  })
}

/** All that an identity layer does not render. Nobody looks into the warehouse. */
function ownProperties({ port, management }: { port: number; management: number }): string {
  return `
nessie.version.store.type=IN_MEMORY
nessie.catalog.default-warehouse=lake
nessie.catalog.warehouses.lake.location=s3://lake
nessie.catalog.object-stores.health-check.enabled=false
quarkus.http.host=127.0.0.1
quarkus.http.port=${port}
quarkus.management.host=127.0.0.1
quarkus.management.port=${management}
`
}
