import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/properties.ts'
import type { Rule } from '../config/schema.ts'
import { compileRule, type Decision, decide, decidingRule, disagreement, openTo } from './decide.ts'

const rules: Rule[] = [
  { path: '/healthcheck', allow: 'everyone' },
  { path: '/admin', allow: ['team:admins', 'user:root'] },
  { path: '/api', methods: ['GET'], allow: 'authenticated' },
  { path: '/api', allow: ['team:writers'] },
  { path: '/docs/', allow: 'everyone' },
]
const reader = { username: 'reader', names: ['user:reader'], teams: ['readers'] }
const admin = { username: 'boss', names: ['user:boss'], teams: ['admins'] }
const writer = { username: 'w', names: ['user:w'], teams: ['readers', 'writers'] }
const root = { username: 'root', names: ['user:root', 'user:corp/root'], teams: [] }

const table: [string, string, string, typeof reader | undefined, Decision][] = [
  ['the open path is open', 'GET', '/healthcheck', undefined, 'allow'],
  ['what is below the open path is open', 'GET', '/healthcheck/live', undefined, 'allow'],
  ['a longer segment is another path', 'GET', '/healthcheckx', undefined, 'unauthenticated'],
  ['another case does not open anything', 'GET', '/HealthCheck', undefined, 'unauthenticated'],
  ['a path without a rule is refused to a stranger', 'GET', '/', undefined, 'unauthenticated'],
  ['a path without a rule is refused to everybody', 'GET', '/', root, 'forbidden'],
  ['a member of the team passes', 'GET', '/admin/x', admin, 'allow'],
  ['a named user passes', 'POST', '/admin', root, 'allow'],
  ['someone of another team is refused', 'GET', '/admin', reader, 'forbidden'],
  ['the method decides which rule', 'GET', '/api/items', reader, 'allow'],
  ['HEAD is ruled as GET', 'HEAD', '/api/items', reader, 'allow'],
  ['another method falls to the next rule', 'POST', '/api/items', reader, 'forbidden'],
  ['the next rule can allow', 'DELETE', '/api/items', writer, 'allow'],
  ['an unknown method is no GET', 'PROPFIND', '/api', reader, 'forbidden'],
  ['OPTIONS without credentials is refused', 'OPTIONS', '/api', undefined, 'unauthenticated'],
  ['a rule with a slash at the end holds for the path without it', 'GET', '/docs', undefined, 'allow'],
]
for (const [requirement, method, path, identity, expected] of table) {
  test(requirement, () => {
    assert.equal(decide(rules.map(compileRule), { method, path, wantsPage: false, identity }), expected)
  })
}

const programs: Rule[] = [
  { path: '/open', allow: 'everyone' },
  { path: '/robots', allow: ['client:robot', 'team:admins'] },
  { path: '/named', allow: ['user:robot', 'team:robot', 'user:client:robot'] },
  { path: '/', allow: 'authenticated' },
]
const robot = { username: 'client:robot', names: ['user:robot'], teams: ['robot', 'admins'], program: 'robot' }
const namesake = { username: 'robot', names: ['user:robot'], teams: [] }
const programTable: [string, string, typeof robot | typeof namesake, Decision][] = [
  ['a program passes where it is named', '/robots', robot, 'allow'],
  ['a program passes where everybody does', '/open', robot, 'allow'],
  ['a program is nobody who is authenticated', '/', robot, 'forbidden'],
  ['a program has no name and no team of people', '/named', robot, 'forbidden'],
  ['another program does not pass', '/robots', { ...robot, program: 'robot2' }, 'forbidden'],
  ['a program passes for its product, not for its name', '/robots', { ...robot, program: 'x' }, 'forbidden'],
  ['a person with the name of a program is none', '/robots', namesake, 'forbidden'],
  [
    'a person with the name of a rule for programs is none',
    '/robots',
    { ...namesake, username: 'client:robot', names: ['user:client:robot'] },
    'forbidden',
  ],
  ['people are authenticated', '/', namesake, 'allow'],
]
for (const [requirement, path, identity, expected] of programTable) {
  test(requirement, () => {
    const decision = decide(programs.map(compileRule), { method: 'GET', path, wantsPage: false, identity })

    assert.equal(decision, expected)
  })
}

test('the page of a refusal does not name programs', () => {
  const rule = decidingRule(programs.map(compileRule), { method: 'GET', path: '/robots', wantsPage: false })

  assert.deepEqual(openTo(rule), ['team:admins'])
  assert.deepEqual(openTo(undefined), [])
})

test('the page of a refusal tells people from teams of the same name', () => {
  const named = programs.map(compileRule).find(({ path }) => path === '/named')

  assert.deepEqual(openTo(named), ['user:robot', 'team:robot', 'user:client:robot'])
})

for (const [written, expected] of [
  ['user:root', 'allow'],
  ['user:ROOT', 'allow'],
  ['user:corp/Root', 'allow'],
  ['user:partner/root', 'forbidden'],
  ['user:corp', 'forbidden'],
] as const) {
  test(`${written} is read in the one spelling of names, and a class before a slash is that of the person [username-squat]`, () => {
    const own = [compileRule({ path: '/', allow: [written] }, 0)]

    assert.equal(decide(own, { method: 'GET', path: '/', wantsPage: false, identity: root }), expected)
  })
}

test('a person who opens a page is sent to sign in', () => {
  assert.equal(decide([], { method: 'GET', path: '/', wantsPage: true }), 'sign-in')
})

