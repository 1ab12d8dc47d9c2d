import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/properties.ts'
import { parseReturnTo } from './return-url.ts'

const base = 'https://app.example.test'
const origins = new Set([base, 'https://id.example.test', 'http://local.test:8080'])

const honest: [string, string][] = [
  ['/', `${base}/`],
  ['/a/b?c=d&e#f', `${base}/a/b?c=d&e#f`],
  ['a', `${base}/a`],
  ['', `${base}/`],
  ['?x=1', `${base}/?x=1`],
  ['https://app.example.test/x', `${base}/x`],
  ['HTTPS://APP.example.test:443/x', `${base}/x`],
  ['https://id.example.test/', 'https://id.example.test/'],
  ['http://local.test:8080/x', 'http://local.test:8080/x'],
  ['/x?next=https://evil.test', `${base}/x?next=https://evil.test`],
  // A browser sends these as they are; only what stands before them can lead elsewhere.
  ['/q?re=\\d+', `${base}/q?re=%5Cd+`],
  ['/q?user=DOMAIN\\bob', `${base}/q?user=DOMAIN%5Cbob`],
  [`${base}/q?x=a b\t\n`, `${base}/q?x=a%20b%09%0A`],
  ['/q?x=\u00a0\u2028', `${base}/q?x=%C2%A0%E2%80%A8`],
  ['/q?x=\\\\evil.test#\\y z', `${base}/q?x=%5C%5Cevil.test#%5Cy%20z`],
  ['?\\', `${base}/?%5C`],
  ['/x?filter={"a":[1,"ü"]}|//..', `${base}/x?filter={%22a%22:[1,%22%C3%BC%22]}|//..`],
  [`/x?${'q'.repeat(5000)}#y`, `${base}/x?${'q'.repeat(5000)}#y`],
  [`/x?${'q'.repeat(9000)}`, `${base}/x`],
]
for (const [text, href] of honest) {
  test(`${JSON.stringify(text.slice(0, 60))} leads to ${href.slice(0, 60)}`, () => {
    assert.equal(parseReturnTo(text, base, origins), href)
  })
}

// biome-ignore format: one table
const hostile = [
  '//evil.test',
  '///evil.test',
  '////evil.test',
  '/\\evil.test',
  '/\\evil.test?x',
  '//evil.test?https://app.example.test/',
  '\\\\evil.test#x',
  ' //evil.test?',
  '/\t/evil.test?x',
  '\\/evil.test',
  '\\\\evil.test',
  '/\t/evil.test',
  '/%09/evil.test\n',
  '/\n/evil.test',
  'https:evil.test',
  'https:/evil.test',
  'https:\\\\evil.test',
  'http:evil.test',
  'https://evil.test',
  'HtTpS://evil.test',
  ' https://evil.test',
  '\thttps://evil.test',
  'ht\ttps://evil.test',
  'https://ev\nil.test',
  'h\nttps://app.example.test',
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  'java\tscript:alert(1)',
  ' javascript:alert(1)',
  'javascript://app.example.test/%0aalert(1)',
  'data:text/html,x',
  'vbscript:x',
  'blob:https://app.example.test/x',
  'file:///etc/passwd',
  'ftp://app.example.test/',
  'https://app.example.test@evil.test',
  'https://app.example.test:443@evil.test/',
  'https://good@app.example.test/',
  'https://a:b@app.example.test/',
  'https://app.example.test%40evil.test',
  'https://app.example.test:8443/',
  'http://app.example.test/',
  'https://app.example.test.evil.test/',
  'https://evilapp.example.test/',
  'https://example.test/',
  'https://x.app.example.test/',
  'https://app.example.test./',
  'https://app.example.test\u3002evil.test/',
  'https://\u0430pp.example.test/',
  'https://app.example.test\u00ad.evil.test',
  'https://evil\u2044.test/',
  '//app.example.test@evil.test',
  '//evil.test/app.example.test',
  '//evil\u3002test',
  '\u0000//evil.test',
  '/\u0000',
  '/x\u007f',
  '/x\u0085',
  'https://[::1]/',
  'https://127.0.0.1/',
  'https://[',
  'https://',
  'https://:@/',
  'http://',
  '/..//evil.test',
  '/.//evil.test/x',
  '/a/..//evil.test',
  '/%2e%2e//evil.test',
  '//\\evil.test',
  '/\u2028/evil.test',
  'https://local.test:8080/',
  'http://local.test/',
  `/${'a'.repeat(3000)}`,
  'wss://app.example.test/',
  'about:blank',
  'https://app.example.test\\@evil.test',
  'https://evil.test\\.app.example.test',
  'https://evil.test#@app.example.test',
  'https://evil.test?app.example.test',
]
for (const text of hostile) {
  test(`${JSON.stringify(text.slice(0, 60))} is not a place to return to [return-scheme-relative]`, () => {
    assert.equal(parseReturnTo(text, base, origins), undefined)
  })
}

test('whatever comes out leads to an allowed origin, for a WHATWG parser on any page [return-scheme-relative] [return-domain-suffix]', () => {
  const piece = fc.constantFrom(
    '/',
    '\\',
    'evil.test',
    'app.example.test',
    'https:',
    'http:',
    '@',
    ':',
    '.',
    '..',
    '\t',
    ' ',
    '%2f',
    '?',
    '#',
    'javascript:',
    '[',
    '\u3002',
    '%00',
    '8080',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => {
      const href = parseReturnTo(pieces.join(''), base, origins)
      if (href === undefined) return

      assert.ok(origins.has(new URL(href, 'https://elsewhere.test/').origin), href)
      assert.equal(parseReturnTo(href, base, origins), href)
    }),
    { numRuns: runs(5000) },
  )
})
