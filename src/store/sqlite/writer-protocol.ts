import type { SQLInputValue } from 'node:sqlite'

/** What the event loop and the writer thread say to each other. Texts of statements are sent once and named by number afterwards. */
export interface Statement {
  id: number
  parameters: SQLInputValue[]
  /** The number of rows that it must touch, if the unit depends on it. */
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

/** One unit commits or fails as a whole; a failed one does not disturb its neighbours in the same transaction. */
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
