import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, type Gatehouse, startGatehouse } from './support/gatehouse.ts'

const password = 'correct horse battery staple'
let gatehouse: Gatehouse
let second: Gatehouse

const config = (store: string) => (port: number) =>
  `
issuer: http://localhost:${port}
listen: { port: ${port}, trustedProxies: [127.0.0.1] }
${store}
`

before(async () => {
  gatehouse = await startGatehouse({ config: config('') })
  const store = `store: sqlite:${gatehouse.folder}/gatehouse.db`
  second = await startGatehouse({ config: config(store), port: await freePort() })
  for (const name of ['alice', 'bob', 'carol', 'dora', 'eve', 'frank'])
    await gatehouse.addUser(name, password, ['--email', `${name}@example.test`])
})
after(async () => {
  await second.stop()
  await gatehouse.stop()
})

interface Guess {
  name: string
  secret?: string
  /** X-Forwarded-For, as a trusted proxy sends it. */
  from: string
  cookie?: string
  at?: Gatehouse
}

function guess({ name, secret = 'wrong', from, cookie, at = gatehouse }: Guess): Promise<Response> {
  return fetch(`${at.url}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'x-forwarded-for': from, ...(cookie === undefined ? {} : { cookie }) },
    body: new URLSearchParams({ username: name, password: secret }),
  })
}

/** How often each status was answered. */
function counted(answers: readonly Response[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

const cookiesOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')

/** One after another, or so many at once. */
async function guesses(all: readonly Guess[], atOnce = 1): Promise<Record<number, number>> {
  const answers: Response[] = []
  for (let at = 0; at < all.length; at += atOnce)
    answers.push(...(await Promise.all(all.slice(at, at + atOnce).map(guess))))
  return counted(answers)
}

/** Guesses until the answer is a pause of that many seconds; answers with the seconds. Pauses double: it was counted before. */
async function untilPaused(one: Guess, seconds: number): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const paused = Number((await guess(one)).headers.get('retry-after') ?? 0)
    if (paused >= seconds) return paused
    await sleep(100)
  }
  return assert.fail(`no pause of ${seconds} seconds`)
}

describe('guesses at passwords', () => {
  it('lets at most five of sixty wrong guesses through that come at once [second-factor-bruteforce]', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => guess({ name: 'alice', from: '192.0.2.1' })))

    const { 401: wrong = 0, 429: refused = 0 } = counted(answers)
    assert.ok(wrong <= 5, `${wrong} guesses were made`)
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

  it('counts at two servers of one store together, and goes on counting after a restart', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        guess({ name: 'bob', from: '192.0.2.2', at: n % 2 === 0 ? gatehouse : second }),
      ),
    )
    const { 401: wrong = 0 } = counted(answers)
    assert.ok(wrong <= 5, `${wrong} guesses were made`)
    await untilPaused({ name: 'bob', from: '192.0.2.2' }, 2)
    await second.kill()
    await second.restart()

    const refused = await untilPaused({ name: 'bob', from: '192.0.2.2', at: second }, 4)
    assert.equal((await guess({ name: 'bob', secret: password, from: '192.0.2.2', at: second })).status, 429)
    await sleep(refused * 1_000)
    assert.equal((await guess({ name: 'bob', secret: password, from: '192.0.2.2', at: second })).status, 303)
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

  it('lets the victim in from elsewhere, and from a known browser of the same network, while it is guessed at [lockout-as-dos]', async () => {
    const from = '203.0.113.20'
    const before = await guess({ name: 'frank', secret: password, from })
    assert.equal(before.status, 303)
    const cookie = cookiesOf(before)
    assert.match(before.headers.getSetCookie().join('\n'), /gatehouse_device=[^;]+; Path=\/; HttpOnly; SameSite=Lax/)
    await untilPaused({ name: 'frank', from }, 8)

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

  it('says in the log whose password was guessed and from where, never what was typed as a name, and not without end', () => {
    const lines = gatehouse
      .log()
      .split('\n')
      .filter((line) => line.includes('a password was refused'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)

    assert.ok(lines.length > 10)
    assert.ok(lines.every(({ network }) => typeof network === 'string' && network !== ''))
    assert.ok(lines.some(({ account }) => typeof account === 'string'))
    assert.ok(lines.some(({ nameDigest }) => typeof nameDigest === 'string'))
    assert.doesNotMatch(gatehouse.log(), /person14\d/)
    const ofOne = lines.filter(({ network }) => String(network).startsWith('2001:db8:0:1:'))
    assert.ok(ofOne.length <= 25, `${ofOne.length} lines about one network`)
  })
})
