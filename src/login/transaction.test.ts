import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTransactions } from './transaction.ts'

/** Attempts of a browser that keeps its cookies, with a clock in the hand of the test. */
function attempts() {
  const clock = { time: 1_000_000 }
  const claimed = new Set<string>()
  const transactions = createTransactions({
    sealer: {
      seal: async (_purpose, text) => Buffer.from(text).toString('base64url'),
      open: async (_purpose, text) => Buffer.from(text, 'base64url').toString(),
      derive: () => '',
    },
    singleUse: {
      claim: async (_kind, state) => !claimed.has(state) && Boolean(claimed.add(state)),
      release: async (_kind, state) => void claimed.delete(state),
    },
    clock: { now: () => clock.time },
    secure: true,
  })
  const begin = async (returnTo = '/x') => {
    const destination = { kind: 'service', service: 'wiki', returnTo, state: 's' } as const
    const input = { authenticationClass: 'corp', destination, fresh: false, traceId: 't' }
    const { transaction, setCookies } = await transactions.begin(input, undefined)
    return { state: transaction.checks.state, cookie: setCookies.at(-1) ?? '' }
  }
  return { clock, begin, take: transactions.take }
}
const sent = (cookie: string) => cookie.split(';')[0]

test('an attempt proves something once, within ten minutes, in the browser that began it', async () => {
  const { clock, begin, take } = attempts()
  const { state, cookie } = await begin()
  const { state: other } = await begin()

  assert.equal((await take(state, sent(cookie)))?.use, 'first')
  assert.equal((await take(state, sent(cookie)))?.use, 'again')
  assert.equal(await take(state, undefined), undefined)
  assert.equal(await take(other, sent(cookie)), undefined)
  clock.time += 600_000
  assert.equal((await take(state, sent(cookie)))?.use, 'late')
})

test('an attempt that came too late still says where it led to: its cookie lives half an hour', async () => {
  const { clock, begin, take } = attempts()
  const { state, cookie } = await begin('/deep/page')
  clock.time += 1_200_000

  const taken = await take(state, sent(cookie))

  assert.match(cookie, /; Max-Age=1800$/)
  assert.equal(taken?.use, 'late')
  assert.deepEqual(taken?.transaction.destination, {
    kind: 'service',
    service: 'wiki',
    returnTo: '/deep/page',
    state: 's',
  })
})

test('a large attempt leaves the browser when it is used, a small one stays for the Back button', async () => {
  const { begin, take } = attempts()
  const [small, large] = [await begin(), await begin(`/${'x'.repeat(1200)}`)]

  assert.deepEqual((await take(small.state, sent(small.cookie)))?.setCookies, [])
  assert.match((await take(large.state, sent(large.cookie)))?.setCookies[0] ?? '', /Max-Age=0/)
})
