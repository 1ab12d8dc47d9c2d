import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLogger } from '../log.ts'
import { createClientKeys } from './client-keys.ts'

const address = 'https://app.example.test/jwks'
const log = createLogger({ level: 'silent' })
const key = (kid: string) => ({ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid })

/** Keys of an address whose answers the test gives, with a clock of its own. */
function keysOver(answer: (asked: number) => unknown) {
  const state = { time: 0, asked: 0 }
  const keysAt = createClientKeys({
    fetch: async () => {
      const body = answer(++state.asked)
      if (body instanceof Response) return body
      if (body instanceof Error) throw body
      return Response.json(body)
    },
    clock: { now: () => state.time },
    log,
  })
  const kids = async (seconds: number) => {
    state.time += seconds * 1000
    return (await keysAt(address)).keys.map(({ kid }) => kid)
  }
  return { kids, asked: () => state.asked }
}

describe('the keys that a client publishes', () => {
  it('are asked for at most once in five seconds, by however many', async () => {
    const { kids, asked } = keysOver(() => ({ keys: [key('a')] }))

    await Promise.all([kids(0), kids(0), kids(4)])

    assert.equal(asked(), 1)
    assert.deepEqual(await kids(1), ['a'])
    assert.equal(asked(), 2)
  })

  it('work soon after they were published, and are none soon after they were withdrawn', async () => {
    const { kids } = keysOver((asked) => ({ keys: [key(asked === 1 ? 'former' : 'next')] }))

    assert.deepEqual([await kids(0), await kids(6)], [['former'], ['next']])
  })

  it('are the last known ones for ten minutes while the address fails, which is asked less often then', async () => {
    const { kids, asked } = keysOver((count) => (count === 1 ? { keys: [key('a')] } : new Error('down')))

    const seen = [await kids(0), await kids(6), await kids(20), await kids(60), await kids(600)]

    assert.deepEqual(seen, [['a'], ['a'], ['a'], ['a'], []])
    assert.equal(asked(), 4)
  })

  for (const [what, answer] of Object.entries({
    'a redirect': () => new Response(null, { status: 302, headers: { location: 'http://169.254.169.254/' } }),
    'a failure': () => new Response('{"keys":[]}', { status: 500 }),
    'no JSON': () => new Response('<html>'),
    'no list': () => ({ keys: 'all' }),
    null: () => null,
    'too many keys': () => ({ keys: Array(21).fill(key('a')) }),
  } satisfies Record<string, () => unknown>)) {
    it(`are none when the address answers with ${what} [ssrf-client-metadata]`, async () => {
      const { kids, asked } = keysOver(answer)

      assert.deepEqual(await kids(0), [])
      assert.equal(asked(), 1)
    })
  }

  it('are public keys only: a symmetric or a private one among them is left out', async () => {
    const { kids } = keysOver(() => ({
      keys: [{ kty: 'oct', k: 'AA', kid: 's' }, { ...key('p'), d: 'd' }, 7, key('a')],
    }))

    assert.deepEqual(await kids(0), ['a'])
  })
})
