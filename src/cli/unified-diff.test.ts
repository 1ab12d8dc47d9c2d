import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unifiedDiff } from './unified-diff.ts'

const names = { before: 'a', after: 'b' }

test('equal texts have no difference', () => {
  assert.deepEqual(unifiedDiff('x\n', 'x\n', names), [])
})

test('a changed line is shown between three lines before and after it', () => {
  const before = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((line) => `${line}\n`).join('')

  assert.deepEqual(unifiedDiff(before, before.replace('5', 'five'), names), [
    '--- a',
    '+++ b',
    '@@ -2,7 +2,7 @@',
    ' 2',
    ' 3',
    ' 4',
    '-5',
    '+five',
    ' 6',
    ' 7',
    ' 8',
  ])
})

test('a new file is all additions', () => {
  assert.deepEqual(unifiedDiff('', 'x\ny\n', names), ['--- a', '+++ b', '@@ -0,0 +1,2 @@', '+x', '+y'])
})

test('a missing newline at the end is a difference', () => {
  assert.deepEqual(unifiedDiff('x', 'x\n', names).slice(2), ['@@ -1 +1 @@', '-x', '\\ No newline at end of file', '+x'])
})
