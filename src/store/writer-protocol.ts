import type { SQLInputValue } from 'node:sqlite'

/** What the event loop and the writer thread say to each other. */
export interface Statement {
  sql: string
  parameters: SQLInputValue[]
}

/** One unit commits or fails as a whole; a failed one does not disturb its neighbours in the same transaction. */
export interface Unit {
  id: number
  statements: Statement[]
}

export type UnitResult = { id: number; rows: unknown[][] } | { id: number; error: string; conflict: boolean }

export type ToWriter = { units: Unit[] } | { close: true }
export type FromWriter = { ready: true } | { results: UnitResult[] } | { closed: true }
