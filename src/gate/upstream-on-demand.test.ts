import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { upstreamOnDemand } from './upstream-on-demand.ts'

async function listening(answer: RequestListener): Promise<{ server: Server; origin: string }> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('the first request waits until the upstream is made; one whose client left in the meantime goes nowhere', {
  timeout: 20_000,
}, async () => {
  const seen: (string | undefined)[] = []
  const far = await listening(({ url }, response) => {
    seen.push(url)
    response.end('answered')
  })
  const upstream = upstreamOnDemand(new URL(far.origin), { timeout: 10_000 })
  const near = await listening((request, response) => {
    upstream.forward(request, response, {
      target: request.url ?? '',
      headers: ['Host', 'app.test'],
      unreachable: () => response.destroy(),
      credential: undefined,
      live: { remove: () => {} },
      service: 'app',
      method: 'GET',

      close: () => {},
    })
    if (request.url === '/left') response.destroy()
  })

  const [left, stays] = await Promise.allSettled([fetch(`${near.origin}/left`), fetch(`${near.origin}/stays`)])

  assert.equal(left.status, 'rejected')
  assert.equal(stays.status === 'fulfilled' && (await stays.value.text()), 'answered')
  assert.deepEqual(seen, ['/stays'])
  await upstream.close()
  for (const { server } of [near, far]) {
    server.closeAllConnections()
    server.close()
  }
})

test('an upstream that nobody asked for closes', async () => {
  await upstreamOnDemand(new URL('http://127.0.0.1:9'), { timeout: 10_000 }).close()
})
