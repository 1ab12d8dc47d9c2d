import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { drip, nested, redirectTo } from '../../test/support/hostile-idp.ts'
import { createBound } from './bound.ts'
import { createGuardedFetch } from './guarded-fetch.ts'

test('a request that waits for its turn does not run out of time, and one that gets no answer does', async (t) => {
  let line = Promise.resolve()
  const server = createServer((request, response) => {
    if (request.url === '/silent') return
    line = line.then(() => sleep(30)).then(() => void response.end('x'))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { ask, close } = createGuardedFetch({
    trust: { kind: 'plain' },
    proxy: undefined,
    bound: createBound(4),
    now: Date.now,
    limit: 2_000,
  })
  t.after(async () => {
    await close()
    server.close()
    server.closeAllConnections()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  // Three seconds of answers, one after the other; an answer that is asked for waits for three others.
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(`${origin}/`)))
  const times = answers.map(({ askedAt }) => askedAt)

  assert.ok(Math.max(...times) - Math.min(...times) > 2_000, 'the clock is read when a request leaves')
  await assert.rejects(ask(`${origin}/silent`))
})

test('an answer that is too large, too deep, drips for ever or leads elsewhere ends early [ssrf-webhook-connector]', async (t) => {
  const asked: string[] = []
  const large: RequestListener = (_, response) => {
    const pour = (): void => {
      while (!response.destroyed && response.write(' '.repeat(65_536)));
      if (!response.destroyed) response.once('drain', pour)
    }
    pour()
  }
  const answers: Record<string, RequestListener> = { '/large': large, '/nested': nested, '/drip': drip }
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const answer = answers[request.url ?? ''] ?? redirectTo('/elsewhere')
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const bound = createBound(4)
  const { ask, close } = createGuardedFetch({
    trust: { kind: 'plain' },
    proxy: undefined,
    bound,
    now: Date.now,
    limit: 400,
  })
  t.after(async () => {
    await close()
    server.close()
    server.closeAllConnections()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const began = performance.now()

  for (const path of ['/large', '/nested'])
    await assert.rejects(ask(origin + path), { code: 'provider-answer-refused' })
  await assert.rejects(ask(`${origin}/drip`))
  const redirected = await ask(`${origin}/redirect`)

  assert.ok(performance.now() - began < 3000)
  assert.deepEqual([redirected.status, redirected.location], [307, '/elsewhere'])
  assert.ok(!asked.includes('/elsewhere'))
})
