import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearGroups } from './near-groups.ts'

const given = (...groups: string[]) => ({
  analysts: { from: groups.map((group) => ({ authenticationClass: 'corp', group })) },
})

describe('a group that gives no team', () => {
  for (const [received, configured] of [
    ['/analysts', 'analysts'],
    ['analysts', '/analysts'],
    ['/data/analysts', 'analysts'],
    ['Analysts', 'analysts'],
    [' analysts', 'analysts'],
    ['/Data/Analysts/', 'data/analysts'],
    ['analysts\u00a0', 'analysts'],
    ['role:analysts', 'analysts'],
    ['analysts', 'group:analysts'],
    ['ROLE_ANALYSTS', 'analysts'],
    ['CORP\\analysts', 'analysts'],
    ['analysts@example.com', 'analysts'],
    ['CN=Analysts,OU=Groups,DC=example,DC=com', 'analysts'],
    ['caf\u0065\u0301', 'caf\u00e9'],
  ] as const) {
    it(`is near another one: ${received} and ${configured}`, () => {
      assert.deepEqual(nearGroups(given(configured), 'corp', ['staff', received]), [
        { team: 'analysts', received, configured },
      ])
    })
  }

  it('is near none when it is another word, gives a team after all, or comes from another class', () => {
    assert.deepEqual(
      nearGroups(given('analysts'), 'corp', [
        '/data-analysts',
        'analyst',
        'role:analyst',
        'analysts-ro',
        'CN=staff,OU=analysts',
        '/',
        '',
      ]),
      [],
    )
    assert.deepEqual(nearGroups(given('analysts'), 'corp', ['/analysts', 'analysts']), [])
    assert.deepEqual(nearGroups(given('analysts', '/analysts'), 'corp', ['/analysts']), [])
    assert.deepEqual(nearGroups(given('analysts'), 'partner', ['/analysts']), [])
  })
})
