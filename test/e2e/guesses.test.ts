/** Guesses at passwords that take their time: pauses that are waited for, a restart, a hundred networks. Two servers: postgres.test.ts. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import {
  cookiesOf,
  type Guess,
  guess as guessAt,
  guessedAt,
  guesses as guessesAt,
  password,
  untilPaused,
} from '../support/guessing.ts'

let gatehouse: Gatehouse

const guess = (one: Omit<Guess, 'at'> & { at?: Gatehouse }) => guessAt({ at: gatehouse, ...one })
const guesses = (all: readonly Omit<Guess, 'at'>[], atOnce?: number) =>
  guessesAt(
    all.map((one) => ({ ...one, at: gatehouse })),
    atOnce,
  )

before(async () => {
  gatehouse = await startGatehouse({ config: guessedAt('') })
  for (const name of ['alice', 'bob', 'dora', 'frank'])
    await gatehouse.addUser(name, password, ['--email', `${name}@example.test`])
})
after(async () => {
  await gatehouse.stop()
})

describe('guesses at passwords', () => {
  it('goes on counting after a restart', async () => {
    await untilPaused({ at: gatehouse, name: 'bob', from: '192.0.2.2' }, 2)
    await gatehouse.kill()
    await gatehouse.restart()

    const refused = await untilPaused({ name: 'bob', from: '192.0.2.2', at: gatehouse }, 4)
    assert.equal((await guess({ name: 'bob', secret: password, from: '192.0.2.2' })).status, 429)
    await sleep(refused * 1_000)
    assert.equal((await guess({ name: 'bob', secret: password, from: '192.0.2.2' })).status, 303)
  })

  it('limits one password over many names from one network, however its address is spelt [xff-parse-bypass]', async () => {
    const spellings = [
      '2001:db8:0:1::1',
      '2001:0db8:0000:0001:0000:0000:0000:0002',
      '2001:DB8:0:1:ffff::3',
      '[2001:db8:0:1::4]:5000',
      '2001:db8:0:1::5%eth0',
    ]

    const counts = await guesses(
      Array.from({ length: 150 }, (_, n) => ({ name: `person${n}`, from: spellings[n % spellings.length] ?? '' })),
      25,
    )

    assert.ok((counts[401] ?? 0) <= 110, JSON.stringify(counts))
    assert.ok((counts[429] ?? 0) >= 40, JSON.stringify(counts))
    // Another network is not concerned.
    assert.equal((await guess({ name: 'dora', secret: password, from: '2001:db8:0:2::1' })).status, 303)
  })

  it('lets the victim in from elsewhere, and from a known browser of the same network, while it is guessed at [lockout-as-dos]', async () => {
    const from = '203.0.113.20'
    const before = await guess({ name: 'frank', secret: password, from })
    assert.equal(before.status, 303)
    const cookie = cookiesOf(before)
    assert.match(before.headers.getSetCookie().join('\n'), /gatehouse_device=[^;]+; Path=\/; HttpOnly; SameSite=Lax/)
    await untilPaused({ at: gatehouse, name: 'frank', from }, 8)

    assert.equal((await guess({ name: 'frank', secret: password, from })).status, 429)
    assert.equal((await guess({ name: 'frank', secret: password, from: '203.0.113.21' })).status, 303)
    assert.equal((await guess({ name: 'frank', secret: password, from, cookie })).status, 303)
    // The cookie cannot be made up, it is for that account alone, and guesses with it are counted.
    const forged = cookie.replace('gatehouse_device=', 'gatehouse_device=x')
    assert.equal((await guess({ name: 'frank', secret: password, from, cookie: forged })).status, 429)
    const ofAnother = cookiesOf(await guess({ name: 'dora', secret: password, from: '203.0.113.22' }))
    assert.equal((await guess({ name: 'frank', secret: password, from, cookie: ofAnother })).status, 429)
    const own = await guesses(Array.from({ length: 6 }, () => ({ name: 'frank', from, cookie })))
    assert.deepEqual(own, { 401: 5, 429: 1 })
  })

  it('keeps guesses from many networks at one account within a limit, and still knows the browser of the victim [second-factor-bruteforce]', async () => {
    const known = await guess({ name: 'alice', secret: password, from: '203.0.113.30' })
    const many = Array.from({ length: 130 }, (_, n) => ({ name: 'alice', from: `198.18.${n}.1` }))

    const counts = await guesses(many, 25)

    assert.ok((counts[401] ?? 0) <= 110, JSON.stringify(counts))
    const cookie = cookiesOf(known)
    assert.equal((await guess({ name: 'alice', secret: password, from: '203.0.113.30', cookie })).status, 303)
  })

  it('writes no more than a few lines about one network into the log, and no name that was typed', () => {
    const lines = gatehouse
      .log()
      .split('\n')
      .filter((line) => line.includes('a password was refused'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)

    assert.ok(lines.length > 10)
    assert.doesNotMatch(gatehouse.log(), /person14\d/)
    const ofOne = lines.filter(({ network }) => String(network).startsWith('2001:db8:0:1:'))
    assert.ok(ofOne.length <= 25, `${ofOne.length} lines about one network`)
  })
})
