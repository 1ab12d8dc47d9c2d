import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../clock.ts'
import type { PayloadTable } from '../store/payloads.ts'
import { noTurns } from '../turns.ts'
import { createAdapter } from './adapter.ts'

/** A store in which somebody else has consumed everything a moment ago, or nobody has. */
function adapterOver({ wins, ended }: { wins: boolean; ended: string[] }) {
  const payloads = {
    consume: async () => wins,
    find: async () => ({ grantId: 'g-1' }),
  } as unknown as PayloadTable
  const end = async (grantId: string) => void ended.push(grantId)
  const ending = { endGrant: end, endReusedGrant: end, endProviderWithId: end, endToken: end }
  return createAdapter({ payloads, ending, currentLogin: () => undefined, clock: systemClock, turns: noTurns })
}

for (const kind of ['AuthorizationCode', 'RefreshToken']) {
  test(`who loses the race for a record of the kind ${kind} gets nothing, and its grant ends [code-race] [refresh-race]`, async () => {
    const ended: string[] = []

    await assert.rejects(Promise.resolve(adapterOver({ wins: false, ended })(kind).consume('id')), {
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
