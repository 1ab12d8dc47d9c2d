import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { AppError } from '../../errors.ts'
import { latestGroups, type PeopleRows, teamsInUse } from '../people-rows.ts'
import { fileBehind } from './file-behind.ts'

/** Names of the migrations applied to a file, oldest first; undefined when there is no such file. Throws `store-unavailable`. */
export function migrationsInFile(file: string): string[] | undefined {
  if (!existsSync(file)) return undefined
  try {
    const database = openAsItIs(file)
    try {
      const rows = database.prepare('SELECT name FROM kysely_migration ORDER BY name').all()
      return rows.map(({ name }) => String(name))
    } finally {
      database.close()
    }
  } catch (cause) {
    throw new AppError('store-unavailable', { store: file }, { cause })
  }
}

/** See `inspectKeyFingerprint`. Throws what SQLite says. */
export function keyFingerprintInFile(file: string): string | undefined {
  if (!existsSync(file)) return undefined
  const database = openAsItIs(file)
  try {
    const made = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'instance'").get()
    const row = made && database.prepare('SELECT key_fingerprint FROM instance').get()
    return row && String(row['key_fingerprint'])
  } finally {
    database.close()
  }
}

/** What a file says about people; see `inspectPeople`. Throws what SQLite says, also for a store of an older version. */
export function peopleInFile(file: string, limit: number): PeopleRows | undefined {
  if (!existsSync(file)) return undefined
  const database = openAsItIs(file)
  try {
    const identities = database.prepare(latestGroups('?')).all(limit)
    return {
      identities: identities.map((row) => ({
        authenticationClass: String(row['authentication_class']),
        receivedGroups: String(row['received_groups']),
      })),
      teams: database
        .prepare(teamsInUse)
        .all()
        .map(({ team }) => String(team)),
    }
  } finally {
    database.close()
  }
}

/**
 * SQLite creates a journal and its index next to the file even for a reader, and a reader may be unable to remove them. Without a journal
 * nobody has the file open and it is complete, so it is read as immutable.
 */
export function openAsItIs(name: string): DatabaseSync {
  const file = fileBehind(name)
  const address = pathToFileURL(file)
  if (!existsSync(`${file}-wal`)) address.searchParams.set('immutable', '1')
  return new DatabaseSync(address, { readOnly: true })
}
