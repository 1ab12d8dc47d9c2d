import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { bombOf } from '../test/support/hostile-idp.ts'
import { AppError } from './errors.ts'
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
