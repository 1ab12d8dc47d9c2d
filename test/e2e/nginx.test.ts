/**
 * A real nginx asks the gate by auth_request, with the files of docs/guides/proxies/nginx.md; and with files written for oauth2-proxy.
 * Chromium, a scripted browser and raw sockets are the clients; an echo upstream tells what arrives.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { type Gatehouse, runCli, startGatehouse } from '../support/gatehouse.ts'
import {
  clientClaims,
  curlStatus,
  type EchoUpstream,
  foldedValues,
  guideBlock,
  guideCommands,
  headerValues,
  leadsToAdmin,
  otherRequests,
  pathTricks,
  type RawAnswer,
  type Relay,
  rawRequest,
  replaceAll,
  type Seen,
  startEchoUpstream,
  startRelay,
} from './support/behind-a-proxy.ts'
import { launchBrowser } from './support/chromium.ts'
import { startNginx } from './support/nginx.ts'
import { freePort } from './support/ports.ts'
import type { RunningProcess } from './support/processes.ts'
import { ScriptedBrowser, signIn } from './support/scripted-browser.ts'
import { selfSignedCertificate } from './support/self-signed.ts'
import { tempFolder } from './support/temp.ts'

const host = 'metadata.example.test'
const password = 'correct horse battery staple'
/** Written for oauth2-proxy; each has its own way to the sign-in page. */
const legacyHosts = ['named', 'forbidden', 'start'] as const

let gatehouse: Gatehouse
let relay: Relay
let upstream: EchoUpstream
let nginx: RunningProcess
let cachingNginx: RunningProcess
let legacyNginx: RunningProcess
let chromium: Browser
let port: number
let cachingPort: number
let legacyPort: number
let origin: string
const browsers: ScriptedBrowser[] = []

before(async () => {
  ;[port, cachingPort, legacyPort] = [await freePort(), await freePort(), await freePort()]
  origin = `https://${host}:${port}`
  upstream = await startEchoUpstream()
  gatehouse = await startGatehouse({ config: gatehouseYaml })
  relay = await startRelay(gatehouse.port)
  for (const [name, ...options] of [
    ['alice', '--team', 'data-admins', '--team', 'analysts'],
    ['bob'],
    ['crowd', ...Array.from({ length: 400 }, (_, at) => ['--team', `a-team-with-a-long-name-${at}`]).flat()],
  ] as const) {
    await gatehouse.addUser(name, password, ['--email', `${name}@example.test`, ...options])
  }
  const certificate = await selfSignedCertificate(tempFolder('certificate'), ['*.example.test'])
  const files = {
    '/etc/nginx/tls/fullchain.pem': certificate.certFile,
    '/etc/nginx/tls/privkey.pem': certificate.keyFile,
  }
  const config = fromGuide(files)
  nginx = await startNginx(config)
  cachingNginx = await startNginx(caching(config))
  legacyNginx = await startNginx(legacyHosts.map((name) => oauth2ProxyServer(name, files)).join('\n'))
  chromium = await launchBrowser()
})

after(async () => {
  await chromium?.close()
  for (const browser of browsers) await browser.close()
  for (const server of [nginx, cachingNginx, legacyNginx]) await server?.stop()
  await relay?.stop()
  await gatehouse?.stop()
  await upstream?.stop()
})

beforeEach(() => {
  upstream.seen.length = 0
})

/** The snippet of the guide; and services that it does not have. */
function gatehouseYaml(gatePort: number): string {
  const more = [
    'services:',
    `  open: { url: "https://open.example.test:${port}", rules: [{ path: /, allow: everyone }] }`,
    `  cached: { url: "https://${host.replace('metadata', 'cached')}:${cachingPort}", rules: [{ path: /healthcheck, allow: everyone }, { path: /, allow: authenticated }] }`,
    ...legacyHosts.map((name) => `  ${name}: { url: "https://${name}.example.test:${legacyPort}" }`),
    '',
  ].join('\n')
  return replaceAll(guideBlock('nginx.md', 'gatehouse.yaml'), {
    'https://id.example.com': `https://id.example.test:${port}`,
    'port: 8080': `port: ${gatePort}`,
    'https://metadata.example.com': origin,
    'services:\n': more,
    'data-admins: {}': ['data-admins: {}', 'analysts: {}', ...crowdTeams()].join('\n  '),
  })
}

