import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/properties.ts'
import { parseTarget } from './path.ts'

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
    assert.deepEqual(parseTarget(raw, 'app.test'), { path, target })
  })
}

// biome-ignore format: one table
const ambiguous = [
  '//healthcheck/../admin',
  '/healthcheck/../admin',
  '/healthcheck/./x',
  '/..',
  '/.',
  '/healthcheck/%2e%2e/admin',
  '/healthcheck/.%2E/admin',
  '/a/%2e',
  '/a//b',
  '//',
  '/a//',
  '/a%2fb',
  '/a%2Fb',
  '/a%5cb',
  '/a\\b',
  '/a;x=1',
  '/a;',
  '/a%3bx',
  '/admin%3f/healthcheck',
  '/a%3F',
  '/admin%23/healthcheck',
  '/a%23x?y',
  '/..;/admin',
  '/healthcheck/..;/admin',
  '/a%00',
  '/a%0d%0ab',
  '/a%7f',
  '/a\u0000',
  '/a b',
  '/a\tb',
  '/a\u007f',
  '/caf\u00e9',
  '/a%',
  '/a%2',
  '/a%zz',
  '/a%%41',
  '/a#b',
  '/a?b#c',
  '/a%252f',
  '/%2565',
  '/%c0%ae%c0%ae/',
  '/%c0%af',
  '/%ff',
  '/%ed%a0%80',
  '/a?b c',
  '/a?b\u0000',
  '',
  '*',
  'a',
  '?a',
  'http://evil.test/a',
  'http://app.test@evil.test/',
  'http://app.test:81/',
  'ftp://app.test/',
  'http:/a',
  '/a?\u0100',
]
for (const raw of ambiguous) {
  test(`${JSON.stringify(raw)} is refused as ambiguous`, () => {
    assert.equal(parseTarget(raw, 'app.test'), undefined)
  })
}

// biome-ignore format: one table
const readAsAnother = [
  '/admin.', '/admin..', '/admin...', '/admin./users', '/admin%2e', '/admin%2E/users', '/admin%20', '/admin%20/users', '/admin%20.', '/admin.%20', '/admin%20%20', '/%20admin', '/a/%20admin', '/admin%C2%A0', '/admin%e3%80%80', '/%E2%80%8Badmin', '/admin%EF%BB%BF',
  '/admin::$DATA', '/admin::$data/x', '/admin%3a%3A%24DATA', '/admin:$I30:$INDEX_ALLOCATION', '/admin:', '/admin%3A/users', '/ADMINI~1', '/admini~1/users', '/admini%7e1', '/ADMINI~12', '/a/LONGNA~1.HTM', '/a/b...', '/.well-known.',
]
for (const raw of readAsAnother) {
  test(`${raw}, which some servers read as another path, is refused unless the service allows it [path-normalisation-diff]`, () => {
    assert.equal(parseTarget(raw, 'app.test'), undefined)
    assert.equal(parseTarget(`${raw}?x`, 'app.test'), undefined)
    assert.notEqual(parseTarget(raw, 'app.test', 0), undefined)
  })
}

// biome-ignore format: one table
const readAsAnotherBelow = ['/wiki/Acme_Inc.', '/commit/HEAD~1', '/files/notes%20', '/files/%20notes', '/range/1~2', '/drive/C:/x', '/x/a:$b', '/users/John%20Smith%20Jr.']
test('a segment below all that rules compare may be read as another one: the same rule decides', () => {
  for (const path of readAsAnotherBelow) {
    assert.equal(parseTarget(path, '', 1)?.path, path)
    assert.equal(parseTarget(path, '', 2), undefined)
  }
  for (const path of ['/admin.', '/admin%20/x', '/ADMINI~1/x']) assert.equal(parseTarget(path, '', 1), undefined)
})

// biome-ignore format: one table
const moving = ['/public/..%20/admin', '/public/.%20./admin', '/public/.../admin', '/public/%20../admin', '/a/b/%20/c', '/public/...']
test('a segment that may be read as none or as the one above is refused at any depth where rules name paths', () => {
  for (const path of moving) assert.equal(parseTarget(path, '', 1), undefined)
})

// biome-ignore format: one table
const readAlike = ['/a.b', '/.hidden', '/a..b', '/a%20b', '/v1/x:cancel', '/a:b/c', '/a$b', '/a~b', '/~alice', '/~1', '/a~1b', '/longer-than-eight~1', '/file.tar.gz', '/caf%C3%A9', '/a+', '/100%25', '/v1.2/x', '/urn:a:b']
test('paths with such characters elsewhere pass as they are', () => {
  for (const path of readAlike) assert.equal(parseTarget(path)?.target, path)
})

test('an absolute target without a host to compare with is refused', () => {
  assert.equal(parseTarget('http://app.test/a'), undefined)
})

test('whatever passes is read alike by a WHATWG parser, and reading it again changes nothing', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2F',
    '%5c',
    '%3F',
    '%23',
    ';',
    'a',
    'A',
    '%41',
    '%25',
    '%c3%a9',
    '%',
    '#',
    '?',
    '\\',
    ' ',
    '\u00e9',
    '\u0000',
    'admin',
    '~',
    '%7E',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const read = parseTarget(`/${pieces.join('')}`)
      if (read === undefined) return

      assert.equal(new URL(read.target, 'http://x').pathname, read.path)
      assert.deepEqual(parseTarget(read.target), read)
      assert.ok(
        read.path
          .slice(1)
          .split('/')
          .slice(0, -1)
          .every((segment) => !['', '.', '..'].includes(decodeURIComponent(segment))),
      )
    }),
    { numRuns: runs(3000) },
  )
})

for (const path of ['/a/../b', '/..', '/a/.', '/./a', '/a/%2e%2e/b', '/a/%2E']) {
  test(`${path} is refused also where no rule looks at a path and odd ones may pass [path-normalisation-diff]`, () => {
    assert.equal(parseTarget(path, '', 0), undefined)
    assert.equal(parseTarget('/a/b...', '', 0)?.path, '/a/b...')
  })
}
