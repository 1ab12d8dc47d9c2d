import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hostile } from '../test/support/hostile-text.ts'
import { fc, runs } from '../test/support/properties.ts'
import { printableLines } from './cli/surroundings.ts'
import { printable, printableJson } from './printable.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys
const obeyed = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/

describe('text for a terminal', () => {
  for (const [what, text] of [
    ['an escape sequence', '\u001b]0;pwned\u0007'],
    ['a C1 sequence', '\u009b31m'],
    ['a direction of writing', 'a\u202eb\u2066'],
    ['what nobody sees', 'a\u200bb\ufeff'],
    ['line ends', 'a\nb\rc\u2028d'],
  ] as const) {
    it(`has nothing of ${what}, and keeps the rest`, () => {
      assert.doesNotMatch(printable(text), obeyed)
      assert.equal(printable('Élodie 漢字 ✓ 😀'), 'Élodie 漢字 ✓ 😀')
    })
  }

  it('of several lines keeps line ends and tabs alone', () => {
    assert.equal(printableLines('a\n\tb\u001b[2J\r'), 'a\n\tb\ufffd[2J\ufffd')
  })

  it('as JSON is one line that reads as the same value', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = printableJson({ [text]: text })

        assert.doesNotMatch(json, obeyed)
        assert.deepEqual(JSON.parse(json), { [text]: text })
      }),
      { numRuns: runs(500) },
    )
  })
})
