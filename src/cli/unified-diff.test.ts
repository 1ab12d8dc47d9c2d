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

test('a file of 20,000 lines is compared in a moment, with little memory', () => {
  const before = numbered(20_000, 'line')
  const after = before.replace('line 7\n', 'line seven\n').replace('line 19000\n', '')
  const memory = process.memoryUsage().rss

  const lines = unifiedDiff(before, after, names)

  assert.deepEqual(
    lines.filter((line) => /^(@@|[-+](?![-+]))/.test(line)),
    ['@@ -4,7 +4,7 @@', '-line 7', '+line seven', '@@ -18997,7 +18997,6 @@', '-line 19000'],
  )
  assert.ok(process.memoryUsage().rss - memory < 200_000_000)
})

test('files that have nothing in common are said to be so, not compared for minutes', () => {
  assert.deepEqual(unifiedDiff(numbered(20_000, 'old'), numbered(20_000, 'new'), names), [
    '--- a',
    '+++ b',
    'More than 2000 lines differ: compare the two files with another tool.',
  ])
})

test('a long new file is shown in full', () => {
  assert.equal(unifiedDiff('', numbered(20_000, 'new'), names).length, 20_003)
})

function numbered(count: number, word: string): string {
  return Array.from({ length: count }, (_, index) => `${word} ${index + 1}\n`).join('')
}
