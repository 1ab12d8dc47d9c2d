import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { claimAt, readClaimPath, shownClaim } from './claim-path.ts'

const pathOf = (written: string | readonly string[], nestsDots = false) => readClaimPath(written, { nestsDots }).path

describe('where a claim is', () => {
  test('a name is one claim, and a list leads from the outside in, whatever is in its names', () => {
    assert.deepEqual(pathOf('groups'), ['groups'])
    assert.deepEqual(pathOf('cognito:groups'), ['cognito:groups'])
    assert.deepEqual(pathOf(['realm_access', 'roles']), ['realm_access', 'roles'])
    assert.deepEqual(pathOf(['a.b', 'c["d"]', 'e\\.f']), ['a.b', 'c["d"]', 'e\\.f'])
  })

  test('roles of Keycloak are inside of objects, and the id of a client may have dots', () => {
    assert.deepEqual(pathOf('realm_access.roles'), ['realm_access', 'roles'])
    assert.deepEqual(pathOf('resource_access.my-app.roles'), ['resource_access', 'my-app', 'roles'])
    assert.deepEqual(pathOf('resource_access.my.app.roles'), ['resource_access', 'my.app', 'roles'])
    assert.deepEqual(pathOf('resource_access["my.app"].roles'), ['resource_access', 'my.app', 'roles'])
    assert.deepEqual(pathOf("resource_access['my-app']['roles']"), ['resource_access', 'my-app', 'roles'])
  })

  test('an address is one name with its dots and slashes, and so is a name whose dots are escaped', () => {
    assert.deepEqual(pathOf('https://example.com/groups'), ['https://example.com/groups'])
    assert.deepEqual(pathOf('https://example.com/groups', true), ['https://example.com/groups'])
    assert.deepEqual(pathOf('urn:example.com:groups', true), ['urn:example.com:groups'])
    assert.deepEqual(pathOf('realm_access\\.roles', true), ['realm_access.roles'])
    assert.deepEqual(pathOf('a\\.b.c'), ['a.b', 'c'])
    assert.deepEqual(pathOf('data/groups'), ['data/groups'])
  })

  test('another dot is part of the name, unless the provider nests it; and then nobody is in doubt', () => {
    assert.deepEqual(readClaimPath('company.groups'), {
      path: ['company.groups'],
      other: ['company', 'groups'],
      isDoubtful: true,
    })
    assert.deepEqual(readClaimPath('company.groups', { nestsDots: true }), {
      path: ['company', 'groups'],
      other: ['company.groups'],
      isDoubtful: false,
    })
    assert.equal(readClaimPath('company\\.groups').isDoubtful, false)
    assert.equal(readClaimPath(['company', 'groups']).isDoubtful, false)
  })

  test('what is no path in this form is a name', () => {
    for (const name of ['groups.', '.groups', 'a..b', 'groups[]', 'a[b]', 'a["b]', '\\', 'a\\b']) {
      assert.deepEqual(pathOf(name, true), [name])
    }
  })

  test('the claim at a path is found through objects only, and nothing is inherited', () => {
    const claims = { groups: ['a'], realm_access: { roles: ['b'] }, list: [{ roles: ['c'] }] }

    assert.deepEqual(claimAt(claims, ['groups']), ['a'])
    assert.deepEqual(claimAt(claims, ['realm_access', 'roles']), ['b'])
    assert.equal(claimAt(claims, ['list', '0']), undefined)
    assert.equal(claimAt(claims, ['realm_access', 'constructor']), undefined)
    assert.equal(claimAt(claims, ['groups', 'length']), undefined)
  })

  test('it is shown in the form in which a configuration can have it', () => {
    for (const path of [
      ['realm_access', 'roles'],
      ['resource_access', 'my.app', 'roles'],
      ['a.b', 'c'],
    ] as const) {
      assert.deepEqual(pathOf(shownClaim(path), true), path)
    }
    assert.equal(shownClaim(['https://example.com/groups']), 'https://example.com/groups')
  })
})
