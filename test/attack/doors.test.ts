import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createPlain, type Server } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { SecureVersion } from 'node:tls'
import { makeCertificate } from '../../src/dev-idp/certificate.ts'
import { createFetch } from '../../src/outgoing.ts'
import { takeAddress } from '../../src/server/listening.ts'
import { ScriptedBrowser } from '../e2e/support/scripted-browser.ts'
import { startEchoUpstream } from '../support/echo-upstream.ts'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import { RawConnection } from './raw-connection.ts'
import { issuerRoutes, serviceRoutes } from './route-requests.ts'

let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
let gatehouse: Gatehouse
let wiki: string

before(async () => {
  upstream = await startEchoUpstream()
  gatehouse = await startGatehouse({
    config: (port) =>
      JSON.stringify({
        issuer: `http://localhost:${port}`,
        listen: { port, trustedProxies: ['127.0.0.1'] },
        services: {
          wiki: {
            url: `http://wiki.localhost:${port}`,
            upstream: `http://127.0.0.1:${upstream.port}`,
            rules: [{ path: '/', allow: 'authenticated' }],
          },
          down: {
            url: `http://down.localhost:${port}`,
            upstream: 'http://127.0.0.1:9',
            rules: [{ path: '/open', allow: 'everyone' }],
          },
        },
        authenticationClasses: {
          gone: { oidc: { hostname: '127.0.0.1', port: 9, rootPath: '/inner-name', principalClaim: 'sub' } },
        },
        login: [{ authenticationClass: 'gone', oidc: { clientCredentialsSecret: 'gone' } }, { local: {} }],
        secrets: { gone: { clientId: 'x', clientSecret: 'not a secret at all' } },
      }),
  })
  wiki = `http://wiki.localhost:${gatehouse.port}`
  await gatehouse.addUser('alice', 'correct horse battery staple')
})
after(async () => {
  await gatehouse.stop()
  await upstream.close()
})

const open = (url: string, headers: Record<string, string> = {}) => new ScriptedBrowser().send(url, { headers })

/** Every address that answers somebody, with something in the places of its path. */
const addresses = () => [
  ...[...issuerRoutes, '/nothing', '/authorize?client_id=x', '/logout?id_token_hint=x', '/login?interaction=x'].map(
    (path) => gatehouse.url + path.replace(/:\w+/, 'x'),
  ),
  ...[...serviceRoutes, '/', '/nothing', '/oauth2/callback?state=x', '/oauth2/start?rd=//evil.test'].map(
    (path) => wiki + path,
  ),
]

