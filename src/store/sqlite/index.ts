import { accessSync, chmodSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { type CompiledQuery, Kysely } from 'kysely'
import { AppError } from '../../errors.ts'
import { makeFolder } from '../../make-folder.ts'
import type { Turns } from '../../turns.ts'
import { ConflictError, type Engine, type Part, StaleError } from '../engine.ts'
import { type Claim, migrate, type Opening } from '../migrate.ts'
import type { ColumnTypes } from '../migrations.ts'
import type { Schema } from '../schema.ts'
import { type Alone, holdAlone } from './alone.ts'
import { sqliteDialect } from './driver.ts'
import { fileBehind } from './file-behind.ts'
import { openAsItIs } from './inspect.ts'
import { createRevocationLog } from './revocation-log.ts'
import type { FromWriter, Statement, StatementText, ToWriter, Unit, UnitResult } from './writer-protocol.ts'

/** Never changed after its release: the schema of a file must not depend on the version that created it. */
export const columnTypes: ColumnTypes = {
  text: 'text',
  identity: 'integer',
  numbered: (column) => column.primaryKey().autoIncrement(),
  inCommitOrder: (table) => table,
}

/**
 * Opens (or creates, mode 0600) the SQLite file and brings it to the newest schema. With `existing` it is only read: no file is created,
 * no schema changed, and a write is refused. `alone` keeps other servers away. Throws AppError `store-missing`, `store-in-use`,
 * `store-incomplete`, or `store-unavailable` with the file and the reason, and whatever `claim` throws; then nothing has changed.
 * Reads run here on the event loop: prepared look-ups of about ten microseconds. Writes go to a thread; see writer-thread.ts.
 */
export async function openSqlite(
  file: string,
  { turns, open, alone = false, claim }: { turns: Turns; open: Opening; alone?: boolean; claim?: Claim | undefined },
): Promise<Engine> {
  const { reader, lock } = await openReader(file, { open, alone, claim })
  const writer = open === 'existing' ? noWriter(file) : await startWriter(file, turns)
  const statements = new Map<string, StatementSync>()
  const kysely = new Kysely<Schema>({ dialect: sqliteDialect(reader) })

  return {
    kysely,
    read: <Row>({ sql, parameters }: CompiledQuery<Row>) => {
      let statement = statements.get(sql)
      if (!statement) {
        statement = reader.prepare(sql)
        if (statements.size < 500) statements.set(sql, statement)
      }
      return statement.all(...(parameters as SQLInputValue[])) as Row[]
    },
    write: (parts) => writer.write(parts),
    runsUnitsInParallel: false,
    revocations: createRevocationLog(kysely),
    settle: async () => reader.exec('PRAGMA wal_checkpoint(TRUNCATE)'),
    reach: async () => {
      // Of nothing, by the only writer: it takes the lock of the file and gives it back.
      await writer.write([])
    },
    close: async () => {
      await writer.close()
      reader.close()
      lock?.release()
    },
  }
}

interface Opened {
  reader: DatabaseSync
  lock: Alone | undefined
}

async function openReader(
  file: string,
  { open, alone, claim }: { open: Opening; alone: boolean; claim: Claim | undefined },
): Promise<Opened> {
  let reader: DatabaseSync | undefined
  let lock: Alone | undefined
  try {
    if (existsSync(file) && statSync(file).isDirectory()) throw new Error('it is a folder')
    if (open === 'existing' && !existsSync(file)) throw new AppError('store-missing', { store: file })
    refuseShell(file)
    if (open === 'create') makeFolder(dirname(file))
    if (alone) lock = holdAlone(file)
    reader = new DatabaseSync(file)
    reader.exec('PRAGMA busy_timeout = 5000')
    if (open === 'create') {
      reader.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;')
      chmodSync(file, 0o600)
    }
    const kysely = new Kysely<Schema>({ dialect: sqliteDialect(reader) })
    if (open === 'existing') await migrate(kysely, columnTypes, open)
    else {
      await inOneTransaction(reader, async () => {
        await migrate(kysely, columnTypes, open)
        await claim?.(kysely)
      })
      // Only now: what has been made of a new store is in the file itself, so that no copy of it is without.
      await keepLog(reader)
    }
    reader.exec('PRAGMA query_only = ON')
    return { reader, lock }
  } catch (cause) {
    reader?.close()
    lock?.giveUp()
    if (cause instanceof AppError) throw cause
    const problem = open === 'create' ? folderProblem(dirname(file)) : {}
    throw new AppError('store-unavailable', { store: file, ...problem }, { cause })
  }
}

/** What SQLite does not say: the store lies beside the configuration by default, in a folder that is often read-only. */
function folderProblem(folder: string): { problem?: string } {
  try {
    accessSync(folder, constants.W_OK)
    return {}
  } catch {
    const elsewhere = 'name a place that can, such as store: sqlite:/var/lib/gatehouse/gatehouse.db'
    return { problem: `${folder} cannot be written to by this account: ${elsewhere}` }
  }
}

/** Where its header says that the file has a log (file format, section 1.3: read version). */
const readVersion = 19
const withLog = 2

/**
 * A file with a log but no table is the copy of a running store whose tables were in the log: what would be made of it would have other keys
 * and no people. Whatever is made here has its tables before its log. Throws `store-incomplete`.
 */
function refuseShell(name: string): void {
  const file = fileBehind(name)
  if (!existsSync(file) || existsSync(`${file}-wal`) || readByte(file, readVersion) !== withLog) return
  const database = openAsItIs(file)
  try {
    const found = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()
    if (found?.['tables'] === 0) throw new AppError('store-incomplete', { store: name, missing: `${file}-wal` })
  } finally {
    database.close()
  }
}

function readByte(file: string, position: number): number | undefined {
  const descriptor = openSync(file, 'r')
  try {
    const byte = Buffer.alloc(1)
    return readSync(descriptor, byte, 0, 1, position) === 1 ? byte[0] : undefined
  } finally {
    closeSync(descriptor)
  }
}

/** Writes go to a log from now on, so that readers never wait for them. Somebody else may be looking at the file at this moment. */
async function keepLog(database: DatabaseSync): Promise<void> {
  for (let waited = 0; ; waited += lookAgainAfter) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (!isBusy(error) || waited > longestWait) throw error
      await sleep(lookAgainAfter)
    }
  }
}

