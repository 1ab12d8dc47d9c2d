import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import { connect, createServer as createTcpServer } from 'node:net'
import { test } from 'node:test'
import {
  navigation,
  rawExchange,
  recording,
  type Seen,
  type Testbed,
  testbed,
} from '../../test/support/gate-testbed.ts'
import type { Rule } from '../config/schema.ts'

test('a path that servers read as another one passes where the same rule decides about both', {
  timeout: 8000,
}, async () => {
  const upstream = true
  const byPath: Rule[] = [
    { path: '/admin', allow: 'authenticated' },
    { path: '/', allow: 'everyone' },
  ]
  await using gate = await testbed({
    services: {
      app: { url: 'http://app.test', upstream, rules: byPath },
      whole: { url: 'http://whole.test', upstream, rules: [{ path: '/', allow: 'everyone' }] },
    },
    trustedProxies: ['127.0.0.1'],
  })
  const asked = (host: string, path: string) => ({
    path: '/oauth2/auth/traefik',
    headers: { 'x-forwarded-host': host, 'x-forwarded-uri': path, 'x-forwarded-method': 'GET' },
  })
  const statusOf = async (host: string, path: string) => [
    (await gate.ask({ host, path })).status,
    (await gate.ask(asked(host, path))).status,
  ]

  for (const path of ['/admin.', '/go/...', '/Acme%20Inc.', '/HEAD~1/x', '/x/y.'])
    assert.deepEqual(await statusOf('whole.test', path), [200, 200], path)
  for (const path of ['/x/y.', '/commit/HEAD~1']) assert.deepEqual(await statusOf('app.test', path), [200, 200], path)
  for (const path of ['/admin.', '/admin%20/x', '/ADMINI~1/x', '/x/..%20/admin'])
    assert.deepEqual(await statusOf('app.test', path), [400, 400], path)
  assert.ok(gate.seen.some(({ url }) => url === '/commit/HEAD~1'))
})

test('what is under way when rules change goes on only where the new ones allow every reading of its path', async () => {
  const byPath: Rule[] = [
    { path: '/admin', allow: 'authenticated' },
    { path: '/', allow: 'everyone' },
  ]
  await using gate = await testbed({ services: { app: { url: 'http://app.test', upstream: true, rules: byPath } } })
  const goesOn = (target: string) =>
    gate.gate.allows({ credential: undefined, service: 'app', method: 'GET', target, close: () => {} })

  for (const target of ['/x', '/x%2Fy?z', '/table/hive://gold']) assert.ok(goesOn(target), target)
  for (const target of ['/admin', '//admin', '/admin%2Fx', '/x/../y']) assert.ok(!goesOn(target), target)
})

const rules: Rule[] = [
  { path: '/healthcheck', allow: 'everyone' },
  { path: '/admin', allow: ['team:admins'] },
  { path: '/', methods: ['GET', 'POST', 'OPTIONS'], allow: 'authenticated' },
]
const services = {
  app: { url: 'http://app.test', rules, upstream: true },
  secure: { url: 'https://secure.test', rules, upstream: true },
}
const patience = { timeout: 5000 }

function cookieOf(gate: Testbed, service = 'app'): string {
  return `${service === 'secure' ? '__Host-' : ''}gatehouse_session=${gate.signIn(service).id}`
}

function upstreamHeaders(seen: Seen | undefined): [string, string][] {
  const pairs: [string, string][] = []
  for (let at = 0; at < (seen?.raw.length ?? 0); at += 2) pairs.push([seen?.raw[at] ?? '', seen?.raw[at + 1] ?? ''])
  return pairs
}

