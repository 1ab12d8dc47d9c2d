/**
 * A real Traefik asks the gate by ForwardAuth, with the files of docs/guides/proxies/traefik.md.
 * Chromium, a scripted browser and raw sockets are the clients; an echo upstream tells what arrives. The issuer is another site, on
 * its own port.
 */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { parse } from 'yaml'
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
import { freePort } from './support/ports.ts'
import type { RunningProcess } from './support/processes.ts'
import { ScriptedBrowser, signIn } from './support/scripted-browser.ts'
import { selfSignedCertificate } from './support/self-signed.ts'
import { tempFolder } from './support/temp.ts'
import { startTraefik } from './support/traefik.ts'

const host = 'metadata.example.test'
const password = 'correct horse battery staple'

let gatehouse: Gatehouse
let relay: Relay
let upstream: EchoUpstream
let traefik: RunningProcess
let chromium: Browser
let port: number
let origin: string
const browsers: ScriptedBrowser[] = []

before(async () => {
  port = await freePort()
  origin = `https://${host}:${port}`
  upstream = await startEchoUpstream()
  gatehouse = await startGatehouse({
    config: (own) =>
      replaceAll(guideBlock('traefik.md', 'gatehouse.yaml'), {
        'https://id.example.com': `http://localhost:${own}`,
        'port: 8080': `port: ${own}`,
        'https://metadata.example.com': origin,
        'services:\n': `services:\n  open: { url: "https://open.example.test:${port}", rules: [{ path: /, allow: everyone }] }\n`,
      }),
  })
  relay = await startRelay(gatehouse.port)
  await gatehouse.addUser('alice', password, ['--email', 'alice@example.test', '--team', 'data-admins'])
  await gatehouse.addUser('bob', password, ['--email', 'bob@example.test'])
  const certificate = await selfSignedCertificate(tempFolder('certificate'), ['*.example.test'])
  traefik = await startTraefik({
    dynamicFile: '/etc/traefik/dynamic.yaml',
    staticConfig: replaceAll(guideBlock('traefik.md', 'traefik.yaml'), { ':443': `127.0.0.1:${port}` }),
    dynamicConfig: replaceAll(guideBlock('traefik.md', 'dynamic.yaml'), {
      '/etc/traefik/tls/fullchain.pem': certificate.certFile,
      '/etc/traefik/tls/privkey.pem': certificate.keyFile,
      '127.0.0.1:8080': `127.0.0.1:${relay.port}`,
      '127.0.0.1:5002': `127.0.0.1:${upstream.port}`,
      'example.com': 'example.test',
    }),
    port,
    host,
  })
  chromium = await launchBrowser()
})

after(async () => {
  await chromium?.close()
  for (const browser of browsers) await browser.close()
  await traefik?.stop()
  await relay?.stop()
  await gatehouse?.stop()
  await upstream?.stop()
})

beforeEach(() => {
  upstream.seen.length = 0
})

function newBrowser(): ScriptedBrowser {
  const browser = new ScriptedBrowser({ insecureOrigins: [origin] })
  browsers.push(browser)
  return browser
}

/** A browser that is signed in to the service. */
async function signedIn(username: string): Promise<ScriptedBrowser> {
  const browser = newBrowser()
  const page = await signIn(browser, { startUrl: `${origin}/`, username, password })
  assert.equal(page.status, 200, browser.trace())
  upstream.seen.length = 0
  return browser
}

function cookieOf(browser: ScriptedBrowser): string {
  return browser.jar.header(`${origin}/`) ?? ''
}

interface Ask {
  method?: string
  target?: string
  hostHeader?: string
  cookie?: string
  headers?: readonly string[]
  body?: string
}

