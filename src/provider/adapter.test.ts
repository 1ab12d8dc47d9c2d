import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PayloadTable } from '../store/payloads.ts'
import { noTurns } from '../turns.ts'
import { createAdapter } from './adapter.ts'
import { createRefreshGrace } from './refresh-grace.ts'

const now = 1_000_000_000_000
const clock = { now: () => now }

/** A store in which somebody else has consumed everything some time ago, or nobody has. */
function adapterOver({ wins, ended, usedAt = now }: { wins: boolean; ended: string[]; usedAt?: number }) {
  const payloads = {
    consume: async () => wins,
    find: async () => ({ grantId: 'g-1', usedAt, derivesNext: true }),
  } as unknown as PayloadTable
  const end = async (grantId: string) => void ended.push(grantId)
  const ending = { endGrant: end, endReusedGrant: end, endProviderWithId: end, endToken: end }
  return createAdapter({
    payloads,
    ending,
    refreshGrace: createRefreshGrace({ payloads, key: 'k', clock, log: { info: () => {} } }),
    noteReuse: () => {},
    currentLogin: () => undefined,
    publishedClients: { find: async () => undefined },
    singleUse: { claim: async () => wins },
    clock,
    turns: noTurns,
  })
}

const late = { AuthorizationCode: now, RefreshToken: now - 10_001 }

for (const [kind, usedAt] of Object.entries(late)) {
  test(`who loses the race for a record of the kind ${kind} gets nothing, and its grant ends [code-race] [refresh-race]`, async () => {
    const ended: string[] = []

    await assert.rejects(Promise.resolve(adapterOver({ wins: false, ended, usedAt })(kind).consume('id')), {
      error: 'invalid_grant',
    })

    assert.deepEqual(ended, ['g-1'])
  })

  test(`who wins the race for a record of the kind ${kind} goes on`, async () => {
    const ended: string[] = []

    await adapterOver({ wins: true, ended })(kind).consume('id')

    assert.deepEqual(ended, [])
  })
}

test('who comes with a refresh token seconds after another request goes on, and nothing ends', async () => {
  const ended: string[] = []

  await adapterOver({ wins: false, ended, usedAt: now - 10_000 })('RefreshToken').consume('id')

  assert.deepEqual(ended, [])
})

test('a proof of a client counts for whoever comes first, also of two at the same moment [assertion-replay]', async () => {
  const first = adapterOver({ wins: true, ended: [] })('ReplayDetection')
  const second = adapterOver({ wins: false, ended: [] })('ReplayDetection')

  await first.upsert('id', {}, 60)

  await assert.rejects(Promise.resolve(second.upsert('id', {}, 60)), { error: 'invalid_client' })
})
