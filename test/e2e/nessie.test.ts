/** Nessie with exactly the rendered files: the Web UI, roles, tokens of engines and sign-out, straight at Keycloak and through Gatehouse. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { stringify } from 'yaml'
import { type DevIdp, startDevIdp } from '../../src/dev-idp/index.ts'
import { replaceAll } from './support/behind-a-proxy.ts'
import {
  type BothWays,
  type Installation,
  startBothWays,
  type Way,
  type WayThroughGatehouse,
} from './support/both-ways.ts'
import { run } from './support/cache.ts'
import { findJdk } from './support/jdk.ts'
import { keycloakUsers } from './support/keycloak.ts'
import { type Nessie, startNessie } from './support/nessie.ts'
import { freePort } from './support/ports.ts'
import { renderProduct } from './support/rendered.ts'
import {
  browserOf,
  type Credentials,
  type Page,
  ScriptedBrowser,
  signIn,
  signInAtKeycloak,
} from './support/scripted-browser.ts'
import { selfSignedCertificate } from './support/self-signed.ts'
import { tempFolder } from './support/temp.ts'

let providers: BothWays
/** Of the two Nessies, which run one after the other. */
let port: number
let url: string

/** A name with all that the language of the rules, lists, expressions and properties would read in it. */
const hostileGroup = `data "admins" \${HOME} $$ \\ , 'é'`

before(async () => {
  port = await freePort()
  url = `http://localhost:${port}`
  providers = await startBothWays()
})
after(() => providers?.stop())

const entry = () => ({
  name: 'nessie',
  settings: {
    product: 'nessie',
    version: '0.99.0',
    url,
    roles: { 'data-admins': ['admin'], analysts: ['reader'], [hostileGroup]: ['writer'] },
  },
})

function start({ rendered, secrets }: Installation): Promise<Nessie> {
  return startNessie({ configFolder: rendered.folder, env: secrets, port })
}

/** Who asks: a browser with its session, or an engine with its token. */
type Ask = (path: string, request?: { method: string; body?: object }) => Promise<Page>

function withSession(browser: ScriptedBrowser): Ask {
  return (path, request) => browser.send(`${url}${path}`, { ...api(request), headers: { accept: 'application/json' } })
}

/** Without cookies. */
function withToken(t: TestContext, token: string): Ask {
  const browser = browserOf(t)
  const headers = { accept: 'application/json', authorization: `Bearer ${token}` }
  return (path, request) => {
    const sent = api(request)
    return browser.send(`${url}${path}`, { ...sent, headers: { ...sent.headers, ...headers } })
  }
}

function api(request: { method: string; body?: object } = { method: 'GET' }) {
  return request.body === undefined
    ? { method: request.method, headers: {} }
    : {
        method: request.method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request.body),
      }
}

/** Where every branch begins: the hash of no commit. */
const noCommit = '2e1cfa82b035c26cbbbdae632cea070514eb8b773f616aaeaf668e2f0be8f10d'
/** Somebody who may do everything, at the Nessie that runs. */
let administrator: Ask
let branches = 0

/** Answers the status. */
async function makeBranch(ask: Ask, name: string): Promise<number> {
  const main = { type: 'BRANCH', name: 'main', hash: noCommit }
  return (await ask(`/api/v2/trees?name=${name}&type=BRANCH`, { method: 'POST', body: main })).status
}

/** As statuses: what of all that the three roles are about somebody may do. */
async function abilities(ask: Ask): Promise<Record<string, number>> {
  const spare = `spare-${++branches}`
  assert.equal(await makeBranch(administrator, spare), 200)
  return {
    view: (await ask('/api/v2/trees/main')).status,
    list: (await ask('/api/v2/trees/main/entries')).status,
    create: await makeBranch(ask, `branch-${branches}`),
    write: (await commit(ask, `space-${branches}`)).status,
    remove: (await ask(`/api/v2/trees/${spare}@${noCommit}?type=BRANCH`, { method: 'DELETE' })).status,
  }
}

function commit(ask: Ask, name: string): Promise<Page> {
  const content = { type: 'NAMESPACE', elements: [name] }
  return ask(`/api/v2/trees/main@${noCommit}/history/commit`, {
    method: 'POST',
    body: {
      commitMeta: { message: `make ${name}` },
      operations: [{ type: 'PUT', key: { elements: [name] }, content }],
    },
  })
}

/** Once for each Nessie. */
function asAdministrator(way: () => Way): void {
  const browser = new ScriptedBrowser()
  before(async () => {
    await way().signIn(browser, 'alice', `${url}/`)
    administrator = withSession(browser)
  })
  after(() => browser.close())
}

