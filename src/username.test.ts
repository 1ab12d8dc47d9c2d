import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hostile } from '../test/support/hostile-text.ts'
import { fc, runs } from '../test/support/properties.ts'
import { readEmail, readUserEntry, readUsername } from './username.ts'

describe('the name of a person', () => {
  for (const [written, read] of [
    ['alice', 'alice'],
    ['Alice', 'alice'],
    ['ＡＬＩＣＥ', 'alice'],
    ['e\u0301milie', 'émilie'],
    ['\u212aarl', 'karl'],
    ["O'Brien@Corp.Test", "o'brien@corp.test"],
    ['auth0|5f7c8ec7c33c6c004bbafe82', 'auth0|5f7c8ec7c33c6c004bbafe82'],
    ['guest_example.com#EXT#@tenant.onmicrosoft.com', 'guest_example.com#ext#@tenant.onmicrosoft.com'],
    ['Straße', 'straße'],
    ['Мария', 'мария'],
    ['Γιώργος', 'γιώργος'],
    ['иван@example.com', 'иван@example.com'],
    ['山田たろう', '山田たろう'],
    ['김철수', '김철수'],
    ['שלום', 'שלום'],
    ['محمد٢', 'محمد٢'],
    ['işık', 'işık'],
    ['x'.repeat(255), 'x'.repeat(255)],
    ['\u0436'.repeat(85), '\u0436'.repeat(85)],
  ] as const) {
    it(`reads ${JSON.stringify(written.slice(0, 50))} in its one spelling`, () => {
      assert.deepEqual(readUsername(written), { username: read })
    })
  }

  for (const [what, written] of [
    ['nothing', ''],
    ['NUL', 'ali\0ce'],
    ['a newline', 'alice\n'],
    ['an escape sequence', '\u001b]0;pwned\u0007'],
    ['a C1 control', 'ali\u009bce'],
    ['a right-to-left override', 'alice\u202eecila'],
    ['an isolate', '\u2066alice'],
    ['a zero-width space', 'ali\u200bce'],
    ['a zero-width joiner', 'ali\u200dce'],
    ['a soft hyphen', 'ali\u00adce'],
    ['a byte order mark', '\ufeffalice'],
    ['a tag character', 'alice\u{e0041}'],
    ['a variation selector', 'alice\ufe0f'],
    ['a Hangul filler', 'alice\u3164'],
    ['a blank in front', ' alice'],
    ['a blank at the end', 'alice '],
    ['a blank inside', 'al ice'],
    ['a wide blank', 'al\u3000ice'],
    ['a no-break space', 'al\u00a0ice'],
    ['a Cyrillic letter among Latin ones', '\u0430lice'],
    ['a Greek letter among Latin ones', 'al\u03b9ce'],
    ['a Cherokee name', '\u13aa\u13e2'],
    ['Cyrillic letters that all look Latin', '\u0441\u0435\u043e'],
    ['Cyrillic letters that all look Latin, before a domain', '\u0441\u0435\u043e@corp.test'],
    ['a Latin letter for phonetics', '\u0251lice'],
    ['a click that looks like a stroke', 'a\u01c0ice'],
    ['a dot above an i', 'ali\u0307ce'],
    ['a capital I with a dot', 'AL\u0130CE'],
    ['the same mark twice', 'alice\u0301\u0301'],
    ['a mark in front', '\u0301alice'],
    ['a ligature', 'o\ufb03ce'],
    ['a mathematical letter', '\u{1d41a}lice'],
    ['a circled letter', '\u24d0lice'],
    ['a long s', 'alice\u017f'],
    ['an emoji', 'alice\u{1f600}'],
    ['a lone surrogate', 'alice\ud800'],
    ['digits of two scripts', 'محمد1٢'],
    ['a word of two directions', 'אa'],
    ['digits before letters that go to the left', '1שלום'],
    ['only points', '..'],
    ['a slash', 'corp/alice'],
    ['a backslash', 'CORP\\alice'],
    ['a comma', 'alice,bob'],
    ['a percent sign', 'alice%00'],
    ['the prefix of programs', 'client:app'],
    ['the prefix of programs in capitals', 'CLIENT:app'],
    ['the prefix of programs in wide letters', '\uff43lient:app'],
    ['the prefix of programs with a wide colon', 'client\uff1aapp'],
    ['the prefix of programs with a letter like a colon', 'client\u02d0app'],
    ['the prefix of programs with a colon of another alphabet', 'client\ua789app'],
    ['the prefix of teams', 'team:admins'],
    ['another prefix', 'system:masters'],
    ['256 bytes', 'x'.repeat(256)],
    ['more than a header carries', '\u0436'.repeat(86)],
    ['five thousand characters', 'x'.repeat(5000)],
  ] as const) {
    it(`is not ${what}`, () => {
      assert.equal(readUsername(written).username, undefined, JSON.stringify(written.slice(0, 50)))
    })
  }

  it('stays what it is when it is read again, whatever was written', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'grapheme', maxLength: 12 })), (text) => {
        const { username } = readUsername(text)
        if (username !== undefined) assert.deepEqual(readUsername(username), { username })
      }),
      { numRuns: runs(2000) },
    )
  })
})

describe('an e-mail address', () => {
  for (const [written, read] of [
    ['Alice@Corp.Test', { address: 'Alice@corp.test', domain: 'corp.test' }],
    [
      'alice+tag@xn--bcher-kva.example',
      { address: 'alice+tag@xn--bcher-kva.example', domain: 'xn--bcher-kva.example' },
    ],
    ['alice@localhost', { address: 'alice@localhost', domain: 'localhost' }],
    ['alice', undefined],
    ['@corp.test', undefined],
    ['alice@', undefined],
    ['a@evil.test@corp.test', undefined],
    ['"a@evil.test"@corp.test', undefined],
    ['"alice"@corp.test', undefined],
    ['alice(comment)@corp.test', undefined],
    ['alice@corp.test(comment)', undefined],
    ['alice@corp.test\0.evil.test', undefined],
    ['alice@corp.test\n', undefined],
    ['alice@corp.test ', undefined],
    ['alice @corp.test', undefined],
    ['<alice@corp.test>', undefined],
    ['alice@[127.0.0.1]', undefined],
    ['alice@corp..test', undefined],
    ['alice@.corp.test', undefined],
    ['alice@corp.test.', undefined],
    ['.alice@corp.test', undefined],
    ['alice@c\u043erp.test', undefined],
    ['alice@corp\uff0etest', undefined],
    ['alice,bob@corp.test', undefined],
    [`alice@${'x'.repeat(300)}.test`, undefined],
  ] as const) {
    it(`${read ? 'is read from' : 'is not in'} ${JSON.stringify(written.slice(0, 40))} [recycled-identifier]`, () => {
      assert.deepEqual(readEmail(written), read)
    })
  }
})

describe('an entry of a rule', () => {
  for (const [written, entry] of [
    ['user:Alice', 'user:alice'],
    ['user:corp/Alice', 'user:corp/alice'],
    ['user:alice@corp', 'user:alice@corp'],
    ['user:local/alice', 'user:local/alice'],
    ['user:corp/alice/x', undefined],
    ['user:client:app', undefined],
    ['user: alice', undefined],
    ['user:corp/', undefined],
  ] as const) {
    it(`${JSON.stringify(written)} ${entry === undefined ? 'names nobody' : `is ${entry}`}`, () => {
      assert.equal(readUserEntry(written).entry, entry)
    })
  }
})
