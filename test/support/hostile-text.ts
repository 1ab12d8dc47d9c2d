import { type PyValue, pyDict } from '../../src/formats.ts'
import { fc } from './properties.ts'

/** Texts that have broken a writer somewhere. */
export const nasty = [
  '', ' ', ' a ', '"', "'", '\\', '\\\\', '\\n', '\n', '\r\n', '\t', '\f', '\v', '\0', '#', '!', '=', ':', 'a=b', '${ENV:HOME}', '$(id)', '`id`',
  '%s', '%', '\\u0041', '"""', "'''", '\u0085', '\u2028', '\u2029', '\u202e', '\ufeff', '\ud800', '\udc00x', 'é', '漢字', '😀', '{{ x }}', '<b>&amp;', '\x7f', '__proto__', 'constructor', 'toString', '\\',
  ']]>', '-->', '--', '<!--', '&lt;', '%{x}', '$${', '${x}', '$__env{HOME}', '$__file{/etc/passwd}', '%(x)s', '${env:HOME}', '$', '`', '"""\n`', ';', '|', '- a', 'a: b',
  'yes', 'No', 'on', 'off', 'y', 'null', '~', 'true', '1e3', '0o7', '0777', '1_000', '12:30:45', '2024-01-01', '0x1f', '.inf', '.5', '=', '<<', '---', '...', '%YAML 1.1', '&a', '*a', '!!str a',
  'a\nb\n', 'a\n\nb', ' a\nb', 'a \nb', '\na', '\n`', '\n`\n"""', '-*- coding: utf-7 -*-', 'coding=latin-1', '+ACI-', 'e\u0301', '\u212b', '\ufffe', '\u{1f468}\u200d\u{1f469}', '[1]', '{"a":1}', 'if', 'A=b', '!x',
] // biome-ignore format: a table of texts
export const text = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...nasty)).map((parts) => parts.join('')),
)
export const oneLine = text.filter((value) => value.isWellFormed()).map((value) => value.replace(/[\0\n\r]/g, ''))

export const pyValue: fc.Arbitrary<PyValue> = fc.letrec<{ value: PyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.array(fc.tuple(text, tie('value'))).map(pyDict),
  ),
})).value

const nastyPart = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...nasty) },
  fc.string({ unit: 'binary', maxLength: 5 }),
)

/** Ten kilobytes of it: readers have limits for keys, lines and buffers (1,024, 4,096 and 8,192 characters). */
const longText = nastyPart.map((part) => (part === '' ? '' : part.repeat(Math.ceil(10_000 / part.length))))

/** What the property tests of writers feed to every position. */
export const hostile = fc.oneof(
  { weight: 30, arbitrary: text },
  { weight: 10, arbitrary: nastyPart },
  { weight: 1, arbitrary: longText },
)
