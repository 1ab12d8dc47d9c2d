import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kysely } from 'kysely'
import { migrate } from './migrate.ts'
import { postgresDialect } from './postgres/driver.ts'
import type { Schema } from './schema.ts'
import { columnTypes } from './sqlite/index.ts'

test('a database without a schema is known as one in every language that its server speaks', async () => {
  const german = Object.assign(new Error('Relation »kysely_migration« existiert nicht'), { code: '42P01' })
  const empty = new Kysely<Schema>({ dialect: postgresDialect(() => Promise.reject(german)) })

  await assert.rejects(migrate(empty, columnTypes, 'existing'), /its schema is older than this program/)
})