/**
 * Does everything that the work writes, or nothing, while nobody else writes: of two programs that make or change the same file one waits,
 * and one that is killed in the middle leaves what was there before.
 */
async function inOneTransaction(database: DatabaseSync, work: () => Promise<void>): Promise<void> {
  for (let waited = 0; !begins(database); waited += lookAgainAfter) {
    if (waited > longestWait) throw new Error('somebody else is changing it')
    await sleep(lookAgainAfter)
  }
  try {
    await work()
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

const lookAgainAfter = 20
const longestWait = 10_000
const busy = 5

/** False while somebody else writes. Does not wait: who writes may be on this thread. */
function begins(database: DatabaseSync): boolean {
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE')
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw error
  } finally {
    database.exec('PRAGMA busy_timeout = 5000')
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === busy
}

function noWriter(file: string): Writer {
  return {
    write: async () => {
      throw new Error(`${file} was opened for reading`)
    },
    close: async () => {},
  }
}

interface Writer {
  write(parts: readonly Part[]): Promise<unknown[][]>
  close(): Promise<void>
}

type Waiting = { resolve(rows: unknown[][]): void; reject(error: Error): void }

async function startWriter(file: string, turns: Turns): Promise<Writer> {
  // In a checkout the thread is TypeScript, in the published package JavaScript.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./writer-thread.${extension}`, import.meta.url), {
    workerData: file,
    // It holds only statements and batches; without a limit its young generation takes all the memory it finds.
    resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 128 },
  })
  const waiting = new Map<number, Waiting>()
  const texts = createTexts()
  let pending: Unit[] = []
  let lastId = 0
  let failure: Error | undefined
  let onClosed = () => {}

  const fail = (cause: unknown) => {
    failure = new AppError('store-unavailable', { store: file }, { cause })
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
    onClosed()
  }
  const settle = (result: UnitResult) => {
    const caller = waiting.get(result.id)
    waiting.delete(result.id)
    if (waiting.size === 0) worker.unref()
    if ('stale' in result) caller?.reject(new StaleError(result.stale))
    else if (!('error' in result)) caller?.resolve(result.rows ?? [])
    else if (result.conflict) caller?.reject(new ConflictError(result.error))
    else caller?.reject(new AppError('store-unavailable', { store: file }, { cause: new Error(result.error) }))
  }
  const send = (message: ToWriter) => worker.postMessage(message)
  // One message for all writes of this turn of the event loop, and of all turns until the current commit is done.
  let underWay = false
  const flush = () => {
    if (underWay || pending.length === 0) return
    underWay = true
    const units = pending
    pending = []
    send({ texts: texts.unsent(), units })
  }
  const onCommitted = (results: readonly UnitResult[]) => {
    underWay = false
    flush()
    for (const result of results) turns.run(() => settle(result))
  }

  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', (cause) => reject(new AppError('store-unavailable', { store: file }, { cause })))
  })
  worker.on('message', (message: FromWriter) => {
    if ('results' in message) onCommitted(message.results)
    else if ('closed' in message) onClosed()
  })
  worker.on('error', fail)
  worker.on('exit', () => fail(new Error('the writer thread ended')))
  worker.unref()

  return {
    write: (parts) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure)
        const id = ++lastId
        waiting.set(id, { resolve, reject })
        worker.ref()
        if (pending.push({ id, statements: parts.map(texts.statement) }) === 1) setImmediate(flush)
      }),
    close: async () => {
      if (failure) return
      while (waiting.size > 0) await new Promise((resolve) => setImmediate(resolve))
      worker.ref()
      await new Promise<void>((resolve) => {
        onClosed = resolve
        send({ close: true })
      })
      await worker.terminate()
    },
  }
}

/** Queries with lists of values have one text for each length; only so many are remembered. */
const maxTexts = 500

/** Gives every statement text a number; the writer thread learns each text once. */
function createTexts() {
  const known = new Map<string, number>()
  let fresh: StatementText[] = []
  let lastId = 0
  return {
    statement: (part: Part): Statement => {
      const { sql, parameters } = 'expected' in part ? part.statement : part
      let id = known.get(sql)
      if (id === undefined) {
        id = ++lastId
        const once = known.size >= maxTexts
        if (!once) known.set(sql, id)
        fresh.push({ id, sql, returns: /\breturning\b/i.test(sql), once })
      }
      const statement: Statement = { id, parameters: parameters as SQLInputValue[] }
      if ('expected' in part) statement.expected = part.expected
      return statement
    },
    /** Texts that the thread has not seen yet, to send with the units that use them. */
    unsent: (): StatementText[] => {
      const unsent = fresh
      fresh = []
      return unsent
    },
  }
}
