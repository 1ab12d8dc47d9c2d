/** A provider that is away, hangs, or is overloaded: what goes on, what is asked again, and what is not asked at all. */
import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectorOptions } from '../../test/support/connector-options.ts'
import { startHostileIdp } from '../../test/support/hostile-idp.ts'
import { AppError, type ErrorCode } from '../errors.ts'
import { createFetch } from '../outgoing.ts'
import { createOidcConnector } from './oidc.ts'

const checks = { state: 'a-state', nonce: 'a-nonce', codeVerifier: 'a-verifier-of-at-least-forty-three-characters' }
const redirectUri = 'http://localhost/callback/corp'
const minute = 60_000
const hour = 60 * minute

let idp: Awaited<ReturnType<typeof startHostileIdp>>
/** Of the connector, in milliseconds. Tokens live by the real one. */
const clock = { at: 1_000_000, now: () => clock.at }
before(async () => {
  idp = await startHostileIdp(checks.nonce)
})
beforeEach(() => Object.assign(idp, { claims: {}, header: {}, document: {}, instead: {}, asked: [] }))
after(() => idp[Symbol.asyncDispose]())

function connect({ timeout = 2_000 } = {}) {
  return createOidcConnector({
    ...connectorOptions(idp),
    // Pauses between attempts are tested by themselves.
    fetch: createFetch({ timeout, retrying: { pause: async () => {} } }),
    clock,
  })
}
type Connector = ReturnType<typeof connect>

const start = (connector: Connector) => connector.authorizationUrl({ redirectUri, checks, fresh: false })
const identify = (connector: Connector) =>
  connector.identify({ callbackUrl: new URL(`${redirectUri}?code=c&state=${checks.state}`), redirectUri, checks })

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'done'> {
  return work.then(
    () => 'done' as const,
    (error: unknown) => {
      assert.ok(error instanceof AppError, String(error))
      return error.code
    },
  )
}
const timesAsked = (endpoint: string) => idp.asked.filter((asked) => asked === endpoint).length

const status =
  (code: number): RequestListener =>
  (_, response) =>
    response.writeHead(code, { 'content-type': 'application/json' }).end('{}')
const reset: RequestListener = (request) => request.socket.destroy()

const documentSaying =
  (headers: Record<string, string>): RequestListener =>
  (_, response) => {
    const { issuer } = idp
    const document = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      id_token_signing_alg_values_supported: ['ES256'],
    }
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(document))
  }

test('while the provider is away, its last document and keys go on counting for a bounded time', async () => {
  const connector = connect()
  await identify(connector)

  Object.assign(idp.instead, { discovery: status(503), jwks: reset })
  clock.at += 60 * minute
  const within = await codeOf(identify(connector))
  clock.at += 2 * hour
  const oldKeys = await codeOf(identify(connector))
  const started = await codeOf(start(connector))
  clock.at += 24 * hour
  const oldDocument = await codeOf(start(connector))

  assert.equal(within, 'done')
  assert.equal(oldKeys, 'provider-unreachable')
  assert.equal(started, 'done')
  assert.equal(oldDocument, 'provider-unreachable')
})

test('a provider that is there and says something wrong is believed, and not what it said before', async () => {
  for (const [change, code] of [
    [{ document: { issuer: 'https://else.example.com' } }, 'issuer-mismatch'],
    [{ instead: { discovery: status(404) } }, 'provider-unreachable'],
  ] as const) {
    const connector = connect()
    await start(connector)

    clock.at += 11 * minute
    Object.assign(idp, change)

    assert.equal(await codeOf(start(connector)), code)
    Object.assign(idp, { document: {}, instead: {} })
  }
})

// biome-ignore format: one table
const lifetimes: readonly [header: string, fresh: number, old: number][] = [
  ['public, max-age=1800', 29 * minute, 30 * minute],
  ['MAX-AGE="1800"', 29 * minute, 30 * minute],
  ['max-age=31536000', hour - 1, hour],
  ['max-age=0', minute - 1, minute],
  ['no-store', minute - 1, minute],
  ['private, no-cache', minute - 1, minute],
  ['must-revalidate', 10 * minute - 1, 10 * minute],
  ['max-age=-5', 10 * minute - 1, 10 * minute],
]
for (const [header, fresh, old] of lifetimes) {
  test(`a discovery document with Cache-Control "${header}" is kept within bounds`, async () => {
    idp.instead.discovery = documentSaying({ 'cache-control': header })
    const connector = connect()
    await start(connector)
    const began = clock.at

    clock.at = began + fresh
    await start(connector)
    const before = timesAsked('discovery')
    clock.at = began + old
    await start(connector)

    assert.deepEqual([before, timesAsked('discovery')], [1, 2])
  })
}

