import assert from 'node:assert/strict'
import { it } from 'node:test'
import { metricsAddress } from './metrics-address.ts'

it('a port alone is where the server listens, an address is taken as it stands, and nothing else is one', () => {
  const read: Readonly<Record<string, { host: string; port: number } | undefined>> = {
    '9464': { host: '10.0.0.1', port: 9464 },
    '127.0.0.1:9464': { host: '127.0.0.1', port: 9464 },
    'localhost:9464': { host: 'localhost', port: 9464 },
    '[::1]:9464': { host: '::1', port: 9464 },
    ':9464': { host: '0.0.0.0', port: 9464 },
    '0': undefined,
    '70000': undefined,
    localhost: undefined,
    'http://localhost:9464': undefined,
    '::1:9464': undefined,
    'localhost:9464/metrics': undefined,
  }

  for (const [text, address] of Object.entries(read)) assert.deepEqual(metricsAddress(text, '10.0.0.1'), address, text)
  assert.deepEqual(metricsAddress(9464, '10.0.0.1'), { host: '10.0.0.1', port: 9464 })
})
