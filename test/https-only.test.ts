import assert from 'node:assert/strict'
import { type IncomingHttpHeaders, request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { startEchoUpstream } from './support/echo-upstream.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'

const strict = 'strict-transport-security'

describe('https only', () => {
  let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
  let secure: Gatehouse
  let plain: Gatehouse

  const config = (issuer: string, service: string, port: number) => `issuer: ${issuer}
listen: { port: ${port} }
services:
  wiki:
    url: ${service}
    upstream: http://127.0.0.1:${upstream.port}
    rules: [{ path: /open, allow: everyone }, { path: /, allow: authenticated }]
`
  before(async () => {
    upstream = await startEchoUpstream()
    secure = await startGatehouse({
      config: (port) => config('https://id.example.test', 'https://wiki.example.test', port),
    })
    plain = await startGatehouse({
      config: (port) => config(`http://localhost:${port}`, `http://wiki.localhost:${port}`, port),
    })
  })
  after(async () => {
    await Promise.all([secure.stop(), plain.stop()])
    await upstream.close()
  })

  const ask = (port: number, host: string, path: string, accept = 'text/html') =>
    new Promise<IncomingHttpHeaders>((resolve, reject) => {
      const headers = { host, accept, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
      request({ host: '127.0.0.1', port, path, headers }, (response) => {
        response.resume()
        resolve(response.headers)
      })
        .on('error', reject)
        .end()
    })

  const paths = ['/', '/login', '/nowhere', '/authorize?client_id=x', '/userinfo']

  it('is what every page of an https issuer demands, and every answer that the gate gives for an https service', async () => {
    for (const path of paths)
      assert.match(String((await ask(secure.port, 'id.example.test', path))[strict]), /^max-age=31536000$/, path)
    for (const path of ['/', '/page', '/oauth2/start', '/oauth2/callback', '/oauth2/sign_out'])
      assert.match(String((await ask(secure.port, 'wiki.example.test', path))[strict]), /^max-age=31536000$/, path)
    assert.match(String((await ask(secure.port, 'wiki.example.test', '/api', 'application/json'))[strict]), /^max-age/)
  })

  it('is left to a service for its own answers, and to nobody for hosts that are not ours', async () => {
    assert.equal((await ask(secure.port, 'wiki.example.test', '/open'))[strict], undefined)
    assert.equal((await ask(secure.port, 'other.example.test', '/'))[strict], undefined)
  })

  it('is demanded by nothing that is http', async () => {
    for (const path of paths)
      assert.equal((await ask(plain.port, `localhost:${plain.port}`, path))[strict], undefined, path)
    assert.equal((await ask(plain.port, `wiki.localhost:${plain.port}`, '/page'))[strict], undefined)
  })
})
