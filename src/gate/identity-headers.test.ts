import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/properties.ts'
import { identityHeaders } from './identity-headers.ts'

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })

test('for any identity, every value is printable ASCII, decodes to what it was, and all together stay under 4 kB', () => {
  const identity = fc.record({
    userId: text,
    username: text,
    names: fc.constant([]),
    email: text,
    teams: fc.array(text, { maxLength: 200 }),
  })
  fc.assert(
    fc.property(identity, (who) => {
      const headers = identityHeaders(who, new Set())
      if (headers === undefined) return

      const [, user = '', , email = '', , , , groups = ''] = headers.answer
      assert.match(headers.answer.join(''), /^[ -~]*$/)
      assert.equal(user, user.trim())
      assert.equal(decodeURIComponent(user), who.username.toWellFormed())
      assert.equal(decodeURIComponent(email), who.email.toWellFormed())
      const teams = groups === '' ? [] : groups.split(',').map(decodeURIComponent)
      assert.deepEqual(
        teams,
        who.teams.slice(0, teams.length).map((team) => team.toWellFormed()),
      )
      assert.ok(headers.answer.join(': ').length < 4000)
    }),
    { numRuns: runs(300) },
  )
})

test('a user name that is too long for a header is no identity', () => {
  assert.equal(identityHeaders({ userId: 'u', username: 'x'.repeat(600), names: [], teams: [] }, new Set()), undefined)
  assert.equal(identityHeaders({ userId: 'u', username: '', names: [], teams: [] }, new Set()), undefined)
})