test('the time that a cache has kept a document is taken off', async () => {
  idp.instead.discovery = documentSaying({ 'cache-control': 'max-age=1800', age: '1500' })
  const connector = connect()
  await start(connector)

  clock.at += 6 * minute
  await start(connector)

  assert.equal(timesAsked('discovery'), 2)
})

test('many who come at once are one question, and so are those who come while it is remembered to have failed', async () => {
  idp.instead.discovery = status(500)
  const connector = connect()

  const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(start(connector))))
  const soon = await codeOf(start(connector))
  const asked = timesAsked('discovery')
  idp.instead = {}
  clock.at += 5_000

  assert.deepEqual(new Set([...codes, soon]), new Set(['provider-unreachable']))
  assert.equal(asked, 1)
  assert.equal(await codeOf(start(connector)), 'done')
})

test('a token is asked for once, whatever becomes of it; documents and keys are asked for again', async () => {
  const connector = connect()
  let resets = 0
  const once =
    (endpoint: 'discovery' | 'jwks'): RequestListener =>
    (request, response) => {
      delete idp.instead[endpoint]
      resets++
      reset(request, response)
    }
  Object.assign(idp.instead, { discovery: once('discovery'), jwks: once('jwks') })

  const signedIn = await codeOf(identify(connector))
  const answered = idp.asked.join(' ')
  for (const broken of [reset, status(503), status(502)]) {
    idp.instead.token = broken
    idp.asked.length = 0
    const code = await codeOf(identify(connect()))
    assert.notEqual(code, 'done')
    assert.equal(timesAsked('token'), 1)
  }

  assert.equal(signedIn, 'done')
  assert.equal(resets, 2)
  assert.equal(answered, 'discovery discovery token jwks jwks userinfo')
})

test('after three failures in a row nobody waits for the token endpoint any more, but one now and then', async () => {
  const connector = connect({ timeout: 300 })
  idp.instead.token = () => {}
  for (let round = 0; round < 3; round++) await codeOf(identify(connector))
  idp.asked.length = 0

  const began = performance.now()
  const refused = await Promise.all(Array.from({ length: 20 }, () => codeOf(identify(connector))))
  const took = performance.now() - began
  const notAsked = timesAsked('token')
  clock.at += 1_000
  const probes = await Promise.all(Array.from({ length: 20 }, () => codeOf(identify(connector))))
  const probed = timesAsked('token')
  idp.instead = {}
  const early = await codeOf(identify(connector))
  clock.at += 2_000
  const back = await codeOf(identify(connector))

  assert.deepEqual([new Set(refused), notAsked], [new Set(['provider-unreachable']), 0])
  assert.ok(took < 250, `${took} ms`)
  assert.deepEqual([new Set(probes), probed], [new Set(['provider-unreachable']), 1])
  assert.equal(connector.broken?.(), undefined)
  assert.deepEqual([early, back], ['provider-unreachable', 'done'])
})

test('what the provider refuses breaks no circuit, however often', async () => {
  const connector = connect()
  idp.instead.token = (_, response) =>
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')

  for (let round = 0; round < 5; round++) assert.equal(await codeOf(identify(connector)), 'provider-refused')

  assert.equal(timesAsked('token'), 5)
  assert.equal(connector.broken?.(), undefined)
})

test('so many wait for a provider that hangs, and not one more', async () => {
  const connector = connect({ timeout: 1_000 })
  await start(connector)
  idp.instead.token = () => {}

  const waiting = Array.from({ length: 64 }, () => codeOf(identify(connector)))
  await sleep(100)
  const beyond = await codeOf(identify(connector))
  const codes = await Promise.all(waiting)

  assert.equal(beyond, 'provider-busy')
  assert.deepEqual(new Set(codes), new Set(['provider-unreachable']))
  assert.equal(timesAsked('token'), 64)
})

test('a look has the document and the keys at hand, and asks nothing while they are fresh', async () => {
  const connector = connect()
  const { signal } = new AbortController()

  await connector.look?.(signal)
  await connector.look?.(signal)
  const looked = idp.asked.join(' ')
  await identify(connector)

  assert.equal(looked, 'discovery jwks')
  assert.equal(idp.asked.join(' '), 'discovery jwks token userinfo')
})

test('a look that hangs ends with its signal', async () => {
  idp.instead.discovery = () => {}
  const stop = new AbortController()
  const began = performance.now()

  const looking = codeOf(connect({ timeout: 10_000 }).look?.(stop.signal) ?? Promise.resolve())
  await sleep(50)
  stop.abort()

  assert.equal(await looking, 'provider-unreachable')
  assert.ok(performance.now() - began < 1_000)
})
