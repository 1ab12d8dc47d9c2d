import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { bombOf } from '../test/support/hostile-idp.ts'
import { makeCertificate } from './dev-idp/certificate.ts'
import { AppError } from './errors.ts'
import { createFetch, type OutgoingOptions } from './outgoing.ts'

test('a provider without TLS goes by the proxy through a tunnel too, as doctor looks at it', async (t) => {
  const seen: string[] = []
  const proxy = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`)
    response.end()
  })
  proxy.on('connect', (request, socket) => {
    seen.push(`CONNECT ${request.url}`)
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => proxy.close())
  const uri = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const ask = createFetch({ proxyFor: () => uri })

  await assert.rejects(ask('http://idp.invalid/.well-known/openid-configuration'))

  assert.deepEqual(seen, ['CONNECT idp.invalid:80'])
})

test('no more of an answer is read than a provider has to say, with an authority of its own as well [jwe-p2c-bomb]', async (t) => {
  const bomb = await bombOf('gzip')
  const server = createServer((request, response) =>
    request.url?.startsWith('/bomb') ? bomb(request, response) : response.end('{"small":true}'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  for (const ask of [createFetch(), createFetch({ tls: { rejectUnauthorized: false } })]) {
    await assert.rejects(ask(`${origin}/bomb?secret=x`), (error) => {
      assert.ok(error instanceof AppError)
      assert.equal(error.code, 'provider-answer-refused')
      assert.equal(error.details['address'], `${origin}/bomb`)
      return true
    })
    assert.deepEqual(await (await ask(`${origin}/small`)).json(), { small: true })
  }
})

/** Where a server listens, as HOST:PORT; it ends with the test. */
async function listening(t: TestContext, server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A proxy that lets one user through, to this address and no other. */
async function proxyTo(t: TestContext, target: string): Promise<{ address: string; seen: string[] }> {
  const seen: string[] = []
  const proxy = createServer()
  proxy.on('connect', (request, socket) => {
    const credentials = request.headers['proxy-authorization'] ?? 'nothing'
    seen.push(`${request.url} ${Buffer.from(credentials.replace('Basic ', ''), 'base64').toString()}`)
    socket.on('error', () => socket.destroy())
    t.after(() => socket.destroy())
    if (credentials !== `Basic ${Buffer.from('us@er:p:w%').toString('base64')}`) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n')
      return
    }
    const [host = '', port] = target.split(':')
    const far = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      far.pipe(socket).pipe(far)
    })
    far.on('error', () => socket.destroy())
  })
  return { address: await listening(t, proxy), seen }
}

async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => assert.fail('it succeeded'),
    (caught: unknown) => caught,
  )
  assert.ok(error instanceof AppError, String(error))
  return error
}

const onlyOnce: Pick<OutgoingOptions, 'retrying'> = { retrying: { pause: async () => {}, random: () => 0 } }

test('a proxy with a user name and a password is told both, and no error has them', async (t) => {
  const { address, seen } = await proxyTo(
    t,
    await listening(
      t,
      createServer((_, response) => response.end('{}')),
    ),
  )
  const by = (credentials: string) =>
    createFetch({ proxyFor: () => `http://${credentials}${address}`, ...onlyOnce })('http://idp.invalid/x')

  const known = await by('us%40er:p%3Aw%25@')
  const unknown = await failureOf(by('us%40er:canary@'))
  const without = await failureOf(by(''))

  assert.equal(known.status, 200)
  assert.deepEqual(
    [unknown.code, unknown.details, without.code],
    ['proxy-refused', { proxy: address, proxyStatus: 407 }, 'proxy-refused'],
  )
  assert.deepEqual(
    seen,
    ['idp.invalid:80 us@er:p:w%', 'idp.invalid:80 us@er:canary', 'idp.invalid:80 nothing'].map((line) =>
      line.replace('nothing', Buffer.from('nothing', 'base64').toString()),
    ),
  )
  let text = ''
  for (let at: unknown = unknown; at instanceof Error; at = at.cause) text += `${at.stack} ${JSON.stringify(at)}`
  assert.doesNotMatch(text, /canary/)
})

