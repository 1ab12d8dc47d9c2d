import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/properties.ts'
import { canonicalPath } from '../gate/path.ts'
import { loadConfig } from './load.ts'
import { formatProblem } from './problem.ts'
import { referenceProblems } from './references.ts'
import { Config, Rule, Service } from './schema.ts'

test('a path that a rule may have is one that the gate can compare with paths of requests', () => {
  const pieces = [
    '/',
    '//',
    '/.',
    '/..',
    '.',
    '%2f',
    '%',
    ';',
    '?',
    '#',
    '\\',
    ' ',
    '\t',
    '\u0001',
    '\u007f',
    '\ud800',
    'é',
    '…',
    '\u00a0',
    '\u200b',
    ':',
    '$',
    '~1',
    'a',
  ]
  const path = fc
    .oneof(fc.string({ unit: fc.constantFrom(...pieces) }), fc.string({ unit: 'binary' }))
    .map((end) => `/${end}`)

  fc.assert(
    fc.property(path, (written) => {
      for (const allowOddPaths of [false, true]) {
        const rules = [{ path: written, allow: 'everyone' }]
        if (!Service.safeParse({ url: 'https://a.example.com', rules, allowOddPaths }).success) continue
        assert.notEqual(
          canonicalPath(written.replace(/[^!-~]+/g, encodeURIComponent), allowOddPaths ? -1 : undefined),
          undefined,
        )
      }
    }),
    { numRuns: runs(5000) },
  )
})

test('a rule with dot segments or empty segments is refused', () => {
  for (const path of ['/a/../b', '/a/./b', '/..', '/a//b', '//', '/a\u0001']) {
    assert.equal(Rule.safeParse({ path, allow: 'everyone' }).success, false, path)
  }
  for (const path of ['/', '/a', '/a.b/..c', '/.well-known/x', '/ä']) {
    assert.equal(Rule.safeParse({ path, allow: 'everyone' }).success, true, path)
  }
})

test('a rule for a path that servers on Windows read as another is refused, unless the service allows such paths', () => {
  const parse = (path: string, more = {}) =>
    Service.safeParse({ url: 'https://a.example.com', rules: [{ path, allow: 'everyone' }], ...more })

  for (const path of ['/a.', '/a./b', '/a::$DATA', '/LONGNA~1', '/a:']) {
    assert.match(parse(path).error?.message ?? '', /allowOddPaths/, path)
    assert.ok(parse(path, { allowOddPaths: true }).success, path)
  }
  for (const path of ['/a\uff0fb', '/a\uff0e', '/\u2026'])
    assert.match(parse(path, { allowOddPaths: true }).error?.message ?? '', /read as a slash, a dot or the like/, path)
  for (const path of ['/a.b', '/.well-known/x', '/a:b', '/~alice', '/\uff21']) assert.ok(parse(path).success, path)
})

test('headers to remove are names or beginnings of names, and never those without which nothing can be forwarded', () => {
  const parse = (more: object) => Service.safeParse({ url: 'https://a.example.com', ...more }).success

  for (const name of ['X-Staff-Id', 'X-Staff-*', 'x_staff', 'Authorization', 'Cookie', 'X-Staff*'])
    assert.ok(parse({ removeHeaders: [name] }), name)
  // biome-ignore format: one table
  const wrong = ['', '*', '-*', 'X Staff', 'X-Staff:', 'X-*-Id', 'X--Staff', 'X-Staff-', 'Host', 'content-length', 'Content_Length', 'Content-*', 'C*', 'Transfer-Encoding', 'Sec-WebSocket-Key', 'Sec-*', 'Upgrade', 'X-\nStaff']
  for (const name of wrong) assert.ok(!parse({ removeHeaders: [name] }), name)
})

test('headers to keep are such as the gate removes, and none that it sets itself', () => {
  const parse = (more: object) => Service.safeParse({ url: 'https://a.example.com', ...more }).success

  for (const name of ['X-Trino-User', 'x_access_token', 'X-Forwarded-Prefix'])
    assert.ok(parse({ keepHeaders: [name] }), name)
  for (const name of [
    'X-Trino-*',
    'X-Custom',
    'X-Forwarded-User',
    'x-auth-request-user',
    'X_Forwarded_For',
    'Host',
    '',
  ])
    assert.ok(!parse({ keepHeaders: [name] }), name)
  assert.ok(!parse({ keepHeaders: ['X-Trino-User'], removeHeaders: ['X-Trino-*'] }))
})

