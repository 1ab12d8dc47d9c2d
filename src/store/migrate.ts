import { type Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { type ColumnTypes, createMigrations } from './migrations.ts'
import type { Schema } from './schema.ts'

/** Whether a store may be created and migrated, or must exist with the schema that this program knows. */
export type Opening = 'existing' | 'create'

/** Looks at a store with the newest schema, and may refuse it: then nothing has changed. */
export type Claim = (db: Kysely<Schema>) => Promise<void>

/**
 * Brings a database to the newest schema; with `existing`, only checks it. Two programs that start at once wait for each
 * other. Throws an error that says what is wrong; then nothing has changed.
 */
export async function migrate(kysely: Kysely<Schema>, types: ColumnTypes, opening: Opening): Promise<void> {
  const migrations = createMigrations(types)
  const applied = await appliedMigrations(kysely)
  const unknown = applied.filter((name) => !Object.hasOwn(migrations, name))
  if (unknown.length > 0) {
    throw new Error(`it belongs to a newer version of Gatehouse (${unknown.join(', ')}): start that version`)
  }
  if (opening === 'existing') {
    if (applied.length === Object.keys(migrations).length) return
    throw new Error('its schema is older than this program: `gatehouse serve` brings it up to date')
  }
  const { error } = await new Migrator({
    db: kysely,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest()
  if (error) throw error
}

async function appliedMigrations(kysely: Kysely<Schema>): Promise<string[]> {
  try {
    const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(kysely)
    return rows.map(({ name }) => name)
  } catch (error) {
    if (saysThereIsNoTable(error)) return []
    throw error
  }
}

/** PostgreSQL has a code for it (undefined_table), and its words are of the language that its administrator chose; SQLite has the words. */
export function saysThereIsNoTable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === '42P01') || error.message.includes('no such table')
}
