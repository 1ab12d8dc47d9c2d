import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directoryProblems } from './directory-problems.ts'
import { Config } from './schema.ts'

function problemsOf(ldap: object, login: object[] = [{ authenticationClass: 'corp' }]): [string, string][] {
  const config = Config.parse({
    authenticationClasses: { corp: { ldap: { hostname: 'ldap.example.com', ...ldap } } },
    login,
  })
  return directoryProblems(config).map(({ path, message }) => [path.slice(3).join('.'), message])
}

const bindCredentials = { secretClass: 'reader' }

test('a filter that is a template, or none, is refused before anybody signs in', () => {
  const bad: Record<string, RegExp> = {
    '(uid=%s)': /is a template \(%s\)/,
    '(&(uid={0})(objectClass=person))': /is a template \(\{0\}\)/,
    '(uid=${USER})': /is a template/,
    '(uid=a': /parentheses do not match/,
    '(uid=a))': /parentheses do not match/,
    ')uid=a(': /parentheses do not match/,
    '(a=b)(c=d)': /more than one filter/,
  }
  for (const [searchFilter, message] of Object.entries(bad)) {
    const [[at, said] = ['', '']] = problemsOf({ bindCredentials, searchFilter })
    assert.equal(at, 'searchFilter', searchFilter)
    assert.match(said, message)
    const ofGroups = { searchBase: 'dc=x', searchFilter }
    assert.equal(problemsOf({ bindCredentials, groups: ofGroups })[0]?.[0], 'groups.searchFilter')
    // Products have their own words.
    assert.deepEqual(problemsOf({ bindCredentials, searchFilter }, [{ local: {} }]), [])
  }
  for (const searchFilter of ['', 'memberOf=cn=a,dc=b', '(&(a=b)(|(c=d)(!(e=f))))', '(cn=Frank \\28Ops\\29)'])
    assert.deepEqual(problemsOf({ bindCredentials, searchFilter }), [])
})

test('people who bind as themselves need a place', () => {
  assert.deepEqual(problemsOf({}), [
    ['searchBase', 'is needed without bindCredentials: people bind as UID=NAME,SEARCHBASE'],
  ])
  assert.deepEqual(problemsOf({ searchBase: 'dc=example,dc=com' }), [])
  assert.deepEqual(problemsOf({ bindCredentials }), [])
})