const everything = { view: 200, list: 200, create: 200, write: 200, remove: 200 }
const reading = { view: 200, list: 200, create: 403, write: 403, remove: 403 }
const nothing = { view: 403, list: 403, create: 403, write: 403, remove: 403 }

/** What must hold for both ways. */
function signInTests(way: () => Way, nessie: () => Nessie): void {
  asAdministrator(way)

  test('Nessie knows every setting', () => {
    assert.doesNotMatch(nessie().log(), /Unrecognized configuration|WARN.*oidc/i)
  })

  test('alice signs in where she wanted to be, and may do what an administrator may', async (t) => {
    const browser = browserOf(t)

    const page = await way().signIn(browser, 'alice', `${url}/tree/main`)

    assert.equal(page.url, `${url}/tree/main`, browser.trace())
    assert.match(page.body, /<title>Nessie</)
    assert.deepEqual(await abilities(withSession(browser)), everything)
  })

  test('bob, a reader, may not write', async (t) => {
    const browser = browserOf(t)

    await way().signIn(browser, 'bob', `${url}/`)

    assert.deepEqual(await abilities(withSession(browser)), reading)
  })

  test('what people do is written down under their name', async (t) => {
    const browser = browserOf(t)
    await way().signIn(browser, 'alice', `${url}/`)
    const ask = withSession(browser)

    const written = await commit(ask, 'signed')
    const log = await ask('/api/v2/trees/main/history?max-records=1')

    assert.equal(written.status, 200, written.body)
    assert.match(log.body, /"authors"\s*:\s*\[\s*"alice"\s*\]/)
  })

  test('nobody gets in without the way through the provider', async (t) => {
    const invented = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.'
    const browser = browserOf(t)

    const statuses = []
    for (const ask of [withSession(browser), withToken(t, 'invented'), withToken(t, invented)]) {
      for (const path of ['/api/v2/trees', '/api/v1/trees', '/iceberg/v1/config', '/iceberg/v1/main/namespaces']) {
        statuses.push((await ask(path)).status)
      }
    }

    assert.deepEqual(new Set(statuses), new Set([401]))
  })

  test('signing out ends the session at the provider too', async (t) => {
    const browser = browserOf(t)
    await way().signIn(browser, 'alice', `${url}/`)

    const page = await browser.open(`${url}/logout`)
    const asked = await withSession(browser)('/api/v2/trees')
    // Fails if there is no prompt for the password.
    await way().signIn(browser, 'alice', `${url}/`)

    assert.ok(!page.url.startsWith(`${url}/`), browser.trace())
    // The cookie of the next sign-in, which has begun, leads there.
    assert.ok([302, 401].includes(asked.status), String(asked.status))
  })

  test('the API of Iceberg answers as the roles say', async (t) => {
    const browser = browserOf(t)
    await way().signIn(browser, 'bob', `${url}/`)
    const ask = withSession(browser)
    const namespace = { method: 'POST', body: { namespace: ['by-bob'], properties: {} } }

    const config = await ask('/iceberg/v1/config')
    const list = await ask('/iceberg/v1/main/namespaces')
    const byBob = await ask('/iceberg/v1/main/namespaces', namespace)
    const byAlice = await administrator('/iceberg/v1/main/namespaces', namespace)

    assert.deepEqual([config.status, list.status, byAlice.status], [200, 200, 200])
    // Its way to say 403.
    assert.equal(byBob.status, 500)
    assert.match(byBob.body, /is not allowed for role/)
  })

  test('cookies are closed to scripts, and say nothing', async (t) => {
    const browser = browserOf(t)
    await way().signIn(browser, 'alice', `${url}/`)

    const sessions = browser.jar.cookies.filter(({ name }) => name.startsWith('q_session_ui-app'))

    assert.ok(sessions.length > 0)
    assert.ok(sessions.every(({ httpOnly }) => httpOnly))
    assert.ok(
      sessions.every(({ value }) => !value.includes('eyJhbGciOiJSUzI1NiI') && !value.includes('eyJhbGciOiJFUzI1NiI')),
    )
  })
}

