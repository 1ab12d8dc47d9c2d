/**
 * The only writer of the SQLite file. Everything that has arrived is committed in one transaction, so that one fsync serves
 * many requests, and is answered after the commit.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { FromWriter, ToWriter, Unit, UnitResult } from './writer-protocol.ts'

const uniqueViolations = new Set([1555, 2067])

if (parentPort) listen(parentPort, new DatabaseSync(String(workerData)))

function listen(port: NonNullable<typeof parentPort>, database: DatabaseSync): void {
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;',
  )
  const statements = new Map<string, StatementSync>()
  const say = (message: FromWriter) => port.postMessage(message)

  port.on('message', (first: ToWriter) => {
    const units: Unit[] = []
    let closing = false
    for (let message: ToWriter | undefined = first; message !== undefined; message = next(port)) {
      if ('close' in message) closing = true
      else units.push(...message.units)
    }
    if (units.length > 0) say({ results: commit(database, statements, units) })
    if (closing) {
      database.close()
      say({ closed: true })
      port.close()
    }
  })
  say({ ready: true })
}

function next(port: NonNullable<typeof parentPort>): ToWriter | undefined {
  return receiveMessageOnPort(port)?.message
}

function commit(database: DatabaseSync, statements: Map<string, StatementSync>, units: Unit[]): UnitResult[] {
  try {
    database.exec('BEGIN IMMEDIATE')
    const results = units.map((unit) => run(database, statements, unit))
    database.exec('COMMIT')
    return results
  } catch (error) {
    // The disk is full or the file is locked: nothing of this transaction is safe, so nobody is told that it is.
    if (database.isTransaction) database.exec('ROLLBACK')
    return units.map(({ id }) => ({ id, error: String(error), conflict: false }))
  }
}

function run(database: DatabaseSync, statements: Map<string, StatementSync>, unit: Unit): UnitResult {
  const several = unit.statements.length > 1
  if (several) database.exec('SAVEPOINT unit')
  try {
    const rows = unit.statements.map(({ sql, parameters }) => prepared(database, statements, sql).all(...parameters))
    if (several) database.exec('RELEASE unit')
    return { id: unit.id, rows }
  } catch (error) {
    if (several) database.exec('ROLLBACK TO unit; RELEASE unit')
    const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0
    return { id: unit.id, error: String(error), conflict: uniqueViolations.has(errcode) }
  }
}

function prepared(database: DatabaseSync, statements: Map<string, StatementSync>, sql: string): StatementSync {
  const known = statements.get(sql)
  if (known) return known
  const statement = database.prepare(sql)
  // Queries with lists of values have as many texts as lengths; a bound keeps a long-lived process flat.
  if (statements.size < 500) statements.set(sql, statement)
  return statement
}
