import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/properties.ts'
import { canonicalPath, parseTarget } from './path.ts'
import { createPathReader } from './readings.ts'

/** Of a service whose rules name paths three segments deep. */
const byPath = createPathReader({ paths: ['/admin/a/b', '/'] })
/** Of a service whose only rule is about everything. */
const whole = createPathReader({ paths: ['/'] })

const plain: [string, string, string][] = [
  ['/', '/', '/'],
  ['/a/b', '/a/b', '/a/b'],
  ['/a/', '/a/', '/a/'],
  ['/HealthCheck', '/HealthCheck', '/HealthCheck'],
  ['/a?x=/../b;c//d', '/a', '/a?x=/../b;c//d'],
  ['/a?', '/a', '/a?'],
  ['/a?x=%3F%23', '/a', '/a?x=%3F%23'],
  ['/%61dmin?x=%61', '/admin', '/admin?x=%61'],
  ['/a%7eb%2Ec', '/a~b.c', '/a~b.c'],
  ['/caf%c3%a9', '/caf%C3%A9', '/caf%C3%A9'],
  ['/a%20b', '/a%20b', '/a%20b'],
  ['/100%25', '/100%25', '/100%25'],
  ['/.well-known/x', '/.well-known/x', '/.well-known/x'],
  ['/a:b@c!$&()*+,=', '/a:b@c!$&()*+,=', '/a:b@c!$&()*+,='],
  ['http://app.test/a?b', '/a', '/a?b'],
  ['HTTP://APP.test', '/', '/'],
]
for (const [raw, path, target] of plain) {
  test(`${raw} is the path ${path}`, () => {
    assert.deepEqual(parseTarget(raw, 'app.test', byPath), { path, others: undefined, target })
  })
}

// biome-ignore format: one table
const refusedAlways = [
  '/..', '/.', '/a/../b', '/a/./b', '/a/.', '/healthcheck/../admin', '//healthcheck/../admin', '/healthcheck/%2e%2e/admin', '/healthcheck/.%2E/admin', '/a/%2e', '/..;/admin', '/a/..;x=1/b', '/a%2f..%2fb', '/a%2F%2e%2e',
  '/a\\..\\b', '/a/..\\b', '/a%5c..%5cb', '/a/%252e%252e/b', '/a%252f..', '/%c0%ae%c0%ae/', '/a%c0%af..', '/..%3f', '/..%00', '/a/..?x', '/a/%u002e%u002e/b',
  '/a\u0000', '/a b', '/a\tb', '/a\u007f', '/a%00', '/a%00b', '/a%0d%0ab', '/a%7f', '/caf\u00e9', '/caf\xc3\xa9', '/a%', '/a%2', '/a%zz', '/a%%41', '/a#b', '/a#', '/a?b#c', '/%c0%af', '/a%e0%80%afb', '/%ff', '/caf%e9', '/%ed%a0%80', '/a?b c', '/a?b\u0000', '/a?b\n', '/a\u0100', '/a?\u0100',
  '', '*', 'a', '?a', 'http://evil.test/a', 'http://app.test@evil.test/', 'http://app.test:81/', 'ftp://app.test/', 'http:/a',
]
for (const raw of refusedAlways) {
  test(`${JSON.stringify(raw)} is refused, whatever the rules are [path-normalisation-diff]`, () => {
    const allowsOdd = createPathReader({ paths: ['/admin'], allowOdd: true })
    for (const reader of [byPath, whole, allowsOdd]) assert.equal(parseTarget(raw, 'app.test', reader), undefined)
  })
}

/** What is read in several ways, and one way that must be among them. */
// biome-ignore format: one table
const readings: [string, string][] = [
  ['//healthcheck', '/healthcheck'], ['/a//b', '/a/b'], ['//', '/'], ['/a//', '/a/'], ['//evil.test/admin', '/admin'], ['/\\evil.test/admin', '/admin'], ['///admin', '/admin'],
  ['/a%2fb', '/a/b'], ['/a%2Fb', '/a/b'], ['/a%5cb', '/a/b'], ['/a\\b', '/a/b'], ['/a%252fb', '/a/b'], ['/a%25252fb', '/a/b'], ['/a%25c0%25afb', '/a/b'],
  ['/a;x=1', '/a'], ['/a;', '/a'], ['/a;x/b', '/a/b'], ['/a;x/b', '/a'], ['/a%3bx', '/a'], ['/;/admin', '/admin'],
  ['/admin%3f/healthcheck', '/admin'], ['/a%3F', '/a'], ['/admin%23/healthcheck', '/admin'], ['/a%23x?y', '/a'], 
  ['/%61dmin%2fx', '/admin/x'], ['/%61dmin;x', '/admin'], ['/%2561dmin', '/admin'], ['/%61dmin;x', '/%2561dmin%3Bx'], 
  ['/caf%C3%A9/a%2Fb', '/caf%C3%A9/a/b'], ['/table/hive://gold.core/x', '/table/hive/gold.core/x'],
]
for (const [raw, reading] of readings) {
  test(`${JSON.stringify(raw)} may be read as ${reading}, and goes on byte for byte [path-normalisation-diff]`, () => {
    const read = parseTarget(raw, 'app.test', byPath)

    assert.ok([read?.path, ...(read?.others ?? [])].includes(reading), JSON.stringify(read))
    assert.equal(read?.target, raw)
    assert.deepEqual(parseTarget(raw, 'app.test', whole)?.target, raw)
    assert.equal(parseTarget(raw, 'app.test', whole)?.others, undefined, 'no rule tells them apart')
    assert.equal(canonicalPath(raw.split('?')[0] ?? ''), undefined)
  })
}