describe('straight at Keycloak', () => {
  let way: Way
  let nessie: Nessie

  before(async () => {
    way = await providers.straight(entry())
    await addCarolAndDave()
    await addEngine('spark', { audience: 'nessie' })
    await addEngine('stranger', { audience: 'somebody-else' })
    nessie = await start(way)
  })
  after(() => nessie?.stop())

  test('render has nothing to warn of', () => {
    assert.deepEqual(
      way.rendered.warnings.filter((line) => !line.includes('not encrypted')),
      [],
    )
  })

  signInTests(
    () => way,
    () => nessie,
  )

  test('carol, a writer by a group of a hostile name, may write but loses no history', async (t) => {
    const browser = browserOf(t)

    await signInAtKeycloak(browser, { issuer: providers.keycloak.issuer, startUrl: `${url}/`, ...carol })

    assert.deepEqual(await abilities(withSession(browser)), { ...everything, remove: 403 })
  })

  test('dave, who is in no group, may not even look', async (t) => {
    const browser = browserOf(t)

    await signInAtKeycloak(browser, { issuer: providers.keycloak.issuer, startUrl: `${url}/`, ...dave })
    const page = await browser.open(`${url}/`)

    assert.equal(page.status, 200)
    assert.deepEqual(await abilities(withSession(browser)), nothing)
  })

  test('an engine with a token for Nessie may do what the groups in it may', async (t) => {
    const alice = withToken(t, await tokenOf('spark', { username: 'alice', password: keycloakUsers.alice.password }))
    const bob = withToken(t, await tokenOf('spark', { username: 'bob', password: keycloakUsers.bob.password }))
    const itself = withToken(t, await tokenOf('spark'))

    assert.deepEqual(await abilities(alice), everything)
    assert.deepEqual(await abilities(bob), reading)
    assert.deepEqual(await abilities(itself), nothing)
  })

  test('an ID token for Nessie is taken like an access token, as the guide says', async (t) => {
    const alice = { username: 'alice', password: keycloakUsers.alice.password }

    const ask = withToken(t, await tokenOf('spark', alice, 'id_token'))

    assert.equal((await ask('/api/v2/config')).status, 200)
  })

  test('a token of the same provider for another application is refused', async (t) => {
    const token = await tokenOf('stranger', { username: 'alice', password: keycloakUsers.alice.password })

    const ask = withToken(t, token)

    assert.equal((await ask('/api/v2/trees')).status, 401)
    assert.equal((await ask('/iceberg/v1/config')).status, 401)
  })
})

describe('behind a proxy with TLS, at a provider with a certificate authority of its own', () => {
  let idp: DevIdp
  let proxy: Server
  let nessie: Nessie
  let publicUrl: string

  before(async () => {
    proxy = await startTlsProxy()
    publicUrl = `https://localhost:${(proxy.address() as AddressInfo).port}`
    idp = await startDevIdp({ tls: true, redirectUris: [`${publicUrl}/`] })
    const { folder, files } = await renderProduct(stringify(configurationFor(idp, publicUrl)), 'nessie')
    const trustStore = await makeTrustStore(files['REGISTER.md'] ?? '', idp.ca ?? '')
    const file = join(folder, 'application.properties')
    writeFileSync(file, replaceAll(readFileSync(file, 'utf8'), { '/etc/nessie/idp.p12': trustStore }))
    nessie = await startNessie({
      configFolder: folder,
      env: {
        NESSIE_CLIENT_SECRET: idp.clientSecret,
        GATEHOUSE_IDP_TRUST_STORE_PASSWORD: trustStorePassword,
        GATEHOUSE_NESSIE_STATE_SECRET: '0123456789abcdef0123456789abcdef',
        GATEHOUSE_NESSIE_SESSION_SECRET: 'fedcba9876543210fedcba9876543210',
      },
      port,
    })
  })
  after(async () => {
    proxy?.closeAllConnections()
    proxy?.close()
    await Promise.all([nessie?.stop(), idp?.close()])
  })

  test('people come back over https, with cookies for https only', async (t) => {
    const browser = browserOf(t, { insecureOrigins: [publicUrl, new URL(idp.issuer).origin] })
    const [{ username, password } = assert.fail()] = idp.users

    const page = await signIn(browser, { startUrl: `${publicUrl}/tree/main`, username, password })
    const asked = await browser.send(`${publicUrl}/api/v2/trees/main`)

    assert.equal(page.url, `${publicUrl}/tree/main`, browser.trace())
    assert.equal(asked.status, 200)
    const sessions = browser.jar.cookies.filter(({ name }) => name.startsWith('q_session'))
    assert.ok(sessions.length > 0 && sessions.every(({ secure }) => secure))
    assert.doesNotMatch(nessie.log(), /Unrecognized configuration/)
  })
})

describe('through Gatehouse', () => {
  let way: WayThroughGatehouse
  let nessie: Nessie

  before(async () => {
    way = await providers.throughGatehouse(entry())
    nessie = await start(way)
  })
  after(async () => {
    await Promise.all([nessie?.stop(), way?.stop()])
  })

  test('render says that engines have no token of Gatehouse', () => {
    assert.match(way.rendered.warnings.join('\n'), /engines are refused at the API; people can sign in/)
  })

  signInTests(
    () => way,
    () => nessie,
  )

  test('ada, a local account, signs in and may do what her team may', async (t) => {
    const browser = browserOf(t)

    await way.signIn(browser, 'ada', `${url}/`)

    assert.deepEqual(await abilities(withSession(browser)), everything)
  })

  test('doctor finds nothing wrong between Nessie, Gatehouse and Keycloak', async () => {
    const { status, stdout, stderr } = await way.gatehouse.cli(['doctor', '-p', 'nessie'])

    assert.equal(status, 0, stdout + stderr)
  })
})