// biome-ignore format: one table
const spoofed = [
  'X-Auth-Request-User', 'x_auth_request_user', 'X-Auth_Request.User', 'X-AUTH-REQUEST-EMAIL', 'X-Auth-Request-Groups', 'X-Auth-Request-Access-Token', 'X-Auth-Request-Anything',
  'X-Forwarded-User', 'X_Forwarded_User', 'X.Forwarded.User', 'X-Forwarded-Email', 'X-Forwarded-Groups', 'X-Forwarded-Preferred-Username', 'X-Forwarded-Access-Token', 'X-Forwarded-Prefix',
  'X-Forwarded-Uri', 'X-Forwarded-Method', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-For', 'Forwarded', 'Remote-User', 'REMOTE_USER', 'Remote-Groups', 'Remote-Email', 'X-Remote-User', 'X-Remote-Group',
  'X-WEBAUTH-USER', 'x-webauth-groups', 'kubeflow-userid', 'Kubeflow_UserId', 'kubeflow-groups', 'X-Trino-User', 'X-Original-URL', 'X-Rewrite-URL', 'X-Real-IP', 'Impersonate-User', 'X-Authenticated.User', 'X-Amzn-Oidc-Identity',
  'X-MS-CLIENT-PRINCIPAL-NAME', 'Cf-Access-Authenticated-User-Email', 'X-Goog-Authenticated-User-Email', 'X-authentik-username', 'OIDC_CLAIM_sub', 'SSL_CLIENT_S_DN', 'X-ProxiedEntitiesChain', 'X-Envoy-Original-Path', 'Proxy',
]
test('no identity header of a client reaches the upstream, whatever its spelling', patience, async () => {
  await using gate = await testbed({ services })
  const headers = Object.fromEntries(spoofed.map((name) => [name, 'evil']))

  await gate.ask({ headers: { ...headers, cookie: cookieOf(gate), 'x-custom': 'kept' } })
  await gate.ask({ path: '/healthcheck', headers })

  const [signedIn, stranger] = gate.seen.map(upstreamHeaders)
  for (const pairs of [signedIn, stranger])
    assert.deepEqual(
      pairs?.filter(([, value]) => value === 'evil'),
      [],
    )
  assert.deepEqual(
    signedIn?.filter(([name]) => name === 'X-Auth-Request-User'),
    [['X-Auth-Request-User', 'alice']],
  )
  assert.deepEqual(
    signedIn?.filter(([name]) => name === 'X-Forwarded-User'),
    [['X-Forwarded-User', 'alice']],
  )
  assert.ok(signedIn?.some(([name, value]) => name === 'x-custom' && value === 'kept'))
  assert.deepEqual(
    stranger?.filter(([name]) => /user|email|groups/i.test(name)),
    [],
  )
})

test('a claim that is not known leaves no header behind', patience, async () => {
  await using gate = await testbed({ services })
  const { id } = gate.signIn('app', { email: '', teams: [] })

  await gate.ask({
    headers: {
      cookie: `gatehouse_session=${id}`,
      'x-auth-request-email': 'evil@evil.test',
      'x-auth-request-groups': 'admins',
    },
  })

  assert.deepEqual(
    upstreamHeaders(gate.seen[0]).filter(([name]) => /email|groups/i.test(name)),
    [],
  )
})

test('naming our headers in Connection does not remove them [hop-by-hop-strips-identity]', patience, async () => {
  await using gate = await testbed({ services })

  await gate.ask({
    headers: {
      cookie: cookieOf(gate),
      connection: 'close, X-Auth-Request-User, X-Forwarded-For, X-Secret',
      'x-secret': 'hop',
    },
  })

  const names = upstreamHeaders(gate.seen[0]).map(([name]) => name)
  assert.ok(names.includes('X-Auth-Request-User'))
  assert.ok(names.includes('X-Forwarded-For'))
  assert.ok(!names.includes('x-secret'))
})

test('our cookies do not reach the upstream, others do', patience, async () => {
  await using gate = await testbed({ services })

  await gate.ask({
    headers: { cookie: `a=1; ${cookieOf(gate)}; gatehouse_state_abcdefgh=x; __Host-gatehouse_session=y; b=2` },
  })

  assert.deepEqual(
    upstreamHeaders(gate.seen[0]).filter(([name]) => /cookie/i.test(name)),
    [['Cookie', 'a=1; b=2']],
  )
})

test('the upstream is told where it came from by us', patience, async () => {
  await using gate = await testbed({ services })

  await gate.ask({
    host: 'SECURE.test:443',
    headers: { cookie: cookieOf(gate, 'secure'), 'x-forwarded-for': '6.6.6.6' },
  })

  const headers = Object.fromEntries(upstreamHeaders(gate.seen[0]))
  assert.equal(headers['Host'] ?? headers['host'], 'secure.test')
  assert.equal(headers['X-Forwarded-For'], '127.0.0.1')
  assert.equal(headers['X-Forwarded-Host'], 'secure.test')
  assert.equal(headers['X-Forwarded-Proto'], 'https')
})

