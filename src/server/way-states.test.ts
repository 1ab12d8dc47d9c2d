import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { AppError } from '../errors.ts'
import { createWayStates } from './way-states.ts'

/** One provider, whose look the test answers, and a clock that the test moves. */
function watched() {
  const clock = { at: 1_000_000, now: () => clock.at }
  const timers: { time: number; work: () => void; isCancelled: boolean }[] = []
  const logged: string[] = []
  const looks: { resolve: () => void; reject: (error: Error) => void; signal: AbortSignal }[] = []
  const log = {
    warn: (facts: { event: string; code: string }) => logged.push(`${facts.event} ${facts.code}`),
    info: (facts: { event: string }) => logged.push(facts.event),
  }
  const corp = {
    name: 'corp',
    look: (signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        looks.push({ resolve, reject, signal })
      }),
  }
  const ways = createWayStates({
    clock,
    log: log as never,
    random: () => 0.5,
    after: (time, work) => {
      const timer = { time, work, isCancelled: false }
      timers.push(timer)
      return {
        cancel: () => {
          timer.isCancelled = true
        },
      }
    },
  })
  return { ways, corp, clock, timers, logged, looks }
}

const away = () => new AppError('certificate-expired', { address: 'https://sso.example.com' })

it('a provider is looked at when it becomes a way in, and marked with the code of what is wrong', async () => {
  const { ways, corp, looks, logged } = watched()

  ways.follow([corp])
  const before = ways.unavailable('corp')
  looks[0]?.reject(away())
  await turn()

  assert.equal(before, undefined)
  assert.equal(ways.unavailable('corp'), 'certificate-expired')
  assert.deepEqual(ways.states(), {
    corp: { state: 'unreachable', since: new Date(1_000_000).toISOString(), code: 'certificate-expired' },
  })
  assert.deepEqual(logged, ['provider.away certificate-expired'])
})

it('one that is away is looked at again after longer and longer pauses, up to a minute and a half', async () => {
  const { ways, corp, looks, timers, logged } = watched()
  ways.follow([corp])

  for (let round = 0; round < 7; round++) {
    looks.at(-1)?.reject(away())
    await turn()
    timers.at(-1)?.work()
  }
  looks.at(-1)?.resolve()
  await turn()

  assert.deepEqual(
    timers.map(({ time }) => time),
    [6_250, 12_500, 25_000, 50_000, 75_000, 75_000, 75_000],
  )
  assert.equal(looks.length, 8)
  assert.equal(ways.unavailable('corp'), undefined)
  assert.equal(ways.states()['corp']?.state, 'ok')
  assert.deepEqual(logged, ['provider.away certificate-expired', 'provider.back'])
})

it('a look that takes longer than three seconds is a provider that does not answer, and there is never a second one', async () => {
  const { ways, corp, clock, looks } = watched()
  ways.follow([corp])

  clock.at += 2_999
  const early = ways.unavailable('corp')
  clock.at += 1
  const late = ways.unavailable('corp')
  clock.at += 60_000
  for (let view = 0; view < 100; view++) ways.unavailable('corp')
  const looksUnderWay = looks.length
  looks[0]?.resolve()
  await turn()

  assert.deepEqual([early, late, looksUnderWay], [undefined, 'provider-unreachable', 1])
  assert.equal(ways.unavailable('corp'), undefined)
})

it('a page with the button has a provider that answers looked at every half minute, however many see it', async () => {
  const { ways, corp, clock, looks } = watched()
  ways.follow([corp])
  looks[0]?.resolve()
  await turn()

  for (let view = 0; view < 100; view++) ways.unavailable('corp')
  clock.at += 30_000
  for (let view = 0; view < 100; view++) ways.unavailable('corp')

  assert.equal(looks.length, 2)
})

it('a sign-in that fails by the absence of the provider has it looked at, and marks nothing by itself', async () => {
  const { ways, corp, clock, looks } = watched()
  ways.follow([corp])
  looks[0]?.resolve()
  await turn()
  clock.at += 10_000

  ways.note('corp', 'provider-refused')
  const afterRefusal = looks.length
  for (let round = 0; round < 20; round++) ways.note('corp', 'provider-unreachable')
  const marked = ways.unavailable('corp')
  const report = ways.states()['corp']
  looks[1]?.reject(away())
  await turn()

  assert.deepEqual([afterRefusal, looks.length, marked], [1, 2, undefined])
  assert.deepEqual([report?.state, report?.code], ['unreachable', 'provider-unreachable'])
  assert.equal(ways.unavailable('corp'), 'certificate-expired')
})

it('somebody who signs in there takes the mark away', async () => {
  const { ways, corp, looks } = watched()
  ways.follow([corp])
  looks[0]?.reject(away())
  await turn()

  ways.note('corp', 'succeeded')

  assert.equal(ways.unavailable('corp'), undefined)
  assert.equal(ways.states()['corp']?.state, 'ok')
})

it('a way in that is one no more is not looked at, and not shown', async () => {
  const { ways, corp, looks, timers } = watched()
  ways.follow([corp])
  looks[0]?.reject(away())
  await turn()

  ways.follow([])
  timers.at(-1)?.work()

  assert.deepEqual([looks.length, timers.at(-1)?.isCancelled], [1, true])
  assert.deepEqual([ways.unavailable('corp'), ways.states()], [undefined, {}])
})

it('a server that stops ends the look under way', async () => {
  const { ways, corp, looks, logged } = watched()
  ways.follow([corp])

  ways.stop()
  looks[0]?.reject(away())
  await turn()

  assert.equal(looks[0]?.signal.aborted, true)
  assert.deepEqual(logged, [])
})
