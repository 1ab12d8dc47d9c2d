import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterWithout, groupFilter, isLdapAttribute, isLdapFilter } from './ldap-search.ts'

test('a filter is one filter, however it is nested', () => {
  for (const filter of [
    '(uid=alice)',
    '(cn=*)',
    '(cn=A*c)',
    '(&(uid=a)(|(ou=b)(!(ou=c))))',
    '(memberOf:1.2.840.113556.1.4.1941:=cn=data,ou=teams,dc=example,dc=com)',
    '(cn=\\28x\\29 ü)',
    '(age>=3)',
    '(o=)',
  ]) {
    assert.equal(isLdapFilter(filter), true, filter)
  }
})

test('what could close the filter around it, or open another, is none', () => {
  for (const filter of [
    '',
    'uid=alice',
    '(uid=alice',
    '(uid=alice))',
    '(uid=alice)(uid=bob)',
    '(uid=a)(|(uid=*)',
    '(&)',
    '(!(a=b)(c=d))',
    '(uid=a(b)',
    '(uid=\\zz)',
    '(=x)',
    '(uid)',
    ' (uid=a)',
    `${'(!'.repeat(60)}(a=b)${')'.repeat(60)}`,
  ]) {
    assert.equal(isLdapFilter(filter), false, filter)
  }
})

test('an attribute is a name or an OID', () => {
  for (const attribute of ['uid', 'sAMAccountName', '2.5.4.3', 'cn;lang-de']) assert.ok(isLdapAttribute(attribute))
  for (const attribute of ['', 'a b', 'uid=*)(cn', 'ü', '1.']) assert.ok(!isLdapAttribute(attribute))
})

test('a group is whatever lists the person', () => {
  assert.equal(groupFilter('%d'), '(|(member=%d)(uniqueMember=%d))')
  assert.equal(groupFilter('%d', '%s'), '(|(member=%d)(uniqueMember=%d)(memberUid=%s))')
  assert.ok(isLdapFilter(groupFilter('cn=alice,dc=example,dc=com')))
})

test('a character of the product is written by its number', () => {
  assert.equal(filterWithout(/[%${}]/g, '(title=50% ${x})'), '(title=50\\25 \\24\\7bx\\7d)')
})
