import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readClaimPath } from '../claim-path.ts'
import { groupsClaims, groupsOf, hasClaim, receivedGroups } from './groups.ts'

const places = (written: string | readonly string[]) => groupsClaims(readClaimPath(written))

const claims = {
  groups: ['analysts', 7, 'admins'],
  'cognito:groups': ['pool'],
  'https://example.com/groups': ['action'],
  realm_access: { roles: ['offline_access'] },
  group: 'EXAMPLE\\staff',
}

test('groups are the texts of a list under the claim, whatever its name is', () => {
  assert.deepEqual(groupsOf(claims, places('groups')), ['analysts', 'admins'])
  assert.deepEqual(groupsOf(claims, places('cognito:groups')), ['pool'])
  assert.deepEqual(groupsOf(claims, places('https://example.com/groups')), ['action'])
})

test('a claim inside of another one is found by its path', () => {
  assert.deepEqual(groupsOf(claims, places('realm_access.roles')), ['offline_access'])
  assert.equal(hasClaim(claims, places('realm_access.roles')), true)
})

test('a text with dots means the claim of that name first, and then the path; a list and an escaped dot mean one of the two', () => {
  const both = { 'data.groups': ['by name'], data: { groups: ['by path'] } }

  assert.deepEqual(groupsOf(both, places('data.groups')), ['by name'])
  assert.deepEqual(groupsOf({ data: both.data }, places('data.groups')), ['by path'])
  assert.deepEqual(groupsOf(both, places(['data', 'groups'])), ['by path'])
  assert.deepEqual(groupsOf({ data: both.data }, places('data\\.groups')), [])
  assert.deepEqual(groupsOf({ 'realm_access.roles': ['by name'], ...claims }, places('realm_access.roles')), [
    'by name',
  ])
})

test('what came is told with the path', () => {
  assert.deepEqual(receivedGroups(claims, places(['realm_access', 'roles'])), {
    claim: 'realm_access.roles',
    form: 'list',
  })
  assert.deepEqual(receivedGroups({}, places('resource_access["my.app"].roles')), {
    claim: 'resource_access["my.app"].roles',
    form: 'absent',
  })
})

test('a single text is a list of one', () => {
  assert.deepEqual(groupsOf(claims, places('group')), ['EXAMPLE\\staff'])
})

test('a claim that is not there, or that is of the prototype, is no group', () => {
  assert.deepEqual(groupsOf(claims, places('roles')), [])
  assert.deepEqual(groupsOf(claims, places('constructor.name')), [])
  assert.equal(hasClaim(claims, places('__proto__')), false)
})
