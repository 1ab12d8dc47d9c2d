import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { rows } from './rows.ts'
import { attackTable, attackTests, testsIn } from './table.ts'

const tableFile = fileURLToPath(new URL('../../docs/security/attack-table.md', import.meta.url))
const tests = attackTests()
const covered = new Set(tests.flatMap(({ rowIds }) => rowIds))

describe('the table of attacks', () => {
  it('knows every row that a test names', () => {
    const known = new Set(rows.map(({ id }) => id))

    const unknown = tests.filter(({ rowIds }) => rowIds.some((id) => !known.has(id)))

    assert.deepEqual(unknown, [])
  })

  it('has a test for every row that the features of today have', () => {
    const without = rows.filter(({ id, until }) => until === undefined && !covered.has(id))

    assert.deepEqual(
      without.map(({ id }) => id),
      [],
    )
  })

  it('is that of the tests: `npm run generate` writes it', () => {
    assert.equal(existsSync(tableFile) && readFileSync(tableFile, 'utf8'), attackTable())
  })

  it('reads titles of calls only, with what templates fill in as an ellipsis', () => {
    const source = [
      "test('a thing is refused [one-row] [other]', async () => {})",
      'for (const way of ways) it(`${way}: ${way === "{" ? `}` : 1} [one-row]`, () => {})',
      '  it(`${JSON.stringify({ a: 1 })} holds [one-row]`, () => {})',
      "// test('not this [one-row]', () => {})",
      "it.skip('nor this [one-row]', () => {})",
      "it('nor [one-row] this', () => {})",
    ].join('\n')

    assert.deepEqual(testsIn('x.test.ts', source), [
      { file: 'x.test.ts', title: 'a thing is refused', rowIds: ['one-row', 'other'] },
      { file: 'x.test.ts', title: '… holds', rowIds: ['one-row'] },
    ])
  })
})
