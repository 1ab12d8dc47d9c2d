import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nestsDeeperThan, readBounded } from './bounded-answer.ts'

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

test('brackets in texts do not nest, brackets around them do', () => {
  const deep = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`

  assert.equal(nestsDeeperThan(4, deep(4)), false)
  assert.equal(nestsDeeperThan(3, deep(4)), true)
  assert.equal(nestsDeeperThan(1, JSON.stringify({ a: '[[[{{{"\\[[', b: '\\' })), false)
  assert.equal(nestsDeeperThan(1, JSON.stringify({ '"[': [] })), true)
  assert.equal(nestsDeeperThan(2, '[],[],[[]]'), false)
})

test('a character that arrives in two pieces is one', async () => {
  const [first, second] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)]
  const body = (async function* () {
    yield first
    yield second
  })()

  assert.equal(await readBounded(body, 'http://a.test/'), 'é')
})

test('reading ends with the first byte too many, and the sender is let go', async () => {
  let given = 0
  let over = false
  const endless = (async function* () {
    try {
      for (;;) {
        given++
        yield Buffer.alloc(16 * 1024)
      }
    } finally {
      over = true
    }
  })()

  await assert.rejects(readBounded(endless, 'http://a.test/'), /too large/)

  assert.deepEqual([given, over], [17, true])
  assert.equal(await readBounded(pieces('x'.repeat(256 * 1024)), 'http://a.test/').then((text) => text.length), 262144)
})