function crowdTeams(): string[] {
  return Array.from({ length: 400 }, (_, at) => `a-team-with-a-long-name-${at}: {}`)
}

function fromGuide(files: Record<string, string>): string {
  const cleanHeaders = join(tempFolder('nginx-include'), 'clean-headers.conf')
  writeFileSync(cleanHeaders, guideBlock('nginx.md', 'clean-headers.conf'))
  return replaceAll(guideBlock('nginx.md', 'nginx.conf'), {
    ...files,
    '/etc/nginx/gatehouse-clean-headers.conf': cleanHeaders,
    '127.0.0.1:8080': `127.0.0.1:${relay.port}`,
    '127.0.0.1:5002': `127.0.0.1:${upstream.port}`,
    'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
    'example.com': 'example.test',
  })
}

function caching(config: string): string {
  const path = replaceAll(guideBlock('nginx.md', 'cache-path.conf'), {
    '/dev/shm/nginx-gatehouse': join(tempFolder('nginx-cache'), 'gatehouse'),
  })
  const asked = 'location = /oauth2/auth {\n'
  return (
    path +
    replaceAll(config, {
      [asked]: asked + guideBlock('nginx.md', 'cache-location.conf'),
      [`:${port} ssl`]: `:${cachingPort} ssl`,
      [host]: 'cached.example.test',
      'ssl;\n    server_name cached': 'ssl default_server;\n    server_name cached',
    })
  )
}

/** The example of oauth2-proxy's documentation, with each of the three ways to the sign-in page that files in the wild have. */
function oauth2ProxyServer(name: (typeof legacyHosts)[number], files: Record<string, string>): string {
  const errorPage = {
    named: 'error_page 401 = @oauth2_signin;',
    forbidden: 'error_page 401 =403 /oauth2/sign_in;',
    start: 'error_page 401 = /oauth2/start?rd=$request_uri;',
  }[name]
  return `server {
    listen 127.0.0.1:${legacyPort} ssl;
    server_name ${name}.example.test;
    ssl_certificate ${Object.values(files)[0]};
    ssl_certificate_key ${Object.values(files)[1]};
    location /oauth2/ {
      proxy_pass http://127.0.0.1:${relay.port};
      proxy_set_header Host $host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Auth-Request-Redirect $request_uri;
    }
    location = /oauth2/auth {
      proxy_pass http://127.0.0.1:${relay.port};
      proxy_set_header Host $host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-Uri $request_uri;
      proxy_set_header Content-Length "";
      proxy_pass_request_body off;
    }
    location @oauth2_signin {
      return 302 /oauth2/sign_in?rd=$scheme://$host:${legacyPort}$request_uri;
    }
    location / {
      auth_request /oauth2/auth;
      ${errorPage}
      auth_request_set $user $upstream_http_x_auth_request_user;
      auth_request_set $email $upstream_http_x_auth_request_email;
      proxy_set_header X-User $user;
      proxy_set_header X-Email $email;
      auth_request_set $auth_cookie $upstream_http_set_cookie;
      add_header Set-Cookie $auth_cookie;
      proxy_pass http://127.0.0.1:${upstream.port}/;
    }
  }`
}

function newBrowser(): ScriptedBrowser {
  const insecureOrigins = [
    origin,
    `https://id.example.test:${port}`,
    `https://cached.example.test:${cachingPort}`,
    ...legacyHosts.map((name) => `https://${name}.example.test:${legacyPort}`),
  ]
  const browser = new ScriptedBrowser({ insecureOrigins })
  browsers.push(browser)
  return browser
}

/** A browser that is signed in to the service. */
async function signedIn(username: string, startUrl = `${origin}/`): Promise<ScriptedBrowser> {
  const browser = newBrowser()
  const page = await signIn(browser, { startUrl, username, password })
  assert.equal(page.status, 200, browser.trace())
  upstream.seen.length = 0
  return browser
}

function cookieOf(browser: ScriptedBrowser, url = origin): string {
  return browser.jar.header(`${url}/`) ?? ''
}

interface Ask {
  method?: string
  target?: string
  hostHeader?: string
  cookie?: string
  headers?: readonly string[]
  body?: string
  at?: number
}

