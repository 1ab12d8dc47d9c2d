import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Config } from '../config/schema.ts'
import { openStore } from '../store/index.ts'
import type { Person } from '../store/users.ts'
import { explain } from './explain.ts'
import { type Denial, denialOf, formatDenial } from './explain-denial.ts'

const step = {
  service: 'grafana',
  user: 'alice',
  teams: '',
  method: 'GET',
  path: '/reports',
  rule: 'rules.0 (/)',
  openTo: 'team:analysts',
}

const configured = (...groups: string[]): Config =>
  Config.parse({
    teams: { analysts: { from: groups.map((group) => ({ authenticationClass: 'corp', group })) }, guests: {} },
  })

function alice(
  groups: readonly string[] | undefined,
  { authenticationClass = 'corp', teams = [] }: { authenticationClass?: string; teams?: string[] } = {},
): Pick<Person, 'memberships' | 'identities'> {
  return {
    memberships: teams.map((team) => ({ team, source: 'local' })),
    identities: [
      {
        issuer: 'https://sso.example.com/',
        subject: '1',
        authenticationClass,
        ownName: 'alice',
        receivedGroups: groups,
      },
    ],
  }
}

describe('a refusal by the rules of a service', () => {
  const expectations: [string, Denial, RegExp][] = [
    [
      'names the nearest miss: a slash in front',
      denialOf(step, alice(['/staff', '/analysts']), configured('analysts')),
      /"analysts" of corp, and "\/analysts" came: did you mean group: "\/analysts"\?/,
    ],
    [
      'names the nearest miss: a capital letter',
      denialOf(step, alice(['Analysts']), configured('analysts')),
      /did you mean group: "Analysts"/,
    ],
    ['says that no groups came', denialOf(step, alice([]), configured('analysts')), /none came.*mapper or scope/],
    ['says that none were recorded', denialOf(step, alice(undefined), configured('analysts')), /sign in again/],
    [
      'says that another one came',
      denialOf(step, alice(['staff']), configured('analysts')),
      /wants the group "analysts" of corp, which did not come/,
    ],
    [
      'says that ids came in place of names',
      denialOf(step, alice(['b2c9c0f0-6e7f-4f4c-9a51-0f2c9c0e7a11']), configured('analysts')),
      /ids came in place of names/,
    ],
    [
      'says that names came in place of ids',
      denialOf(step, alice(['analysts']), configured('b2c9c0f0-6e7f-4f4c-9a51-0f2c9c0e7a11')),
      /names came in place of ids/,
    ],
    [
      'says that the person comes from another provider',
      denialOf(step, alice(['analysts'], { authenticationClass: 'partner' }), configured('analysts')),
      /comes from corp, where this person has never signed in/,
    ],
    [
      'says that a team has no source',
      denialOf({ ...step, openTo: 'team:guests' }, alice([]), configured()),
      /teams\.guests has no source/,
    ],
    ['says that nobody may', denialOf({ ...step, openTo: '' }, alice([]), configured()), /^No rule lets anybody in/],
    [
      'says that it is over',
      denialOf(step, alice([], { teams: ['analysts'] }), configured()),
      /alice is in analysts by now/,
    ],
    [
      'says that a rule names people, and does not take a team for one of them',
      denialOf(
        { ...step, openTo: 'user:analysts' },
        alice(['/analysts'], { teams: ['analysts'] }),
        configured('analysts'),
      ),
      /^The rule names people, and alice is not among them: add "user:alice" to it\.$/,
    ],
    [
      'says what gives the team where a rule names people too',
      denialOf({ ...step, openTo: 'user:carol,team:analysts' }, alice(['/analysts']), configured('analysts')),
      /^teams\.analysts is given by .*did you mean group: "\/analysts"\?$/,
    ],
    ['says that the person is gone', denialOf(step, undefined, configured()), /nobody called alice/],
  ]
  for (const [name, { advice }, words] of expectations) {
    test(name, () => {
      assert.match(advice.join('\n'), words)
    })
  }

  test('shows service, path, rule, teams and groups, and no character that a terminal obeys', () => {
    const text = formatDenial(denialOf(step, alice(['/analysts', 'x\u001b[2J']), configured('analysts')))

    assert.deepEqual(text.split('\n').slice(0, 7), [
      '',
      'Why this is not open to alice:',
      '  service         grafana',
      '  path            GET /reports',
      '  rule            rules.0 (/), open to team:analysts',
      '  teams now       none',
      '  groups of corp  /analysts, x\ufffd[2J',
    ])
  })
})

test('explain shows the refusal with what the store knows about the person', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'explain-denial-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'gatehouse.yaml')
  writeFileSync(file, JSON.stringify({ issuer: 'http://localhost:8080', store: 'sqlite:./g.db' }))
  const store = await openStore('sqlite:./g.db', folder)
  const trace = {
    id: 'trace-1',
    startedAt: 1,
    steps: [{ at: 1, hop: 'gatehouse' as const, event: 'refused', status: 403, code: 'access-denied', evidence: step }],
  }
  await store.traces.save(trace, ['request-7'], Date.now())
  await store.close()
  let stdout = ''
  const surroundings = {
    env: {},
    color: false,
    stdout: (text: string) => {
      stdout += text
    },
    stderr: () => {},
  }

  const status = await explain({ word: 'request-7', files: [file], json: false }, surroundings)

  assert.equal(status, 0)
  assert.match(stdout, /Why this is not open to alice:/)
  assert.match(stdout, /→ There is nobody called alice in the store any more\./)
})
