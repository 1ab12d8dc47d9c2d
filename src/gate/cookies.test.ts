import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/properties.ts'
import { cookieValue } from './cookies.ts'

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

test('for any Cookie header, the value is that of the one pair of the name, or none', () => {
  fc.assert(
    fc.property(header, (line) => {
      const pairs = line.split(';').map((pair) => pair.replace(/^[ \t]+/, ''))
      const ours = pairs.filter((pair) => pair.startsWith('s='))

      assert.equal(cookieValue(line, 's'), ours.length === 1 ? ours[0]?.slice(2) : undefined)
    }),
    { numRuns: runs(3000) },
  )
})
