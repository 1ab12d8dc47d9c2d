import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/properties.ts'
import { canonicalPath } from '../gate/path.ts'
import { referenceProblems } from './references.ts'
import { Config, Rule } from './schema.ts'

test('a path that a rule may have is one that the gate can compare with paths of requests', () => {
  const pieces = [
    '/',
    '//',
    '/.',
    '/..',
    '.',
    '%2f',
    '%',
    ';',
    '?',
    '#',
    '\\',
    ' ',
    '\t',
    '\u0001',
    '\u007f',
    '\ud800',
    'é',
    '…',
    'a',
  ]
  const path = fc
    .oneof(fc.string({ unit: fc.constantFrom(...pieces) }), fc.string({ unit: 'binary' }))
    .map((end) => `/${end}`)

  fc.assert(
    fc.property(path, (written) => {
      if (!Rule.safeParse({ path: written, allow: 'everyone' }).success) return
      assert.notEqual(canonicalPath(written.replace(/[^!-~]+/g, encodeURIComponent)), undefined)
    }),
    { numRuns: runs(5000) },
  )
})

test('a rule with dot segments or empty segments is refused', () => {
  for (const path of ['/a/../b', '/a/./b', '/..', '/a//b', '//', '/a\u0001']) {
    assert.equal(Rule.safeParse({ path, allow: 'everyone' }).success, false, path)
  }
  for (const path of ['/', '/a', '/a.b/..c', '/.well-known/x', '/ä']) {
    assert.equal(Rule.safeParse({ path, allow: 'everyone' }).success, true, path)
  }
})

test('proxies that are believed are addresses and networks, and not everyone', () => {
  const parse = (network: string) => Config.safeParse({ listen: { trustedProxies: [network] } }).success

  for (const network of ['10.0.0.0/8', '192.0.2.1', '::1', 'fd00::/8', '10.0.0.0/32'])
    assert.ok(parse(network), network)
  for (const network of ['0.0.0.0/0', '::/0', 'nonsense', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', '::/129']) {
    assert.ok(!parse(network), network)
  }
})

test('a store without a folder of its own needs a key that is configured', () => {
  const problems = referenceProblems({ store: 'postgres://db.example.com/gatehouse' })
  const withKey = referenceProblems({ store: 'postgres://db.example.com/gatehouse', encryptionKey: '${env:KEY}' })
  const embedded = referenceProblems({ store: 'sqlite:./gatehouse.db' })

  assert.deepEqual(
    problems.map(({ path, message }) => `${path.join('.')}: ${message.split(':')[0]}`),
    ['store: needs encryptionKey'],
  )
  assert.deepEqual([withKey, embedded], [[], []])
})
