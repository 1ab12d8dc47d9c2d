/**
 * What a database engine offers to the table files in this folder. There are two, sqlite/ and postgres/; both pass
 * test/conformance/store.ts, and index.ts opens them.
 */
import type { CompiledQuery, Kysely } from 'kysely'
import type { RevocationLog } from './revocations.ts'
import type { Schema } from './schema.ts'

export interface Engine {
  /** For building queries. It executes only reads itself. */
  readonly kysely: Kysely<Schema>
  /** Runs a SELECT. An embedded engine answers synchronously, others later. */
  read<Row>(query: CompiledQuery<Row>): Row[] | Promise<Row[]>
  /**
   * Commits the parts as one unit: all or none, in order. Answers with the rows of each once they are safe
   * on disk. Rejects with StaleError when a part touches another number of rows than it expects, with ConflictError when a
   * unique key is taken, else with AppError `store-unavailable`.
   */
  write(parts: readonly Part[]): Promise<unknown[][]>
  /**
   * Whether units run concurrently. If so, a statement that builds on a row locks it: see row-locks.ts. With one
   * writer there is nothing to lock out.
   */
  readonly runsUnitsInParallel: boolean
  readonly revocations: RevocationLog
  /** What was committed is in the store's file itself, and not only in its log. */
  settle(): Promise<void>
  /** Rejects with AppError `store-unavailable` when it cannot be used now. */
  reach(): Promise<void>
  close(): Promise<void>
}

/** A statement of a unit, or one with the number of rows that it must touch (see `expecting`). */
export type Part = CompiledQuery<unknown> | ExpectingPart

export interface ExpectingPart {
  readonly expected: number
  readonly statement: CompiledQuery<unknown>
}

/**
 * A statement that must touch (or, with RETURNING, return) exactly `rows` rows; otherwise its whole unit is undone. A
 * unit builds on earlier reads with it: repeat the condition in the statement, and on StaleError read and try again.
 */
export function expecting(rows: number, statement: CompiledQuery<unknown>): ExpectingPart {
  return { expected: rows, statement }
}

/** A unique key is already taken. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
}

/** What the unit builds on has changed since it was read. Nothing of the unit was kept: read again and try again. */
export class StaleError extends Error {
  override readonly name = 'StaleError'
  constructor({ expected, touched }: { expected: number; touched: number }) {
    super(`a statement touched ${touched} rows where its unit expects ${expected}`)
  }
}
