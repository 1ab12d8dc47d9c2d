/**
 * PostgreSQL, for many servers on one database. Loaded only when configured. A unit is one transaction (READ COMMITTED): a
 * statement that takes something reports it by the rows it returns, one that builds on a row locks it (row-locks.ts), and one that builds
 * on an earlier read expects a number of rows (engine.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type CompiledQuery, Kysely, sql } from 'kysely'
import type pg from 'pg'
import { AppError } from '../../errors.ts'
import { type PostgresAddress, shownPostgres } from '../../store-address.ts'
import type { Turns } from '../../turns.ts'
import { type Engine, type Part, StaleError } from '../engine.ts'
import { type Claim, migrate, type Opening } from '../migrate.ts'
import type { ColumnTypes } from '../migrations.ts'
import type { Schema } from '../schema.ts'
import { type ConnectionSettings, connectionSettings, createPool, once } from './connections.ts'
import { postgresDialect } from './driver.ts'
import { isConnectionLost, isRace, isUnprepared, storeError } from './failures.ts'
import { hasStore } from './inspect.ts'
import { createRevocationLog } from './revocation-log.ts'
import { createStatements, type Statements } from './statements.ts'
import { runUnit, UnknownOutcome } from './unit.ts'

const columnTypes: ColumnTypes = {
  // Sorts by bytes, like SQLite; and an update of the system's library does not break indexes.
  text: sql`text collate "C"`,
  identity: 'bigint',
  numbered: (column) => column.primaryKey().generatedByDefaultAsIdentity(),
  inCommitOrder: (table) =>
    table.addColumn('transaction', 'bigint', (column) =>
      column.notNull().defaultTo(sql`(pg_current_xact_id()::text::bigint)`),
    ),
}

/** Milliseconds between tries that changed nothing: a restart of the server causes no error, a longer outage blocks nobody. */
const reconnectDelays = [0, 100, 400, 1000]
const raceDelays = [5, 20, 50, 100, 200]

/**
 * Opens the database and brings it to the newest schema; with `existing` it is read only, and a write is refused.
 * Throws AppError `store-unavailable` with host and database, never with user or password.
 */
export async function openPostgres(
  address: PostgresAddress,
  { baseDir, turns, open, claim }: { baseDir: string; turns: Turns; open: Opening; claim?: Claim | undefined },
): Promise<Engine> {
  const store = shownPostgres(address)
  const settings = await prepare(address, { baseDir, open, claim })
  const pool = createPool(settings, address.poolSize)
  const statements = createStatements()

  const readOn =
    (connections: pg.Pool) =>
    async <Row>(query: CompiledQuery<Row>): Promise<Row[]> => {
      const statement = statements.of(query)
      try {
        // Reading twice does no harm.
        return await retrying(isConnectionLost, reconnectDelays, () =>
          withConnection(connections, async (client) => (await prepared(client, statements, statement)).rows as Row[]),
        )
      } catch (error) {
        throw storeError(error, store)
      }
    }
  const read = readOn(pool)
  const write = async (parts: readonly Part[]): Promise<unknown[][]> => {
    if (open === 'existing') throw new Error(`${store} was opened for reading`)
    try {
      return await retrying(isRace, raceDelays, () =>
        retrying(isUnsent, reconnectDelays, () => withConnection(pool, (client) => runUnit(client, statements, parts))),
      )
    } catch (error) {
      if (error instanceof StaleError) throw error
      if (error instanceof UnknownOutcome) throw storeError(error.cause, store, { outcome: 'unknown' })
      throw storeError(error, store)
    }
  }
  const kysely = new Kysely<Schema>({ dialect: postgresDialect(read) })
  return {
    kysely,
    read,
    write: (parts) => inTurn(turns, write(parts)),
    runsUnitsInParallel: true,
    revocations: createRevocationLog({
      kysely,
      settings,
      openReader: () => {
        const own = createPool(settings, 1)
        return { kysely: new Kysely<Schema>({ dialect: postgresDialect(readOn(own)) }), close: () => own.end() }
      },
    }),
    settle: async () => {},
    reach: async () => {
      await read(sql`SELECT 1`.compile(kysely))
    },
    close: () => pool.end(),
  }
}

/** How to connect to the database, once its schema is right. Throws `store-missing`, `store-unavailable`. */
async function prepare(
  address: PostgresAddress,
  { baseDir, open, claim }: { baseDir: string; open: Opening; claim: Claim | undefined },
): Promise<ConnectionSettings> {
  const store = shownPostgres(address)
  try {
    const settings = await connectionSettings(address, baseDir)
    // On a connection without limits, because it may have to wait for another server's migration.
    await once(settings, async (client) => {
      await refuseOtherAlphabets(client)
      if (open === 'existing' && !(await hasStore(client))) throw new AppError('store-missing', { store })
      const execute = async <Row>({ sql: text, parameters }: CompiledQuery<Row>) =>
        (await client.query(text, [...parameters])).rows as Row[]
      const kysely = new Kysely<Schema>({ dialect: postgresDialect(execute) })
      await migrate(kysely, columnTypes, open)
      await claim?.(kysely)
    })
    return settings
  } catch (error) {
    throw error instanceof AppError ? error : storeError(error, store)
  }
}

/** Names of people are of every language: in another encoding some of them could never sign in. */
async function refuseOtherAlphabets(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ server_encoding: string }>('SHOW server_encoding')
  const encoding = rows[0]?.server_encoding
  if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return
  throw new Error(`its encoding is ${encoding}: create the database with ENCODING 'UTF8'`)
}

/** If a commit gets no answer, the outcome of the unit is unknown; everything before that may be repeated. */
function isUnsent(error: unknown): boolean {
  return !(error instanceof UnknownOutcome) && isConnectionLost(error)
}

async function retrying<Result>(
  isWorthIt: (error: unknown) => boolean,
  delays: readonly number[],
  work: () => Promise<Result>,
): Promise<Result> {
  for (const delay of delays) {
    try {
      return await work()
    } catch (error) {
      if (!isWorthIt(error)) throw error
      // A random pause, so that the same units do not collide again.
      await sleep(delay * (0.5 + Math.random()))
    }
  }
  return work()
}

async function withConnection<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  let broken = false
  try {
    return await work(client)
  } catch (error) {
    broken = error instanceof UnknownOutcome || isConnectionLost(error) || client.getTransactionStatus() !== 'I'
    throw error
  } finally {
    client.release(broken)
  }
}

async function prepared(client: pg.PoolClient, statements: Statements, statement: pg.QueryConfig) {
  try {
    return await client.query(statement)
  } catch (error) {
    if (!isUnprepared(error) || statement.name === undefined) throw error
    statements.doNotPrepare()
    const { name: _, ...unnamed } = statement
    return client.query(unnamed)
  }
}

/** Callers that waited for a commit continue in turn. */
function inTurn<Result>(turns: Turns, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    work.then(
      (result) => turns.run(() => resolve(result)),
      (error: unknown) => turns.run(() => reject(error)),
    )
  })
}
