/** Backup, restore and check of a configured store. */
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError, asAppError, causeChain } from '../errors.ts'
import { contentsOf, type TableState } from '../store/health.ts'
import { openStore, type StoreTables } from '../store/index.ts'
import { inspectStore, knownMigrations } from '../store/inspect.ts'
import { keptInstance } from '../store/instance.ts'
import { isHeld } from '../store/sqlite/alone.ts'
import { backUp, type FileState, type Restored, restore, stateOf } from '../store/sqlite/copies.ts'
import { fileBehind } from '../store/sqlite/file-behind.ts'
import { type PostgresAddress, parseStoreAddress } from '../store-address.ts'
import { addressOf, existingKey, keyProblem, refuseOtherKey, type StateOptions, shownStore } from './state.ts'

/** Copies the store while servers run. Throws `backup-elsewhere` for PostgreSQL, and what `backUp` throws. */
export async function backUpStore(
  options: StateOptions,
  { file, force }: { file: string; force: boolean },
): Promise<FileState> {
  const address = parseStoreAddress(addressOf(options))
  if (address.kind === 'postgres') {
    throw new AppError('backup-elsewhere', {
      run: postgresCommand('pg_dump --format=custom', address, `--file=${word(file)}`),
    })
  }
  return backUp(resolve(options.baseDir, address.path), file, { force })
}

/**
 * Puts a backup in the place of the store, when the key that is configured, or lies beside the store, is that of the backup. Throws
 * `backup-elsewhere` for PostgreSQL, `encryption-key-wrong`, and what `restore` throws.
 */
export async function restoreStore(
  options: StateOptions,
  { file, force, keepSessions }: { file: string; force: boolean; keepSessions: boolean },
): Promise<Restored> {
  const address = parseStoreAddress(addressOf(options))
  if (address.kind === 'postgres') {
    const command = 'pg_restore --clean --if-exists --single-transaction --no-owner'
    throw new AppError('backup-elsewhere', { run: postgresCommand(command, address, word(file)) })
  }
  const known = knownMigrations()
  return restore({
    from: file,
    to: resolve(options.baseDir, address.path),
    force,
    keepSessions,
    check: async (db, { applied }) => {
      const newer = applied.filter((name) => !known.includes(name))
      if (newer.length > 0) {
        const problem = `a newer version of Gatehouse made it (${newer.join(', ')}): restore it with that version`
        throw new AppError('backup-unusable', { file, problem })
      }
      await refuseOtherKey(db, options)
    },
  })
}

/** A store as it is. */
export interface StoreReport {
  /** Without user and password. */
  store: string
  /** Whether a server has the file; undefined for a database, which many may have. */
  inUse: boolean | undefined
  schema: { newest: string | undefined; missing: readonly string[]; unknown: readonly string[] }
  keyFingerprint: string | undefined
  /** Of the file and of its log; undefined for a database. */
  bytes: number | undefined
  logBytes: number | undefined
  tables: readonly TableState[]
  /** What is wrong, each as a sentence; empty when nothing is. */
  problems: string[]
}

/** A log that is larger has not been put into the file for long: somebody reads the store without an end, or the disk is full. */
const largeLog = 256 * 1024 * 1024

/** Looks at the store and changes nothing; beside a running server too. Throws `store-missing`, `store-unavailable`. */
export async function checkStore(options: StateOptions): Promise<StoreReport> {
  const { baseDir } = options
  const written = addressOf(options)
  const address = parseStoreAddress(written)
  const store = shownStore(options)
  const schema = await inspectStore(written, baseDir)
  if (schema === undefined || schema.applied.length === 0) throw new AppError('store-missing', { store })
  const { applied, known } = schema
  const missing = known.filter((name) => !applied.includes(name))
  const unknown = applied.filter((name) => !known.includes(name))
  const file = address.kind === 'sqlite' ? resolve(baseDir, address.path) : undefined
  const bytes = sizeOf(file)
  const logBytes = file === undefined ? undefined : (sizeOf(`${fileBehind(file)}-wal`) ?? 0)
  const problems = [
    ...(unknown.length > 0
      ? [`a newer version of Gatehouse has changed it (${unknown.join(', ')}): use that one`]
      : []),
    ...(missing.length > 0 ? [`its schema is older than this version: gatehouse serve brings it up to date`] : []),
    ...(file === undefined ? [] : (await stateOf(file)).damage),
    ...((logBytes ?? 0) > largeLog
      ? [
          `its log has ${logBytes} bytes and is not put into the file: look for a program that keeps it open, and at the disk`,
        ]
      : []),
  ]
  const isOurs = missing.length + unknown.length === 0
  const inside = isOurs ? await lookInside(options, written) : { keyFingerprint: undefined, tables: [], problems: [] }
  return {
    store,
    inUse: file === undefined ? undefined : isHeld(file),
    schema: { newest: applied.at(-1), missing, unknown },
    bytes,
    logBytes,
    ...inside,
    problems: [...problems, ...inside.problems],
  }
}

async function lookInside(
  options: StateOptions,
  address: string,
): Promise<Pick<StoreReport, 'keyFingerprint' | 'tables' | 'problems'>> {
  const opened = await openStore(address, options.baseDir, { open: 'existing' })
  try {
    const db = opened.engine.kysely
    const problem = await keyProblemOf(db, options)
    return {
      keyFingerprint: (await keptInstance(db))?.keyFingerprint,
      tables: await contentsOf(db),
      problems: problem === undefined ? [] : [`its key does not fit: ${problem}`],
    }
  } finally {
    await opened.close()
  }
}

/** A key that cannot be read is a finding here. */
async function keyProblemOf(db: StoreTables, options: StateOptions): Promise<string | undefined> {
  try {
    return await keyProblem(db, existingKey(options))
  } catch (error) {
    const { message, cause } = asAppError(error)
    return `${message}${cause === undefined ? '' : ` ${causeChain(cause)}`}`
  }
}

function sizeOf(file: string | undefined): number | undefined {
  return file !== undefined && existsSync(file) ? statSync(file).size : undefined
}

/** What somebody types for the database of an address. libpq asks for the password, or finds it in its own places. */
function postgresCommand(
  program: string,
  { host, port, database, user, sslMode, sslRootCert }: PostgresAddress,
  file: string,
): string {
  const variables = [
    ...(sslMode === 'prefer' ? [] : [`PGSSLMODE=${sslMode}`]),
    ...(sslRootCert === undefined ? [] : [`PGSSLROOTCERT=${word(sslRootCert)}`]),
  ]
  const options = [
    `--host=${word(host)}`,
    `--port=${port}`,
    ...(user === undefined ? [] : [`--username=${word(user)}`]),
    `--dbname=${word(database)}`,
  ]
  return [...variables, program, ...options, file].join(' ')
}

/** A word of a shell. */
function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
