import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createFetch } from './outgoing.ts'

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
