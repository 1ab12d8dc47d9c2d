/** Looks at a store as it is, without creating or migrating anything. */
import { resolve } from 'node:path'
import { parseStoreAddress } from '../store-address.ts'
import { createMigrations } from './migrations.ts'
import { columnTypes } from './sqlite/index.ts'
import { migrationsInFile } from './sqlite/inspect.ts'

/** Migrations by name, oldest first: those applied to the store, and those that this program knows. */
export interface StoreSchema {
  applied: readonly string[]
  known: readonly string[]
}

/** The schema of the store at an address; undefined when there is none. Throws AppError `store-unavailable` when it cannot be read. */
export async function inspectStore(address: string, baseDir: string): Promise<StoreSchema | undefined> {
  const parsed = parseStoreAddress(address)
  const applied =
    parsed.kind === 'sqlite'
      ? migrationsInFile(resolve(baseDir, parsed.path))
      : await (await import('./postgres/inspect.ts')).migrationsInDatabase(parsed, baseDir)
  return applied && { applied, known: knownMigrations() }
}

/** Names of the migrations that this program knows, oldest first; the same for every engine. */
export function knownMigrations(): string[] {
  return Object.keys(createMigrations(columnTypes)).toSorted()
}
