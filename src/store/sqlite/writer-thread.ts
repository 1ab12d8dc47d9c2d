/**
 * The only writer of the SQLite file. It commits everything that has arrived in one transaction, so that one fsync serves
 * many requests, and answers after the commit.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { FromWriter, Statement, ToWriter, Unit, UnitResult } from './writer-protocol.ts'

const uniqueViolations = new Set([1555, 2067])

if (parentPort) listen(parentPort, new DatabaseSync(String(workerData)))

function listen(port: NonNullable<typeof parentPort>, database: DatabaseSync): void {
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;',
  )
  const statements = new Map<number, Prepared>()
  const say = (message: FromWriter) => port.postMessage(message)

  port.on('message', (first: ToWriter) => {
    const units: Unit[] = []
    const forgotten: number[] = []
    let closing = false
    for (let message: ToWriter | undefined = first; message !== undefined; message = next(port)) {
      if ('close' in message) {
        closing = true
        continue
      }
      for (const { id, sql, returns, once } of message.texts) {
        statements.set(id, { sql, returns })
        if (once) forgotten.push(id)
      }
      units.push(...message.units)
    }
    if (units.length > 0) say({ results: commit(database, statements, units) })
    for (const id of forgotten) statements.delete(id)
    if (closing) {
      database.close()
      say({ closed: true })
      port.close()
    }
  })
  say({ ready: true })
}

interface Prepared {
  sql: string
  returns: boolean
  statement?: StatementSync
}

type Statements = Map<number, Prepared>

function next(port: NonNullable<typeof parentPort>): ToWriter | undefined {
  return receiveMessageOnPort(port)?.message
}

function commit(database: DatabaseSync, statements: Statements, units: Unit[]): UnitResult[] {
  try {
    database.exec('BEGIN IMMEDIATE')
    const results = units.map((unit) => run(database, statements, unit))
    database.exec('COMMIT')
    return results
  } catch (error) {
    // The disk is full or the file is locked: nothing of this transaction is safe, so every unit gets the error.
    if (database.isTransaction) database.exec('ROLLBACK')
    return units.map(({ id }) => ({ id, error: String(error), conflict: false }))
  }
}

function run(database: DatabaseSync, statements: Statements, unit: Unit): UnitResult {
  // A statement that fails undoes itself, but not one that touches more rows than expected.
  const undoable = unit.statements.length > 1 || unit.statements[0]?.expected !== undefined
  if (undoable) database.exec('SAVEPOINT unit')
  try {
    const rows = unit.statements.map((statement) => execute(database, statements.get(statement.id), statement))
    if (undoable) database.exec('RELEASE unit')
    // Most writes return nothing; copying empty lists between threads costs more than leaving them out.
    return rows.some((found) => found.length > 0) ? { id: unit.id, rows } : { id: unit.id }
  } catch (error) {
    if (undoable) database.exec('ROLLBACK TO unit; RELEASE unit')
    if (error instanceof Unexpected) return { id: unit.id, stale: error.stale }
    const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0
    return { id: unit.id, error: String(error), conflict: uniqueViolations.has(errcode) }
  }
}

/** Ends a unit in which a statement touched an unexpected number of rows. */
class Unexpected extends Error {
  readonly stale: { expected: number; touched: number }
  constructor(stale: { expected: number; touched: number }) {
    super()
    this.stale = stale
  }
}

function execute(
  database: DatabaseSync,
  prepared: Prepared | undefined,
  { parameters, expected }: Statement,
): unknown[] {
  if (!prepared) throw new Error('the statement was never sent')
  prepared.statement ??= database.prepare(prepared.sql)
  const rows = prepared.returns ? prepared.statement.all(...parameters) : []
  const touched = prepared.returns ? rows.length : Number(prepared.statement.run(...parameters).changes)
  if (expected !== undefined && touched !== expected) throw new Unexpected({ expected, touched })
  return rows
}
