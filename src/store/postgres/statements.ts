import type { CompiledQuery } from 'kysely'
import type pg from 'pg'

/** Queries with lists of values have one text for each length; only so many are prepared. */
const maxNames = 300

export interface Statements {
  of(query: CompiledQuery<unknown>): pg.QueryConfig
  /** From now on, sends every statement as text. */
  doNotPrepare(): void
}

/**
 * Gives every text a name, so that each connection parses and plans it once. A pooler may pass a name to a connection that
 * does not know it (PgBouncer before 1.21, by transaction); then statements have no names.
 */
export function createStatements(): Statements {
  const names = new Map<string, string>()
  let prepares = true
  return {
    of: ({ sql, parameters }) => {
      const statement = { text: sql, values: parameters.map(storable) }
      if (!prepares) return statement
      const name = names.get(sql) ?? (names.size < maxNames ? `gatehouse_${names.size + 1}` : undefined)
      if (name === undefined) return statement
      names.set(sql, name)
      return { ...statement, name }
    },
    doNotPrepare: () => {
      prepares = false
    },
  }
}

/** PostgreSQL's text cannot contain NUL. Like half a surrogate pair in every engine, it becomes the replacement character. */
function storable(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
}