test('behind a trusted proxy the client is the rightmost hop that is not trusted', patience, async () => {
  await using gate = await testbed({ services, trustedProxies: ['127.0.0.1', '10.0.0.0/8'] })
  const cases: [string, string][] = [
    ['6.6.6.6, 192.0.2.7, 10.1.2.3', '192.0.2.7'],
    ['192.0.2.7', '192.0.2.7'],
    ['junk', '127.0.0.1'],
    ['192.0.2.7, junk', '127.0.0.1'],
    ['10.0.0.1', '127.0.0.1'],
    ['2001:db8::1', '2001:db8::1'],
  ]
  for (const [given, expected] of cases) {
    await gate.ask({ path: '/healthcheck', headers: { 'x-forwarded-for': given } })
    assert.equal(Object.fromEntries(upstreamHeaders(gate.seen.at(-1)))['X-Forwarded-For'], expected, given)
  }
})

test('what was judged is what the upstream is asked for', patience, async () => {
  await using gate = await testbed({ services })

  await gate.ask({ path: '/%68ealthcheck?a=%61&b=//..;', headers: {} })

  assert.equal(gate.seen[0]?.url, '/healthcheck?a=%61&b=//..;')
})

for (const path of [
  '//healthcheck/../admin',
  '/healthcheck/../admin',
  '/healthcheck/%2e%2e/admin',
  '/healthcheck/..;/admin',
  '/healthcheck%2f..%2fadmin',
  '/healthcheck;x/../admin',
  '/healthcheck\\..\\admin',
  '/HEALTHCHECK',
  '/admin?x=/healthcheck',
  '/admin/healthcheck',
  '/admin/oauth2/callback',
  '/healthcheckx',
  '/admin%23/healthcheck',
  '/healthcheck#',
]) {
  test(
    `${path} does not reach the upstream without a session [public-rule-query] [xfu-untrusted] [health-by-user-agent]`,
    patience,
    async () => {
      await using gate = await testbed({ services })

      const answer = await rawExchange(
        gate.port,
        `GET ${path} HTTP/1.1\r\nHost: app.test\r\nX-Original-URL: /healthcheck\r\nX-Forwarded-Uri: /healthcheck\r\nUser-Agent: kube-probe/1.30\r\nConnection: close\r\n\r\n`,
      )

      assert.match(answer, /^HTTP\/1.1 40[01] /)
      assert.equal(gate.seen.length, 0)
    },
  )
}

test('a page navigation is sent to sign in, everything else gets a 401', patience, async () => {
  await using gate = await testbed({ services })

  const page = await gate.ask({ path: '/x?y=1', headers: navigation })
  const api = await gate.ask({ path: '/x' })
  const xhr = await gate.ask({ path: '/x', headers: { accept: 'text/html', 'x-requested-with': 'XMLHttpRequest' } })

  assert.equal(page.headers.location, 'http://app.test/oauth2/start?rd=%2Fx%3Fy%3D1')
  assert.deepEqual([page.status, api.status, xhr.status], [302, 401, 401])
  assert.equal(gate.seen.length, 0)
})

test('a person who may not enter sees a page, a program JSON', patience, async () => {
  await using gate = await testbed({ services })
  const cookie = cookieOf(gate)

  const page = await gate.ask({ path: '/admin', headers: { ...navigation, cookie } })
  const api = await gate.ask({ path: '/admin', headers: { cookie } })

  assert.deepEqual([page.status, page.body], [403, '<h1>access-denied</h1>'])
  assert.deepEqual(
    [api.status, JSON.parse(api.body).error, JSON.parse(api.body).requestId],
    [403, 'access-denied', 'r-1'],
  )
  assert.equal(api.headers['cache-control'], 'no-store')
})