// biome-ignore format: one table
const readAsAnother: [string, string][] = [
  ['/admin.', '/admin'], ['/admin..', '/admin'], ['/admin...', '/admin'], ['/admin./users', '/admin/users'], ['/admin%2e', '/admin'], ['/admin%2E/users', '/admin/users'], ['/admin%20', '/admin'], ['/admin%20/users', '/admin/users'], ['/admin%20.', '/admin'], ['/admin.%20', '/admin'], ['/admin%20%20', '/admin'], ['/%20admin', '/admin'], ['/a/%20admin', '/a/admin'], ['/admin%C2%A0', '/admin'], ['/admin%e3%80%80', '/admin'], ['/%E2%80%8Badmin', '/admin'], ['/admin%EF%BB%BF', '/admin'],
  ['/admin::$DATA', '/admin'], ['/admin::$data/x', '/admin/x'], ['/admin%3a%3A%24DATA', '/admin'], ['/admin:$I30:$INDEX_ALLOCATION', '/admin'], ['/admin:', '/admin'], ['/admin%3A/users', '/admin/users'], ['/ADMINI~1', '/admin'], ['/admini~1/users', '/admin/users'], ['/admini%7e1', '/admin'], ['/ADMINI~12', '/admin'], ['/x/ANYTHI~1.HTM', '/x/a'], ['/AD12EF~1', '/admin'], ['/a/b...', '/a/b'], ['/.well-known.', '/.well-known'], ['/x/.../admin', '/x/admin'],
]
for (const [raw, reading] of readAsAnother) {
  test(`${raw}, which some servers read as ${reading}, is judged as both unless the service allows such paths [path-normalisation-diff]`, () => {
    const allowsOdd = createPathReader({ paths: ['/admin/a/b'], allowOdd: true })
    const among = (reader: typeof byPath) => {
      const read = parseTarget(`${raw}?x`, '', reader)
      return [read?.path, ...(read?.others ?? [])].includes(reading)
    }

    assert.ok(among(byPath))
    assert.equal(among(allowsOdd), false)
  })
}

// biome-ignore format: one table
const readAsAnotherBelow = ['/wiki/Acme_Inc.', '/commit/HEAD~1', '/files/notes%20', '/files/%20notes', '/range/1~2', '/drive/C:/x', '/x/a:$b', '/users/John%20Smith%20Jr.']
test('a segment below all that rules compare is not looked at', () => {
  const [shallow, deep] = [['/a'], ['/a/b']].map((paths) => createPathReader({ paths }))
  for (const path of readAsAnotherBelow) {
    assert.deepEqual(parseTarget(path, '', shallow ?? byPath), { path, others: undefined, target: path })
    // A short name is a name of the rules or none of them.
    if (!path.includes('~')) assert.notEqual(parseTarget(path, '', deep ?? byPath)?.others, undefined, path)
  }
})

// biome-ignore format: one table
const moving = ['/public/..%20/admin', '/public/..%20./admin', '/public/%20../admin', '/public/%20.%20/x']
test('a segment that some server reads as one of dots is refused, also where no rule names a path, unless the service allows such paths [path-normalisation-diff]', () => {
  const allowsOdd = createPathReader({ paths: ['/'], allowOdd: true })
  for (const path of [...moving, '/x/..%20/y', '/x/%C2%A0../y', '/x/.%E3%80%80', '/x/..%2520/y', '/x%2f..%20%2fy']) {
    for (const reader of [byPath, whole]) assert.equal(parseTarget(path, '', reader), undefined, path)
    assert.notEqual(parseTarget(path, '', allowsOdd), undefined, path)
  }
  for (const path of ['/x/%20/y', '/x/...', '/x/a..%20/y', '/x/%20a/..b'])
    assert.equal(parseTarget(path, '', whole)?.target, path)
})

