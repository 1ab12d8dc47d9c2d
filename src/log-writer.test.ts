import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { it } from 'node:test'
import { createLog } from './log.ts'
import { createLogWriter } from './log-writer.ts'

/** A reader that stands still until it is told to go on. */
function stuckReader() {
  const read: string[] = []
  let waiting: (() => void) | undefined
  let stuck = true
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      read.push(chunk)
      if (stuck) waiting = done
      else done()
    },
  })
  const goOn = () => {
    stuck = false
    waiting?.()
  }
  return { stream, goOn, text: () => read.join('') }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

it('a reader that stands still costs lines, which are counted, and never more memory than the limit', async () => {
  const { stream, goOn, text } = stuckReader()
  const lost: number[] = []
  const writer = createLogWriter(stream, { limit: 10_000, lost: (count) => lost.push(count) })
  const line = `${'x'.repeat(99)}\n`

  writer.write(line)
  writer.flush()
  await turn()
  for (let n = 0; n < 1_000; n++) writer.write(line)
  assert.equal(text(), line)
  goOn()
  await new Promise<void>((resolve) => writer.flush(resolve))

  assert.equal(text().length, 100 + 10_000)
  assert.deepEqual(lost, [900])
})

it('closing waits for the reader, but not for ever', async () => {
  const { stream } = stuckReader()
  const writer = createLogWriter(stream)
  writer.write('a line\n')

  const began = performance.now()
  assert.equal(await writer.close(50), false)

  assert.ok(performance.now() - began < 5_000)
})

it('a reader that has left is no error', async () => {
  const { stream } = stuckReader()
  stream.destroy()
  const writer = createLogWriter(stream)

  writer.write('a line\n')

  assert.equal(await writer.close(5_000), true)
})

it('the log says how many lines were lost, and level and format can change while it runs', async () => {
  const { stream, goOn, text } = stuckReader()
  const log = createLog({ destination: stream, limit: 1_000 })
  log.logger.info('the first')
  log.logger.flush()
  await turn()
  for (let n = 0; n < 100; n++) log.write(`{"level":"info","time":"2026-11-29T00:00:00.000Z","n":${n},"msg":"request"}`)
  goOn()
  await log.close()
  assert.match(text(), /"lines":\d+,"msg":"lines of the log were lost/)

  log.set({ level: 'warn', format: 'text' })
  log.logger.info('not this')
  log.logger.warn({ user: 'alice', reason: 'a b' }, 'but this')
  await log.close()

  const last = text().trimEnd().split('\n').at(-1) ?? ''
  assert.match(last, /^\S+Z WARN {2}but this +user=alice reason="a b"$/)
  assert.ok(!text().includes('not this'))
})