test('a body goes up and an answer comes down as they are', patience, async () => {
  await using gate = await testbed({ services })
  const body = 'x'.repeat(300_000)
  const cookie = cookieOf(gate)

  const sized = await gate.ask({ method: 'POST', headers: { cookie, 'content-length': String(body.length) }, body })
  const chunked = await gate.ask({ method: 'POST', headers: { cookie, 'transfer-encoding': 'chunked' }, body })
  const empty = await gate.ask({ method: 'POST', headers: { cookie, 'content-length': '0' } })

  assert.deepEqual([sized.status, chunked.status, empty.status], [200, 200, 200])
  assert.deepEqual(
    gate.seen.map((seen) => seen.body.length),
    [300_000, 300_000, 0],
  )
})

test(
  'a method override cannot pass a rule about methods, and TRACE is refused [rule-edge-mismatch]',
  patience,
  async () => {
    await using gate = await testbed({ services })
    const cookie = cookieOf(gate)

    await gate.ask({ method: 'POST', headers: { cookie, 'x-http-method-override': 'DELETE' } })
    const trace = await gate.ask({ method: 'TRACE', headers: { cookie } })

    assert.ok(!upstreamHeaders(gate.seen[0]).some(([name]) => name === 'x-http-method-override'))
    assert.equal(trace.status, 405)
    assert.equal(gate.seen.length, 1)
  },
)

test(
  'status, headers and cookies of the upstream come back, but none of our names and none for one hop',
  patience,
  async () => {
    const upstream = (seen: Seen[]) =>
      createServer(
        recording(seen, (_, response) => {
          response.writeHead(418, 'Teapot', [
            'Set-Cookie',
            'a=1',
            'Set-Cookie',
            'gatehouse_session=evil',
            'Set-Cookie',
            'b=2',
            'WWW-Authenticate',
            'Basic',
            'Connection',
            'close, X-Hop',
            'X-Hop',
            '1',
          ])
          response.end('tea')
        }),
      )
    await using gate = await testbed({ services, upstream })

    const answer = await gate.ask({ path: '/healthcheck' })

    assert.deepEqual([answer.status, answer.body, answer.headers['www-authenticate']], [418, 'tea', 'Basic'])
    assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2'])
    assert.equal(answer.headers['x-hop'], undefined)
  },
)

test('an upstream that is away is a 502 that names it', patience, async () => {
  const upstream = () => createServer((incoming) => incoming.socket.destroy())
  await using gate = await testbed({ services, upstream })

  const api = await gate.ask({ path: '/healthcheck' })
  const page = await gate.ask({ path: '/healthcheck', headers: navigation })

  assert.deepEqual([api.status, JSON.parse(api.body).error], [502, 'upstream-unreachable'])
  assert.equal(page.body, '<h1>upstream-unreachable</h1>')
})

function open(gate: Testbed, path: string, headers: Record<string, string>) {
  const asked = request({
    host: '127.0.0.1',
    port: gate.port,
    path,
    agent: false,
    headers: { host: 'app.test', ...headers },
  })
  asked.on('error', () => {})
  asked.end()
  return asked
}

test('an answer is streamed while it is made: its head does not wait for its body', patience, async () => {
  let finish = () => {}
  const upstream = () =>
    createServer((_, response) => {
      response.flushHeaders()
      finish = () => response.end('late')
    })
  await using gate = await testbed({ services, upstream })

  const [answer] = (await once(open(gate, '/healthcheck', {}), 'response')) as [IncomingMessage]
  finish()
  let body = ''
  for await (const chunk of answer) body += chunk

  assert.equal(body, 'late')
})

test('a client that leaves ends the request to the upstream, before and during the answer', patience, async () => {
  for (const begin of [false, true]) {
    const arrived = Promise.withResolvers<undefined>()
    const left = Promise.withResolvers<undefined>()
    const upstream = () =>
      createServer((_, response) => {
        if (begin) response.write('begun')
        response.on('close', () => left.resolve(undefined))
        arrived.resolve(undefined)
      })
    await using gate = await testbed({ services, upstream })

    const asked = open(gate, '/healthcheck', {})
    await arrived.promise
    if (begin) await once(asked, 'response')
    asked.destroy()

    await left.promise
  }
})

