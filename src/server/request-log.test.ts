import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { it } from 'node:test'
import { trustedProxies } from '../gate/trusted-proxies.ts'
import type { Log } from '../log.ts'
import { recordOf, requestIdOf } from '../request-record.ts'
import { createClientOf } from './client-network.ts'
import { takeGivenId } from './request-ids.ts'
import { createRequestLog, shownPath } from './request-log.ts'

function requestTo(url: string, headers: readonly string[] = [], peer = '192.0.2.1'): IncomingMessage {
  const request = new IncomingMessage(Object.defineProperty(new Socket(), 'remoteAddress', { value: peer }))
  return Object.assign(request, { url, method: 'GET', rawHeaders: ['Host', 'id.example.com', ...headers] })
}

it('nothing of a target is shown but its path', () => {
  const shown = {
    '/a/b?code=secret': '/a/b',
    '/a;jsessionid=secret/b;x=secret?y': '/a;.../b;...',
    'http://user:secret@id.example.com/a?b': '/a',
    'user:secret@id.example.com:443': '',
    '*': '',
    '?secret': '',
  }

  for (const [target, path] of Object.entries(shown)) assert.equal(shownPath(target), path)
  assert.equal(shownPath(`/${'x'.repeat(5_000)}`).length, 1_003)
})

it('an id is taken from a trusted proxy alone, and only one that no line, header or command reads as more', () => {
  const proxies = trustedProxies(['10.0.0.1'])
  const given = (id: string, peer: string) => {
    const request = requestTo('/', ['X-Request-Id', id], peer)
    takeGivenId(request, proxies)
    return requestIdOf(request)
  }

  for (const id of [
    'f3b1c2d4e5f60718',
    '2b1a3f0c-52f4-4c57-9df4-b8a0b4b3a0c1',
    'Root=1-67891233-abcdef012345678912345678',
  ])
    assert.equal(given(id, '10.0.0.1'), id)
  for (const id of ['short', '--json-and-more', 'with blank 12345', 'quote"quote"quote', `x${'y'.repeat(200)}`, ''])
    assert.match(given(id, '10.0.0.1'), /^[0-9a-f]{16}$/)
  assert.match(given('f3b1c2d4e5f60718ff', '10.0.0.2'), /^[0-9a-f]{16}$/)
})

/** A request log whose lines and traces the test reads. */
function watched(access: Parameters<typeof createRequestLog>[0]['access'] = true) {
  const lines: Record<string, unknown>[] = []
  const traced: string[] = []
  const logger = { info: (line: Record<string, unknown>) => lines.push(line), error: () => {} }
  const log = { logger, writes: () => true, write: (json: string) => lines.push(JSON.parse(json)) }
  const proxies = trustedProxies([])
  const requestLog = createRequestLog({
    log: log as unknown as Log,
    access,
    base: '/dex',
    traces: { failed: (_error, id) => void traced.push(id), answered: (_made, id) => void traced.push(id) },
    clientOf: createClientOf(proxies, { warn: () => {} }),
    proxies,
    clock: { now: () => 0 },
  })
  return { requestLog, lines, traced }
}

it('each part has lines or none, and a request that is answered anew has one', () => {
  const { requestLog, lines } = watched({ login: false, health: true })
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/gate')) recordOf(request).part = 'gate'
    Object.defineProperty(response, 'writableEnded', { value: true, configurable: true })
  }
  const paths = ['/gate', '/dex/token', '/dex/login/start', '/dex/callback/x', '/dex/', '/healthz', '/token']
  for (const path of paths) {
    const request = requestTo(path)
    const response = new ServerResponse(request)
    requestLog.around(answer)(request, response)
    watched().requestLog.around(answer)(request, response)
  }

  assert.deepEqual(
    lines.map(({ part, path }) => `${part} ${path}`),
    ['gate /gate', 'provider /dex/token', 'page /dex/', 'health /healthz', 'provider /token'],
  )
})

it('what others send cannot break a line, and a client that leaves before the answer is told apart', () => {
  const { requestLog, lines } = watched()
  const request = requestTo('/x"\\\u009b', ['X-Forwarded-For', '"'])
  const response = new ServerResponse(request)

  // A proxy that does not say the method lets the client say it.
  recordOf(request).method = 'G"ET\\'
  requestLog.around(() => {})(request, response)
  EventEmitter.prototype.emit.call(response, 'close')

  assert.equal(lines.length, 1)
  assert.equal(lines[0]?.['method'], 'G"ET\\')
  assert.deepEqual([lines[0]?.['path'], lines[0]?.['status'], lines[0]?.['aborted']], ['/x"\\\u009b', 499, true])
})
