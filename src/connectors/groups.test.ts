import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupsOf, hasClaim } from './groups.ts'

const claims = {
  groups: ['analysts', 7, 'admins'],
  'cognito:groups': ['pool'],
  'https://example.com/groups': ['action'],
  realm_access: { roles: ['offline_access'] },
  group: 'EXAMPLE\\staff',
}

test('groups are the texts of a list under the claim, whatever its name is', () => {
  assert.deepEqual(groupsOf(claims, 'groups'), ['analysts', 'admins'])
  assert.deepEqual(groupsOf(claims, 'cognito:groups'), ['pool'])
  assert.deepEqual(groupsOf(claims, 'https://example.com/groups'), ['action'])
})

test('a claim inside of another one is found by its path', () => {
  assert.deepEqual(groupsOf(claims, 'realm_access.roles'), ['offline_access'])
  assert.equal(hasClaim(claims, 'realm_access.roles'), true)
})

test('a single text is a list of one', () => {
  assert.deepEqual(groupsOf(claims, 'group'), ['EXAMPLE\\staff'])
})

test('a claim that is not there, or that is of the prototype, is no group', () => {
  assert.deepEqual(groupsOf(claims, 'roles'), [])
  assert.deepEqual(groupsOf(claims, 'constructor.name'), [])
  assert.equal(hasClaim(claims, '__proto__'), false)
})