test('a client that does not read holds the upstream back', patience, async () => {
  let written = 0
  const upstream = () =>
    createServer((_, response) => {
      const chunk = Buffer.alloc(1 << 16)
      const more = () => {
        while (written < 1 << 28 && !response.destroyed) {
          written += chunk.length
          if (!response.write(chunk)) {
            response.once('drain', more)
            return
          }
        }
      }
      more()
    })
  await using gate = await testbed({ services, upstream })

  const socket = connect(gate.port, '127.0.0.1')
  socket.write('GET /healthcheck HTTP/1.1\r\nHost: app.test\r\n\r\n')
  socket.pause()
  await new Promise((resolve) => setTimeout(resolve, 400))
  const held = written
  socket.destroy()

  assert.ok(held < 1 << 26, `${held} bytes were taken from the upstream`)
})

test('an early answer reaches a client that is still sending', patience, async () => {
  const upstream = () =>
    createServer((_, response) => {
      response.writeHead(413, { connection: 'close' })
      response.end('too large')
    })
  await using gate = await testbed({ services, upstream })

  const asked = request({
    host: '127.0.0.1',
    port: gate.port,
    method: 'POST',
    agent: false,
    headers: { host: 'app.test', cookie: cookieOf(gate), 'transfer-encoding': 'chunked' },
  })
  asked.on('error', () => {})
  asked.write('x'.repeat(1000))
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  asked.destroy()

  assert.equal(answer.statusCode, 413)
})

test(
  'an upstream that breaks off breaks the answer off, so that nobody takes half for the whole',
  patience,
  async () => {
    const upstream = () =>
      createServer((_, response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('half', () => response.destroy())
      })
    await using gate = await testbed({ services, upstream })

    await assert.rejects(gate.ask({ path: '/healthcheck' }))
  },
)

test('an event stream ends when its session is revoked', patience, async () => {
  const upstream = () =>
    createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n')
    })
  await using gate = await testbed({ services, upstream })
  const { id, session } = gate.signIn('app')

  const [answer] = (await once(open(gate, '/', { cookie: `gatehouse_session=${id}` }), 'response')) as [IncomingMessage]
  const closed = new Promise((resolve) =>
    answer
      .on('error', () => {})
      .resume()
      .once('close', resolve),
  )
  gate.gate.forgetSession(session.key)

  await closed
})

test('a kept connection that the upstream closes meanwhile is no error for a GET', patience, async () => {
  let connections = 0
  const upstream = () =>
    createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
      connections++
      if (connections === 2) incoming.socket.destroy()
      else response.end('ok')
    })
  await using gate = await testbed({ services, upstream })

  await gate.ask({ path: '/healthcheck' })
  const answer = await gate.ask({ path: '/healthcheck' })

  assert.equal(answer.status, 200)
})

