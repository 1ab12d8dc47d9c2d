/** `userMappingPattern` is a java.util.regex.Pattern, whose first group becomes the user. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goldenCases, renderData, withText } from '../../../test/support/golden-cases.ts'

const options = goldenCases('trino').find(({ name }) => name === 'trino/options')?.data ?? assert.fail()

function isTaken(pattern: string): boolean {
  const path = ['products', Object.keys(options['products'] as object)[0] ?? '', 'trino', 'userMappingPattern']
  const rendered = renderData(withText(options, { path, isKey: false }, () => pattern)) ?? assert.fail()
  return !rendered.problems.some(({ message }) => message.includes('has no group'))
}

test('a pattern with a group is taken, with a name too', () => {
  for (const pattern of ['(.*)@example\\.com', '(?<user>.*)@example\\.com', '(?i)(.*)@example\\.com'])
    assert.ok(isTaken(pattern), pattern)
})

test('a pattern without a group is refused', () => {
  for (const pattern of ['alice', '\\(alice', '(?:alice)', '(?i)alice', '(?=a)alice', '(?<=a)lice', '(?<!a)lice'])
    assert.ok(!isTaken(pattern), pattern)
})
