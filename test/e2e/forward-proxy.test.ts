/** Sign-in through a real Squid, the only way out; without it, or with the wrong password, a clear error; mutual TLS behind it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request as httpsRequest, type Server } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { availableParallelism, loadavg } from 'node:os'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { makeCertificate } from '../../src/dev-idp/certificate.ts'
import { type DevIdp, startDevIdp } from '../../src/dev-idp/index.ts'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import { browserOf, signIn, visibleText } from './support/scripted-browser.ts'
import { selfSignedCertificate } from './support/self-signed.ts'
import { type Squid, startSquid } from './support/squid.ts'
import { tempFolder } from './support/temp.ts'

/** Names that nobody but Squid can resolve. */
const inside = 'sso.inside.example'
const mutual = 'mtls.inside.example'
const closed = 'closed.inside.example'

let squid: Squid
let idp: DevIdp
let authority: string
let clientFiles: { certFile: string; keyFile: string }
/** The provider at its inner addresses: with a certificate of its own, and one that wants a certificate of its client. */
let front: Server
let mutualFront: Server

before(async () => {
  ;[squid, idp] = await Promise.all([startSquid([inside, mutual]), startDevIdp({ tls: true })])
  const day = 86_400_000
  const period = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 30 * day) }
  const ca = makeCertificate({ commonName: 'inside', isAuthority: true, ...period })
  authority = ca.certificate
  const issuer = { ...ca, commonName: 'inside' }
  const own = makeCertificate({ commonName: inside, hosts: [inside, mutual, closed], issuer, ...period })
  clientFiles = await selfSignedCertificate(tempFolder('client'))
  const options = { key: own.privateKey, cert: own.certificate }
  const clientCa = readFileSync(clientFiles.certFile)
  front = await listening(createServer(options, forward))
  mutualFront = await listening(createServer({ ...options, requestCert: true, ca: clientCa }, forward))
})
after(async () => {
  for (const server of [front, mutualFront]) {
    server?.close()
    server?.closeAllConnections()
  }
  await Promise.all([squid?.stop(), idp?.close()])
})

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** As Keycloak with a dynamic backchannel: browsers go to its public address, and it says the inner ones of what servers call. */
function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { host, hostname, port, origin } = new URL(idp.issuer)
  const { url: path = '/', method = 'GET', headers } = incoming
  const inner = `https://${headers.host}`
  const asked = httpsRequest(
    { host: hostname, port, path, method, headers: { ...headers, host }, ca: idp.ca ?? '' },
    async (answer) => {
      const text = Buffer.concat(await answer.toArray()).toString()
      const called = /"(token_endpoint|userinfo_endpoint|jwks_uri)":"[^"]+"/g
      const { 'content-length': _, ...kept } = answer.headers
      outgoing.writeHead(answer.statusCode ?? 502, kept)
      outgoing.end(path.includes('/.well-known/') ? text.replace(called, (pair) => pair.replace(origin, inner)) : text)
    },
  )
  asked.on('error', () => outgoing.destroy())
  incoming.pipe(asked)
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

/** Whatever the machine has: an empty variable is none. */
const noProxies = Object.fromEntries(
  ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY']
    .flatMap((name) => [name, name.toLowerCase(), `GLOBAL_AGENT_${name}`])
    .map((name) => [name, '']),
)

interface Settings {
  network?: object
  env?: Record<string, string>
  /** The inner address of the provider. */
  at?: string
  wayIn?: object
  /** More classes, each a way in. */
  classes?: Record<string, object>
}

async function serve(t: TestContext, { network, env, at, wayIn, classes = {} }: Settings): Promise<Gatehouse> {
  const { oidc } = idp.authenticationClass
  const internalUrl = `https://${at ?? `${inside}:${portOf(front)}`}`
  const tls = { verification: { server: { caCert: { secretClass: 'inside' } } } }
  const client = { oidc: { clientCredentialsSecret: 'client' } }
  const gatehouse = await startGatehouse({
    config: (port) =>
      stringify({
        issuer: `http://localhost:${port}`,
        listen: { port },
        network: { timeout: '3s', ...network },
        authenticationClasses: { corp: { oidc: { ...oidc, internalUrl, tls } }, ...classes },
        login: [
          { authenticationClass: 'corp', ...client, ...wayIn },
          ...Object.keys(classes).map((name) => ({ authenticationClass: name, ...client })),
          { local: {} },
        ],
        secrets: {
          client: { clientId: idp.clientId, clientSecret: '${env:CLIENT_SECRET}' },
          inside: { 'ca.crt': '${env:INSIDE_CA}' },
          'client-certificate': {
            'tls.crt': `\${file:${clientFiles.certFile}}`,
            'tls.key': `\${file:${clientFiles.keyFile}}`,
          },
        },
      }),
    env: { ...noProxies, CLIENT_SECRET: idp.clientSecret, INSIDE_CA: authority, ...env },
  })
  t.after(() => gatehouse.stop())
  return gatehouse
}

const proxyUrl = (password = squid.password) =>
  `http://${squid.username}:${encodeURIComponent(password)}@${squid.address}`

/** What alice sees in the end, and how long the first step took, in milliseconds. */
async function signInAt(t: TestContext, gatehouse: Gatehouse): Promise<{ page: string; status: number; took: number }> {
  const browser = browserOf(t, { insecureOrigins: [idp.issuer] })
  const startUrl = `${gatehouse.url}/login/start?provider=corp`
  const began = performance.now()
  const first = await browser.send(startUrl)
  const took = performance.now() - began
  if (first.status !== 303) return { page: visibleText(first.body), status: first.status, took }
  const [{ username, password } = { username: '', password: '' }] = idp.users
  const page = await signIn(browser, { startUrl, username, password })
  return { page: visibleText(page.body), status: page.status, took }
}

