/** Copies of an SQLite store: made while a server writes to it, and put in the place of one that no server has. */
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { AppError } from '../../errors.ts'
import { makeFolder } from '../../make-folder.ts'
import { type Instance, keptInstance } from '../instance.ts'
import type { Schema } from '../schema.ts'
import { placeOnce } from '../sealing.ts'
import { holdAlone } from './alone.ts'
import { sqliteDialect } from './driver.ts'
import { fileBehind } from './file-behind.ts'
import { openAsItIs } from './inspect.ts'

/** What a copy is worth. */
export interface FileState {
  bytes: number
  /** Names of its migrations, oldest first. */
  applied: readonly string[]
  instance: Instance | undefined
  /** What SQLite finds wrong with it; empty when it is whole. */
  damage: readonly string[]
}

/** Lines of damage that say enough. */
const mostDamage = 10

/**
 * Copies a store into a new file (mode 0600) that is there whole or not at all. It is one moment of the store, however much is written
 * meanwhile, and writers do not wait. `force` lets it take the place of an older backup. Throws `backup-exists`, `store-missing`, `store-unavailable`.
 */
export async function backUp(from: string, to: string, { force }: { force: boolean }): Promise<FileState> {
  if (!existsSync(from)) throw new AppError('store-missing', { store: from })
  if (existsSync(to)) {
    if (!force) throw new AppError('backup-exists', { file: to })
    await refuseToReplace(to, from)
  }
  const draft = draftOf(to)
  try {
    copy(from, draft)
    const state = await stateOf(draft)
    if (state.damage.length > 0) throw new Error(state.damage.join('; '))
    if (force) renameSync(draft, to)
    else placeOnce(draft, to)
    flushFolder(to)
    return state
  } catch (cause) {
    if (isTaken(cause)) throw new AppError('backup-exists', { file: to })
    throw new AppError('store-unavailable', { store: from, backup: to }, { cause })
  } finally {
    rmSync(draft, { force: true })
  }
}

/** A path with a slip in it must not cost a store that runs, or its key. An empty file may be there, as `mktemp` makes it. */
async function refuseToReplace(to: string, store: string): Promise<void> {
  const refusal = (problem: string) => new AppError('backup-exists', { file: to, problem })
  const parts = ['', '-wal', '-shm', '-journal', '.lock', '.key'].map((suffix) => fileBehind(store) + suffix)
  if (parts.includes(fileBehind(to)) || isSameFile(to, store)) throw refusal('it is the store itself, or a part of it')
  if (statSync(to).size > 0 && !(await isStore(to))) throw refusal('it is no backup, and is not replaced')
}

function isSameFile(one: string, other: string): boolean {
  const [first, second] = [statSync(one), statSync(other)]
  return first.ino === second.ino && first.dev === second.dev
}

async function isStore(file: string): Promise<boolean> {
  try {
    return await withFile(file, async (_, database) => appliedTo(database).length > 0)
  } catch {
    return false
  }
}

/** What a restored store has instead of what was there. */
export interface Restored extends FileState {
  /** Where the store of before is now. */
  setAside: string | undefined
}

/**
 * Puts a backup in the place of a store. `check` may refuse it. The store of before is set aside, with its log. Throws `backup-unusable`,
 * `store-exists`, `store-in-use`, `store-unavailable`, and what `check` throws; then nothing has changed.
 *
 * @param keepSessions otherwise everything ends that somebody was signed in with: what was ended, or used up, after the backup was made must
 *   not come back with it.
 */
export async function restore({
  from,
  to: named,
  force,
  keepSessions,
  check,
}: {
  from: string
  to: string
  force: boolean
  keepSessions: boolean
  check: (db: Kysely<Schema>, state: FileState) => Promise<void>
}): Promise<Restored> {
  if (!existsSync(from)) throw new AppError('backup-unusable', { file: from, problem: 'there is no such file' })
  const to = fileBehind(named)
  if (fileBehind(from) === to) throw new AppError('backup-unusable', { file: from, problem: 'it is the store itself' })
  makeFolder(dirname(to))
  const alone = holdAlone(to)
  const draft = draftOf(to)
  try {
    if (!force && (existsSync(to) || existsSync(`${to}-wal`))) throw new AppError('store-exists', { store: to })
    const state = await usable(from, draft, check)
    if (!keepSessions) endEverything(draft)
    flush(draft)
    const setAside = replace(to, draft)
    flushFolder(to)
    alone.release()
    return { ...state, setAside }
  } catch (cause) {
    alone.giveUp()
    if (cause instanceof AppError) throw cause
    throw new AppError('store-unavailable', { store: to }, { cause })
  } finally {
    for (const suffix of ['', '-journal']) rmSync(`${draft}${suffix}`, { force: true })
  }
}

