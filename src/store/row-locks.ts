/**
 * Locks of rows, for engines that run units beside each other. Two rules keep what is made from outliving what it hangs on:
 * a statement that makes a child holds its parent (`holding`), and a unit that ends a parent changes or deletes the parent's row
 * first and the children in a later statement. Then a child that is being made is seen by the statement that ends it, or its
 * maker waits, looks again and finds no parent.
 */
import type { SelectQueryBuilder } from 'kysely'
import type { Engine } from './engine.ts'

type Locking = Pick<Engine, 'runsUnitsInParallel'>

/** The rows that are read stay as they are until the unit ends. */
export function holding<DB, Tables extends keyof DB, Row>(
  { runsUnitsInParallel }: Locking,
  query: SelectQueryBuilder<DB, Tables, Row>,
): SelectQueryBuilder<DB, Tables, Row> {
  return runsUnitsInParallel ? query.forShare() : query
}

/** Rows that nobody else is taking right now; they are ours until the unit ends. */
export function taking<DB, Tables extends keyof DB, Row>(
  { runsUnitsInParallel }: Locking,
  query: SelectQueryBuilder<DB, Tables, Row>,
): SelectQueryBuilder<DB, Tables, Row> {
  return runsUnitsInParallel ? query.forUpdate().skipLocked() : query
}
