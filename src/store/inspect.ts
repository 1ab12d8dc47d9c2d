/** Looks at a store as it is, without creating or migrating anything. */
import { resolve } from 'node:path'
import { parseStoreAddress } from '../store-address.ts'
import { createMigrations } from './migrations.ts'
import { columnTypes } from './sqlite/index.ts'
import { keyFingerprintInFile, migrationsInFile, peopleInFile } from './sqlite/inspect.ts'

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

/** The fingerprint of the key with which a store was made; undefined when there is none, or a version made it that kept none. */
export async function inspectKeyFingerprint(address: string, baseDir: string): Promise<string | undefined> {
  const parsed = parseStoreAddress(address)
  return parsed.kind === 'sqlite'
    ? keyFingerprintInFile(resolve(baseDir, parsed.path))
    : await (await import('./postgres/inspect.ts')).keyFingerprintInDatabase(parsed, baseDir)
}

/** Groups of the latest sign-ins, and the teams that somebody is in. */
export interface StoredPeople {
  groups: { authenticationClass: string; groups: string[] }[]
  teamsWithMembers: readonly string[]
}

/** People looked at: a slip in the configuration shows in any of them. */
const latest = 1_000

/** What the store says about people; undefined when there is none. Rejects when it cannot be read, or is of a version without that. */
export async function inspectPeople(address: string, baseDir: string): Promise<StoredPeople | undefined> {
  const parsed = parseStoreAddress(address)
  const rows =
    parsed.kind === 'sqlite'
      ? peopleInFile(resolve(baseDir, parsed.path), latest)
      : await (await import('./postgres/inspect.ts')).peopleInDatabase(parsed, baseDir, latest)
  if (!rows) return undefined
  const groups = rows.identities.map(({ authenticationClass, receivedGroups }) => ({
    authenticationClass,
    groups: JSON.parse(receivedGroups) as string[],
  }))
  return { groups, teamsWithMembers: rows.teams }
}
