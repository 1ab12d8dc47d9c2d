import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensureCommand } from './apt.ts'
import { cached, run } from './cache.ts'
import { findJdk } from './jdk.ts'
import { tempFolder } from './temp.ts'

const POLARIS = '1.4.1'
/** The one that this Polaris is built on. */
const QUARKUS = '3.32.3'

/** Settings, and claims of tokens that are mapped by them. */
export interface SettingsRequest {
  path: string
  env: Record<string, string>
  tokens: Record<string, unknown>[]
}

/** What the classes of Polaris and Quarkus make of it. */
export interface ReadSettings {
  /** The settings are refused; nothing else is there. */
  error?: string
  type: string
  tenantEnabled: boolean
  server: string
  issuer: string | null
  clientId: string
  audience: string[]
  introspects: boolean
  trustStore: string | null
  /** For each token. */
  people: { name: string | null; roles: string[] }[]
}

/** Asks the classes in one run of Java. */
export async function readSettings(requests: readonly SettingsRequest[]): Promise<ReadSettings[]> {
  const folder = await installClasses()
  const input = join(tempFolder('polaris'), 'requests.json')
  writeFileSync(input, JSON.stringify(requests))
  const program = join(import.meta.dirname, 'PolarisSettings.java')
  const java = join(findJdk(21), 'bin/java')
  const output = await run(
    'sh',
    [
      '-c',
      'exec "$0" -Xmx512m -Dstdout.encoding=UTF-8 -cp "$1/lib/*" "$2" < "$3" 2> "$3.log" || { cat "$3.log"; exit 1; }',
      java,
      folder,
      program,
      input,
    ],
    { within: 120_000 },
  )
  return JSON.parse(output) as ReadSettings[]
}

/**
 * The jar with the settings and mappers of Polaris, and Quarkus' extension for OpenID Connect with all that it needs. The server
 * itself is in no registry of Maven. Of its parts only these are, and not even the POM that theirs inherit from: an empty one in
 * its place says nothing of what they depend on, which is not wanted either.
 */
function installClasses(): Promise<string> {
  return cached(`polaris-classes-${POLARIS}`, async (folder) => {
    const maven = await ensureCommand('mvn', ['maven'])
    const parent = join(folder, 'repository/org/apache/polaris/polaris', POLARIS)
    mkdirSync(parent, { recursive: true })
    writeFileSync(join(parent, `polaris-${POLARIS}.pom`), projectFile('org.apache.polaris:polaris', ''))
    const pom = join(folder, 'pom.xml')
    writeFileSync(pom, projectFile('e2e:polaris-classes', content(join(folder, 'repository'))))
    await run(maven, [
      '-q',
      '-B',
      '-ntp',
      '-f',
      pom,
      'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
      `-DoutputDirectory=${join(folder, 'lib')}`,
      '-DincludeScope=runtime',
    ])
  })
}

function projectFile(name: string, content: string): string {
  const [groupId, artifactId] = name.split(':')
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${POLARIS}</version><packaging>pom</packaging>
${content}</project>
`
}

function content(repository: string): string {
  const alone = '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>'
  return `  <repositories><repository><id>parent</id><url>${pathToFileURL(repository)}</url></repository></repositories>
  <dependencies>
    <dependency><groupId>org.apache.polaris</groupId><artifactId>polaris-runtime-service</artifactId><version>${POLARIS}</version>${alone}</dependency>
    <dependency><groupId>org.apache.polaris</groupId><artifactId>polaris-core</artifactId><version>${POLARIS}</version>${alone}</dependency>
    <dependency><groupId>io.quarkus</groupId><artifactId>quarkus-oidc</artifactId><version>${QUARKUS}</version></dependency>
  </dependencies>
`
}
