import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureCommand } from './apt.ts'
import { cached, run } from './cache.ts'
import { findJdk } from './jdk.ts'
import { freePort } from './ports.ts'
import { type RunningProcess, startProcess } from './processes.ts'
import { type SelfSigned, selfSignedCertificate } from './self-signed.ts'
import { tempFolder } from './temp.ts'

const VERSION = '2.3.0'
const STORE_PASSWORD = 'changeitchangeit'

export interface NifiOptions {
  /** The folder with the files under test: its apply.sh puts them into a conf folder that has what NiFi needs anyway. */
  configFolder: string
  /** What apply.sh fills in. */
  env?: Record<string, string>
  /** A free one unless told. */
  port?: number
}

export interface Nifi {
  /** https://localhost:<port>; people go to /nifi/. */
  url: string
  certificate: SelfSigned
  /** Of this one start: conf/nifi.properties, conf/users.xml, ... */
  home: string
  log(): string
  stop(): Promise<void>
}

/** Starts a real NiFi on https://localhost, with an empty flow. Its identity provider must answer already. */
export async function startNifi(options: NifiOptions): Promise<Nifi> {
  const { configFolder, env = {}, port = await freePort() } = options
  const installed = await installNifi()
  const home = tempFolder('nifi')
  const certificate = await prepareHome({ home, installed, port })
  await run('sh', [join(configFolder, 'apply.sh'), join(home, 'conf')], { env })
  const server = await startServer({ home, installed })
  return { url: `https://localhost:${port}`, certificate, home, log: server.log, stop: server.stop }
}

/** Puts NiFi's lib together (there is no archive of the whole), and unpacks its bundles, which takes a start. */
function installNifi(): Promise<string> {
  return cached(`nifi-${VERSION}`, async (folder) => {
    const maven = await ensureCommand('mvn', ['maven'])
    writeFileSync(join(folder, 'pom.xml'), projectFile())
    await run(maven, [
      '-q',
      '-B',
      '-ntp',
      '-f',
      join(folder, 'pom.xml'),
      'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
      `-DoutputDirectory=${join(folder, 'lib')}`,
      '-DincludeScope=runtime',
    ])
    const home = tempFolder('nifi')
    await prepareHome({ home, installed: folder, port: await freePort() })
    writeFileSync(join(home, 'conf/authorizers.xml'), authorizersOfNobody)
    const server = await startServer({ home, installed: folder })
    await server.stop()
  })
}

interface Home {
  home: string
  installed: string
  port: number
}

/** All that NiFi needs and an identity layer does not render. */
async function prepareHome({ home, installed, port }: Home): Promise<SelfSigned> {
  const conf = join(home, 'conf')
  mkdirSync(conf)
  const certificate = await selfSignedCertificate(conf)
  await makeStores(conf, certificate)
  writeFileSync(join(conf, 'nifi.properties'), lines(baseProperties({ installed, port })))
  writeFileSync(join(conf, 'state-management.xml'), stateManagement)
  writeFileSync(join(conf, 'logback.xml'), logback)
  return certificate
}

async function makeStores(conf: string, { certFile, keyFile }: SelfSigned): Promise<void> {
  const [keystore, truststore] = [join(conf, 'keystore.p12'), join(conf, 'truststore.p12')]
  const key = ['-in', certFile, '-inkey', keyFile, '-name', 'nifi', '-out', keystore, '-passout']
  await run('openssl', ['pkcs12', '-export', ...key, `pass:${STORE_PASSWORD}`])
  const trusted = ['-alias', 'self', '-file', certFile, '-keystore', truststore, '-storetype', 'PKCS12', '-storepass']
  await run(join(findJdk(21), 'bin/keytool'), ['-importcert', '-noprompt', ...trusted, STORE_PASSWORD])
}

async function startServer({ home, installed }: { home: string; installed: string }): Promise<RunningProcess> {
  return startProcess({
    name: 'nifi',
    command: join(findJdk(21), 'bin/java'),
    args: [
      '-Xms128m',
      '-Xmx768m',
      // A test lives for a minute: the second compiler never earns back its time.
      '-XX:TieredStopAtLevel=1',
      '-Dnifi.properties.file.path=conf/nifi.properties',
      // Else port 52020, for every NiFi of this machine.
      `-Dorg.apache.nifi.management.server.address=127.0.0.1:${await freePort()}`,
      '-Djava.awt.headless=true',
      '-cp',
      `conf:${join(installed, 'lib')}/*`,
      'org.apache.nifi.NiFi',
    ],
    cwd: home,
    ready: (log) => log().includes('Started Application in'),
    within: 600_000,
  })
}

const group = 'org.apache.nifi'
const jars = [
  'framework-api',
  'nar-utils',
  'properties',
  'property-utils',
  'python-framework-api',
  'runtime',
  'server-api',
  'stateless-api',
].map((name) => `${group}:nifi-${name}:${VERSION}:jar`)
const bundles = ['jetty-nar', 'framework-nar', 'server-nar', 'provenance-repository-nar'].map(
  (name) => `${group}:nifi-${name}:${VERSION}:nar`,
)
const libraries = [
  // Has numbers of its own.
  `${group}:nifi-api:2.0.0:jar`,
  'org.slf4j:slf4j-api:2.0.17:jar',
  'org.slf4j:log4j-over-slf4j:2.0.17:jar',
  'org.slf4j:jcl-over-slf4j:2.0.17:jar',
  'org.slf4j:jul-to-slf4j:2.0.17:jar',
  'ch.qos.logback:logback-classic:1.5.17:jar',
  'ch.qos.logback:logback-core:1.5.17:jar',
  'jakarta.servlet:jakarta.servlet-api:6.1.0:jar',
]

