import assert from 'node:assert/strict'
import { keyOfIdentity } from '../../src/directory/linking.ts'
import type { Store } from '../../src/store/index.ts'

type Facts = Record<string, unknown>

/** One change that its caller was told about. */
export interface AcknowledgedChange {
  user: string
  action: string
  after: Facts
}

/**
 * Compares the audit log with the rows: every user was created once, the "before" of a row is the "after" of the previous one,
 * the last "after" is the current state, and every loss of access has its revocation. So nobody is half-changed, and no change
 * was based on a state that another one had replaced.
 */
export async function checkAuditedPeople(
  store: Store,
  acknowledged: readonly AcknowledgedChange[] = [],
): Promise<{ users: number; changes: number }> {
  const entries = (await store.audit.list(1_000_000)).reverse().filter(isChange)
  const bySubject = Map.groupBy(entries, ({ subject }) => subject)
  const users = await store.users.list()
  assert.deepEqual([...bySubject.keys()].sort(), users.map(({ id }) => id).sort(), 'users and their audit rows')
  const revoked = Map.groupBy(await store.revocations.since(0), ({ subject }) => subject)

  for (const [id, rows] of bySubject) {
    const actions = rows.map(({ action }) => action)
    assert.equal(actions.indexOf('user.created'), 0, id)
    assert.equal(actions.lastIndexOf('user.created'), 0, id)
    let state: Facts = { active: true, email: null, name: null, emailVerified: null, teams: {} }
    let shrinking = 0
    for (const { action, details } of rows) {
      const { before = {}, after } = JSON.parse(details) as { before?: Facts; after: Facts }
      for (const [fact, value] of Object.entries(before)) {
        if (fact === 'teams') assertTeams(state['teams'], value, `${id} ${action}`)
        // What a sign-in has linked has no row: who has what is known from the first change by hand on.
        else if (fact !== 'password' && !(fact === 'identities' && state[fact] === undefined))
          assert.deepEqual(state[fact], value, `${id} ${action} ${fact}`)
      }
      const hadTeams = namesIn(state['teams'])
      state = { ...state, ...after, teams: { ...(state['teams'] as Facts), ...(after['teams'] as Facts | undefined) } }
      const hasTeams = namesIn(state['teams'])
      const loses = [...hadTeams].some((team) => !hasTeams.has(team))
      const ends = after['active'] === false || 'password' in after || endings.has(action)
      if (loses || (action !== 'user.created' && ends)) shrinking++
    }
    const person = await store.users.findPerson(id)
    assert.ok(person)
    assert.equal(person.user.active, state['active'], id)
    assert.equal(person.user.email ?? null, state['email'], id)
    assert.equal(person.user.name ?? null, state['name'], id)
    if (state['identities'] !== undefined)
      assert.deepEqual(person.identities.map(keyOfIdentity), state['identities'], id)
    // The groups of a sign-in are kept without a row of the audit log, and count as well.
    assert.ok(person.version >= rows.length, `${id}: a version for each change`)
    const teams = Map.groupBy(person.memberships, ({ source }) => source)
    for (const source of new Set([...teams.keys(), ...Object.keys(state['teams'] as Facts)])) {
      const now = (teams.get(source) ?? []).map(({ team }) => team)
      assertTeams(state['teams'], { [source]: now }, id)
    }
    assert.equal((revoked.get(id) ?? []).filter(({ kind }) => kind === 'user').length, shrinking, `${id}: revocations`)
  }

  for (const { user, action, after } of acknowledged) {
    const found = bySubject
      .get(user)
      ?.some((row) => row.action === action && JSON.stringify(JSON.parse(row.details).after) === JSON.stringify(after))
    assert.ok(found, `an acknowledged change is lost: ${action} of ${user} to ${JSON.stringify(after)}`)
  }
  return { users: users.length, changes: entries.length }
}

/** What ends every session of the person, whatever else it changes. */
const endings: ReadonlySet<string> = new Set(['user.linked', 'user.unlinked', 'user.sessions-ended'])

/** Sessions of people are audited too, and say nothing about what the person is. */
function isChange({ subject, action }: { subject: string; action: string }): boolean {
  return subject.startsWith('u_') && !action.startsWith('session.')
}

function assertTeams(state: unknown, part: unknown, message: string): void {
  for (const [source, names] of Object.entries(part as Record<string, string[]>)) {
    const known = (state as Record<string, string[]>)[source] ?? []
    assert.deepEqual([...known].sort(), [...names].sort(), `${message} ${source}`)
  }
}

function namesIn(teams: unknown): Set<string> {
  return new Set(Object.values(teams as Record<string, string[]>).flat())
}
