import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PasswordLookup } from '../connectors/contract.ts'
import { AppError } from '../errors.ts'
import type { User } from '../store/users.ts'
import type { Attempt } from './password-attempts.ts'
import { createRemotePasswords } from './remote-passwords.ts'

const key = { issuer: 'ldap:corp', subject: '1' }
const identity = { key, principal: 'alice', email: undefined, emailVerified: undefined, name: undefined, groups: [] }

/** A directory that knows alice, whose passwords take a while. */
function wayIn(counted: Attempt[]) {
  const lookup: PasswordLookup = {
    kind: 'lookup',
    name: 'corp',
    verify: async ({ username, password }, count) => {
      const isKnown = username.toLowerCase() === 'alice'
      const right = await count(isKnown ? key : undefined, async () => {
        if (isKnown) await sleep(150)
        return isKnown && password === 'right'
      })
      if (!right) throw new AppError('invalid-credentials')
      return identity
    },
  }
  return createRemotePasswords({
    attempts: {
      refuseWaiting: async () => {},
      counted: async (attempt, check) => {
        counted.push(attempt)
        return check()
      },
    },
    users: { findByIdentity: async () => ({ id: 'u1' }) as User },
  })(lookup)
}

async function timed(work: Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work.catch(() => {})
  return performance.now() - started
}

test('a refusal takes as long for a name that nobody has as for a wrong password', async () => {
  const { verify } = wayIn([])
  const typed = (username: string, password = 'wrong') => verify({ username, password, network: '192.0.2.1' })
  await timed(typed('alice'))

  const [wrong, unknown] = [await timed(typed('alice')), await timed(typed('nobody'))]

  // Longer than the password takes, rounded up: a busy machine may take more, and never less.
  assert.ok(Math.min(wrong, unknown) > 350, `${wrong} ${unknown}`)
  assert.equal(await typed('alice', 'right'), identity)
})

test('attempts are counted for the person in every spelling, and a browser of that person is known', async () => {
  const counted: Attempt[] = []
  const { verify } = wayIn(counted)
  const typed = (username: string, users: string[]) =>
    verify({ username, password: 'right', network: '192.0.2.1', device: { id: 'd1', users } }).catch(() => {})

  await typed('alice', ['u1'])
  await typed('ALICE', ['u2'])
  await typed('nobody', ['u1'])

  assert.deepEqual(
    counted.map(({ userId, knownDevice }) => [userId, knownDevice]),
    [
      ['u1', 'd1'],
      ['u1', undefined],
      [undefined, undefined],
    ],
  )
})