test('a proxy that is not there is told from a provider that is not there', async (t) => {
  const { address } = await proxyTo(t, '127.0.0.1:1')
  const ask = (proxy: string) =>
    createFetch({ proxyFor: () => proxy, timeout: 2_000, ...onlyOnce })('http://idp.invalid/x')

  const noProxy = await failureOf(ask('http://us:canary@127.0.0.1:1'))
  const noName = await failureOf(ask('http://us:canary@proxy.invalid:3128'))

  assert.deepEqual([noProxy.code, noProxy.details['proxy']], ['proxy-unreachable', '127.0.0.1:1'])
  assert.equal(noName.code, 'proxy-unreachable')
  assert.doesNotMatch(JSON.stringify([noProxy.details, noName.details, String(noProxy.cause)]), /canary/)
  // It takes the request, and closes.
  await assert.rejects(ask(`http://us%40er:p%3Aw%25@${address}`))
})

test('a proxy that takes the connection and says nothing costs the timeout, and is named', async (t) => {
  const silent = createServer()
  silent.on('connect', () => {})
  const address = await listening(t, silent)
  const began = performance.now()

  const { code, details } = await failureOf(
    createFetch({ proxyFor: () => `http://${address}`, timeout: 300 })('https://idp.invalid/x'),
  )

  assert.deepEqual([code, details], ['provider-unreachable', { proxy: address, reason: 'no answer in time' }])
  assert.ok(performance.now() - began < 1_500)
})

const days = (count: number) => new Date(Date.now() + count * 86_400_000)
const period = { notBefore: days(-1), notAfter: days(30) }

test('a provider that wants a certificate of its client gets it, and the proxy on the way does not', async (t) => {
  const authority = { commonName: 'ca', ...makeCertificate({ commonName: 'ca', isAuthority: true, ...period }) }
  const ofServer = makeCertificate({
    commonName: 'idp',
    hosts: ['127.0.0.1', 'idp.invalid'],
    issuer: authority,
    ...period,
  })
  const ofClient = makeCertificate({ commonName: 'gatehouse', issuer: authority, ...period })
  const server = createTlsServer(
    { key: ofServer.privateKey, cert: ofServer.certificate, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const shown = (request.socket as TLSSocket).getPeerX509Certificate()
      response.end(shown?.fingerprint256 ?? 'nothing')
    },
  )
  const address = await listening(t, server)
  const { address: proxy } = await proxyTo(t, address)
  const tls = { ca: [authority.certificate], rejectUnauthorized: true }
  const shownBy = async (options: OutgoingOptions) => (await createFetch(options)(`https://${address}/`)).text()
  const withIt = { tls: { ...tls, cert: ofClient.certificate, key: ofClient.privateKey } }

  assert.equal(await shownBy({ tls }), 'nothing')
  assert.equal(await shownBy(withIt), new X509Certificate(ofClient.certificate).fingerprint256)
  assert.equal(
    await shownBy({ ...withIt, proxyFor: () => `http://us%40er:p%3Aw%25@${proxy}` }),
    new X509Certificate(ofClient.certificate).fingerprint256,
  )
})

/** How often a server is asked that does these things one after the other, the last one for ever; and the pauses in between. */
async function attempts(t: TestContext, init: RequestInit, acts: readonly RequestListener[]) {
  let asked = 0
  const server = createServer((request, response) => {
    const act = acts[Math.min(asked++, acts.length - 1)]
    act?.(request, response)
  })
  const pauses: number[] = []
  const retrying = {
    random: () => 0.5,
    pause: async (time: number) => {
      pauses.push(time)
    },
  }
  const outcome = await createFetch({ timeout: 500, retrying })(`http://${await listening(t, server)}/`, init).then(
    ({ status }) => status,
    () => 'failed' as const,
  )
  return { outcome, asked, pauses }
}