/** Like a program: adds nothing, repairs nothing. */
function ask(options: Ask = {}): Promise<RawAnswer> {
  const { method = 'GET', target = '/', hostHeader = `${host}:${port}`, cookie, headers = [], body = '' } = options
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${hostHeader}`, ...headers]
  if (cookie !== undefined) lines.push(`Cookie: ${cookie}`)
  if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  if (!headers.some((line) => /^connection:/i.test(line))) lines.push('Connection: close')
  return rawRequest(port, host, lines, body)
}

describe('the configuration of the guide', () => {
  it('is valid for `gatehouse check`, and without warnings for Traefik', async () => {
    const { status, stderr } = await runCli(['check', '-f', gatehouse.configFile])

    assert.equal(status, 0, stderr)
    assert.doesNotMatch(traefik.log(), /\b(ERR|WRN)\b|level=(error|warn)/)
  })

  it('has the same middleware for Kubernetes as for the file', () => {
    const file = parse(guideBlock('traefik.md', 'dynamic.yaml')) as { http: { middlewares: { gatehouse: Middleware } } }
    const { spec } = parse(guideBlock('traefik.md', 'middleware.yaml')) as { spec: Middleware }
    const withoutHost = ({ forwardAuth }: Middleware) => ({
      ...forwardAuth,
      address: new URL(forwardAuth.address).pathname,
    })

    assert.deepEqual(withoutHost(spec), withoutHost(file.http.middlewares.gatehouse))
  })

  it('leads to the pages for signing in at the host of Gatehouse', async () => {
    const { status } = await ask({ target: '/healthz', hostHeader: 'id.example.test' })

    assert.equal(status, 200)
  })

  it('answers the commands of the guide as the guide says', async () => {
    const commands = guideCommands('traefik.md')
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

  it('does so in a real browser, lets its websocket in, and signs out', async () => {
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

  it('shows a person who has no right to a page who they are, and how to sign out', async () => {
    const bob = await signedIn('bob')

    const page = await bob.open(`${origin}/admin`)

    assert.equal(page.status, 403)
    assert.match(page.body, /access-denied/)
    assert.match(page.body, /bob/)
    assert.deepEqual(upstream.seen, [])
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
      const { status, head, body } = await ask({ target: '/api/tables', headers })

      assert.equal(status, 401, headers.join())
      assert.match(head, /^WWW-Authenticate: Bearer realm="https:\/\/metadata\.example\.test/im)
      assert.doesNotMatch(head, /^Location:/im)
      assert.match(JSON.parse(body).error, /^(sign-in-required|token-invalid)$/)
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
      assert.doesNotMatch(stranger.head, /^Access-Control/im)
    }
    const passed = await ask({ cookie, headers: [`Origin: https://open.example.test:${port}`] })
    assert.equal(passed.status, 200)
    assert.doesNotMatch(passed.head, /^Access-Control/im)
  })

  it('leads a person who is refused to the same page as somebody else', async () => {
    const bob = await signedIn('bob')
    const refused = await bob.open(`${origin}/admin/deep?x=1`)

    const choice = await bob.followLink(refused, 'Sign in as someone else')
    const page = await bob.submitForm(choice, { username: 'alice', password })

    assert.equal(page.url, `${origin}/admin/deep?x=1`, bob.trace())
    assert.equal(page.status, 200)
  })

  it('does not turn a POST without a session into a redirect', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, head } = await ask({ method, target: '/form', headers: ['Accept: text/html'], body: 'a=1' })

      assert.equal(status, 401, method)
      assert.doesNotMatch(head, /^Location:/im)
    }
    assert.deepEqual(upstream.seen, [])
  })

  it('lets everybody reach a path that is open to everyone, with no identity', async () => {
    const { status } = await ask({ target: '/healthcheck?x=1', headers: ['X-Auth-Request-User: mallory'] })

    assert.equal(status, 200)
    assert.equal(upstream.seen[0]?.url, '/healthcheck?x=1')
    assert.equal(foldedValues(upstream.seen[0], 'x-auth-request-user').join(''), '')
  })

  it('tells the service who it is by the four headers', async () => {
    const cookie = cookieOf(await signedIn('alice'))
    await ask({ target: '/who', cookie })

    const [seen] = upstream.seen
    assert.deepEqual(headerValues(seen, 'x-auth-request-user'), ['alice'])
    assert.deepEqual(headerValues(seen, 'x-auth-request-email'), ['alice@example.test'])
    assert.deepEqual(headerValues(seen, 'x-auth-request-preferred-username'), ['alice'])
    assert.deepEqual(headerValues(seen, 'x-auth-request-groups'), ['data-admins'])
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
        assert.equal(foldedValues(seen, 'x-auth-request-groups').join(''), '', name)
      }
    }
  })

  it('drops or refuses every spelling that a service would fold into the name of an identity header', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    const characters = [..."_.!#$%&'*+^`|~"]
    const spellings = characters.flatMap((character) => [
      ['X', 'Auth', 'Request', 'User'].join(character),
      `X-Auth-Request${character}User`,
      `X${character}Auth-Request-User`,
    ])
    for (const name of spellings) {
      upstream.seen.length = 0
      const { status } = await ask({ cookie, headers: [`${name}: mallory`] })

      // What Traefik lets pass the gate refuses.
      if (status === 400) assert.deepEqual(upstream.seen, [], name)
      else assert.deepEqual(foldedValues(upstream.seen[0], 'x-auth-request-user'), ['bob'], name)
    }
  })

  it('keeps the identity, and what it asks the gate, when the client names them in Connection', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    for (const named of ['X-Auth-Request-User, X-Auth-Request-Email', 'X-Forwarded-Uri, X-Forwarded-Host, Host']) {
      upstream.seen.length = 0
      const headers = [`Connection: close, ${named}`]

      assert.equal((await ask({ target: '/who', cookie, headers })).status, 200, named)
      assert.equal((await ask({ target: '/admin', cookie, headers })).status, 403, named)
      assert.deepEqual(
        upstream.seen.map((seen) => headerValues(seen, 'x-auth-request-user')),
        [['bob']],
      )
    }
    // Traefik then keeps the cookie from the gate: nobody is let in for that.
    assert.equal((await ask({ cookie, headers: ['Connection: close, Cookie'] })).status, 401)
  })

  it('judges the request that Traefik got, whatever the client says that it asked for', async () => {
    const bob = cookieOf(await signedIn('bob'))
    for (const [name, value] of otherRequests) {
      for (const cookie of ['', bob]) {
        for (const connection of ['close', `close, ${name}`]) {
          const headers = [`${name}: ${value}`, `Connection: ${connection}`]
          const { status } = await ask({ target: '/admin', cookie, headers })

          assert.equal(status, cookie === '' ? 401 : 403, `${name}: ${value} (${connection})`)
        }
      }
    }
    assert.deepEqual(upstream.seen, [])
  })

  it('reaches the service by no other host', async () => {
    for (const hostHeader of ['open.example.test', `open.example.test:${port}`, 'unknown.example.test']) {
      for (const target of ['/', '/admin', `https://open.example.test:${port}/`]) {
        const { status } = await ask({ target, hostHeader, headers: ['Accept: text/html'] })

        assert.equal(status, 404, `${hostHeader} ${target}`)
      }
    }
    for (const hostHeader of ['METADATA.example.test', `${host}:443`, host]) {
      assert.notEqual((await ask({ hostHeader })).status, 200, hostHeader)
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
      const { head } = await ask({ target, headers: ['X-Forwarded-Uri: /', 'X-Forwarded-Method: GET'], cookie })

      assert.doesNotMatch(head, /X-Auth-Request/i)
    }
  })

  it('passes the body of a request on, and not to the gate', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    const { status } = await ask({ method: 'POST', target: '/form', cookie, body: 'x'.repeat(200_000) })

    assert.equal(status, 200)
    assert.deepEqual(headerValues(upstream.seen[0], 'content-length'), ['200000'])
  })

  it('answers a websocket without a session 401 before the upgrade, and gives one with a session its identity', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    const headers = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'X-Auth-Request-User: mallory',
    ]
    const refused = await ask({ target: '/socket', headers })
    assert.equal(refused.status, 401)
    assert.deepEqual(upstream.seen, [])

    const accepted = await ask({ target: '/socket', cookie, headers })
    assert.equal(accepted.status, 101)
    assert.deepEqual(headerValues(upstream.seen[0], 'x-auth-request-user'), ['bob'])
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

    assert.equal(relay.requests - requests, 50)
    assert.ok(relay.connections - connections <= 2, `${relay.connections - connections} connections for 50 requests`)
  })

  // The last one: it takes the gate away.
  it('lets nothing through while the gate does not answer', async () => {
    const cookie = cookieOf(await signedIn('bob'))
    await relay.stop()

    for (const options of [{ cookie }, { target: '/healthcheck' }, { headers: ['Accept: text/html'] }]) {
      const { status } = await ask(options)
      assert.ok(status >= 500, String(status))
    }
    assert.deepEqual(upstream.seen, [])
  })
})

interface Middleware {
  forwardAuth: { address: string }
}
