import type pg from 'pg'
import { type Part, StaleError } from '../engine.ts'
import { isUnprepared, leavesDoubt } from './failures.ts'
import type { Statements } from './statements.ts'

/** The connection broke during the commit: the unit may or may not have happened. */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome'
  constructor(cause: unknown) {
    super('the connection broke during the commit', { cause })
  }
}

/**
 * One unit on one connection. A single statement commits itself; several are sent with BEGIN and COMMIT in one round trip, unless one
 * of them expects a number of rows: then the commit waits for the answers.
 * Throws StaleError, UnknownOutcome, or the error of the statement that failed; only after UnknownOutcome may something have happened.
 */
export async function runUnit(
  client: pg.PoolClient,
  statements: Statements,
  parts: readonly Part[],
): Promise<unknown[][]> {
  const queries = parts.map((part) => statements.of('expected' in part ? part.statement : part))
  const [only] = queries
  if (only === undefined) return []
  try {
    if (parts.some((part) => 'expected' in part)) return await checked(client, queries, parts)
    if (queries.length === 1) return [(await committing(client.query(only))).rows]
    return await together(client, queries)
  } catch (error) {
    if (!isUnprepared(error)) throw error
    // The statement was unknown, so nothing of the unit has happened. The next try sends it as text.
    statements.doNotPrepare()
    return runUnit(client, statements, parts)
  }
}

async function together(client: pg.PoolClient, queries: readonly pg.QueryConfig[]): Promise<unknown[][]> {
  const answers = await Promise.allSettled([
    client.query('BEGIN'),
    ...queries.map((query) => client.query(query)),
    client.query('COMMIT'),
  ])
  const failed = firstFailure(answers)
  if (failed !== undefined) throw leavesDoubt(failed) ? new UnknownOutcome(failed) : failed
  return rowsOf(answers.slice(1, -1))
}

async function checked(
  client: pg.PoolClient,
  queries: readonly pg.QueryConfig[],
  parts: readonly Part[],
): Promise<unknown[][]> {
  const answers = await Promise.allSettled([client.query('BEGIN'), ...queries.map((query) => client.query(query))])
  const failure = firstFailure(answers.slice(0, 1)) ?? firstMiss(answers.slice(1), parts)
  if (failure !== undefined) {
    if (!leavesDoubt(failure)) await client.query('ROLLBACK')
    throw failure
  }
  await committing(client.query('COMMIT'))
  return rowsOf(answers.slice(1))
}

async function committing<Result>(statement: Promise<Result>): Promise<Result> {
  try {
    return await statement
  } catch (error) {
    throw leavesDoubt(error) ? new UnknownOutcome(error) : error
  }
}

type Answers = readonly PromiseSettledResult<pg.QueryResult>[]

/** The errors after the first only say that the transaction is already broken. */
function firstFailure(answers: Answers): unknown {
  return answers.find((answer) => answer.status === 'rejected')?.reason
}

/** The first error, as if the statements had run one by one: after a stale one, the next ones may fail too. */
function firstMiss(answers: Answers, parts: readonly Part[]): unknown {
  for (const [index, part] of parts.entries()) {
    const answer = answers[index]
    if (answer?.status === 'rejected') return answer.reason
    const touched = answer?.value.rowCount ?? 0
    if ('expected' in part && touched !== part.expected) return new StaleError({ expected: part.expected, touched })
  }
  return undefined
}

function rowsOf(answers: Answers): unknown[][] {
  return answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.rows : []))
}
