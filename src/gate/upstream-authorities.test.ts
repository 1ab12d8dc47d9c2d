import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request, type Server } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { alice, type Testbed, testbed } from '../../test/support/gate-testbed.ts'
import { makeCertificate } from '../dev-idp/certificate.ts'

const day = 86_400_000
const period = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) }
const company = { commonName: 'company', ...makeCertificate({ commonName: 'company', isAuthority: true, ...period }) }

/** An upstream whose certificate is for that name. */
async function upstreamNamed(t: TestContext, name: string): Promise<Server> {
  const own = makeCertificate({ commonName: 'app', hosts: [name], issuer: company, ...period })
  const upstream = createServer({ key: own.privateKey, cert: own.certificate }, (_, response) =>
    response.end('the service'),
  )
  upstream.on('upgrade', (_, socket) => socket.end('HTTP/1.1 418 I am a teapot\r\ncontent-length: 0\r\n\r\n'))
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    upstream.close()
    upstream.closeAllConnections()
  })
  return upstream
}

function gateOver(upstream: Server, upstreamAuthorities?: readonly string[]) {
  const address = `https://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  const app = { url: 'http://app.test', rules: [{ path: '/', allow: 'authenticated' as const }], upstream: address }
  return testbed({ services: { app }, upstreamAuthorities })
}

async function plainly(gate: Testbed, cookie: string): Promise<number> {
  return (await gate.ask({ host: 'app.test', headers: { cookie } })).status
}

async function byWebsocket(gate: Testbed, cookie: string): Promise<number> {
  const headers = {
    host: 'app.test',
    origin: 'http://app.test',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    cookie,
  }
  const asked = request({ host: '127.0.0.1', port: gate.port, path: '/ws', headers })
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.resume()
  return answer.statusCode ?? 0
}

const cases = { 'a request': [plainly, 200], 'a websocket': [byWebsocket, 418] } as const
for (const [what, [ask, good]] of Object.entries(cases)) {
  test(`${what} reaches an upstream over https whose authority is in network.ca, under its own name or that of the service`, async (t) => {
    for (const name of ['127.0.0.1', 'app.test']) {
      await using gate = await gateOver(await upstreamNamed(t, name), [company.certificate])
      const { id } = gate.signIn('app', alice)
      assert.equal(await ask(gate, `gatehouse_session=${id}`), good, name)
    }
  })

  test(`${what} reaches no upstream of an unknown authority, nor one under another name`, async (t) => {
    for (const [name, authorities] of [
      ['127.0.0.1', undefined],
      ['other.test', [company.certificate]],
    ] as const) {
      await using gate = await gateOver(await upstreamNamed(t, name), authorities)
      const { id } = gate.signIn('app', alice)
      assert.equal(await ask(gate, `gatehouse_session=${id}`), 502, name)
    }
  })
}
