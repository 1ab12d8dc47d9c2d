import assert from 'node:assert/strict'
import { test } from 'node:test'
import { continuePath, type LoginDestination, parseDestination, signInPath } from './destination.ts'

const service = { service: 'wiki', state: 'abc.0.x' }
const read = (fields: Record<string, string>) => parseDestination(new URLSearchParams(fields))

test('what carries a destination is read as the same destination', () => {
  const destinations: LoginDestination[] = [
    { kind: 'home' },
    { kind: 'product', uid: 'u1' },
    { kind: 'service', ...service, returnTo: 'https://w.test/x?a=1&b=%2F' },
    { kind: 'service', ...service, returnTo: '/x', shortened: true },
  ]
  for (const destination of destinations) {
    for (const path of [signInPath(destination), signInPath(destination, { someoneElse: true })])
      assert.deepEqual(parseDestination(new URL(path, 'http://x').searchParams), destination)
    if (destination.kind === 'service')
      assert.deepEqual(parseDestination(new URL(continuePath(destination), 'http://x').searchParams), destination)
  }
})

test('an address that no cookie can hold comes back to its path, and one whose path is too long to the front', () => {
  const long = `https://w.test/x?${'q'.repeat(4000)}#f`

  assert.deepEqual(read({ ...service, return_to: long }), {
    kind: 'service',
    ...service,
    returnTo: 'https://w.test/x',
    shortened: true,
  })
  assert.deepEqual(read({ ...service, return_to: `https://w.test/${'p'.repeat(4000)}` }), { kind: 'home' })
})
