import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createReadiness } from './readiness.ts'
import { createWayStates } from './way-states.ts'

/** A readiness whose store and clock the test moves. */
function watched(reachStore: () => Promise<void>) {
  const clock = { at: 1_000_000, now: () => clock.at }
  const ways = createWayStates({ clock })
  let asked = 0
  const readiness = createReadiness({
    reachStore: () => {
      asked++
      return reachStore()
    },
    ways,
    clock,
  })
  return { readiness, ways, clock, asked: () => asked }
}

it('a server is ready with its keys and its store, and not while it drains', async () => {
  const { readiness } = watched(async () => {})

  const early = await readiness.asked()
  readiness.hasKeys()
  const ready = await readiness.asked()
  readiness.giveUp()
  const draining = await readiness.asked()

  assert.deepEqual([early.ready, early.signingKeys], [false, 'missing'])
  assert.deepEqual([ready.ready, ready.signingKeys, ready.store, ready.draining], [true, 'ok', 'ok', false])
  assert.deepEqual([draining.ready, draining.draining], [false, true])
})

it('a store that is away makes it unready until it is back, and is asked once a second however many ask', async () => {
  let isUp = false
  const { readiness, clock, asked } = watched(async () => {
    if (!isUp) throw new Error('away')
  })
  readiness.hasKeys()

  const reports = await Promise.all(Array.from({ length: 50 }, () => readiness.asked()))
  isUp = true
  clock.at += 900
  const believed = await readiness.asked()
  clock.at += 200
  const back = await readiness.asked()

  assert.ok(reports.every(({ ready, store }) => !ready && store === 'unavailable'))
  assert.equal(believed.store, 'unavailable')
  assert.deepEqual([back.ready, back.store], [true, 'ok'])
  assert.equal(asked(), 2)
})

it('a server that drains says so at once, without asking its store', async () => {
  const { readiness, asked } = watched(() => new Promise(() => {}))
  readiness.hasKeys()
  readiness.giveUp()

  const { ready, draining } = await readiness.asked()

  assert.deepEqual([ready, draining, asked()], [false, true, 0])
})

it('a store that says nothing is away after less than the second that probes wait', async () => {
  const { readiness } = watched(() => new Promise(() => {}))
  const begun = performance.now()
  // Nothing else keeps this test alive.
  const alive = setTimeout(() => {}, 5_000)

  const { store } = await readiness.asked()
  clearTimeout(alive)

  assert.equal(store, 'unavailable')
  assert.ok(performance.now() - begun < 1_000)
})

it('a provider that is away is shown since when, and makes nothing unready', async () => {
  const { readiness, ways, clock } = watched(async () => {})
  readiness.hasKeys()

  ways.note('corp', 'succeeded')
  ways.note('corp', 'provider-unreachable')
  clock.at += 5_000
  ways.note('corp', 'provider-unavailable')
  const away = await readiness.asked()
  ways.note('corp', 'provider-refused')
  const back = await readiness.asked()

  assert.equal(away.ready, true)
  assert.deepEqual(away.providers, {
    corp: { state: 'unreachable', since: new Date(1_000_000).toISOString(), code: 'provider-unavailable' },
  })
  assert.equal(back.providers['corp']?.state, 'ok')
})