async function usable(
  from: string,
  draft: string,
  check: (db: Kysely<Schema>, state: FileState) => Promise<void>,
): Promise<FileState> {
  try {
    const found = await stateOf(from)
    if (found.damage.length > 0) throw new Error(found.damage.join('; '))
    if (found.applied.length === 0) throw new Error('it has no tables of a store')
    copy(from, draft)
    await withFile(draft, (db) => check(db, found))
    return found
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new AppError('backup-unusable', { file: from, problem }, { cause })
  }
}

/** What a file is worth. Throws for what is no SQLite file. */
export async function stateOf(file: string): Promise<FileState> {
  return withFile(file, async (db, database) => ({
    bytes: statSync(file).size,
    applied: appliedTo(database),
    instance: await keptInstance(db),
    damage: damageOf(database),
  }))
}

/** What SQLite finds wrong: pages and indexes that contradict each other, rows whose parents are gone. */
export function damageOf(database: DatabaseSync): string[] {
  const checked = database.prepare(`PRAGMA integrity_check(${mostDamage})`).all()
  const pages = checked.map((row) => String(row['integrity_check'])).filter((line) => line !== 'ok')
  const orphans = database.prepare('PRAGMA foreign_key_check').all()
  const lines = orphans.map(({ table, parent }) => `a row of ${table} names one of ${parent} that is not there`)
  return [...pages, ...lines].slice(0, mostDamage)
}

/** Opens a file that nobody writes to at this moment, or that has a log. */
export async function withFile<Result>(
  file: string,
  work: (db: Kysely<Schema>, database: DatabaseSync) => Promise<Result>,
): Promise<Result> {
  const database = openAsItIs(file)
  try {
    return await work(new Kysely<Schema>({ dialect: sqliteDialect(database) }), database)
  } finally {
    database.close()
  }
}

function appliedTo(database: DatabaseSync): string[] {
  const made = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'kysely_migration'").get()
  if (made === undefined) return []
  return database
    .prepare('SELECT name FROM kysely_migration ORDER BY name')
    .all()
    .map(({ name }) => String(name))
}

/** Reads one state of the source in one transaction: beginning anew whenever somebody writes would never end under load. */
function copy(from: string, draft: string): void {
  writeFileSync(draft, '', { flag: 'wx', mode: 0o600 })
  const database = new DatabaseSync(from)
  try {
    database.exec('PRAGMA busy_timeout = 10000')
    database.prepare('VACUUM INTO ?').run(draft)
  } finally {
    database.close()
  }
  chmodSync(draft, 0o600)
  flush(draft)
}

/**
 * Whatever somebody is signed in with, or gets in with. The other values say what has been used up or taken back, such as the proofs of
 * clients, or that there is a first signing key: they stay.
 */
const endingOfEverything = `
  PRAGMA synchronous = FULL;
  BEGIN;
  DELETE FROM sessions;
  DELETE FROM provider_payloads;
  DELETE FROM single_use WHERE purpose IN ('handoff', 'setup-link', 'sign-out');
  COMMIT`

function endEverything(file: string): void {
  const database = new DatabaseSync(file)
  try {
    database.exec(endingOfEverything)
  } finally {
    database.close()
  }
}

/**
 * Puts a file in the place of a store. That gets a second name first, so that whoever is cut off at any step leaves one or the other in its
 * place, and whole. A log that cannot be put into it, because it is damaged, goes with it: nothing of it may be left for the new one.
 */
function replace(store: string, draft: string): string | undefined {
  const name = `${store}.before-${new Date().toISOString().replaceAll(':', '').replace(/\..*/, '')}-${randomBytes(2).toString('hex')}`
  putLogIn(store)
  const logs = ['-wal', '-shm'].filter((suffix) => existsSync(`${store}${suffix}`))
  for (const suffix of logs) renameSync(`${store}${suffix}`, `${name}${suffix}`)
  const wasThere = existsSync(store)
  if (wasThere) nameToo(store, name)
  renameSync(draft, store)
  return wasThere || logs.length > 0 ? name : undefined
}

function putLogIn(file: string): void {
  if (!existsSync(file) || !existsSync(`${file}-wal`)) return
  try {
    const database = new DatabaseSync(file)
    try {
      database.exec('PRAGMA busy_timeout = 2000; PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      database.close()
    }
  } catch {
    // Damaged: it is set aside as it is.
  }
}

/** Not every file system has links. */
function nameToo(file: string, name: string): void {
  try {
    linkSync(file, name)
  } catch {
    renameSync(file, name)
  }
}

function draftOf(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}`
}

function flush(file: string): void {
  const descriptor = openSync(file, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A name is on the disk when its folder is. Windows cannot open folders, and needs not. */
function flushFolder(file: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(dirname(file), 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}
