/**
 * Row locks, for engines that run units concurrently. Two rules keep children from outliving their parents:
 * a statement that creates a child locks its parent (`holding`), and a unit that ends a parent changes or deletes the parent's row
 * first and the children in a later statement. Then either the statement that ends children sees a new child, or the
 * statement that creates it waits, looks again and finds no parent.
 */
import type { SelectQueryBuilder } from 'kysely'
import type { Engine } from './engine.ts'

type Locking = Pick<Engine, 'runsUnitsInParallel'>

/** The rows read stay unchanged until the unit ends. */
export function holding<DB, Tables extends keyof DB, Row>(
  { runsUnitsInParallel }: Locking,
  query: SelectQueryBuilder<DB, Tables, Row>,
): SelectQueryBuilder<DB, Tables, Row> {
  return runsUnitsInParallel ? query.forShare() : query
}

/** Rows that no other unit is taking; they are locked until the unit ends. */
export function taking<DB, Tables extends keyof DB, Row>(
  { runsUnitsInParallel }: Locking,
  query: SelectQueryBuilder<DB, Tables, Row>,
): SelectQueryBuilder<DB, Tables, Row> {
  return runsUnitsInParallel ? query.forUpdate().skipLocked() : query
}
