import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached, run } from './cache.ts'
import { findJdk } from './jdk.ts'
import { unpackArtifact } from './maven.ts'
import { freePort } from './ports.ts'
import { answers, type RunningProcess, startProcess } from './processes.ts'
import { tempFolder } from './temp.ts'

const VERSION = '26.7.3'
const ADMIN = { username: 'admin', password: 'admin' }

export interface KeycloakClient {
  clientId: string
  secret: string
  redirectUris: readonly string[]
  postLogoutRedirectUris?: readonly string[]
}

export interface KeycloakOptions {
  realm?: string
  clients: readonly KeycloakClient[]
  /** Whether the clients can ask for the scope `groups` from the start; yes unless told. */
  offersGroups?: boolean
  /** A free one unless told. */
  port?: number
}

export interface Keycloak {
  /** http://localhost:<port>/realms/<realm> */
  issuer: string
  /** Calls the admin API of the realm: `admin('GET', '/users')`. Answers the parsed body; fails on 4xx and 5xx. */
  admin(method: string, path: string, body?: unknown): Promise<unknown>
  /** Makes the client scope `groups` unless the realm has one, and lets the clients of `startKeycloak` ask for it. */
  offerGroups(): Promise<void>
  /** Makes one more realm with the same people, but no clients and no scope `groups`: as a realm is at first. */
  newRealm(realm: string): Promise<Pick<Keycloak, 'issuer' | 'admin'>>
  /** Runs lines of a shell that call `kcadm.sh`, in a folder, as an administrator who has signed in. Answers what they print. */
  byScript(lines: string, folder: string): Promise<string>
  log(): string
  stop(): Promise<void>
}

/** The people of every test realm, with their passwords and groups. */
export const keycloakUsers = {
  alice: {
    password: 'alice-password',
    email: 'alice@example.test',
    firstName: 'Alice',
    lastName: 'Archer',
    groups: ['analysts', 'data-admins'],
  },
  bob: {
    password: 'bob-password',
    email: 'bob@example.test',
    firstName: 'Bob',
    lastName: 'Builder',
    groups: ['analysts'],
  },
} as const

/** Starts a real Keycloak on 127.0.0.1 with a fresh realm that holds alice, bob, their groups and the given clients. */
export async function startKeycloak(options: KeycloakOptions): Promise<Keycloak> {
  const { realm = 'data', clients, offersGroups = true, port } = options
  const installed = await installKeycloak()
  const home = join(tempFolder('keycloak'), 'home')
  await copyHome(installed, home)
  mkdirSync(join(home, 'data/import'), { recursive: true })
  writeFileSync(join(home, 'data/import', `${realm}-realm.json`), JSON.stringify(realmFile(realm, clients)))
  const { origin, server } = await startServer(home, { port, args: ['--import-realm'], realm })
  const admin = adminApi(origin, realm)
  const offerGroups = () => offerGroupsScope(admin)
  if (offersGroups) await offerGroups()
  const newRealm = async (name: string) => {
    await callAdmin(origin, { method: 'POST', path: '', body: realmFile(name, []) })
    return { issuer: `${origin}/realms/${name}`, admin: adminApi(origin, name) }
  }
  const byScript = (lines: string, folder: string) => {
    const signIn = `kcadm.sh config credentials --server ${origin} --realm master --user ${ADMIN.username} --password ${ADMIN.password}`
    const env = { ...javaEnv(), HOME: tempFolder('kcadm'), PATH: `${join(home, 'bin')}:${process.env['PATH']}` }
    return run('sh', ['-euc', `${signIn}\n${lines}`], { cwd: folder, env })
  }
  return {
    issuer: `${origin}/realms/${realm}`,
    admin,
    offerGroups,
    newRealm,
    byScript,
    log: server.log,
    stop: server.stop,
  }
}

/** Downloads Keycloak, and does what every start would do again: the build for its options and the empty database. */
async function installKeycloak(): Promise<string> {
  return cached(`keycloak-${VERSION}`, async (folder) => {
    await unpackArtifact(`org.keycloak:keycloak-quarkus-dist:${VERSION}:tar.gz`, folder)
    await run(join(folder, 'bin/kc.sh'), ['build', '--db=dev-file'], { env: javaEnv() })
    const { server } = await startServer(folder, { port: undefined, args: [], realm: 'master' })
    await server.stop()
  })
}

/** Hard links for the 190 MB that are only read, a real copy of the database that is written. */
async function copyHome(installed: string, home: string): Promise<void> {
  await run('cp', ['-al', installed, home])
  await run('rm', ['-r', join(home, 'data')])
  await run('cp', ['-a', join(installed, 'data'), join(home, 'data')])
}

interface ServerOptions {
  port: number | undefined
  args: readonly string[]
  /** The realm whose discovery document says that the server is ready. */
  realm: string
}

