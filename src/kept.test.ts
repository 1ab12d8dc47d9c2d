import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keptOnceMade } from './kept.ts'

test('what was made is kept, and those who ask while it is made share one attempt', async () => {
  let attempts = 0
  const value = keptOnceMade(async () => ++attempts)

  assert.deepEqual(await Promise.all([value(), value()]), [1, 1])
  assert.equal(await value(), 1)
})

test('a failure is told to those who asked, and is not kept', async () => {
  let attempts = 0
  const value = keptOnceMade(async () => {
    if (++attempts === 1) throw new Error('not yet')
    return attempts
  })

  await assert.rejects(value(), /not yet/)
  assert.equal(await value(), 2)
})
