import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { openStore } from '../../src/store/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-released-'))
after(() => rmSync(folder, { recursive: true }))

/** One file for each released schema: what that version left on disk. */
const released = globSync('released/*.sql', { cwd: import.meta.dirname }).map((file) => ({
  name: basename(file, '.sql'),
  sql: readFileSync(join(import.meta.dirname, file), 'utf8'),
}))

type Rows = Record<string, unknown>[]

function read(file: string): { tables: string[]; rows: Map<string, Rows> } {
  const database = new DatabaseSync(file, { readOnly: true })
  const tables = database.prepare(`SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'`).all()
  const rows = tables
    .filter(({ sql }) => String(sql).startsWith('CREATE TABLE'))
    .map(({ name }): [string, Rows] => [String(name), database.prepare(`SELECT * FROM "${name}"`).all() as Rows])
  database.close()
  return { tables: tables.map(({ sql }) => String(sql)), rows: new Map(rows) }
}

describe('a store of a released version', () => {
  for (const { name, sql } of released) {
    it(`${name} opens with everything that was in it`, async () => {
      const file = join(folder, `${name}.db`)
      const database = new DatabaseSync(file)
      database.exec(sql)
      database.close()
      const before = read(file)

      const store = await openStore(`sqlite:${file}`, folder)
      const alice = await store.users.findByIdentity('https://sso.example.test', '1')
      const teams = await store.users.teams('u_alice')
      await store.close()

      assert.equal(alice?.id, 'u_alice')
      assert.deepEqual(teams, ['admins', 'analysts', 'readers'])
      const now = read(file)
      for (const [table, rows] of before.rows) {
        if (table.startsWith('kysely_')) continue
        assert.ok(rows.length > 0, `the fixture has no row in ${table}`)
        // A newer version may have more columns.
        const kept = now.rows
          .get(table)
          ?.map((row, index) =>
            Object.fromEntries(Object.keys(rows[index] ?? {}).map((column) => [column, row[column]])),
          )
        assert.deepEqual(
          kept,
          rows.map((row) => ({ ...row })),
          table,
        )
      }
    })

    it(`${name} ends with the schema of a store that is made now`, async () => {
      const old = join(folder, `${name}-old.db`)
      const database = new DatabaseSync(old)
      database.exec(sql)
      database.close()
      const fresh = join(folder, `${name}-fresh.db`)

      for (const file of [old, fresh]) await (await openStore(`sqlite:${file}`, folder)).close()

      assert.deepEqual(read(old).tables.sort(), read(fresh).tables.sort())
    })
  }
})