/** Like a program: adds nothing, repairs nothing. */
function ask(options: Ask = {}): Promise<RawAnswer> {
  const { method = 'GET', target = '/', hostHeader = `${host}:${port}`, cookie, headers = [], body = '' } = options
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${hostHeader}`, ...headers]
  if (cookie !== undefined) lines.push(`Cookie: ${cookie}`)
  if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  if (!headers.some((line) => /^connection:/i.test(line))) lines.push('Connection: close')
  return rawRequest(options.at ?? port, host, lines, body)
}

describe('the configuration of the guide', () => {
  it('is valid for `gatehouse check`', async () => {
    const { status, stderr } = await runCli(['check', '-f', gatehouse.configFile])

    assert.equal(status, 0, stderr)
  })

  it('answers the commands of the guide as the guide says', async () => {
    const commands = guideCommands('nginx.md')
    assert.ok(commands.length >= 5)
    for (const { line, args, status } of commands) {
      assert.equal(await curlStatus(args, { host, port }), status, line)
    }
  })

  it('sends a person to the sign-in page and back to exactly the page that they asked for', async () => {
    const browser = newBrowser()

    const page = await signIn(browser, { startUrl: `${origin}/some/page?a=1&b=2`, username: 'bob', password })

    assert.equal(page.url, `${origin}/some/page?a=1&b=2`, browser.trace())
    assert.equal(JSON.parse(page.body).url, '/some/page?a=1&b=2')
    assert.equal(upstream.seen.length, 1)
  })

  it('does so in a real browser, and signs out', async () => {
    const context = await chromium.newContext({ ignoreHTTPSErrors: true })
    const page = await context.newPage()
    page.setDefaultTimeout(15_000)
    await page.goto(`${origin}/some/page?a=1&b=2`)
    await page.getByLabel('Username or e-mail').fill('alice')
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(`${origin}/some/page?a=1&b=2`)
    const seen = upstream.seen.find(({ url }) => url === '/some/page?a=1&b=2')
    const socketSaid: Seen = JSON.parse(
      await page.evaluate(
        (url) =>
          new Promise<string>((resolve, reject) => {
            const socket = new WebSocket(url)
            socket.onmessage = ({ data }) => resolve(String(data))
            socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`))
          }),
        `wss://${host}:${port}/socket`,
      ),
    )

    assert.deepEqual(headerValues(seen, 'x-auth-request-user'), ['alice'])
    assert.equal(socketSaid.url, '/socket')
    assert.deepEqual(headerValues(socketSaid, 'x-auth-request-user'), ['alice'])

    await page.goto(`${origin}/oauth2/sign_out`)
    await page.goto(`${origin}/`)
    await page.getByRole('heading', { name: 'Sign in to metadata' }).waitFor()
    await context.close()
  })

  it('answers an API call with 401 and WWW-Authenticate, and never with a redirect', async () => {
    for (const headers of [
      [],
      ['Accept: application/json'],
      ['Accept: */*'],
      ['Accept: text/html', 'X-Requested-With: XMLHttpRequest'],
      ['Accept: text/html', 'Sec-Fetch-Mode: cors'],
      ['Authorization: Bearer not-a-token'],
      ['Cookie: __Host-gatehouse_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ]) {
      const { status, head } = await ask({ target: '/api/tables', headers })

      assert.equal(status, 401, headers.join())
      assert.match(head, /^WWW-Authenticate: Bearer realm="https:\/\/metadata\.example\.test/im)
      assert.doesNotMatch(head, /^Location:/im)
    }
    assert.deepEqual(upstream.seen, [])
  })

  it('lets pages of the configuration read why a call was refused, and no others', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    for (const [target, own, status] of [
      ['/api/tables', '', 401],
      ['/admin', cookie, 403],
    ] as const) {
      const from = async (page: string) =>
        ask({ target, ...(own === '' ? {} : { cookie: own }), headers: [`Origin: ${page}`, 'Sec-Fetch-Mode: cors'] })
      const known = await from(`https://open.example.test:${port}`)
      const stranger = await from('https://evil.test')

      assert.deepEqual([known.status, stranger.status], [status, status])
      assert.ok(
        known.head.includes(`\r\nAccess-Control-Allow-Origin: https://open.example.test:${port}\r\n`),
        known.head,
      )
      assert.match(known.head, /^Access-Control-Allow-Credentials: true/im)
      assert.doesNotMatch(stranger.head, /^Access-Control/im)
    }
    const passed = await ask({ cookie, headers: [`Origin: https://open.example.test:${port}`] })
    assert.equal(passed.status, 200)
    assert.doesNotMatch(passed.head, /^Access-Control/im)
  })

  it('gives the service the addresses that it needs, byte for byte', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    for (const target of [
      '/table/hive://gold.core/x',
      '/api/vhosts/%2F/permissions',
      '/projects/group%2frepo?x=%2F',
      '/x;v=1/%5C',
    ]) {
      upstream.seen.length = 0

      assert.equal((await ask({ target, cookie })).status, 200, target)
      assert.equal(upstream.seen[0]?.url, target)
      assert.equal((await ask({ target })).status, 401, target)
    }
  })

  it('does not turn a POST without a session into a redirect', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, head } = await ask({ method, target: '/form', headers: ['Accept: text/html'], body: 'a=1' })

      assert.equal(status, 401, method)
      assert.doesNotMatch(head, /^Location:/im)
    }
    assert.deepEqual(upstream.seen, [])
  })

  it('comes back to an address that is too long for one header, in heads that nginx reads', async () => {
    const { status, head } = await ask({ target: `/page?${'&'.repeat(1_500)}`, headers: ['Accept: text/html'] })
    const browser = newBrowser()
    const long = `${origin}/page?q=${'x'.repeat(5_000)}`
    const last = await signIn(browser, { startUrl: long, username: 'bob', password })
    const onward = /<meta http-equiv="refresh" content="0; url=([^"]+)">/.exec(last.body)?.[1] ?? ''
    const page = await browser.open(onward)

    assert.equal(status, 302)
    assert.match(
      head,
      /^Location: https:\/\/metadata\.example\.test:\d+\/oauth2\/start\?rd=%2Fpage&kept=[\w-]{22}\r?$/im,
    )
    assert.deepEqual([page.url, page.status], [long, 200], browser.trace())
  })

  it('takes the longest address that is kept within the buffer that nginx has by default', async () => {
    const { status } = await ask({ target: `/page?${'&'.repeat(1_000)}`, headers: ['Accept: text/html'] })

    assert.equal(status, 302)
  })

  it('lets everybody reach a path that is open to everyone, with no identity', async () => {
    const { status } = await ask({ target: '/healthcheck?x=1', headers: ['X-Auth-Request-User: mallory'] })

    assert.equal(status, 200)
    assert.equal(upstream.seen[0]?.url, '/healthcheck?x=1')
    assert.deepEqual(foldedValues(upstream.seen[0], 'x-auth-request-user'), [])
  })

  it('tells the service who it is by the four headers, and keeps the session from it', async () => {
    const alice = await signedIn('alice')
    const session = cookieOf(alice)
    for (const cookie of [session, `a=1; ${session}`, `${session}; b=2`, `a=1; ${session}; b=2`]) {
      await ask({ target: '/who', cookie })
    }

    const [first] = upstream.seen
    assert.deepEqual(headerValues(first, 'x-auth-request-user'), ['alice'])
    assert.deepEqual(headerValues(first, 'x-auth-request-email'), ['alice@example.test'])
    assert.deepEqual(headerValues(first, 'x-auth-request-preferred-username'), ['alice'])
    assert.deepEqual(headerValues(first, 'x-auth-request-groups').join().split(',').sort(), ['analysts', 'data-admins'])
    assert.deepEqual(
      upstream.seen.map((seen) => headerValues(seen, 'cookie')),
      [[], ['a=1'], ['b=2'], ['a=1; b=2']],
    )
  })

  it('tells somebody in hundreds of teams within the buffer that nginx has by default', async () => {
    const crowd = await signedIn('crowd')
    const { status } = await ask({ cookie: cookieOf(crowd) })

    assert.equal(status, 200)
    assert.match(
      headerValues(upstream.seen[0], 'x-auth-request-groups').join(),
      /^(a-team-with-a-long-name-\d+,?){50,}$/,
    )
  })

  it('removes every identity header of the client, in whatever spelling', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    assert.ok(clientClaims.length >= 40)
    for (const [name, value] of clientClaims) {
      upstream.seen.length = 0
      for (const headers of [
        [`${name}: ${value}`],
        [`${name}: ${value}`, `${name}: ${value}`, `Connection: close, ${name}, X-Auth-Request-User`],
      ]) {
        assert.equal((await ask({ target: '/who', cookie, headers })).status, 200, name)
      }

      assert.equal(upstream.seen.length, 2, name)
      for (const seen of upstream.seen) {
        assert.deepEqual(
          seen.headers.filter(([, said]) => said.includes('mallory')),
          [],
        )
        assert.deepEqual(foldedValues(seen, 'x-auth-request-user'), ['bob'], name)
        assert.deepEqual(foldedValues(seen, 'x-auth-request-email'), ['bob@example.test'], name)
        assert.deepEqual(foldedValues(seen, 'x-auth-request-groups'), [], name)
      }
    }
  })

  it('keeps the identity when the client names it in Connection', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    for (const named of ['X-Auth-Request-User', 'x-auth-request-user, Cookie', 'Cookie, X-Original-URI, Host']) {
      upstream.seen.length = 0
      await ask({ cookie, headers: [`Connection: close, ${named}`] })

      assert.deepEqual(headerValues(upstream.seen[0], 'x-auth-request-user'), ['bob'], named)
    }
  })

  it('judges the request that nginx got, whatever the client says that it asked for', async () => {
    const bob = cookieOf(await signedIn('bob'))
    for (const [name, value] of otherRequests) {
      for (const cookie of ['', bob]) {
        const { status } = await ask({ target: '/admin', cookie, headers: [`${name}: ${value}`] })

        assert.equal(status, cookie === '' ? 401 : 403, `${name}: ${value}`)
      }
    }
    assert.deepEqual(upstream.seen, [])
  })

  it('judges by the rules of the service whose server block it is, whatever host the client names', async () => {
    const blocks = [
      { at: port, own: host },
      // A server block that is the default one gets the requests for all names.
      { at: cachingPort, own: 'cached.example.test' },
    ]
    for (const { at, own } of blocks) {
      for (const hostHeader of ['open.example.test', `open.example.test:${port}`, 'OPEN.example.test', 'x.test']) {
        for (const target of [
          '/',
          '/admin',
          'http://open.example.test/admin',
          `https://${own}/`,
          `https://${own}/admin`,
        ]) {
          const { status } = await ask({ at, target, hostHeader, headers: ['Accept: text/html'] })

          assert.notEqual(status, 200, `${hostHeader} ${target}`)
        }
      }
    }
    assert.deepEqual(upstream.seen, [])
  })

  it('lets no trick with the path reach more than the open path without a session', async () => {
    for (const target of pathTricks) {
      for (const headers of [[], ['Accept: text/html']]) {
        await ask({ target, headers })
        await ask({ target, headers, method: 'HEAD' })
      }
    }

    assert.deepEqual(
      upstream.seen.filter(({ url }) => url !== '/healthcheck'),
      [],
    )
  })

  it('lets no trick with the path reach /admin without the right to', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    for (const target of pathTricks) await ask({ target, cookie })

    assert.deepEqual(
      upstream.seen.filter(({ url }) => leadsToAdmin(url)),
      [],
    )
    assert.equal((await ask({ target: '/admin', cookie: cookieOf(await signedIn('alice')) })).status, 200)
  })

  it('does not let clients ask the gate for decisions', async () => {
    const cookie = cookieOf(await signedIn('alice'))
    for (const target of [
      '/oauth2/auth',
      '/oauth2/auth?x',
      '/oauth2/auth/traefik',
      '/oauth2//auth',
      '/%6fauth2/auth',
    ]) {
      const { status, head } = await ask({ target, cookie, headers: ['X-Forwarded-Uri: /', 'X-Forwarded-Method: GET'] })

      assert.ok(status >= 400, `${target}: ${status}`)
      assert.doesNotMatch(head, /X-Auth-Request/i)
    }
  })

  it('passes the body of a request on, and not to the gate', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    const { status } = await ask({ method: 'POST', target: '/form', cookie, body: 'x'.repeat(200_000) })

    assert.equal(status, 200)
    assert.deepEqual(headerValues(upstream.seen[0], 'content-length'), ['200000'])
  })

  it('lets a websocket in with its identity, and answers 401 before the upgrade without a session', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    const headers = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'X-Auth-Request-User: mallory',
    ]
    const refused = await ask({
      target: '/socket',
      headers,
    })
    assert.equal(refused.status, 401)
    assert.deepEqual(upstream.seen, [])

    const accepted = await ask({ target: '/socket', cookie, headers })
    assert.equal(accepted.status, 101)
    assert.deepEqual(headerValues(upstream.seen[0], 'x-auth-request-user'), ['bob'])
  })

  it('tunnels nothing but websockets', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    for (const upgrade of ['h2c', 'websocket, h2c', 'TLS/1.0']) {
      upstream.seen.length = 0
      const headers = [`Upgrade: ${upgrade}`, 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__']
      const { status } = await ask({ cookie, headers })

      assert.notEqual(status, 101)
      assert.deepEqual(headerValues(upstream.seen[0], 'upgrade'), [])
    }
  })

  it('ends the session at sign-out: the cookie is worth nothing afterwards', async () => {
    const alice = await signedIn('alice')
    const cookie = cookieOf(alice)
    assert.equal((await ask({ cookie })).status, 200)

    await alice.open(`${origin}/oauth2/sign_out`)

    assert.equal((await ask({ cookie })).status, 401)
    assert.equal(cookieOf(alice), '')
  })

  it('keeps its connections to the gate', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    const [connections, requests] = [relay.connections, relay.requests]
    for (let count = 0; count < 50; count++) await ask({ cookie })
    await Promise.all(Array.from({ length: 20 }, () => ask()))

    assert.equal(relay.requests - requests, 70)
    const [afterwards, burst] = [relay.connections, relay.requests]
    for (let count = 0; count < 50; count++) await ask({ cookie })
    assert.equal(relay.requests - burst, 50)
    assert.ok(relay.connections - afterwards <= 2, `${relay.connections - afterwards} connections for 50 requests`)
    assert.ok(relay.connections - connections <= 24, `${relay.connections - connections} connections`)
  })
})