// biome-ignore format: one table
const alike: [string, string][] = [['/ärger', '/Ärger'], ['/ärger', '/ÄRGER/x'], ['/a', '/\uff21'], ['/caf\u00e9', '/cafe\u0301'], ['/cafe\u0301', '/caf\u00c9'], ['/k', '/\u212a'], ['/a/b', '/a\uff0fb']]
for (const [rule, path] of alike) {
  test(`${path} never escapes the rule of ${rule}, for servers that take one for the other [path-normalisation-diff]`, () => {
    const rules: Rule[] = [
      { path: encodeURI(rule), allow: ['team:admins'] },
      { path: '/', allow: 'everyone' },
    ]
    const ask = (asked: string, teams: string[]) =>
      decide(rules.map(compileRule), {
        method: 'GET',
        path: encodeURI(asked),
        wantsPage: false,
        identity: { names: [], teams },
      })

    assert.equal(ask(path, []), 'forbidden')
    assert.equal(ask(path, ['admins']), 'allow')
    assert.equal(ask('/other', []), 'allow')
  })
}

test('rules that decide differently about two readings of a path are named with them', () => {
  const ask = (identity: typeof reader | undefined, others: string[], method = 'GET') => {
    const question = { method, path: '/docs//x', wantsPage: false, identity }
    const found = disagreement(rules.map(compileRule), question, others)
    return found && [found.path, found.rule?.name, found.otherPath, found.otherRule?.name]
  }

  assert.deepEqual(ask(reader, ['/docs/x', '/admin/x']), [
    '/docs//x',
    'rules.4 (/docs)',
    '/admin/x',
    'rules.1 (/admin)',
  ])
  assert.deepEqual(ask(reader, ['/other']), ['/docs//x', 'rules.4 (/docs)', '/other', undefined])
  assert.equal(ask(admin, ['/docs/x', '/admin/x']), undefined, 'who may do both is not asked which it was')
  assert.equal(ask(undefined, ['/docs/x', '/healthcheck']), undefined)
  assert.deepEqual(ask(reader, ['/api/x'], 'POST')?.at(-1), 'rules.3 (/api)')
})

test('a path in another case never escapes the rule of the path', () => {
  const open = [
    { path: '/admin', allow: ['team:admins'] },
    { path: '/', allow: 'everyone' },
  ] satisfies Rule[]

  assert.equal(
    decide(open.map(compileRule), { method: 'GET', path: '/Admin/x', wantsPage: false, identity: reader }),
    'forbidden',
  )
  assert.equal(
    decide(open.map(compileRule), { method: 'GET', path: '/ADMIN', wantsPage: false, identity: admin }),
    'allow',
  )
})

/** The rules in the most literal reading: segments compared one by one. */
function oracle(list: readonly Rule[], method: string, path: string, identity: typeof reader | undefined): Decision {
  const segments = (text: string) => text.split('/').filter((segment) => segment !== '')
  const at = segments(path)
  for (const rule of list) {
    const asMethod = method === 'HEAD' && !rule.methods?.includes('HEAD') ? 'GET' : method
    if (rule.methods && !rule.methods.some((one) => one === asMethod)) continue
    const wanted = segments(rule.path)
    const same = (fold: (text: string) => string) =>
      wanted.every((segment, n) => at[n] !== undefined && fold(segment) === fold(at[n]))
    if (!same((text) => text.toLowerCase())) continue
    const passes =
      rule.allow === 'everyone' ||
      (identity !== undefined &&
        (rule.allow === 'authenticated' ||
          rule.allow.some(
            (entry) => identity.names.includes(entry) || identity.teams.some((team) => entry === `team:${team}`),
          )))
    if (!passes) return identity ? 'forbidden' : 'unauthenticated'
    if (same((text) => text)) return 'allow'
  }
  return identity ? 'forbidden' : 'unauthenticated'
}

test('for any rules and any request, the decision is that of the naive oracle [rule-edge-mismatch]', () => {
  const segment = fc.constantFrom('a', 'A', 'b', 'ab', 'admin', 'Admin')
  const path = fc.array(segment, { maxLength: 3 }).map((segments) => `/${segments.join('/')}`)
  const rule = fc.record(
    {
      path,
      methods: fc.subarray(['GET', 'POST', 'HEAD', 'OPTIONS'] as const, { minLength: 1 }),
      allow: fc.oneof(
        fc.constantFrom('everyone' as const, 'authenticated' as const),
        fc.array(fc.constantFrom('team:x', 'team:y', 'user:x', 'user:u', 'user:corp/x'), {
          minLength: 1,
          maxLength: 3,
        }),
      ),
    },
    { requiredKeys: ['path', 'allow'] },
  )
  const names = fc.constantFrom<string[][]>(['user:u'], ['user:x', 'user:corp/x'])
  const identity = fc.option(fc.record({ username: fc.constant('u'), names, teams: fc.subarray(['x', 'y', 'u']) }), {
    nil: undefined,
  })
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS', 'PUT')

  fc.assert(
    fc.property(fc.array(rule, { maxLength: 5 }), method, path, identity, (list, asked, at, who) => {
      const decision = decide(list.map(compileRule), { method: asked, path: at, wantsPage: false, identity: who })
      assert.equal(decision, oracle(list, asked, at, who))
    }),
    { numRuns: runs(2000) },
  )
})