/** Without what the artifacts depend on: the bundles carry it. */
function projectFile(): string {
  const dependencies = [...jars, ...bundles, ...libraries].map((coordinates) => {
    const [groupId, artifactId, version, type] = coordinates.split(':')
    return `    <dependency>
      <groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version><type>${type}</type>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>`
  })
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>e2e</groupId><artifactId>nifi</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
${dependencies.join('\n')}
  </dependencies>
</project>
`
}

function lines(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}

function baseProperties({ installed, port }: { installed: string; port: number }): Record<string, string> {
  return {
    'nifi.flow.configuration.file': './conf/flow.json.gz',
    'nifi.flow.configuration.archive.enabled': 'false',
    'nifi.flowcontroller.autoResumeState': 'true',
    'nifi.flowcontroller.graceful.shutdown.period': '1 sec',
    'nifi.flowservice.writedelay.interval': '500 ms',
    'nifi.administrative.yield.duration': '30 sec',
    'nifi.bored.yield.duration': '10 millis',
    'nifi.authorizer.configuration.file': './conf/authorizers.xml',
    'nifi.login.identity.provider.configuration.file': './conf/login-identity-providers.xml',
    'nifi.nar.library.directory': join(installed, 'lib'),
    // Unpacked at the first start, compared at the others.
    'nifi.nar.working.directory': join(installed, 'work/nar'),
    'nifi.state.management.configuration.file': './conf/state-management.xml',
    'nifi.state.management.provider.local': 'local-provider',
    'nifi.state.management.embedded.zookeeper.start': 'false',
    'nifi.database.directory': './database_repository',
    'nifi.flowfile.repository.implementation': 'org.apache.nifi.controller.repository.WriteAheadFlowFileRepository',
    'nifi.flowfile.repository.directory': './flowfile_repository',
    'nifi.flowfile.repository.checkpoint.interval': '20 secs',
    'nifi.swap.manager.implementation': 'org.apache.nifi.controller.FileSystemSwapManager',
    'nifi.queue.swap.threshold': '20000',
    'nifi.content.claim.max.appendable.size': '50 KB',
    'nifi.content.repository.implementation': 'org.apache.nifi.controller.repository.FileSystemRepository',
    'nifi.content.repository.directory.default': './content_repository',
    'nifi.content.repository.archive.enabled': 'false',
    'nifi.provenance.repository.implementation': 'org.apache.nifi.provenance.VolatileProvenanceRepository',
    'nifi.provenance.repository.buffer.size': '1000',
    'nifi.components.status.repository.implementation':
      'org.apache.nifi.controller.status.history.VolatileComponentStatusRepository',
    'nifi.remote.input.secure': 'true',
    'nifi.remote.input.socket.port': '',
    'nifi.web.https.host': 'localhost',
    'nifi.web.https.port': String(port),
    'nifi.web.jetty.working.directory': './work/jetty',
    'nifi.web.jetty.threads': '50',
    'nifi.sensitive.props.key': 'for-tests-only-key',
    'nifi.sensitive.props.algorithm': 'NIFI_PBKDF2_AES_GCM_256',
    'nifi.security.keystore': './conf/keystore.p12',
    'nifi.security.keystoreType': 'PKCS12',
    'nifi.security.keystorePasswd': STORE_PASSWORD,
    'nifi.security.keyPasswd': STORE_PASSWORD,
    'nifi.security.truststore': './conf/truststore.p12',
    'nifi.security.truststoreType': 'PKCS12',
    'nifi.security.truststorePasswd': STORE_PASSWORD,
    'nifi.security.user.authorizer': 'managed-authorizer',
    'nifi.security.allow.anonymous.authentication': 'false',
    'nifi.security.user.login.identity.provider': '',
    'nifi.cluster.is.node': 'false',
  }
}

/** For the start that only unpacks. */
const authorizersOfNobody = `<?xml version="1.0" encoding="UTF-8"?>
<authorizers>
  <userGroupProvider>
    <identifier>file-user-group-provider</identifier>
    <class>org.apache.nifi.authorization.FileUserGroupProvider</class>
    <property name="Users File">./conf/users.xml</property>
    <property name="Initial User Identity 1">nobody</property>
  </userGroupProvider>
  <accessPolicyProvider>
    <identifier>file-access-policy-provider</identifier>
    <class>org.apache.nifi.authorization.FileAccessPolicyProvider</class>
    <property name="User Group Provider">file-user-group-provider</property>
    <property name="Authorizations File">./conf/authorizations.xml</property>
    <property name="Initial Admin Identity">nobody</property>
  </accessPolicyProvider>
  <authorizer>
    <identifier>managed-authorizer</identifier>
    <class>org.apache.nifi.authorization.StandardManagedAuthorizer</class>
    <property name="Access Policy Provider">file-access-policy-provider</property>
  </authorizer>
</authorizers>
`

const stateManagement = `<?xml version="1.0" encoding="UTF-8"?>
<stateManagement>
  <local-provider>
    <id>local-provider</id>
    <class>org.apache.nifi.controller.state.providers.local.WriteAheadLocalStateProvider</class>
    <property name="Directory">./state/local</property>
    <property name="Always Sync">false</property>
    <property name="Partitions">16</property>
    <property name="Checkpoint Interval">2 mins</property>
  </local-provider>
</stateManagement>
`

const logback = `<configuration>
  <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%date %level %logger{40} %msg%n</pattern></encoder>
  </appender>
  <logger name="org.apache.nifi.web.security" level="DEBUG"/>
  <root level="INFO"><appender-ref ref="CONSOLE"/></root>
</configuration>
`
