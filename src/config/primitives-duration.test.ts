import assert from 'node:assert/strict'
import { test } from 'node:test'
import { milliseconds } from '../duration.ts'
import { duration } from './primitives.ts'

test('durations are written as in Go, Kubernetes and systemd', () => {
  const spelt = { '500ms': 500, '0s': 0, '30s': 30_000, '5m': 300_000, '1h30m': 5_400_000, '1d': 86_400_000 }

  for (const [text, time] of Object.entries(spelt)) {
    assert.ok(duration.safeParse(text).success, text)
    assert.equal(milliseconds(text), time)
  }
})

test('what is no duration, or longer than a timer can be, is refused', () => {
  for (const text of ['', '5', '5 s', '-1s', '1.5s', 's', '5S', '25d', '999999999999h', 5, null, '\uff15s']) {
    assert.ok(!duration.safeParse(text).success, String(text))
  }
})