describe('nginx that keeps the answer for a second', () => {
  const cached = 'cached.example.test'
  const asking = (options: Ask) => ask({ hostHeader: cached, at: cachingPort, ...options })

  it('asks the gate once for many requests, and gives the same identity', async () => {
    const bob = await signedIn('bob', `https://${cached}:${cachingPort}/`)
    const cookie = cookieOf(bob, `https://${cached}:${cachingPort}`)
    await sleep(2_100)
    const requests = relay.requests
    const answers = await Promise.all(Array.from({ length: 10 }, () => asking({ cookie })))
    for (let count = 0; count < 10; count++) answers.push(await asking({ cookie }))

    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    assert.deepEqual(
      [...new Set(upstream.seen.map((seen) => headerValues(seen, 'x-auth-request-user').join()))],
      ['bob'],
    )
    assert.ok(relay.requests - requests <= 12, `${relay.requests - requests} questions`)
  })

  it('takes the answer for one cookie, path or method for no other', async () => {
    const bob = await signedIn('bob', `https://${cached}:${cachingPort}/`)
    const cookie = cookieOf(bob, `https://${cached}:${cachingPort}`)
    assert.equal((await asking({ target: '/healthcheck' })).status, 200)
    assert.equal((await asking({ target: '/page', cookie })).status, 200)

    assert.equal((await asking({ target: '/page' })).status, 401)
    assert.equal((await asking({ target: '/page', cookie: `${cookie}x` })).status, 401)
    assert.equal((await asking({ target: '/page', headers: ['Authorization: Bearer x'], cookie })).status, 401)
  })

  it('cannot be given a cookie and an open address that look like the key of a private one', async () => {
    // The attack on a key with the cookie in front: both requests have the key `<cookie>|x|cached.example.test|GET|/page`.
    for (const separator of ['', '|', ':', ',', '-', ';']) {
      const privateEnd = ['x', cached, 'GET', '/page'].join(separator)
      const open = `/healthcheck?${separator}`
      const cookie = ['', '', cached, 'GET', '/healthcheck?'].join(separator)
      assert.equal((await asking({ target: open + privateEnd })).status, 200)
      upstream.seen.length = 0

      for (const credentials of [[`Cookie: ${cookie}`, 'Authorization: x'], [`Cookie: ${cookie}${separator}x`], []]) {
        assert.equal((await asking({ target: '/page', headers: credentials })).status, 401, credentials.join())
      }
      assert.deepEqual(upstream.seen, [])
    }
  })

  it('lets nobody in about a second after the sign-out', async () => {
    const bob = await signedIn('bob', `https://${cached}:${cachingPort}/`)
    const cookie = cookieOf(bob, `https://${cached}:${cachingPort}`)
    assert.equal((await asking({ cookie })).status, 200)
    await bob.open(`https://${cached}:${cachingPort}/oauth2/sign_out`)
    const start = performance.now()
    let status = 200
    while (status === 200 && performance.now() - start < 5_000) {
      status = (await asking({ cookie })).status
      await sleep(50)
    }

    assert.equal(status, 401)
    assert.ok(performance.now() - start < 2_500, `${performance.now() - start} ms`)
  })
})

