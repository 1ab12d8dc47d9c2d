import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { startProvider } from '../../test/support/provider-testbed.ts'
import { createLogger } from '../log.ts'
import { noTurns } from '../turns.ts'
import type { Document } from './documents.ts'

async function read(document: Document): Promise<Record<string, unknown>> {
  return ask((request, response) => document.answer(request, response))
}

async function ask(listener: RequestListener): Promise<Record<string, unknown>> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    return (await (await fetch(`http://127.0.0.1:${port}/.well-known/openid-configuration`)).json()) as never
  } finally {
    server.close()
  }
}

test('the discovery document is the one that the provider answers with', async (t) => {
  const { provider, close } = await startProvider({ issuer: 'https://id.example.com/dex' })
  t.after(close)

  const document = await read(await provider.discovery())

  assert.equal(document['issuer'], 'https://id.example.com/dex')
  assert.equal(document['token_endpoint'], 'https://id.example.com/dex/token')
  assert.deepEqual(document, await ask((request, response) => void provider.handle(request, response)))
})

test('a request that fails around the provider is answered with the page of the error', async (t) => {
  const turns = { ...noTurns, pause: () => Promise.reject(new Error('no turn')) }
  const { provider, close } = await startProvider({ issuer: 'http://localhost:9', turns })
  t.after(close)
  const server = createServer((request, response) => void provider.handle(request, response)).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')

  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/authorize`)

  assert.equal(answer.status, 500)
  assert.equal(await answer.text(), 'internal-error')
})

test('a discovery document that could not be made is made when it is asked for again', async (t) => {
  let failures = 1
  const turns = {
    ...noTurns,
    pause: () => (failures-- > 0 ? Promise.reject(new Error('no turn')) : undefined),
  }
  const console = t.mock.method(globalThis.console, 'error', () => {})
  const log = createLogger({ level: 'silent' })
  const logged = t.mock.method(log, 'error')
  const { provider, close } = await startProvider({ issuer: 'http://localhost:9', turns, log })
  t.after(close)

  await assert.rejects(provider.discovery())

  assert.equal((await read(await provider.discovery()))['issuer'], 'http://localhost:9')
  // What went wrong is a line of the log; Koa would print it, between lines of JSON.
  assert.equal(logged.mock.callCount(), 1)
  assert.equal(console.mock.callCount(), 0)
})
