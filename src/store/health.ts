/** What is in a store, for people who keep it. */
import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.ts'

/** How many rows a table has, and from when: milliseconds since the epoch. */
export interface TableState {
  table: keyof Schema
  rows: number
  oldest: number | undefined
  newest: number | undefined
}

/** When a row was made; for what only has an end, when that is. */
const times = {
  users: 'created_at',
  identities: 'created_at',
  teams: 'created_at',
  sessions: 'created_at',
  provider_payloads: 'expires_at',
  single_use: undefined,
  signing_keys: 'created_at',
  login_attempts: 'first_at',
  revocations: 'at',
  audit: 'at',
  failed_sign_ins: 'at',
  traces: 'started_at',
} as const satisfies Partial<Record<keyof Schema, string | undefined>>

/** The tables that grow, or that nobody must lose. */
export async function contentsOf(db: Kysely<Schema>): Promise<TableState[]> {
  const found: TableState[] = []
  for (const [name, column] of Object.entries(times)) {
    const time = column === undefined ? sql`NULL` : sql.ref(column)
    const { rows } = await sql<{ rows: number; oldest: number | null; newest: number | null }>`
      SELECT count(*) AS rows, min(${time}) AS oldest, max(${time}) AS newest FROM ${sql.table(name)}`.execute(db)
    const [row] = rows
    found.push({
      table: name as keyof Schema,
      rows: Number(row?.rows ?? 0),
      oldest: row?.oldest ?? undefined,
      newest: row?.newest ?? undefined,
    })
  }
  return found
}
