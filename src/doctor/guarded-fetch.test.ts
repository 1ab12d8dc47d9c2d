import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBound } from './bound.ts'
import { createGuardedFetch } from './guarded-fetch.ts'

test('a request that waits for its turn does not run out of time, and one that gets no answer does', async (t) => {
  let line = Promise.resolve()
  const server = createServer((request, response) => {
    if (request.url === '/silent') return
    line = line.then(() => sleep(10)).then(() => void response.end('x'))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { ask, close } = createGuardedFetch({
    trust: { kind: 'plain' },
    proxy: undefined,
    bound: createBound(4),
    now: Date.now,
    limit: 400,
  })
  t.after(async () => {
    await close()
    server.close()
    server.closeAllConnections()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  // A second of answers, one after the other.
  const answers = await Promise.all(Array.from({ length: 100 }, () => ask(`${origin}/`)))
  const times = answers.map(({ askedAt }) => askedAt)

  assert.ok(Math.max(...times) - Math.min(...times) > 400, 'the clock is read when a request leaves')
  await assert.rejects(ask(`${origin}/silent`))
})