/** Each would be two requests, or another request, to somebody who reads it differently. */
// biome-ignore format: one table
const smuggling: [string, string][] = [
  ['Content-Length and Transfer-Encoding', 'POST /healthcheck HTTP/1.1\r\nHost: app.test\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG'],
  ['two Content-Lengths', 'POST /healthcheck HTTP/1.1\r\nHost: app.test\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\nGET /admin HTTP/1.1\r\nHost: app.test\r\nX: y\r\n\r\n'],
  ['a list of Content-Lengths', 'POST /healthcheck HTTP/1.1\r\nHost: app.test\r\nContent-Length: 0, 44\r\n\r\nGET /admin HTTP/1.1\r\n\r\n'],
  ['a signed Content-Length', 'POST /healthcheck HTTP/1.1\r\nHost: app.test\r\nContent-Length: +5\r\n\r\nhello'],
  ['Transfer-Encoding of another name', 'POST /healthcheck HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ['two Transfer-Encodings', 'POST /healthcheck HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n'],
  ['a blank before the colon', 'POST /healthcheck HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
  ['a line that is folded', 'POST /healthcheck HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n'],
  ['a bare line feed', 'POST /healthcheck HTTP/1.1\nHost: app.test\nContent-Length: 0\n\nGET /admin HTTP/1.1\nHost: app.test\n\n'],
  ['a bare line feed in a header', 'GET /healthcheck HTTP/1.1\r\nHost: app.test\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a chunk size that overflows', 'POST /healthcheck HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n0\r\n\r\n'],
  ['a chunk extension with a line feed', 'POST /healthcheck HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n2;\nxx\r\n45\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: app.test\r\n\r\n'],
  ['NUL in a header', 'GET /healthcheck HTTP/1.1\r\nHost: app.test\r\nX: a\0b\r\n\r\n'],
  ['two hosts', 'GET /healthcheck HTTP/1.1\r\nHost: app.test\r\nHost: secure.test\r\n\r\n'],
  ['a blank in the target', 'GET /healthcheck HTTP/1.1 HTTP/1.1\r\nHost: app.test\r\n\r\n'],
  ['an authority of another service', 'GET http://secure.test/healthcheck HTTP/1.1\r\nHost: app.test\r\n\r\n'],
]
for (const [what, bytes] of smuggling) {
  test(
    `${what}: at most the one open request reaches the upstream, and it stands alone [smuggle-cl-te]`,
    patience,
    async () => {
      await using gate = await testbed({ services })

      const received = await rawExchange(gate.port, bytes, 120)

      const answers = received.match(/HTTP\/1\.1 \d{3}/g) ?? []
      const passed = answers.filter((line) => line.endsWith('200')).length
      assert.equal(gate.seen.length, passed, received)
      assert.ok(gate.seen.every(({ url }) => url === '/healthcheck'))
      assert.ok(passed <= 1)
    },
  )
}

test('two honest requests on one connection are two at the upstream', patience, async () => {
  await using gate = await testbed({ services })
  const one = 'GET /healthcheck HTTP/1.1\r\nHost: app.test\r\n\r\n'

  const received = await rawExchange(gate.port, one + one, 150)

  assert.equal(received.match(/HTTP\/1\.1 200/g)?.length, 2)
  assert.equal(gate.seen.length, 2)
})

test('a body that a GET smuggles is framed anew', patience, async () => {
  await using gate = await testbed({ services })
  const inner = 'GET /admin HTTP/1.1\r\nHost: app.test\r\n\r\n'

  await rawExchange(
    gate.port,
    `GET /healthcheck HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${inner.length}\r\nConnection: content-length\r\n\r\n${inner}`,
    150,
  )

  assert.deepEqual(
    gate.seen.map(({ url, body }) => [url, body]),
    [['/healthcheck', inner]],
  )
})

test(
  'an upgrade to h2c is an ordinary request, and the upstream does not see it [smuggle-cl-te]',
  patience,
  async () => {
    await using gate = await testbed({ services })

    const received = await rawExchange(
      gate.port,
      'GET /healthcheck HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n',
      150,
    )

    assert.match(received, /^HTTP\/1.1 200 /)
    assert.ok(!upstreamHeaders(gate.seen[0]).some(([name]) => /upgrade|http2/i.test(name)))
  },
)

test('a host that is no service is not touched', patience, async () => {
  await using gate = await testbed({ services })

  assert.equal((await gate.ask({ host: 'evil.test' })).status, 421)
  assert.equal((await gate.ask({ host: 'app.test:81' })).status, 421)
})

test('an upstream that hides a second answer behind the first gives nobody else that answer', patience, async () => {
  const bare = createTcpServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'),
    )
  })
  bare.listen(0, '127.0.0.1')
  await once(bare, 'listening')
  await using gate = await testbed({
    services,
    upstream: () => createServer().on('connection', (socket) => bare.emit('connection', socket)),
  })

  const first = await gate.ask({ path: '/healthcheck' })
  const second = await gate.ask({ path: '/healthcheck' })

  bare.close()
  assert.equal(first.body, 'a')
  assert.notEqual(second.body, 'evil')
})

