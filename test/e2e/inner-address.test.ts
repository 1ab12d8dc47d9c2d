/** Products with an inner address of the provider and settings of their own, each with exactly the rendered file: their own calls go inside. */
import assert from 'node:assert/strict'
import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DevIdp, startDevIdp } from '../../src/dev-idp/index.ts'
import { readEnv } from '../support/read-formats.ts'
import { startAirflow } from './support/airflow.ts'
import { renderedAt } from './support/both-ways.ts'
import { type EchoService, startEchoService } from './support/echo-service.ts'
import { startJupyterHub } from './support/jupyterhub.ts'
import { startNessie } from './support/nessie.ts'
import { startNifi } from './support/nifi.ts'
import { startOAuth2Proxy } from './support/oauth2-proxy.ts'
import { freePort } from './support/ports.ts'
import { browserOf, signInAtKeycloak } from './support/scripted-browser.ts'
import { startSuperset } from './support/superset.ts'
import { startTrino } from './support/trino.ts'

let idp: DevIdp
let service: EchoService
let inside: Server
/** The last parts of the paths that were asked for inside. */
let asked: string[] = []

before(async () => {
  idp = await startDevIdp()
  service = await startEchoService()
  inside = createServer((incoming, outgoing) => {
    asked.push(incoming.url?.replace(/\?.*$/, '').replace(/^.*\//, '') ?? '')
    const { host, hostname, port } = new URL(idp.issuer)
    // As Keycloak with a public name: it says the public addresses, whoever asks.
    const forwarded = httpRequest(
      { host: hostname, port, path: incoming.url, method: incoming.method, headers: { ...incoming.headers, host } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => inside.listen(0, '127.0.0.1', resolve))
})
after(async () => {
  inside?.close()
  inside?.closeAllConnections()
  await Promise.all([idp?.close(), service?.stop()])
})
beforeEach(() => {
  asked = []
})

function rendered(name: string, settings: object) {
  const internalUrl = `http://127.0.0.1:${(inside.address() as AddressInfo).port}`
  return renderedAt({ className: 'keycloak', provider: idp, oidc: { internalUrl } }, name, settings)
}

/** A person of the provider signs in, the first one unless told; what the browser has then. */
async function signIn(
  t: Parameters<typeof browserOf>[0],
  startUrl: string,
  { who = 0, insecureOrigins = [] }: { who?: number; insecureOrigins?: string[] } = {},
) {
  const browser = browserOf(t, { insecureOrigins })
  const { username, password } = idp.users[who] ?? { username: '', password: '' }
  const page = await signInAtKeycloak(browser, { issuer: idp.issuer, startUrl, username, password })
  return { browser, page, username }
}

for (const alpha of [false, true]) {
  test(`oauth2-proxy, ${alpha ? 'the alpha form' : 'oauth2-proxy.cfg'}`, async (t) => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const { rendered: files, secrets } = await rendered('oauth2-proxy', {
      product: 'oauth2-proxy',
      version: '7.15.6',
      url,
      'oauth2-proxy': { upstreams: [`${service.url}/`], httpAddress: `127.0.0.1:${port}`, alpha },
    })
    const proxy = await startOAuth2Proxy({
      configFile: join(files.folder, 'oauth2-proxy.cfg'),
      ...(alpha ? { alphaConfigFile: join(files.folder, 'oauth2-proxy-alpha.yaml') } : {}),
      port,
      env: secrets,
    })
    t.after(() => proxy.stop())

    const { page, username } = await signIn(t, `${url}/report`)

    assert.equal(page.status, 200, proxy.log())
    assert.match(page.body, new RegExp(`"x-forwarded-preferred-username": ?"${username}"`))
    assert.deepEqual([...new Set(asked)].sort(), ['certs', 'token'])
  })
}

test('JupyterHub, with people by their names and their tokens kept', async (t) => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { rendered: files, secrets } = await rendered('jupyterhub', {
    product: 'jupyterhub',
    url,
    jupyterhub: { adminUsers: ['alice'], allowedUsers: ['alice'], enableAuthState: true },
    extra: { 'jupyterhub_config.py': { 'c.JupyterHub.active_server_limit': 7 } },
  })
  const hub = await startJupyterHub({ configFile: join(files.folder, 'jupyterhub_config.py'), port, env: secrets })
  t.after(() => hub.stop())

  const { browser, username } = await signIn(t, `${url}/hub/oauth_login?next=/hub/home`)
  const user = await browser.send(`${url}/hub/api/user`)
  const kept = await browser.send(`${url}/hub/api/users/${username}`)
  const stranger = await signIn(t, `${url}/hub/oauth_login?next=/hub/home`, { who: 1 })

  const { name, admin } = JSON.parse(user.body) as { name: string; admin: boolean }
  assert.deepEqual({ name, admin }, { name: username, admin: true }, hub.log())
  assert.ok((JSON.parse(kept.body) as { auth_state?: { access_token?: string } }).auth_state?.access_token, kept.body)
  assert.equal(stranger.page.status, 403)
  assert.deepEqual([...new Set(asked)].sort(), ['token', 'userinfo'])
})

test('Superset, with a session of seconds and a place to go after it', async (t) => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const logoutUrl = `${idp.issuer}/protocol/openid-connect/logout?client_id=${idp.clientId}`
  const { rendered: files, secrets } = await rendered('superset', {
    product: 'superset',
    version: '6.1.0',
    url,
    roles: { analysts: ['Gamma'] },
    superset: { sessionLifetime: '3s', logoutUrl },
    extra: { 'superset_config.py': { FEATURE_FLAGS: { DASHBOARD_RBAC: true }, SQLLAB_TIMEOUT: 31 } },
  })
  const configFile = join(files.folder, 'superset_config.py')
  const superset = await startSuperset({ version: '6.1.0', configFile, port, env: secrets })
  t.after(() => superset.stop())

  const { browser, username } = await signIn(t, `${url}/login/keycloak`)
  const me = await browser.send(`${url}/api/v1/me/`)
  await sleep(4_500)
  const later = await browser.send(`${url}/api/v1/me/`)
  const second = await signIn(t, `${url}/login/keycloak`)
  const left = await second.browser.send(`${url}/logout/`)

  assert.equal(me.status, 200, superset.log())
  assert.equal((JSON.parse(me.body) as { result: { username: string } }).result.username, username)
  assert.equal(later.status, 401)
  assert.equal(left.headers.get('location'), logoutUrl)
  assert.deepEqual([...new Set(asked)].sort(), ['certs', 'token', 'userinfo'])
})

test('Airflow, with settings of its own', async (t) => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { rendered: files, secrets } = await rendered('airflow', {
    product: 'airflow',
    version: '3.3.2',
    url,
    roles: { analysts: ['Viewer'] },
    airflow: { sessionLifetime: '1h' },
    extra: { 'airflow.env': { AIRFLOW__CORE__PARALLELISM: 3 } },
  })
  const own = Object.fromEntries(readEnv(files.files['airflow.env'] ?? ''))
  const configFile = join(files.folder, 'webserver_config.py')
  const airflow = await startAirflow({ line: 3, configFile, env: { ...own, ...secrets }, port })
  t.after(() => airflow.stop())

  const { browser, username } = await signIn(t, `${url}/auth/login/keycloak`)
  const me = await browser.send(`${url}/ui/auth/me`)

  assert.equal(me.status, 200, airflow.log())
  assert.equal((JSON.parse(me.body) as { username: string }).username, username)
  assert.deepEqual([...new Set(asked)].sort(), ['certs', 'token', 'userinfo'])
})

test('Trino, with further audiences: it stops at a setting that it does not know', async (t) => {
  const httpsPort = await freePort()
  const url = `https://localhost:${httpsPort}`
  const { rendered: files, secrets } = await rendered('trino', {
    product: 'trino',
    version: '476',
    url,
    trino: { additionalAudiences: ['dbt', 'https://api.example.com'] },
    extra: { 'config.properties': { 'query.max-memory': '512MB', 'query.client.timeout': '6m' } },
  })
  const ownPart = `coordinator=true
http-server.https.enabled=true
http-server.https.keystore.path=\${ENV:TRINO_KEYSTORE_PATH}
`
  const etcFiles = { 'config.properties': `${ownPart}${files.files['config.properties']}` }
  const trino = await startTrino({ etcFiles, env: secrets, httpsPort })
  t.after(() => trino.stop())

  const { browser, page } = await signIn(t, `${url}/ui/`, { insecureOrigins: [url] })
  const cluster = await browser.send(`${url}/ui/api/cluster`)

  assert.equal(page.url, `${url}/ui/`, trino.log())
  assert.equal(cluster.status, 200)
  assert.deepEqual(
    ['token', 'userinfo'].filter((name) => !asked.includes(name)),
    [],
    asked.join(' '),
  )
})

test('Nessie, which is given each address by itself', async (t) => {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const { rendered: files, secrets } = await rendered('nessie', {
    product: 'nessie',
    version: '0.99.0',
    url,
    roles: { analysts: ['reader'] },
    extra: { 'application.properties': { 'quarkus.oidc.ui-app.authentication.session-age-extension': '10M' } },
  })
  const nessie = await startNessie({ configFolder: files.folder, env: secrets, port })
  t.after(() => nessie.stop())

  const { browser } = await signIn(t, `${url}/`)
  const tree = await browser.send(`${url}/api/v2/trees/main`, { headers: { accept: 'application/json' } })
  const stranger = await browserOf(t).send(`${url}/api/v2/trees/main`, { headers: { accept: 'application/json' } })

  assert.equal(tree.status, 200, nessie.log())
  assert.notEqual(stranger.status, 200)
  assert.ok(asked.includes('token') && asked.includes('certs'), asked.join(' '))
  assert.ok(!asked.includes('openid-configuration'), asked.join(' '))
})

test('NiFi, which reads the document at the inner address', async (t) => {
  const port = await freePort()
  const url = `https://localhost:${port}`
  const { rendered: files, secrets } = await rendered('nifi', {
    product: 'nifi',
    version: '2.3.0',
    url,
    nifi: {
      initialAdmin: 'alice',
      preferredJwsAlgorithm: 'RS256',
      fallbackClaims: ['email'],
      connectTimeout: '7s',
      readTimeout: '7500ms',
    },
    extra: {
      'nifi.properties': { 'nifi.security.user.jws.key.rotation.period': 'PT1H' },
      'authorizers.xml': { 'file-access-policy-provider': { 'Node Group': '' } },
    },
  })
  const nifi = await startNifi({ configFolder: files.folder, env: secrets, port })
  t.after(() => nifi.stop())

  const { browser, page } = await signIn(t, `${url}/nifi-api/oauth2/authorization/consumer`, { insecureOrigins: [url] })
  const user = await browser.send(`${url}/nifi-api/flow/current-user`)

  assert.ok(page.url.startsWith(url), browser.trace())
  assert.equal((JSON.parse(user.body) as { identity: string }).identity, 'alice', nifi.log())
  // The addresses that the document names are the public ones here, and NiFi takes them as they are.
  assert.deepEqual([...new Set(asked)], ['openid-configuration'])
})
