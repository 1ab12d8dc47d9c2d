import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBound } from './bound.ts'
import type { Check, Checks } from './contract.ts'
import { ok, problem, skipped, warning } from './outcome.ts'
import { examineCase } from './runner.ts'

const store = {
  address: 'sqlite:./x.db',
  inspect: async () => ({ state: 'absent' }) as const,
  teams: {},
  people: async () => undefined,
  free: async () => undefined,
  key: async () => ({ kept: undefined, own: undefined, place: 'encryptionKey' }),
}

function checksOf(...checks: Check<'store'>[]): Pick<Checks, 'store'> {
  return { store: checks }
}

test('an outcome becomes a finding with the id of the check and its subject, whatever the outcome is', async () => {
  const checks = checksOf(
    { id: 'one', title: 'One', run: ({ address }) => ok({ address }) },
    { id: 'two', title: 'Two', run: async () => [skipped('nothing there'), warning('clock-skew', {}, 'Look at it.')] },
    { id: 'three', title: 'Three', run: () => problem('store-unavailable', { reason: 'gone' }, 'Fix it.') },
  )

  const findings = await examineCase(checks, { kind: 'store', name: 'store', context: store })

  const subject = { subject: 'store', subjectKind: 'store' }
  assert.deepEqual(findings, [
    { check: 'one', ...subject, status: 'ok', evidence: { address: 'sqlite:./x.db' }, remedy: '' },
    { check: 'two', ...subject, status: 'skipped', evidence: {}, remedy: 'nothing there' },
    { check: 'two', ...subject, status: 'warning', code: 'clock-skew', evidence: {}, remedy: 'Look at it.' },
    {
      check: 'three',
      ...subject,
      status: 'problem',
      code: 'store-unavailable',
      evidence: { reason: 'gone' },
      remedy: 'Fix it.',
    },
  ])
})

test('a check that fails itself is named, and the others have their say', async () => {
  const broken: Check<'store'> = {
    id: 'broken',
    title: 'Broken',
    run: () => {
      throw new Error('x is not a function')
    },
  }

  const findings = await examineCase(checksOf(broken, { id: 'fine', title: 'Fine', run: () => ok({}) }), {
    kind: 'store',
    name: 'store',
    context: store,
  })

  assert.deepEqual(
    findings.map(({ check, code, evidence }) => [check, code, evidence]),
    [
      ['broken', 'internal-error', { reason: 'x is not a function' }],
      ['fine', undefined, {}],
    ],
  )
})

test('a bound lets as many run as it says, in their order, and goes on after a failure', async () => {
  const bound = createBound(3)
  const started: number[] = []
  let running = 0
  let most = 0

  const settled = await Promise.allSettled(
    Array.from({ length: 10 }, (_, task) =>
      bound(async () => {
        started.push(task)
        most = Math.max(most, ++running)
        await sleep(2)
        running--
        if (task % 2 === 0) throw new Error(String(task))
      }),
    ),
  )

  assert.equal(most, 3)
  assert.deepEqual(started, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 5)
})