test('HEAD, 304 and Expect go through as they should', patience, async () => {
  const upstream = (seen: Seen[]) =>
    createServer(
      recording(seen, (incoming, response) => {
        if (incoming.url === '/healthcheck/304') response.writeHead(304, { etag: '"x"' }).end()
        else response.writeHead(200, { 'content-length': '5' }).end(incoming.method === 'HEAD' ? undefined : 'hello')
      }),
    )
  await using gate = await testbed({ services, upstream })

  const head = await gate.ask({ path: '/healthcheck', method: 'HEAD' })
  const cached = await gate.ask({ path: '/healthcheck/304' })
  const expecting = await rawExchange(
    gate.port,
    'POST /healthcheck HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi',
    150,
  )

  assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '5', ''])
  assert.deepEqual([cached.status, cached.headers.etag], [304, '"x"'])
  assert.match(expecting, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/)
  assert.equal(gate.seen.at(-1)?.body, 'hi')
})

test('after many clients have left in the middle the gate answers as before', patience, async () => {
  const upstream = () =>
    createServer((incoming, response) => {
      if (incoming.url === '/healthcheck/slow') response.write('x'.repeat(100_000))
      else response.end('ok')
    })
  await using gate = await testbed({ services, upstream })

  for (let n = 0; n < 60; n++) {
    const asked = open(gate, '/healthcheck/slow', {})
    if (n % 2) await once(asked, 'response')
    asked.destroy()
  }

  assert.equal((await gate.ask({ path: '/healthcheck' })).body, 'ok')
})

/** Every byte that may stand in a header. */
const anyByte = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code).filter(isInHeader))

function isInHeader(code: number): boolean {
  return (code > 32 && code < 127) || code > 127
}

test('headers go up and come down byte by byte, in their order and spelling', patience, async () => {
  const upstream = (seen: Seen[]) =>
    createServer(
      recording(seen, ({ socket }) => {
        const head = `HTTP/1.1 200 Fine\r\nX-BYTES: ${anyByte}\r\nb: 1\r\nA: 2\r\nB: 3\r\nContent-Length: 0\r\n\r\n`
        socket.end(Buffer.from(head, 'latin1'))
      }),
    )
  await using gate = await testbed({ services, upstream })

  const head = `GET /healthcheck HTTP/1.1\r\nHost: app.test\r\nX-BYTES: ${anyByte}\r\nb: 1\r\nA: 2\r\nB: 3\r\nConnection: close\r\n\r\n`
  const received = await rawExchange(gate.port, Buffer.from(head, 'latin1'))

  assert.deepEqual(
    upstreamHeaders(gate.seen[0]).filter(([name]) => /^(x-bytes|a|b)$/i.test(name)),
    [
      ['X-BYTES', anyByte],
      ['b', '1'],
      ['A', '2'],
      ['B', '3'],
    ],
  )
  assert.ok(
    received.startsWith(`HTTP/1.1 200 Fine\r\nX-BYTES: ${anyByte}\r\nb: 1\r\nA: 2\r\nB: 3\r\nContent-Length: 0\r\n`),
    received,
  )
})

test('an answer of this hop alone is not passed on', patience, async () => {
  const upstream = () =>
    createServer((_, response) => response.writeEarlyHints({ link: '</a.css>; rel=preload' }, () => response.end('ok')))
  await using gate = await testbed({ services, upstream })

  const received = await rawExchange(
    gate.port,
    'GET /healthcheck HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n',
  )

  assert.match(received, /^HTTP\/1.1 200 OK\r\n/)
})

test('a client that reads slowly gets all of it in the end', patience, async () => {
  const body = Buffer.alloc(8_000_000, 'abcdefghijklm')
  const upstream = () => createServer((_, response) => response.end(body))
  await using gate = await testbed({ services, upstream })

  const [answer] = (await once(open(gate, '/healthcheck', {}), 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer) {
    chunks.push(chunk)
    if (chunks.length % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  assert.ok(Buffer.concat(chunks).equals(body))
})

test('a client that leaves while the upstream waits for it to read ends the request', patience, async () => {
  const left = Promise.withResolvers<undefined>()
  const upstream = () =>
    createServer((_, response) => {
      response.on('close', () => left.resolve(undefined))
      response.write(Buffer.alloc(1 << 26))
    })
  await using gate = await testbed({ services, upstream })

  const socket = connect(gate.port, '127.0.0.1')
  socket.write('GET /healthcheck HTTP/1.1\r\nHost: app.test\r\n\r\n')
  socket.pause()
  await new Promise((resolve) => setTimeout(resolve, 300))
  socket.destroy()

  await left.promise
})