test('proxies that are believed are addresses and networks, and not everyone', () => {
  const parse = (network: string) => Config.safeParse({ listen: { trustedProxies: [network] } }).success

  for (const network of ['10.0.0.0/8', '192.0.2.1', '::1', 'fd00::/8', '10.0.0.0/32'])
    assert.ok(parse(network), network)
  for (const network of ['0.0.0.0/0', '::/0', 'nonsense', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', '::/129']) {
    assert.ok(!parse(network), network)
  }
})

test('a store without a folder of its own needs a key that is configured', () => {
  const problems = referenceProblems({ store: 'postgres://db.example.com/gatehouse' })
  const withKey = referenceProblems({ store: 'postgres://db.example.com/gatehouse', encryptionKey: '${env:KEY}' })
  const embedded = referenceProblems({ store: 'sqlite:./gatehouse.db' })

  assert.deepEqual(
    problems.map(({ path, message }) => `${path.join('.')}: ${message.split(':')[0]}`),
    ['store: needs encryptionKey'],
  )
  assert.deepEqual([withKey, embedded], [[], []])
})

for (const uri of [
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/passwd',
  'app://cb',
  '//evil.test/cb',
  'https://alice@app.example.com/cb',
  'https://app.example.com:x@evil.test/cb',
]) {
  test(`no product may return to ${uri} [redirect-script-scheme] [redirect-userinfo-at]`, () => {
    const withAddress = (key: string, address: string) =>
      Config.safeParse({
        products: {
          app: {
            product: 'oidc',
            url: 'https://app.example.com',
            authentication: [{ authenticationClass: 'gatehouse' }],
            [key]: [address],
          },
        },
      }).success

    for (const key of ['redirectUris', 'postLogoutRedirectUris']) {
      assert.equal(withAddress(key, uri), false)
      assert.equal(withAddress(key, 'https://app.example.com/cb'), true)
    }
  })
}

for (const key of ['jwksUri', 'jwks_uri', 'logoUri', 'backchannelLogoutUri', 'sectorIdentifierUri', 'requestUris']) {
  test(`a product has no ${key} that the server would call [ssrf-client-metadata]`, () => {
    const product = {
      product: 'oidc',
      url: 'https://app.example.com',
      authentication: [{ authenticationClass: 'gatehouse' }],
    }

    assert.equal(Config.safeParse({ products: { app: product } }).success, true)
    assert.equal(
      Config.safeParse({ products: { app: { ...product, [key]: 'http://169.254.169.254/' } } }).success,
      false,
    )
  })
}

test('what the log has is said in one word or part by part, in the file and in the environment', () => {
  const load = (text: string, env: Record<string, string> = {}) =>
    loadConfig({ files: [{ name: 'gatehouse.yaml', text }], baseDir: '.' }, env)
  const access = (text: string, env: Record<string, string> = {}) => load(text, env).config?.log.access

  assert.deepEqual(load('{}').config?.log, { level: 'info', access: true, auditDays: 365 })
  assert.equal(access('log: { access: off }'), 'off')
  assert.deepEqual(access('log: { access: { gate: off, health: true } }'), { gate: 'off', health: true })
  assert.equal(access('{}', { GATEHOUSE__LOG__ACCESS: 'off' }), 'off')
  assert.deepEqual(access('{}', { GATEHOUSE__LOG__ACCESS__HEALTH: 'on' }), { health: 'on' })
  assert.equal(load('{}', { GATEHOUSE__LOG__LEVEL: 'debug' }).config?.log.level, 'debug')
  const wrong = load('log: { access: { pages: on, gate: 3 }, level: loud }').problems.map(formatProblem)
  assert.deepEqual(wrong.map((problem) => problem.replace(/^\S+ /, '')).sort(), [
    'log.access.gate: must be on, off, but it is 3',
    'log.access.pages: unknown key (did you mean "page"?)',
    'log.level: must be one of error, warn, info, debug, but it is "loud"',
  ])
})

test('where groups are is a text or a list of texts, and nothing else', () => {
  const problemOf = (groupsClaim: string) =>
    loadConfig(
      {
        files: [
          {
            name: 'gatehouse.yaml',
            text: `authenticationClasses: { idp: { oidc: { hostname: idp.example.com, principalClaim: sub, groupsClaim: ${groupsClaim} } } }`,
          },
        ],
        baseDir: '.',
      },
      {},
    )
      .problems.map(formatProblem)
      .map((problem) => problem.replace(/^\S+ authenticationClasses\.idp\.oidc\./, ''))
      .filter((problem) => problem.startsWith('groupsClaim'))

  for (const right of ['groups', 'realm_access.roles', '[realm_access, roles]', '["https://example.com/groups"]']) {
    assert.deepEqual(problemOf(right), [], right)
  }
  assert.deepEqual(problemOf('{ a: b }'), ['groupsClaim: must be a text or a list, but it is a map'])
  assert.deepEqual(problemOf('7'), ['groupsClaim: must be a text or a list, but it is 7'])
  assert.deepEqual(problemOf('[]'), ['groupsClaim: must not be empty'])
  assert.deepEqual(problemOf('[a, 1]'), ['groupsClaim.1: must be a text, but it is 1: put it in quotes'])
})
