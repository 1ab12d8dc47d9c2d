import fc from 'fast-check'
import { type PyValue, pyDict } from '../../src/formats.ts'

/** Texts that have broken a writer somewhere. */
export const nasty = [
  '', ' ', ' a ', '"', "'", '\\', '\\\\', '\\n', '\n', '\r\n', '\t', '\f', '\v', '\0', '#', '!', '=', ':', 'a=b', '${ENV:HOME}', '$(id)', '`id`',
  '%s', '%', '\\u0041', '"""', "'''", '\u0085', '\u2028', '\u2029', '\u202e', '\ufeff', '\ud800', '\udc00x', 'é', '漢字', '😀', '{{ x }}', '<b>&amp;', '\x7f', '__proto__', '\\',
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