const fine: RequestListener = (_, response) => response.end('{}')
const reset: RequestListener = (request) => request.socket.destroy()
const saying =
  (status: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end('{}')
const brokenOff: RequestListener = (request, response) => {
  response.writeHead(200, { 'content-length': '100' }).write('{')
  setTimeout(() => request.socket.destroy(), 10)
}

// biome-ignore format: one table
const repeated: readonly [what: string, init: RequestInit, acts: RequestListener[], outcome: unknown, asked: number, pauses?: number[]][] = [
  ['a connection that breaks', {}, [reset, fine], 200, 2, [100]],
  ['an answer that breaks off', {}, [brokenOff, fine], 200, 2],
  ['503 twice', {}, [saying(503), saying(502), fine], 200, 3, [100, 300]],
  ['503 for ever', {}, [saying(503)], 503, 3],
  ['a short Retry-After', {}, [saying(503, { 'retry-after': '1' }), fine], 200, 2, [1_000]],
  ['a long Retry-After', {}, [saying(503, { 'retry-after': '120' }), fine], 503, 1],
  ['500', {}, [saying(500), fine], 500, 1],
  ['404', {}, [saying(404), fine], 404, 1],
  ['429', {}, [saying(429), fine], 429, 1],
  ['a POST whose connection breaks', { method: 'POST', body: 'code=c' }, [reset, fine], 'failed', 1],
  ['a POST with 503', { method: 'POST', body: 'code=c' }, [saying(503), fine], 503, 1],
  ['a POST whose answer breaks off', { method: 'post', body: 'code=c' }, [brokenOff, fine], 'failed', 1],
  ['no answer in time', {}, [() => {}], 'failed', 1],
]
for (const [what, init, acts, outcome, asked, pauses] of repeated) {
  test(`${what}: asked ${asked === 1 ? 'once' : `${asked} times`}`, async (t) => {
    const found = await attempts(t, init, acts)

    assert.deepEqual([found.outcome, found.asked], [outcome, asked])
    if (pauses) assert.deepEqual(found.pauses, pauses)
  })
}

test('a POST that found nobody to take it is made again', async (t) => {
  const address = await listening(t, createServer(fine))
  const later = createServer(fine)
  let pauses = 0
  const free = Number(address.split(':')[1]) + 1
  const ask = createFetch({
    retrying: {
      pause: async () => {
        pauses++
        await new Promise<void>((resolve) => later.listen(free, '127.0.0.1', resolve))
      },
    },
  })
  t.after(() => {
    later.close()
    later.closeAllConnections()
  })

  const { status } = await ask(`http://127.0.0.1:${free}/`, { method: 'POST', body: 'code=c' })

  assert.deepEqual([status, pauses], [200, 1])
})

test('the credentials of the proxy reach the proxy alone [ssrf-webhook-connector]', async (t) => {
  const seen: string[] = []
  const target = createServer((request, response) => {
    seen.push(...request.rawHeaders.map((text) => text.toLowerCase()))
    response.writeHead(302, { location: 'http://elsewhere.invalid/' }).end()
  })
  const { address, seen: asked } = await proxyTo(t, await listening(t, target))

  const { status } = await createFetch({ proxyFor: () => `http://us%40er:p%3Aw%25@${address}` })('http://idp.invalid/')

  assert.equal(status, 302)
  assert.ok(seen.length > 0 && !seen.some((text) => text.includes('proxy') || text.startsWith('basic')))
  assert.equal(asked.length, 1)
})

/** What is wrong with a certificate, and what it is called at a provider. */
const badCertificates = {
  'an unknown authority': { hosts: ['localhost'], own: true },
  'another name': { hosts: ['other.test'], own: false },
  'an end in the past': { hosts: ['localhost'], own: false, notAfter: days(-0.5) },
}
for (const [what, { hosts, own, ...dates }] of Object.entries(badCertificates)) {
  test(`a proxy over https whose certificate has ${what} is told no password [tls-verify-every-client]`, async (t) => {
    const authority = { commonName: 'ca', ...makeCertificate({ commonName: 'ca', isAuthority: true, ...period }) }
    const bad = makeCertificate({
      commonName: 'proxy',
      hosts,
      ...(own ? {} : { issuer: authority }),
      ...period,
      ...dates,
    })
    const good = makeCertificate({ commonName: 'proxy', hosts: ['localhost'], issuer: authority, ...period })
    const told: string[] = []
    const proxyWith = async ({ privateKey, certificate }: { privateKey: string; certificate: string }) => {
      const proxy = createTlsServer({ key: privateKey, cert: certificate })
      proxy.on('connect', (request, socket) => {
        told.push(String(request.headers['proxy-authorization']))
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      })
      return `https://user:canary@localhost:${(await listening(t, proxy)).split(':')[1]}`
    }
    const ask = async (uri: string) =>
      failureOf(
        createFetch({ proxyFor: () => uri, proxyCa: [authority.certificate], timeout: 3_000, ...onlyOnce })(
          'http://idp.invalid/',
        ),
      )

    const refused = await ask(await proxyWith(bad))
    const toldToBad = [...told]
    const believed = await ask(await proxyWith(good))

    assert.deepEqual([refused.code, toldToBad], ['proxy-unreachable', []])
    assert.deepEqual([believed.code, told.length], ['proxy-refused', 1])
  })
}