/** The password of the proxy in every spelling. */
function assertSecret(text: string): void {
  for (const password of [squid.password, encodeURIComponent(squid.password), 'canary'])
    assert.ok(!text.includes(password), 'the password of the proxy is not shown')
}

test('a person signs in by the proxy of network.proxy, with its password by reference', async (t) => {
  const before = squid.requests().length
  const gatehouse = await serve(t, {
    network: { proxy: '${env:CORPORATE_PROXY}' },
    env: { CORPORATE_PROXY: proxyUrl() },
  })

  const { page, status } = await signInAt(t, gatehouse)
  // Squid writes a line when a tunnel is over.
  await gatehouse.stop()
  for (let tries = 0; tries < 100 && squid.requests().length === before; tries++) await sleep(50)

  assert.equal(status, 200)
  assert.match(page, /alice/)
  const requests = squid.requests().slice(before)
  assert.ok(requests.length > 0)
  assert.deepEqual([...new Set(requests)], [`CONNECT ${inside}:${portOf(front)} 200`])
  assertSecret(gatehouse.log())
})

for (const variable of ['HTTPS_PROXY', 'https_proxy', 'GLOBAL_AGENT_HTTPS_PROXY', 'ALL_PROXY']) {
  test(`a person signs in by the proxy that ${variable} names`, async (t) => {
    const gatehouse = await serve(t, { env: { [variable]: proxyUrl() } })

    assert.match((await signInAt(t, gatehouse)).page, /alice/)
    assertSecret(gatehouse.log())
  })
}

for (const [what, settings] of Object.entries({
  'without a proxy': () => ({}),
  'with the provider in NO_PROXY': () => ({ env: { HTTPS_PROXY: proxyUrl(), NO_PROXY: 'x.test,.inside.example' } }),
  'with the provider in noProxy': () => ({ network: { noProxy: [inside] }, env: { HTTPS_PROXY: proxyUrl() } }),
})) {
  test(`${what} nobody gets there, and the page says so within the timeout`, async (t) => {
    const before = squid.requests().length
    const gatehouse = await serve(t, settings())

    const { page, status, took } = await signInAt(t, gatehouse)

    assert.equal(status, 502)
    assert.match(page, /provider-unreachable/)
    assert.ok(took < 4_000, `${took} ms`)
    assert.equal(squid.requests().length, before)
  })
}

test('a wrong password of the proxy, a host that it does not let through, and no proxy at its address are told apart', async (t) => {
  const start = performance.now()
  const refused = await signInAt(t, await serve(t, { env: { HTTPS_PROXY: proxyUrl('canary') } }))
  const atClosed = `${closed}:${portOf(front)}`
  const forbidden = await serve(t, { env: { HTTPS_PROXY: proxyUrl() }, at: atClosed })
  const forbiddenPage = await signInAt(t, forbidden)
  const missing = await serve(t, { env: { HTTPS_PROXY: 'http://gatehouse:canary@127.0.0.1:9' } })
  const missingPage = await signInAt(t, missing)

  assert.match(refused.page, /proxy-refused/)
  assert.match(forbiddenPage.page, /proxy-refused/)
  assert.match(await forbidden.logWith(/"proxyStatus":403/), /"proxyStatus":403/)
  assert.match(missingPage.page, /proxy-unreachable/)
  for (const { took } of [refused, forbiddenPage, missingPage]) assert.ok(took < 4_000)
  for (const text of [refused.page, forbiddenPage.page, missingPage.page, forbidden.log(), missing.log()])
    assertSecret(text)
  assert.ok(performance.now() - start < 60_000)
})

test('a provider behind the proxy that wants a certificate of its client gets that of the way in', async (t) => {
  const at = `${mutual}:${portOf(mutualFront)}`
  const env = { HTTPS_PROXY: proxyUrl() }
  const without = await signInAt(t, await serve(t, { env, at }))

  const withIt = await signInAt(t, await serve(t, { env, at, wayIn: { clientCertificate: 'client-certificate' } }))

  assert.equal(without.status, 502)
  assert.match(withIt.page, /alice/)
})

test('with one provider down, one that hangs and one with a broken certificate a start takes less than three seconds', async (t) => {
  const sockets = new Set<Socket>()
  const hanging = createTcpServer((socket) => sockets.add(socket))
  await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    hanging.close()
    for (const socket of sockets) socket.destroy()
  })
  const oidc = (port: number, more: object = {}) => ({
    oidc: { hostname: '127.0.0.1', port, principalClaim: 'sub', ...more },
  })
  const classes = {
    down: oidc(1),
    hanging: oidc((hanging.address() as AddressInfo).port, { timeout: '60s' }),
    broken: oidc(portOf(front), { tls: { verification: { server: { caCert: { webPki: {} } } } } }),
  }
  const begin = async () => {
    const began = performance.now()
    const gatehouse = await serve(t, { env: { HTTPS_PROXY: proxyUrl() }, classes })
    return { gatehouse, took: performance.now() - began }
  }

  // Other programs may keep the machine busy: the best of three counts, and load adds to the time. The provider that hangs has a minute.
  const limit = 3_000 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())
  let start = await begin()
  for (let tries = 1; tries < 3 && start.took >= limit; tries++) start = await begin()

  assert.ok(start.took < limit, `${start.took} ms`)
  assert.match((await signInAt(t, start.gatehouse)).page, /alice/)
})
