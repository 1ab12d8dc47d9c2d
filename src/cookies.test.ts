import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../test/support/properties.ts'
import { parseCookies, setCookie, withoutCookies } from './cookies.ts'

const piece = fc.constantFrom(
  's',
  's=',
  's=a',
  'xs=a',
  's=b',
  'sx=c',
  '; ',
  ';',
  ' ',
  '\t',
  '=',
  '"',
  'a',
  ',',
  's = a',
)
const header = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))

test('for any Cookie header, none of our cookies is left and all others are', () => {
  fc.assert(
    fc.property(header, (line) => {
      const pairs = (text: string) =>
        text
          .split(';')
          .map((pair) => pair.trim())
          .filter((pair) => pair !== '')

      assert.deepEqual(
        pairs(withoutCookies(line, ['s'])),
        pairs(line).filter((pair) => !pair.startsWith('s')),
      )
    }),
    { numRuns: runs(3000) },
  )
})

test('a cookie that comes twice is none: somebody else set one of them', () => {
  const cookies = parseCookies('a=1; b=2; a=3; c=4=5')

  assert.deepEqual(
    [...cookies],
    [
      ['b', '2'],
      ['c', '4=5'],
    ],
  )
})

test('a cookie is for this host and this site alone, and Secure where the address is https', () => {
  assert.equal(
    setCookie({ name: 'a', value: 'b', secure: true, maxAge: 60 }),
    'a=b; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60',
  )
  assert.equal(setCookie({ name: 'a', value: 'b', secure: false }), 'a=b; Path=/; HttpOnly; SameSite=Lax')
})
