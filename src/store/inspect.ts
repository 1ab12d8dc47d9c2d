/** Looks at a store as it is: nothing is made, nothing is migrated. For those who only want to know. */
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { AppError } from '../errors.ts'
import { sqliteFile } from './index.ts'
import { createMigrations } from './migrations.ts'
import { columnTypes } from './sqlite/index.ts'

/** Migrations by name, oldest first: those that the store has had, and those that this program knows. */
export interface StoreSchema {
  applied: readonly string[]
  known: readonly string[]
}

/**
 * The schema of the store at `sqlite:PATH`; undefined when there is none. Throws AppError `store-unavailable` when it is there and cannot
 * be read.
 */
export function inspectStore(address: string, baseDir: string): StoreSchema | undefined {
  const file = sqliteFile(address, baseDir)
  if (!existsSync(file)) return undefined
  try {
    const database = openAsItIs(file)
    try {
      const rows = database.prepare('SELECT name FROM kysely_migration ORDER BY name').all()
      return {
        applied: rows.map(({ name }) => String(name)),
        known: Object.keys(createMigrations(columnTypes)).toSorted(),
      }
    } finally {
      database.close()
    }
  } catch (cause) {
    throw new AppError('store-unavailable', { store: file }, { cause })
  }
}

/**
 * SQLite puts a journal and its index beside the file even for a reader, and a reader may not take them away again. Without a journal
 * nobody has the file open and it is complete, so it is read as one that does not change.
 */
function openAsItIs(file: string): DatabaseSync {
  const address = pathToFileURL(file)
  if (!existsSync(`${file}-wal`)) address.searchParams.set('immutable', '1')
  return new DatabaseSync(address, { readOnly: true })
}
