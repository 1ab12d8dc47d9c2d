import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '../errors.ts'
import { createLogger } from '../log.ts'
import { createTraces, succeeded } from './traces.ts'

const at = Date.UTC(2026, 10, 28)

/** Traces whose stored ids the test can read, with a clock that it turns. */
function watched() {
  const stored: { id: string; steps: number }[] = []
  const time = { now: at }
  const traces = createTraces({
    table: { save: async ({ id, steps }) => void stored.push({ id, steps: steps.length }) },
    clock: { now: () => time.now },
    log: createLogger({ level: 'silent' }),
  })
  const fails = (id: string, sender: string, error = new AppError('client-unknown')) => traces.failed(error, id, sender)
  return { traces, stored, time, fails, settle: () => new Promise((resolve) => setImmediate(resolve)) }
}

describe('traces', () => {
  it('keeps those of others, whatever one network provokes [cache-growth]', async () => {
    const { stored, fails, settle } = watched()

    for (let n = 0; n < 5_000; n++) {
      fails(`flood-${n}`, '192.0.2.1')
      if (n % 250 === 0) fails(`honest-${n}`, `198.51.100.${n / 250}`)
    }
    await settle()

    assert.equal(stored.filter(({ id }) => id.startsWith('honest')).length, 20)
    assert.ok(stored.length <= 60, `${stored.length} were stored`)
  })

  it('keeps another error of the same network, and those of a known browser in it', async () => {
    const { stored, fails, settle } = watched()
    for (let n = 0; n < 1_000; n++) fails(`flood-${n}`, '192.0.2.1')

    fails('other-error', '192.0.2.1', new AppError('not-found'))
    fails('known-browser', 'device abc')
    await settle()

    assert.deepEqual(
      stored.map(({ id }) => id).filter((id) => !id.startsWith('flood')),
      ['other-error', 'known-browser'],
    )
  })

  it('keeps every sign-in that succeeded, and stores no more than a bounded number of failures a day', async () => {
    const { traces, stored, time, fails } = watched()

    for (let round = 0; round < 60; round++) {
      for (let n = 0; n < 2_000; n++) fails(`flood-${round}-${n}`, `network ${n % 500}`)
      time.now += 60_000
    }
    traces.step('sign-in', 'sign-in', { hop: 'gatehouse', event: 'signed in' })
    await traces.end('sign-in', succeeded)

    assert.equal(stored.length, 50_001)
    assert.equal(stored.at(-1)?.id, 'sign-in')
  })

  it('keeps the steps of a login under way, however many others begin in another network', async () => {
    const { traces, stored } = watched()
    traces.begin('honest', '198.51.100.1')
    traces.step('honest', 'honest', { hop: 'browser', event: 'chose corp' })
    for (let n = 0; n < 20_000; n++) {
      traces.begin(`flood-${n}`, '192.0.2.1')
      traces.step(`flood-${n}`, `flood-${n}`, { hop: 'browser', event: 'chose corp' })
    }

    traces.step('honest', 'callback', { hop: 'browser', event: 'came back' })
    await traces.end('honest', succeeded)

    assert.deepEqual(stored, [{ id: 'honest', steps: 2 }])
  })
})
