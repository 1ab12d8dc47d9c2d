import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from './errors.ts'
import { createLogger } from './log.ts'

test('a flood of one message is cut short and counted, and other messages are written all the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-log-'))
  const file = join(folder, 'log')
  const destination = openSync(file, 'w')
  let now = 1_000_000
  const log = createLogger({ destination, clock: { now: () => now } })

  for (let n = 0; n < 5_000; n++) {
    log.error({ n }, 'the provider cannot be reached')
    log.warn({ n }, 'proxy-not-trusted')
  }
  log.error('another error')
  now += 60_001
  log.error('the provider cannot be reached')
  log.warn({}, 'the end')
  log.flush()
  for (let wait = 0; wait < 50 && !readFileSync(file, 'utf8').includes('the end'); wait++) await sleep(20)
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; leftOut?: number })
  closeSync(destination)
  rmSync(folder, { recursive: true })

  const count = (message: string) => lines.filter(({ msg }) => msg === message).length
  assert.deepEqual([count('the provider cannot be reached'), count('proxy-not-trusted')], [61, 600])
  assert.deepEqual([count('another error'), count('the end')], [1, 1])
  assert.deepEqual(
    lines.flatMap(({ leftOut }) => leftOut ?? []),
    [4_940],
  )
})

const canary = 'CANARY-real-secret'

test('an error is logged with its causes and details, and without what libraries hang on it [canary-everywhere]', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-log-'))
  const file = join(folder, 'log')
  const destination = openSync(file, 'w')
  const log = createLogger({ destination })
  const ofLibrary = Object.assign(new Error('the answer is wrong'), {
    code: 'OAUTH_INVALID_RESPONSE',
    body: { access_token: canary },
    config: { headers: { authorization: `Basic ${canary}` } },
    input: `http://user:${canary}@proxy`,
  })

  log.error({ err: new AppError('provider-unreachable', { host: 'sso.example.com' }, { cause: ofLibrary }) }, 'failed')
  log.error({ err: { token: canary } }, 'thrown')
  log.flush()
  for (let wait = 0; wait < 50 && !readFileSync(file, 'utf8').includes('thrown'); wait++) await sleep(20)
  const text = readFileSync(file, 'utf8')
  closeSync(destination)
  rmSync(folder, { recursive: true })

  assert.match(text, /provider-unreachable.*sso\.example\.com.*the answer is wrong|OAUTH_INVALID_RESPONSE/)
  assert.ok(!text.includes(canary), text)
})