/** Passes on what comes, with its `Host` and without a word of how it came. */
async function startTlsProxy(): Promise<Server> {
  const { certFile, keyFile } = await selfSignedCertificate(tempFolder('proxy'))
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (incoming, outgoing) => {
    const { method, url: path, headers } = incoming
    const forwarded = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function configurationFor({ authenticationClass, clientId, ca }: DevIdp, publicUrl: string): unknown {
  const file = join(tempFolder('authority'), 'ca.crt')
  writeFileSync(file, ca ?? '')
  return {
    authenticationClasses: { idp: authenticationClass },
    products: {
      nessie: {
        product: 'nessie',
        url: publicUrl,
        authentication: [
          {
            authenticationClass: 'idp',
            oidc: { clientCredentialsSecret: 'nessie-client', extraScopes: ['groups'] },
          },
        ],
        roles: { analysts: ['reader'] },
      },
    },
    secrets: {
      'nessie-client': { clientId, clientSecret: '${env:NESSIE_CLIENT_SECRET}' },
      'dev-idp-ca': { 'ca.crt': `\${file:${file}}` },
    },
  }
}

const trustStorePassword = 'nothing secret in it'

/** By the command of REGISTER.md. */
async function makeTrustStore(register: string, ca: string): Promise<string> {
  const folder = tempFolder('trust-store')
  writeFileSync(join(folder, 'ca.crt'), ca)
  const [, command] = /`(keytool [^`]*)`/.exec(register) ?? assert.fail('REGISTER.md has no keytool')
  const file = join(folder, 'idp.p12')
  const here = replaceAll(command ?? '', {
    keytool: join(findJdk(17), 'bin/keytool'),
    '/etc/nessie/idp.p12': file,
  })
  const env = { GATEHOUSE_IDP_TRUST_STORE_PASSWORD: trustStorePassword }
  await run('sh', ['-c', here], { cwd: folder, env })
  return file
}

const carol = { username: 'carol', password: 'carol-password' }
const dave = { username: 'dave', password: 'dave-password' }

async function addCarolAndDave(): Promise<void> {
  const { admin } = providers.keycloak
  await admin('POST', '/groups', { name: hostileGroup })
  for (const [{ username, password }, groups] of [
    [carol, [`/${hostileGroup}`]],
    [dave, []],
  ] as const) {
    await admin('POST', '/users', {
      username,
      email: `${username}@example.test`,
      firstName: username,
      lastName: 'Test',
      enabled: true,
      emailVerified: true,
      credentials: [{ type: 'password', value: password, temporary: false }],
      groups,
    })
  }
}

const engineSecret = (clientId: string) => `${clientId}-secret-at-keycloak`

/** As REGISTER.md says: a client of its own, with Nessie in `aud` and its groups. */
async function addEngine(clientId: string, { audience }: { audience: string }): Promise<void> {
  const mapper = (name: string, protocolMapper: string, config: Record<string, string>) => ({
    name,
    protocol: 'openid-connect',
    protocolMapper,
    config: { 'access.token.claim': 'true', ...config },
  })
  await providers.keycloak.admin('POST', '/clients', {
    clientId,
    secret: engineSecret(clientId),
    serviceAccountsEnabled: true,
    directAccessGrantsEnabled: true,
    protocolMappers: [
      mapper('audience', 'oidc-audience-mapper', { 'included.custom.audience': audience, 'id.token.claim': 'true' }),
      mapper('groups', 'oidc-group-membership-mapper', { 'claim.name': 'groups', 'full.path': 'false' }),
    ],
  })
}

/** Of a person, or of the engine itself. */
async function tokenOf(
  clientId: string,
  person?: Credentials,
  kind: 'access_token' | 'id_token' = 'access_token',
): Promise<string> {
  const response = await fetch(`${providers.keycloak.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: person ? 'password' : 'client_credentials',
      client_id: clientId,
      client_secret: engineSecret(clientId),
      scope: 'openid',
      ...person,
    }),
  })
  const { [kind]: token } = (await response.json()) as { access_token?: string; id_token?: string }
  assert.ok(token, `Keycloak gave ${clientId} no token: ${response.status}`)
  return token
}
