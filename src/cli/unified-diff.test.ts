import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
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

test('patch turns the old text into the new one with it', {
  skip: process.env['GATEHOUSE_E2E'] ? false : 'set GATEHOUSE_E2E=1 to ask patch',
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-diff-'))
  const file = join(folder, 'file')
  const lines = fc
    .array(fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n', '\n'), { minLength: 1, maxLength: 30 })
    .map((found) => found.join(''))
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      writeFileSync(file, before)
      const input = unifiedDiff(before, after, names)
        .map((line) => `${line}\n`)
        .join('')
      if (input !== '') assert.equal(spawnSync('patch', ['--quiet', file], { input }).status, 0)
      assert.equal(readFileSync(file, 'utf8'), after)
    }),
  )
  rmSync(folder, { recursive: true })
})
