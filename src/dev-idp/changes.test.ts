import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { decodeJwt } from 'jose'
import { documentAt, identityAt, tokensAt, withToken } from '../../test/support/dev-idp-walk.ts'
import { type DevIdp, startDevIdp } from './index.ts'

describe('somebody who is changed at a look-alike', () => {
  let idp: DevIdp
  before(async () => {
    idp = await startDevIdp()
  })
  after(() => idp.close())

  async function refreshed(token = ''): Promise<Record<string, string>> {
    const response = await fetch((await documentAt(idp.issuer))['token_endpoint'] ?? '', {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${idp.clientId}:${idp.clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
    })
    return (await response.json()) as Record<string, string>
  }

  test('has the new groups after a refresh', async () => {
    const { tokens } = await tokensAt(idp)

    idp.change('alice', { groups: ['interns'] })
    const { id_token: idToken = '' } = await refreshed(tokens['refresh_token'])

    assert.deepEqual(decodeJwt(idToken)['groups'], ['interns'])
    assert.deepEqual((await identityAt(idp)).groups, ['interns'])
  })

  test('is refused everywhere when the account is switched off, and not before', async () => {
    const { tokens, document } = await tokensAt(idp, { username: 'bob' })
    const userinfo = document['userinfo_endpoint'] ?? ''
    assert.equal((await withToken(userinfo, tokens['access_token'])).status, 200)

    idp.change('bob', { disabled: true })

    assert.equal((await refreshed(tokens['refresh_token']))['error'], 'invalid_grant')
    assert.equal((await withToken(userinfo, tokens['access_token'])).status, 401)
    await assert.rejects(tokensAt(idp, { username: 'bob' }), /Account is disabled/)
  })
})

test('a provider whose second port is taken does not start, and keeps none', async (t) => {
  const [first, second] = await adjacentPorts()
  const inTheWay = await listening(second)
  t.after(() => inTheWay.close())

  await assert.rejects(startDevIdp({ like: 'cognito', port: first }), { code: 'EADDRINUSE' })

  const again = await listening(first)
  again.close()
})

async function listening(port: number): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return server
}

/** Two ports that are free, one after the other. */
async function adjacentPorts(): Promise<[number, number]> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const one = await listening(0)
    const { port } = one.address() as { port: number }
    const other = await listening(port + 1).catch(() => undefined)
    await Promise.all(
      [one, other].map((server) => new Promise((resolve) => server?.close(resolve) ?? resolve(undefined))),
    )
    if (other) return [port, port + 1]
  }
  throw new Error('no two free ports in a row')
}
