import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '../errors.ts'
import { createFairQueue, type Lane } from './fair-queue.ts'

/** A queue whose work ends when the test says so, and the order in which it began. */
function watched(limits: { slots: number; maxPerLane: number; maxWaiting: number }) {
  const queue = createFairQueue(limits)
  const began: string[] = []
  const refused: string[] = []
  const endings: (() => void)[] = []
  const add = (lane: Lane, name = lane.name) => {
    const work = () => {
      began.push(name)
      return new Promise<void>((resolve) => endings.push(resolve))
    }
    queue.run(lane, work).catch((error: unknown) => {
      assert.ok(error instanceof AppError && error.code === 'too-many-attempts' && error.details['secondsLeft'] === 2)
      refused.push(name)
    })
  }
  const settle = async () => {
    for (let n = 0; n < 20; n++) await Promise.resolve()
  }
  const drain = async () => {
    for (await settle(); endings.length > 0; await settle()) endings.shift()?.()
  }
  return { add, began, refused, settle, drain }
}

describe('the queue of passwords', () => {
  it('lets somebody from another network go next, however many of one network wait [argon2-flood]', async () => {
    const { add, began, drain } = watched({ slots: 1, maxPerLane: 64, maxWaiting: 256 })
    for (let n = 0; n < 60; n++) add({ name: 'flood' }, `flood ${n}`)
    add({ name: 'honest' })
    add({ name: 'other' })

    await drain()

    assert.deepEqual(began.slice(0, 4), ['flood 0', 'flood 1', 'honest', 'other'])
    assert.equal(began.length, 62)
  })

  it('lets a known browser go before all strangers', async () => {
    const { add, began, drain } = watched({ slots: 1, maxPerLane: 64, maxWaiting: 256 })
    for (let n = 0; n < 10; n++) add({ name: `network ${n}` })
    add({ name: 'laptop', first: true })

    await drain()

    assert.equal(began[1], 'laptop')
  })

  it('runs no more at once than it has slots for', async () => {
    const { add, began, settle, drain } = watched({ slots: 3, maxPerLane: 64, maxWaiting: 256 })
    for (let n = 0; n < 9; n++) add({ name: `network ${n}` })

    await settle()
    assert.equal(began.length, 3)
    await drain()

    assert.equal(began.length, 9)
  })

  it('refuses what is too much for one network, and for all of them the longest lane gives way [argon2-flood]', async () => {
    const { add, began, refused, settle, drain } = watched({ slots: 1, maxPerLane: 4, maxWaiting: 6 })
    for (let n = 0; n < 6; n++) add({ name: 'flood' }, `flood ${n}`)
    await settle()
    assert.deepEqual(refused, ['flood 5'])

    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) add({ name })
    await settle()

    assert.deepEqual(refused.toSorted(), ['f', 'flood 2', 'flood 3', 'flood 4', 'flood 5', 'g'])
    await drain()
    assert.deepEqual(began, ['flood 0', 'flood 1', 'a', 'b', 'c', 'd', 'e'])
  })

  it('gives the slot on after work that failed', async () => {
    const queue = createFairQueue({ slots: 1, maxPerLane: 4, maxWaiting: 6 })
    const failing = queue.run({ name: 'a' }, () => Promise.reject(new Error('no')))
    const next = queue.run({ name: 'b' }, async () => 'done')

    await assert.rejects(failing, /no/)
    assert.equal(await next, 'done')
  })
})
