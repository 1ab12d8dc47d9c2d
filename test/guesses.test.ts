import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import {
  counted,
  type Guess,
  guess as guessAt,
  guessedAt,
  guesses as guessesAt,
  mostGuessesIn,
  password,
} from './support/guessing.ts'

let gatehouse: Gatehouse
const guess = (one: Omit<Guess, 'at'> & { at?: Gatehouse }) => guessAt({ at: gatehouse, ...one })
const guesses = (all: readonly Omit<Guess, 'at'>[], atOnce?: number) =>
  guessesAt(
    all.map((one) => ({ ...one, at: gatehouse })),
    atOnce,
  )

before(async () => {
  gatehouse = await startGatehouse({ config: guessedAt('') })
  for (const name of ['alice', 'carol', 'dora', 'eve'])
    await gatehouse.addUser(name, password, ['--email', `${name}@example.test`])
})
after(() => gatehouse.stop())

describe('guesses at passwords', () => {
  it('lets at most five of sixty wrong guesses through that come at once [second-factor-bruteforce]', async () => {
    const begun = performance.now()
    const answers = await Promise.all(Array.from({ length: 60 }, () => guess({ name: 'alice', from: '192.0.2.1' })))

    const { 401: wrong = 0, 429: refused = 0 } = counted(answers)
    assert.ok(wrong <= mostGuessesIn(performance.now() - begun), `${wrong} guesses were made`)
    assert.equal(wrong + refused, 60)
    const retryAfter = answers.find(({ status }) => status === 429)?.headers.get('retry-after')
    assert.ok(Number(retryAfter) >= 1, `Retry-After: ${retryAfter}`)
  })

  it('lets the right password through forty times at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => guess({ name: 'dora', secret: password, from: '192.0.2.40' })),
    )

    assert.deepEqual(counted(answers), { 303: 40 })
  })

  it('counts five spellings of a name, and its e-mail, as one account [lockout-alias-split]', async () => {
    const spellings = ['carol', 'CAROL', 'Carol', 'ｃarol', 'carol@example.test', 'cAROL']

    const counts = await guesses(spellings.map((name) => ({ name, from: '192.0.2.3' })))

    assert.deepEqual(counts, { 401: 5, 429: 1 })
  })

  it('counts spellings of a name that nobody has as one too [lockout-alias-split]', async () => {
    const spellings = ['nobody', 'NOBODY', ' nobody', 'nobody ', 'ｎobody', '\tNobody']

    const counts = await guesses(spellings.map((name) => ({ name, from: '192.0.2.4' })))

    assert.deepEqual(counts, { 401: 5, 429: 1 })
  })

  it('treats a name that nobody has as one that somebody has: status, page and pauses [enumeration]', async () => {
    const pages: string[][] = []
    for (const [name, from] of [
      ['dora', '192.0.2.5'],
      ['zora', '192.0.2.6'],
    ] as const) {
      const seen: string[] = []
      for (let n = 0; n < 6; n++) {
        const answer = await guess({ name, from })
        seen.push(`${answer.status} ${(await answer.text()).replaceAll(name, '')}`)
      }
      pages.push(seen)
    }

    assert.deepEqual(pages[0], pages[1])
  })

  it('takes IPv4, IPv4 in IPv6 and ports for one address, and what is no address for the proxy [xff-parse-bypass]', async () => {
    const spellings = [
      '203.0.113.9',
      '::ffff:203.0.113.9',
      '::FFFF:cb00:7109',
      '203.0.113.9:4711',
      '0:0:0:0:0:ffff:203.0.113.9',
      '203.0.113.9',
    ]

    assert.deepEqual(await guesses(spellings.map((from) => ({ name: 'eve', from }))), { 401: 5, 429: 1 })
    const junk = Array.from({ length: 6 }, (_, n) => ({ name: 'eve', from: `junk${n}` }))
    assert.deepEqual(await guesses(junk), { 401: 5, 429: 1 })
  })

  it('believes the last address only: what the client wrote before it changes nothing [xff-parse-bypass]', async () => {
    const spoofed = Array.from({ length: 6 }, (_, n) => ({ name: 'nemo', from: `198.51.100.${n}, 203.0.113.10` }))

    assert.deepEqual(await guesses(spoofed), { 401: 5, 429: 1 })
  })

  it('says in the log whose password was guessed and from where, never what was typed as a name', () => {
    const lines = gatehouse
      .log()
      .split('\n')
      .filter((line) => line.includes('a password was refused'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)

    assert.ok(lines.length > 10)
    assert.ok(lines.every(({ network }) => typeof network === 'string' && network !== ''))
    assert.ok(lines.some(({ account }) => typeof account === 'string'))
    assert.ok(lines.some(({ nameDigest }) => typeof nameDigest === 'string'))
    assert.doesNotMatch(gatehouse.log(), /nemo|nobody/)
  })
})
