/**
 * What a database engine offers to the tables' files in this folder. SQLite is the only one so far; a second one passes
 * test/conformance/store.ts and is opened by index.ts.
 */
import type { CompiledQuery, Kysely } from 'kysely'
import type { Schema } from './schema.ts'

export interface Engine {
  /** For building queries. What it executes itself are reads. */
  readonly kysely: Kysely<Schema>
  /** Runs a SELECT. An embedded engine answers at once, another one later. */
  read<Row>(query: CompiledQuery<Row>): Row[] | Promise<Row[]>
  /**
   * Commits the statements together or not at all, and answers with the rows of each after they are safe on disk.
   * Rejects with ConflictError when a unique key is taken, else with AppError `store-unavailable`.
   */
  write(queries: readonly CompiledQuery<unknown>[]): Promise<unknown[][]>
  close(): Promise<void>
}

/** A unique key is taken already. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
}
