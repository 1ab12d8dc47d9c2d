import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { rows } from '../rows.ts'
import { mutatedParts } from './index.ts'
import { weakened } from './workshop.ts'

test('every mutant changes one text that is there, and names a row', () => {
  const known = new Set(rows.map(({ id }) => id))
  const everything = Object.values(mutatedParts).flatMap(({ mutants }) => mutants)

  const stale = everything.flatMap((mutant) => {
    try {
      weakened(mutant, readFileSync(resolve('src', mutant.file), 'utf8'))
      return known.has(mutant.row) ? [] : [`${mutant.file}: there is no row ${mutant.row}`]
    } catch (error) {
      return [`${mutant.file}: ${mutant.weakens}: ${(error as Error).message}`]
    }
  })

  assert.ok(everything.length >= 60, `only ${everything.length} mutants`)
  assert.deepEqual(stale, [])
})
