import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { takeAddress } from './listening.ts'

const noGate = { wantsUpgrade: () => false, upgrade: () => false }

async function taken() {
  const address = await takeAddress({ host: '127.0.0.1', port: 0 })
  const { port } = address.server.address() as AddressInfo
  return { address, url: `http://127.0.0.1:${port}/` }
}

test('a request that comes before the server can answer waits for it', async () => {
  const { address, url } = await taken()

  const early = fetch(url)
  await new Promise((resolve) => address.server.once('request', resolve))
  address.open(noGate, (_request, response) => response.end('ready'))

  assert.equal(await (await early).text(), 'ready')
  assert.equal(await (await fetch(url)).text(), 'ready')
  await address.stop()
})

test('a server that refuses to start drops who waits, at once', async () => {
  const { address, url } = await taken()
  const early = fetch(url).then(
    () => 'answered',
    () => 'dropped',
  )
  await new Promise((resolve) => address.server.once('request', resolve))
  const begun = performance.now()

  await address.stop()

  assert.equal(await early, 'dropped')
  assert.ok(performance.now() - begun < 2_000)
})
