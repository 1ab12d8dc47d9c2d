import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ScriptedBrowser, signIn } from './e2e/support/scripted-browser.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'

const password = 'correct horse battery staple'
const megabyte = 1024 * 1024
let gatehouse: Gatehouse

const config = (port: number) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
products:
  app:
    product: oidc
    url: http://localhost:1
    redirectUris: [http://localhost:1/cb]
    authentication: [{ authenticationClass: gatehouse }]
services:
  wiki: { url: "http://wiki.localhost:${port}", upstream: "http://127.0.0.1:9" }
`

before(async () => {
  gatehouse = await startGatehouse({ config })
  await gatehouse.addUser('alice', password)
})
after(() => gatehouse.stop())

/** Resident memory of the server, in megabytes. */
function memory(): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(gatehouse.pid)], { encoding: 'utf8' })) / 1024
}

interface Sent {
  /** 0 when no answer came. */
  status: number
  answer: string
  /** Bytes of the body that the server took. */
  taken: number
  closed: boolean
}

interface Flood {
  megabytes?: number
  chunked?: boolean
  filler?: string
}

/**
 * Sends a request whose body does not end before `megabytes`, and stops when the connection ends. Whoever goes on writing may be cut off
 * before having read the answer (RFC 9112 section 9.6), so it is sent again when that happens.
 */
async function flood(head: readonly string[], options: Flood = {}): Promise<Sent> {
  let sent = await floodOnce(head, options)
  for (let tries = 1; sent.status === 0 && tries < 4; tries++) sent = await floodOnce(head, options)
  return sent
}

async function floodOnce(
  head: readonly string[],
  { megabytes = 200, chunked = true, filler = 'a' }: Flood,
): Promise<Sent> {
  const socket = connect(gatehouse.port, '127.0.0.1')
  let answer = ''
  let closed = false
  socket.on('data', (data: Buffer) => {
    answer += data.toString('latin1')
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    closed = true
  })
  await once(socket, 'connect')
  socket.write(`${head.join('\r\n')}\r\n${chunked ? 'Transfer-Encoding: chunked\r\n' : ''}\r\n`)
  const piece = filler.repeat(65_536 / filler.length)
  const data = chunked ? `${(65_536).toString(16)}\r\n${piece}\r\n` : piece
  let taken = 0
  while (!closed && taken < megabytes * megabyte) {
    if (!socket.write(data)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {})
    taken += 65_536
  }
  if (chunked && !closed) socket.write('0\r\n\r\n')
  for (let waited = 0; !closed && answer === '' && waited < 5_000; waited += 50) await sleep(50)
  socket.destroy()
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0), answer, taken, closed }
}

const head = (method: string, path: string, host = `localhost:${gatehouse.port}`, extra: readonly string[] = []) => [
  `${method} ${path} HTTP/1.1`,
  `Host: ${host}`,
  'Content-Type: application/x-www-form-urlencoded',
  ...extra,
]

/** Every path that takes a POST. */
const posts = [
  '/login',
  '/login/setup',
  '/login/sign-out',
  '/interaction/x',
  '/authorize',
  '/token',
  '/introspect',
  '/revoke',
  '/par',
  '/userinfo',
  '/logout',
  '/logout/confirm',
  '/nowhere',
] as const

describe('the bodies of requests', () => {
  for (const path of posts) {
    it(`takes a few megabytes of an endless POST ${path}, keeps none of them, and closes [empty-post-crash]`, async () => {
      const before = memory()

      const { status, taken, closed } = await flood(head('POST', path))

      assert.ok(closed, 'the connection stays open')
      assert.ok(taken < 50 * megabyte, `${taken} bytes were taken`)
      assert.ok(status >= 300 && status < 500, `answered ${status}`)
      assert.ok(memory() - before < 80, `grew by ${memory() - before} MB`)
    })
  }

  it('says 413 to a form that is too long, whether its length is told or not', async () => {
    for (const path of ['/login', '/login/setup', '/interaction/x']) {
      const chunked = await flood(head('POST', path))
      const told = await flood(head('POST', path, undefined, [`Content-Length: ${200 * megabyte}`]), { chunked: false })

      assert.deepEqual([chunked.status, told.status], [413, 413], path)
    }
  })

  it('stays small under eight endless forms at once', async () => {
    const before = memory()

    const answers = await Promise.all(Array.from({ length: 8 }, () => flood(head('POST', '/login'))))

    assert.ok(memory() - before < 100, `grew by ${memory() - before} MB`)
    // Who goes on sending may lose the answer: the connection is reset under it.
    const said = new Set(answers.map(({ status }) => status))
    assert.ok(said.has(413), [...said].join())
    assert.ok(
      [...said].every((status) => status === 0 || status === 413),
      [...said].join(),
    )
  })

  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    it(`stops an endless body of ${method} at the pages, the provider and the gate`, async () => {
      for (const [path, host] of [
        ['/login', undefined],
        ['/token', undefined],
        ['/authorize', undefined],
        ['/oauth2/sign_out', `wiki.localhost:${gatehouse.port}`],
        ['/page', `wiki.localhost:${gatehouse.port}`],
      ] as const) {
        const { taken, closed } = await flood(head(method, path, host))

        assert.ok(closed, `${path} stays open`)
        assert.ok(taken < 50 * megabyte, `${path} took ${taken} bytes`)
      }
    })
  }

  it('stops an endless upload to a service that refuses it', async () => {
    const host = `wiki.localhost:${gatehouse.port}`

    const { status, taken, closed } = await flood(head('POST', '/upload', host))

    assert.equal(status, 401)
    assert.ok(closed)
    assert.ok(taken < 50 * megabyte, `${taken} bytes were taken`)
  })

  it('refuses a form that is compressed, in parts, in another charset, no UTF-8, or of too many fields', async () => {
    const post = (body: string | Buffer, headers: Record<string, string>) =>
      fetch(`${gatehouse.url}/login`, {
        method: 'POST',
        body: Buffer.from(body as string),
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      })
    const form = 'username=nobody&password=x'

    const statuses = await Promise.all([
      post(form, { 'content-encoding': 'gzip' }),
      post(form, { 'content-type': 'multipart/form-data; boundary=x' }),
      post(form, { 'content-type': 'application/json' }),
      post(form, { 'content-type': 'application/x-www-form-urlencoded; charset=utf-16' }),
      post(Buffer.from([0x75, 0x3d, 0xff]), {}),
      post('a=1&'.repeat(3_000), {}),
    ])

    assert.deepEqual(
      statuses.map(({ status }) => status),
      [400, 400, 400, 400, 400, 400],
    )
    assert.equal((await post(form, { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' })).status, 401)
  })

  it('lives on after bodies that end too early', async () => {
    const { pid } = gatehouse
    for (const path of posts) {
      const socket = connect(gatehouse.port, '127.0.0.1').on('error', () => {})
      await once(socket, 'connect')
      socket.write(`${head('POST', path).join('\r\n')}\r\nContent-Length: 500\r\n\r\nusername=`)
      await sleep(20)
      socket.destroy()
    }

    const page = await fetch(`${gatehouse.url}/login`)

    assert.equal(page.status, 200)
    assert.equal(gatehouse.pid, pid)
    assert.doesNotMatch(gatehouse.log(), /"level":"error"/)
  })

  it('keeps a connection whose small body nobody wanted', async () => {
    const socket = connect(gatehouse.port, '127.0.0.1')
    let answers = ''
    socket.on('data', (data: Buffer) => {
      answers += data.toString('latin1')
    })
    await once(socket, 'connect')
    const request = `${head('POST', '/nowhere').join('\r\n')}\r\nContent-Length: 9\r\n\r\n`
    socket.write(request)
    await sleep(50)
    socket.write('username=')
    await sleep(50)
    socket.write(`${request}username=`)
    for (let waited = 0; answers.split('HTTP/1.1').length < 3 && waited < 3_000; waited += 20) await sleep(20)
    socket.destroy()

    assert.equal(answers.split('HTTP/1.1 404').length - 1, 2)
  })

  it('still signs in with the form', async () => {
    const startUrl = `${gatehouse.url}/login`

    const home = await signIn(new ScriptedBrowser(), { startUrl, username: 'alice', password })

    assert.equal(new URL(home.url).pathname, '/')
  })
})
