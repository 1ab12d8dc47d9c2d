import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Histogram, Tally } from './tally.ts'

it('pairs are counted, and labels that nobody configured cannot fill the memory', () => {
  const tally = new Tally()
  tally.add('a', 'x')
  tally.add('a', 'x')
  for (let n = 0; n < 10_000; n++) {
    tally.add('a', `second ${n}`)
    tally.add(`first ${n}`, 'y')
  }

  const entries = [...tally.entries()]

  assert.deepEqual(entries[0], ['a', 'x', 2])
  assert.ok(entries.length < 4_100, `${entries.length} pairs`)
  assert.equal(
    entries.reduce((sum, [, , count]) => sum + count, 0),
    20_002,
  )
})

it('a value is in the bucket of the first bound that is not below it', () => {
  const histogram = new Histogram([0.1, 1])

  for (const value of [0, 0.1, 0.5, 1, 7]) histogram.observe(value)

  assert.deepEqual([...histogram.buckets], [2, 2, 1])
  assert.equal(histogram.sum, 8.6)
})
