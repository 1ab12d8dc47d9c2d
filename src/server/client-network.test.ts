import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { trustedProxies } from '../gate/trusted-proxies.ts'
import { createNetworkOfClient } from './client-network.ts'

function requestFrom(peer: string, forwardedFor?: string): IncomingMessage {
  const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: peer })
  const request = new IncomingMessage(socket)
  if (forwardedFor !== undefined) request.rawHeaders.push('X-Forwarded-For', forwardedFor)
  return request
}

test('that everybody has the address of a proxy which is not trusted is said once', () => {
  const said: unknown[] = []
  const networkOf = createNetworkOfClient(trustedProxies(['10.0.0.1']), {
    warn: (...line: unknown[]) => said.push(line),
  })

  assert.equal(networkOf(requestFrom('10.0.0.1', '203.0.113.5')), '203.0.113.5')
  assert.equal(networkOf(requestFrom('10.0.0.2')), '10.0.0.2')
  assert.equal(said.length, 0)
  assert.equal(networkOf(requestFrom('10.0.0.2', '203.0.113.5')), '10.0.0.2')
  assert.equal(networkOf(requestFrom('10.0.0.2', '203.0.113.6')), '10.0.0.2')
  assert.equal(said.length, 1)
  assert.match(JSON.stringify(said), /10\.0\.0\.2.*listen\.trustedProxies/)
})