async function startServer(home: string, options: ServerOptions): Promise<{ origin: string; server: RunningProcess }> {
  const { port = await freePort(), args, realm } = options
  const origin = `http://localhost:${port}`
  const server = await startProcess({
    name: 'keycloak',
    command: join(home, 'bin/kc.sh'),
    args: [
      'start',
      // As built at install time: without it every start builds again.
      '--optimized',
      '--http-enabled=true',
      '--http-host=127.0.0.1',
      `--http-port=${port}`,
      `--hostname=${origin}`,
      ...args,
    ],
    env: { ...javaEnv(), KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN.username, KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password },
    ready: () => answers(`http://127.0.0.1:${port}/realms/${realm}/.well-known/openid-configuration`),
    within: 600_000,
  })
  return { origin, server }
}

function javaEnv(): Record<string, string> {
  return {
    JAVA_HOME: findJdk(17),
    JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx512m',
    // A test lives for a minute: the second compiler never earns back its time.
    JAVA_OPTS_APPEND: '-XX:TieredStopAtLevel=1',
    KC_CACHE: 'local',
  }
}

function realmFile(realm: string, clients: readonly KeycloakClient[]): unknown {
  return {
    realm,
    enabled: true,
    sslRequired: 'none',
    accessTokenLifespan: 1800,
    groups: [{ name: 'analysts' }, { name: 'data-admins' }],
    clients: clients.map(clientEntry),
    users: Object.entries(keycloakUsers).map(([username, { password, groups, ...profile }]) => ({
      username,
      ...profile,
      enabled: true,
      emailVerified: true,
      credentials: [{ type: 'password', value: password, temporary: false }],
      groups: groups.map((group) => `/${group}`),
    })),
  }
}

function clientEntry({ clientId, secret, redirectUris, postLogoutRedirectUris = [] }: KeycloakClient): unknown {
  return {
    clientId,
    secret,
    enabled: true,
    protocol: 'openid-connect',
    publicClient: false,
    standardFlowEnabled: true,
    directAccessGrantsEnabled: true,
    serviceAccountsEnabled: true,
    redirectUris,
    attributes: { 'post.logout.redirect.uris': postLogoutRedirectUris.join('##') },
    protocolMappers: [
      groupsMapper,
      {
        name: 'audience',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-audience-mapper',
        config: { 'included.client.audience': clientId, 'access.token.claim': 'true', 'id.token.claim': 'false' },
      },
    ],
  }
}

const groupsMapper = {
  name: 'groups',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-group-membership-mapper',
  config: {
    'claim.name': 'groups',
    'full.path': 'false',
    'id.token.claim': 'true',
    'access.token.claim': 'true',
    'userinfo.token.claim': 'true',
  },
}

/**
 * Keycloak refuses a request for a scope it does not know (`invalid_scope`), and it has no scope `groups` by default.
 * Not in the realm file: a realm that is imported with `clientScopes` loses the built-in ones.
 */
async function offerGroupsScope(admin: Keycloak['admin']): Promise<void> {
  const scopes = () => admin('GET', '/client-scopes') as Promise<{ id: string; name: string }[]>
  if (!(await scopes()).some(isGroups)) {
    await admin('POST', '/client-scopes', { name: 'groups', protocol: 'openid-connect' })
  }
  const scope = idOf(await scopes(), isGroups)
  const clients = (await admin('GET', '/clients')) as { id: string; serviceAccountsEnabled?: boolean }[]
  for (const client of clients.filter((entry) => entry.serviceAccountsEnabled)) {
    await admin('PUT', `/clients/${client.id}/optional-client-scopes/${scope}`)
  }
}

function isGroups({ name }: { name: string }): boolean {
  return name === 'groups'
}

function idOf(list: unknown, wanted: (entry: { name: string }) => boolean): string {
  const found = (list as { id: string; name: string }[]).find(wanted)
  if (!found) throw new Error('Keycloak does not list what was just created')
  return found.id
}

function adminApi(origin: string, realm: string): Keycloak['admin'] {
  return (method, path, body) => callAdmin(origin, { method, path: `/${realm}${path}`, body })
}

async function callAdmin(origin: string, { method, path, body }: { method: string; path: string; body?: unknown }) {
  const response = await fetch(`${origin}/admin/realms${path}`, {
    method,
    // A new token for each call: the master realm's live for a minute only.
    headers: { authorization: `Bearer ${await adminToken(origin)}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`Keycloak answered ${response.status} to ${method} ${path}: ${text}`)
  return text === '' ? undefined : (JSON.parse(text) as unknown)
}

async function adminToken(origin: string): Promise<string> {
  const response = await fetch(`${origin}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', ...ADMIN }),
  })
  if (!response.ok) throw new Error(`Keycloak refused its administrator: ${response.status} ${await response.text()}`)
  return ((await response.json()) as { access_token: string }).access_token
}