/** Characters that are others where compatible ones are alike (NFKC), or that Windows fits into a code page. */
// biome-ignore format: one table
const compatible: [string, string][] = [
  ['/%EF%BC%8Fadmin', '/admin'], ['/x%ef%bc%8fadmin', '/x/admin'], ['/x%EF%BC%BCadmin', '/x/admin'], ['/admin%EF%BC%8Fx', '/admin/x'], ['/admin%EF%BC%9Bx', '/admin'], ['/admin%EF%BC%9Fx', '/admin'], ['/admin%EF%BC%83x', '/admin'], ['/admin%EF%BC%8E', '/admin'], ['/admin%E2%80%A6', '/admin'], ['/admin%EF%BC%9A', '/admin'],
  ['/%EF%BC%A1dmin%EF%BC%8Fx', '/Admin/x'], ['/a%E2%84%80b', '/aa/cb'], ['/x%EF%BC%852fadmin', '/x/admin'], ['/x%25EF%25BC%258Fadmin', '/x/admin'], ['/x%E2%81%84admin', '/x/admin'], ['/x%E2%88%95admin', '/x/admin'], ['/x%C2%A5admin', '/x/admin'],
]
for (const [raw, reading] of compatible) {
  test(`${raw} may be read as ${reading}, because some character stands for one of ASCII, and goes on byte for byte [path-normalisation-diff]`, () => {
    const read = parseTarget(raw, '', byPath)

    assert.ok([read?.path, ...(read?.others ?? [])].includes(reading), JSON.stringify(read))
    assert.equal(read?.target, raw)
    assert.equal(parseTarget(raw, '', whole)?.target, raw)
    assert.equal(parseTarget(raw, '', whole)?.others, undefined, 'no rule tells them apart')
  })
}

test('characters that stand for dots lead out of nothing, and those that stand for letters or nothing are read in one way [path-normalisation-diff]', () => {
  for (const path of [
    '/x/%EF%BC%8E%EF%BC%8E/y',
    '/x/%E2%80%A5/y',
    '/x%EF%BC%8F..%EF%BC%8Fy',
    '/x/%EF%BC%852e%EF%BC%852e/y',
  ])
    for (const reader of [byPath, whole]) assert.equal(parseTarget(path, '', reader), undefined, path)
  for (const path of ['/caf%C3%A9', '/%EF%BC%A1dmin', '/e%CC%81', '/%E6%97%A5%E6%9C%AC', '/%EF%AC%81x'])
    assert.deepEqual(parseTarget(path, '', byPath), { path, others: undefined, target: path })
})

test('a segment of dots is refused however its escapes are escaped, also where no rule names a path [path-normalisation-diff]', () => {
  for (const dots of ['%252e%252e', '%25%32e%25%32e', '%25%32%65.', '.%25%32%35%32e', '%25c0%25ae%25c0%25ae'])
    for (const reader of [whole, byPath]) assert.equal(parseTarget(`/x/${dots}/y`, '', reader), undefined, dots)
  assert.equal(parseTarget('/x%25%32f..%25%32fy', '', whole), undefined)
  assert.equal(parseTarget(`/x%${'25'.repeat(40)}41`, '', whole), undefined)
  for (const path of ['/x/a..%25%32eb/y', '/100%25%32f']) assert.equal(parseTarget(path, '', whole)?.target, path)
})

test('there is an end to readings: of what has too many, or is too long for them, none is believed', () => {
  assert.notEqual(parseTarget(`/x%2F${'y'.repeat(2000)}`, '', byPath), undefined)
  assert.equal(parseTarget(`/x%2F${'y'.repeat(2100)}`, '', byPath), undefined)
  assert.notEqual(parseTarget(`/x%2F${'y'.repeat(2100)}`, '', whole), undefined, 'where no rule tells them apart')
  assert.equal(parseTarget(`/x%${'25'.repeat(900)}2f`, '', byPath), undefined)
})

// biome-ignore format: one table
const readAlike = ['/a.b', '/.hidden', '/a..b', '/a%20b', '/v1/x:cancel', '/a:b/c', '/a$b', '/a~b', '/~alice', '/~1', '/a~1b', '/longer-than-eight~1', '/file.tar.gz', '/caf%C3%A9', '/a+', '/100%25', '/v1.2/x', '/urn:a:b', '/compare/main...x']
test('paths with such characters elsewhere pass as they are', () => {
  for (const path of readAlike)
    assert.deepEqual(parseTarget(path, '', byPath), { path, others: undefined, target: path })
})

test('an absolute target without a host to compare with is refused', () => {
  assert.equal(parseTarget('http://app.test/a', '', whole), undefined)
})

test('whatever is read in one way is read so by a WHATWG parser, and reading it again changes nothing', () => {
  // biome-ignore format: one table
  const pieces = ['/', '.', '..', '%2e', '%2F', '%5c', '%3F', '%23', ';', 'a', 'A', '%41', '%25', '%c3%a9', '%', '#', '?', '\\', ' ', '\u00e9', '\u0000', 'admin', '~', '%7E']
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (drawn) => {
      const raw = `/${drawn.join('')}`
      const read = parseTarget(raw, '', byPath)
      if (read === undefined) return
      const segments = [read.path, ...(read.others ?? [])].flatMap((path) => path.split('/'))
      assert.ok(!segments.map(decodeURIComponent).some((segment) => segment === '.' || segment === '..'))
      assert.deepEqual(parseTarget(read.target, '', byPath), read)
      if (canonicalPath(raw.split('?')[0] ?? '', byPath.compared) === undefined) {
        assert.equal(read.target, raw)
        return
      }

      assert.equal(new URL(read.target, 'http://x').pathname, read.path)
      assert.ok(!read.path.slice(1).split('/').slice(0, -1).includes(''))
    }),
    { numRuns: runs(3000) },
  )
})
