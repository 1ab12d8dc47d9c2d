import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../errors.ts'
import { createKeptDocument } from './kept-document.ts'

const times = { usual: 1_000, least: 100, most: 5_000, stale: 10_000, failure: 500, patience: 30 }

/** A document whose next answer the test gives, and a clock that it moves. */
function kept() {
  const clock = { at: 1, now: () => clock.at }
  const asked: { resolve: (value: string) => void; reject: (error: unknown) => void }[] = []
  const document = createKeptDocument<string>({
    load: () =>
      new Promise((resolve, reject) => {
        asked.push({ resolve: (value) => resolve({ value, maxAge: undefined }), reject })
      }),
    times,
    clock,
  })
  return { document, clock, asked }
}
const away = () => new AppError('provider-unreachable', {})

test('nobody waits long for a new document when there is an old one, and the new one counts when it comes', async () => {
  const { document, clock, asked } = kept()
  const first = document.get()
  asked[0]?.resolve('old')
  await first
  clock.at += 1_000

  const began = performance.now()
  const seen = await Promise.all([document.get(), document.get()])
  const took = performance.now() - began
  asked[1]?.resolve('new')
  await new Promise(setImmediate)

  assert.deepEqual([seen, asked.length], [['old', 'old'], 2])
  assert.ok(took < 1_000, `${took} ms`)
  assert.equal(await document.get(), 'new')
})

test('an old document counts while the provider is away, which is asked now and then, and not for ever', async () => {
  const { document, clock, asked } = kept()
  const first = document.get()
  asked[0]?.resolve('old')
  await first

  clock.at += 1_000
  const second = document.get()
  asked[1]?.reject(away())
  const remembered = [await second, await document.get(), asked.length]
  clock.at += 500
  const third = document.get()
  asked[2]?.reject(away())
  await third
  clock.at += 10_000
  const fourth = document.get()
  asked[3]?.reject(away())

  assert.deepEqual(remembered, ['old', 'old', 2])
  await assert.rejects(fourth, { code: 'provider-unreachable' })
})

test('whoever presses the button after a look has failed asks anew', async () => {
  const { document, asked } = kept()
  const look = document.get()
  asked[0]?.reject(away())
  await assert.rejects(look)
  await assert.rejects(document.get(), 'remembered')

  document.forgetFailure()
  const pressed = document.get()
  asked[1]?.resolve('there')

  assert.deepEqual([await pressed, asked.length], ['there', 2])
})
