import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import pg from 'pg'
import type { PostgresAddress } from '../../store-address.ts'

/** How each connection of this process reaches the server. */
export type ConnectionSettings = pg.ClientConfig

const connectWithin = 5_000
/** Milliseconds after which a statement is cancelled: longer than any of ours takes, shorter than people wait. */
const statementLimit = 10_000
const int8 = 20

/** Settings for an address. `prefer` works as in libpq: encrypted, or in plain text if the server cannot encrypt. */
export async function connectionSettings(address: PostgresAddress, baseDir: string): Promise<ConnectionSettings> {
  const { host, port, database, user, password } = address
  const settings: ConnectionSettings = {
    host,
    port,
    database,
    user,
    password,
    application_name: 'gatehouse',
    keepAlive: true,
    connectionTimeoutMillis: connectWithin,
    // Counts and times are numbers: all of ours are below 2^53.
    types: { getTypeParser: (id: number, format?: 'text' | 'binary') => parserOf(id, format) },
  }
  const ssl = tlsOf(address, baseDir)
  if (address.sslMode !== 'prefer') return { ...settings, ssl }
  try {
    await once({ ...settings, ssl }, async () => {})
    return { ...settings, ssl }
  } catch (error) {
    if (!(error instanceof Error) || !/does not support SSL/.test(error.message)) throw error
    return { ...settings, ssl: false }
  }
}

function parserOf(id: number, format: 'text' | 'binary' | undefined) {
  return id === int8 ? Number : pg.types.getTypeParser(id, format)
}

function tlsOf({ host, sslMode, sslRootCert }: PostgresAddress, baseDir: string): pg.ClientConfig['ssl'] {
  if (sslMode === 'disable' || host.startsWith('/')) return false
  const ca = sslRootCert === undefined ? {} : { ca: readFileSync(resolve(baseDir, sslRootCert), 'utf8') }
  // As in libpq: with an authority, `require` checks the chain as well.
  const checksChain = sslMode.startsWith('verify') || (sslMode === 'require' && sslRootCert !== undefined)
  if (!checksChain) return { rejectUnauthorized: false }
  return {
    ...ca,
    rejectUnauthorized: true,
    ...(sslMode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  }
}

/** Runs a function on a separate connection, without a time limit. */
export async function once<Result>(
  settings: ConnectionSettings,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(settings)
  // The caller who waits for the answer gets the error; without a listener it would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

/**
 * The connections for units and reads. A commit is on disk when it is acknowledged, even if the server's default differs; and a
 * Gatehouse server that vanishes in the middle of a unit holds its locks for some seconds at most.
 */
export function createPool(settings: ConnectionSettings, max: number): pg.Pool {
  const pool = new pg.Pool({
    ...settings,
    max,
    pipeline: true,
    query_timeout: statementLimit,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 1_800,
    onConnect: async (client) => {
      await client.query(`
        SELECT CASE WHEN current_setting('synchronous_commit') = 'off'
                    THEN set_config('synchronous_commit', 'on', false) END,
               CASE WHEN current_setting('idle_in_transaction_session_timeout') = '0'
                    THEN set_config('idle_in_transaction_session_timeout', '10s', false) END`)
    },
  })
  // Idle connections break when the server restarts; the pool drops them and opens new ones on demand.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}