describe('the public port', () => {
  it('has no numbers, no profiles and no lists for anybody [metrics-pprof-open]', async () => {
    const paths = [
      '/metrics', '/metrics/', '/-/metrics', '/prometheus', '/actuator', '/actuator/prometheus', '/actuator/heapdump', '/debug', '/debug/pprof',
      '/debug/pprof/heap', '/debug/vars', '/pprof', '/heapdump', '/json', '/json/list', '/status', '/server-status', '/stats', '/env', '/config',
      '/openapi.json', '/swagger.json', '/swagger-ui/', '/docs', '/admin', '/api', '/.env', '/.git/config', '/gatehouse.yaml', '/gatehouse.db',
    ] // biome-ignore format: a table of paths

    for (const path of paths) {
      assert.equal((await open(gatehouse.url + path)).status, 404, path)
      assert.equal((await open(wiki + path, { accept: '*/*', 'sec-fetch-mode': 'cors' })).status, 401, path)
    }
    assert.deepEqual(JSON.parse((await open(`${gatehouse.url}/healthz`)).body), { status: 'ok' })
    // Words for each part: no addresses, no versions, no numbers.
    const ready = (await open(`${gatehouse.url}/readyz`)).body
    assert.deepEqual(Object.keys(JSON.parse(ready) as object).sort(), [
      'draining',
      'providers',
      'ready',
      'signingKeys',
      'status',
      'store',
    ])
    // Since when a provider is away is the one number.
    assert.doesNotMatch(ready.replaceAll(/"since":"[\d:.TZ-]+"/g, ''), /\d|\/\//)
  })

  it('lets nobody in for the name of their browser [health-by-user-agent]', async () => {
    for (const agent of ['kube-probe/1.36', 'GoogleHC/1.0', 'ELB-HealthChecker/2.0', 'Prometheus/3.0', 'curl/8']) {
      const answers = await Promise.all([
        open(`${wiki}/`, { 'user-agent': agent, accept: '*/*', 'sec-fetch-mode': 'cors' }),
        open(`${wiki}/healthzx`, { 'user-agent': agent, accept: '*/*', 'sec-fetch-mode': 'cors' }),
        open(`${wiki}/healthz/../x`, { 'user-agent': agent, accept: '*/*', 'sec-fetch-mode': 'cors' }),
        open(`${gatehouse.url}/healthzx`, { 'user-agent': agent }),
      ])
      assert.deepEqual(
        answers.map(({ status }) => status),
        [401, 401, 401, 404],
        agent,
      )
    }
    assert.equal(upstream.requests.length, 0)
  })
})

describe('every page', () => {
  it('cannot be framed and is kept by no cache, whoever made it [clickjack] [browser-cache-history]', async () => {
    const wrong: string[] = []
    let pages = 0
    for (const url of addresses()) {
      const { status, headers } = await open(url)
      if (!(headers.get('content-type') ?? '').startsWith('text/html') || headers.get('location') !== null) continue
      pages++
      const policy = headers.get('content-security-policy') ?? ''
      if (!policy.includes("frame-ancestors 'none'")) wrong.push(`${status} ${url} can be framed`)
      if (!policy.includes("default-src 'none'")) wrong.push(`${status} ${url} has no policy`)
      if (headers.get('cache-control') !== 'no-store') wrong.push(`${status} ${url} is kept`)
      if (headers.get('x-content-type-options') !== 'nosniff') wrong.push(`${status} ${url} may be sniffed`)
    }

    assert.ok(pages > 15, `only ${pages} pages`)
    assert.deepEqual(wrong, [])
  })

  it('that sends on is kept by no cache either [browser-cache-history]', async () => {
    const kept: string[] = []
    for (const url of addresses()) {
      const { status, headers } = await open(url)
      if (headers.get('location') === null) continue
      if (!/no-store/.test(headers.get('cache-control') ?? '')) kept.push(`${status} ${url}`)
    }

    assert.deepEqual(kept, [])
  })
})

describe('a call to a provider', () => {
  for (const [version, expected] of [
    ['TLSv1', false],
    ['TLSv1.1', false],
    ['TLSv1.2', true],
    ['TLSv1.3', true],
  ] as const) {
    it(`is ${expected ? 'made' : 'not made'} by ${version} [tls-config-discarded]`, async () => {
      await using server = await speaking(version)
      const call = createFetch({ tls: { ca: server.ca, rejectUnauthorized: true } })

      const answered = await call(`https://localhost:${server.port}/`).then(
        ({ status }) => status === 200,
        () => false,
      )

      assert.equal(answered, expected)
    })
  }
})

/** A server on loopback that knows one version of TLS. */
async function speaking(version: SecureVersion) {
  const { privateKey: key, certificate: cert } = makeCertificate({
    commonName: 'localhost',
    hosts: ['localhost'],
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  })
  const server = createServer(
    { key, cert, minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' },
    (_, response) => response.end('hello'),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    ca: [cert],
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('a call of ours', () => {
  it('is not led elsewhere by a redirect [ssrf-webhook-connector]', async () => {
    const asked = upstream.requests.length
    const leading = createPlain((_, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${upstream.port}/inner` }).end()
    })
    leading.listen(0, '127.0.0.1')
    await once(leading, 'listening')
    const url = `http://127.0.0.1:${(leading.address() as AddressInfo).port}/`

    const answers = [await createFetch()(url), await createFetch({ tls: { rejectUnauthorized: false } })(url)]
    leading.close()

    assert.deepEqual(
      answers.map(({ status }) => status),
      [302, 302],
    )
    assert.equal(upstream.requests.length, asked)
  })
})

describe('a form', () => {
  for (const [who, headers, expected] of [
    ['of a foreign page', { origin: 'https://evil.test' }, 403],
    ['of a sandbox', { origin: 'null' }, 403],
    ['of a foreign page, as a new browser says it', { 'sec-fetch-site': 'cross-site' }, 403],
    ['of a sibling host', { 'sec-fetch-site': 'same-site' }, 403],
    ['of our own page', { origin: 'ours', 'sec-fetch-site': 'same-origin' }, 401],
    ['of our own page in an old browser', { origin: 'ours' }, 401],
  ] as const) {
    it(`${who} is ${expected === 403 ? 'refused' : 'read'} [csrf-state-changing]`, async () => {
      const lines = Object.entries(headers).map(
        ([name, value]) => `${name}: ${value === 'ours' ? gatehouse.url : value}`,
      )
      const body = 'username=alice&password=wrong'
      const connection = new RawConnection(gatehouse.port)

      const answer = await connection.ask(
        [
          'POST /login HTTP/1.1',
          `Host: localhost:${gatehouse.port}`,
          ...lines,
          'Content-Type: application/x-www-form-urlencoded',
          `Content-Length: ${body.length}`,
          '',
          body,
        ].join('\r\n'),
      )
      connection.close()

      assert.equal(answer?.status, expected)
    })
  }
})

describe('an error', () => {
  it('tells people a code and a request, and nothing of what is behind [error-discloses-internals]', async () => {
    const pages = [
      await open(`${gatehouse.url}/login/start?provider=gone`),
      await open(`http://down.localhost:${gatehouse.port}/open`),
      await open(`http://down.localhost:${gatehouse.port}/open`, {
        accept: 'application/json',
        'sec-fetch-mode': 'cors',
      }),
      await open(`${gatehouse.url}/authorize?client_id=nobody`),
      await open(`${gatehouse.url}/callback/gone?state=x`),
    ]

    assert.deepEqual(
      pages.map(({ status }) => status),
      [502, 502, 502, 400, 400],
    )
    for (const { url, body } of pages) {
      assert.match(body, /[0-9a-f]{16}/, `${url} names the request`)
      assert.doesNotMatch(body, /127\.0\.0\.1|inner-name|ECONN|ENOTFOUND|^ +at |node:|\.ts\b|\/tmp\/|sqlite/im, url)
    }
  })
})

describe('a crowd of slow connections', () => {
  it('keeps nobody from being served, and long heads are refused [slow-and-many]', async () => {
    const slow = Array.from({ length: 300 }, () => connect(gatehouse.port, '127.0.0.1'))
    for (const socket of slow) {
      socket.on('error', () => {})
      socket.write(
        'POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Slow:',
      )
    }
    await Promise.all(slow.map((socket) => (socket.connecting ? once(socket, 'connect') : undefined)))

    const start = performance.now()
    const page = await open(`${gatehouse.url}/login`)
    const took = performance.now() - start
    const long = await open(`${gatehouse.url}/login`, { 'x-long': 'x'.repeat(20_000) })
    for (const socket of slow) socket.destroy()

    assert.equal(page.status, 200)
    assert.ok(took < 2_000, `${took} ms`)
    assert.equal(long.status, 431)
  })

  it('is not waited for without end: a head has a minute at most [slow-and-many]', async () => {
    const address = await takeAddress({ host: '127.0.0.1', port: 0 })

    const { headersTimeout, keepAliveTimeout, connectionsCheckingInterval } = address.server as Server & {
      connectionsCheckingInterval?: number
    }
    await address.stop()

    assert.ok(headersTimeout > 0 && headersTimeout <= 60_000, String(headersTimeout))
    assert.ok(keepAliveTimeout > 0 && keepAliveTimeout <= 120_000, String(keepAliveTimeout))
    assert.ok((connectionsCheckingInterval ?? 30_000) <= 60_000)
  })
})
