import type { SQLInputValue } from 'node:sqlite'

/** Messages between the event loop and the writer thread. Statement texts are sent once, and then named by number. */
export interface Statement {
  id: number
  parameters: SQLInputValue[]
  /** The number of rows that it must touch, if the unit depends on that. */
  expected?: number
}

export interface StatementText {
  id: number
  sql: string
  /** Whether rows come back (RETURNING). */
  returns: boolean
  /** Used by the units of this message only. */
  once: boolean
}

/** A unit commits or fails as a whole; a failed one does not affect others in the same transaction. */
export interface Unit {
  id: number
  statements: Statement[]
}

export type UnitResult =
  | { id: number; rows?: unknown[][] }
  | { id: number; stale: { expected: number; touched: number } }
  | { id: number; error: string; conflict: boolean }

export type ToWriter = { texts: StatementText[]; units: Unit[] } | { close: true }
export type FromWriter = { ready: true } | { results: UnitResult[] } | { closed: true }