describe('a file that was written for oauth2-proxy', () => {
  for (const name of legacyHosts) {
    const service = () => `https://${name}.example.test:${legacyPort}`

    it(`works with another address only (${name})`, async () => {
      const context = await chromium.newContext({ ignoreHTTPSErrors: true })
      const page = await context.newPage()
      page.setDefaultTimeout(15_000)
      await page.goto(`${service()}/some/page?a=1`)
      await page.getByLabel('Username or e-mail').fill('alice')
      await page.getByLabel('Password').fill(password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL(`${service()}/some/page?a=1`)
      const seen = upstream.seen.find(({ url }) => url === '/some/page?a=1')
      assert.deepEqual(headerValues(seen, 'x-user'), ['alice'])
      assert.deepEqual(headerValues(seen, 'x-email'), ['alice@example.test'])

      await page.goto(`${service()}/oauth2/sign_out?rd=/`)
      await page.goto(`${service()}/`)
      await page.getByRole('heading', { name: `Sign in to ${name}` }).waitFor()
      await context.close()
    })

    it(`lets nobody in without a session (${name})`, async () => {
      upstream.seen.length = 0
      for (const target of ['/', '/page', '//', '/oauth2/../page', '/oauth2/auth']) {
        for (const headers of [[], ['Accept: text/html'], ['X-Original-URL: /', 'X-User: mallory']]) {
          const { status } = await ask({ target, headers, hostHeader: `${name}.example.test`, at: legacyPort })
          assert.ok(status >= 300, `${target} ${headers.join()}: ${status}`)
        }
      }
      assert.deepEqual(upstream.seen, [])
    })
  }
})

describe('the gate without nginx', () => {
  it('never says yes to a peer that is not a trusted proxy', async () => {
    const config = (own: number) =>
      `issuer: http://localhost:${own}\nlisten: { port: ${own} }\nlogin: [{ local: {} }]\nservices:\n  open: { url: "http://open.example.test", insecure: true, rules: [{ path: /, allow: everyone }] }\n`
    const stranger = await startGatehouse({ config })
    try {
      for (const path of [
        '/oauth2/auth',
        '/oauth2/auth/traefik',
        '/oauth2/auth?x',
        '/oauth2/auth/',
        '/oauth2/auth/x',
      ]) {
        for (const headers of [
          {},
          { 'x-original-url': 'http://open.example.test/', 'x-original-method': 'GET' },
          {
            'x-forwarded-host': 'open.example.test',
            'x-forwarded-uri': '/',
            'x-forwarded-method': 'GET',
            'x-forwarded-for': '127.0.0.1',
          },
        ]) {
          const { status } = await fetch(`http://127.0.0.1:${stranger.port}${path}`, { headers, redirect: 'manual' })
          assert.ok(status >= 400 && status < 500, `${path}: ${status}`)
        }
      }
    } finally {
      await stranger.stop()
    }
  })

  // The last one: it takes the gate away.
  it('lets nothing through while the gate does not answer', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    await relay.stop()

    for (const options of [{ cookie }, { target: '/healthcheck' }, { headers: ['Accept: text/html'] }]) {
      assert.equal((await ask(options)).status, 500)
    }
    assert.deepEqual(upstream.seen, [])
  })
})
