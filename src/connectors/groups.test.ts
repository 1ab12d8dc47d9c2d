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

// biome-ignore format: one table
const forms: [string, unknown, string[], string][] = [
  ['a list', ['a', 'b'], ['a', 'b'], 'list'],
  ['a JSON list in a text', '["a", "b,c"]', ['a', 'b,c'], 'JSON list in a text'],
  ['an empty JSON list in a text', '[]', [], 'empty'],
  ['objects with a name', [{ id: '1', name: 'a' }, { name: 'b' }], ['a', 'b'], 'list'],
  ['JSON objects in a text', '[{"name":"a"}]', ['a'], 'JSON list in a text'],
  ['one object', { id: '1', name: 'a' }, ['a'], 'one object'],
  ['texts and objects', ['a', { name: 'b' }], ['a', 'b'], 'list'],
  ['one text', 'a', ['a'], 'one text'],
  ['a text with commas, which is a name', 'CN=a,OU=b', ['CN=a,OU=b'], 'one text'],
  ['a text in brackets that is no JSON', '[a, b]', ['[a, b]'], 'one text'],
  ['JSON in a name of a list', ['["a"]'], ['["a"]'], 'list'],
  ['an object without a name', { a: { b: 1 } }, [], 'unreadable: an object'],
  ['objects without a name', [{ id: '1' }, 'a'], ['a'], 'list, of which 1 unreadable: an object'],
  ['a name that is no text', [{ name: 7 }, { name: '' }, { name: { name: 'a' } }], [], 'list, of which 3 unreadable: an object'],
  ['numbers', [1, 'a', 2], ['a'], 'list, of which 2 unreadable: a number'],
  ['a list in a list', [['a']], [], 'list, of which 1 unreadable: a list in a list'],
  ['a number in a text', '[1]', [], 'JSON list in a text, of which 1 unreadable: a number'],
  ['a number', 7, [], 'unreadable: a number'],
  ['true', true, [], 'unreadable: a boolean'],
  ['null', null, [], 'null'],
  ['nothing', undefined, [], 'absent'],
  ['an empty text', '', [], 'empty'],
]
for (const [what, value, names, form] of forms) {
  test(`groups that come as ${what} are read, or said to be unreadable`, () => {
    const sent = { groups: value }

    assert.deepEqual(groupsOf(sent, places('groups')), names)
    assert.equal(receivedGroups(sent, places('groups')).form, form)
  })
}

test('where a single group comes as a text, whoever may name a group names no other one', () => {
  const sent = { group: '["admins"]' }
  const reading = { textIsOneName: true }

  assert.deepEqual(groupsOf(sent, places('group'), reading), ['["admins"]'])
  assert.equal(receivedGroups(sent, places('group'), reading).form, 'one text')
  assert.deepEqual(groupsOf(sent, places('group')), ['admins'])
})

test('an attribute of SAML in Cognito is a list without quotation marks', () => {
  const sent = { 'custom:groups': '[data admins, CN=b]', 'custom:none': '[]', 'custom:one': 'a' }

  assert.deepEqual(groupsOf(sent, places('custom:groups')), ['data admins', 'CN=b'])
  assert.deepEqual(groupsOf(sent, places('custom:none')), [])
  assert.deepEqual(groupsOf(sent, places('custom:one')), ['a'])
})
