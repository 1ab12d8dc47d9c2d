/**
 * The log of revocations in commit order. Row numbers are assigned before the commit, so "greater than the last one seen"
 * would miss a row that commits late. Each row carries the number of its transaction instead; a look reads everything from the oldest
 * transaction that was still running at the last look, and skips what it has already reported. So nothing waits for a lock, nothing is missed,
 * and a transaction that runs for hours only makes each look read a little more.
 * A notification in the transaction wakes listeners; without one they look every second.
 */
import { type CompiledQuery, type Kysely, sql } from 'kysely'
import pg from 'pg'
import type { Revocation, RevocationListener, RevocationLog } from '../revocations.ts'
import type { Schema } from '../schema.ts'
import type { ConnectionSettings } from './connections.ts'

const channel = 'gatehouse_revocations'
const lookEvery = 1_000
const listenAgainAfter = 500

interface LogRow extends Revocation {
  id: number
}

export function createRevocationLog({
  kysely,
  settings,
  openReader,
}: {
  kysely: Kysely<Schema>
  settings: ConnectionSettings
  /**
   * A connection that only this log reads on: who has lost access must be known also while every other connection waits for
   * something, or for its turn.
   */
  openReader(): { kysely: Kysely<Schema>; close(): Promise<void> }
}): RevocationLog {
  const notified = sql`pg_notify(${channel}, '')`.as('notified')
  return {
    entry: ({ kind, subject }, at) =>
      kysely
        .insertInto('revocations')
        .values({ at, kind, subject })
        .returning(['kind', 'subject', notified])
        .compile() as CompiledQuery<unknown>,

    entries: (rows) =>
      kysely
        .insertInto('revocations')
        .columns(['at', 'kind', 'subject'])
        .expression(rows)
        .returning(['kind', 'subject', notified]),

    follow: async (listener) => {
      const reader = openReader()
      const look = await createLook(reader.kysely, listener).catch(async (error: unknown) => {
        await reader.close()
        throw error
      })
      const wake = oneAtATime(look)
      const timer = setInterval(wake, lookEvery)
      timer.unref()
      const listening = listen(settings, wake)
      return {
        stop: async () => {
          clearInterval(timer)
          await listening.stop()
          await reader.close()
        },
      }
    },
  }
}

/** Reads what was committed since the last look, and reports it. */
async function createLook(db: Kysely<Schema>, { revoked, failed }: RevocationListener): Promise<() => Promise<void>> {
  let told = new Set<number>()
  let { horizon } = await read('0')
  const before = await read(horizon)
  horizon = before.horizon
  told = new Set(before.rows.map(({ id }) => id))

  async function read(from: string): Promise<{ horizon: string; rows: (LogRow & { open: boolean })[] }> {
    const { rows } = await sql<{
      horizon: string
      id: number | null
      kind: LogRow['kind']
      subject: string
      open: boolean
    }>`
      SELECT now.horizon::text AS horizon, log.id, log.kind, log.subject, log.transaction >= now.horizon AS open
      FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon) AS now
      LEFT JOIN revocations AS log ON log.transaction >= ${from}::bigint
      ORDER BY log.id`.execute(db)
    const logged = rows.flatMap(({ id, kind, subject, open }) => (id === null ? [] : [{ id, kind, subject, open }]))
    return { horizon: rows[0]?.horizon ?? from, rows: logged }
  }

  return async () => {
    try {
      const seen = await read(horizon)
      for (const { id, kind, subject } of seen.rows) if (!told.has(id)) revoked({ kind, subject })
      horizon = seen.horizon
      told = new Set(seen.rows.filter(({ open }) => open).map(({ id }) => id))
    } catch (error) {
      failed(error)
    }
  }
}

/** A call during a look triggers another look after it. */
function oneAtATime(look: () => Promise<void>): () => void {
  let running = false
  let again = false
  return () => {
    again = true
    if (running) return
    running = true
    void (async () => {
      while (again) {
        again = false
        await look()
      }
      running = false
    })()
  }
}

/** A connection that only listens. When it breaks, a new one is opened, and what was missed is looked up. */
function listen(settings: ConnectionSettings, wake: () => void): { stop(): Promise<void> } {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const connect = async () => {
    const own = new pg.Client(settings)
    client = own
    own.on('error', () => {})
    own.on('notification', wake)
    own.once('end', () => {
      if (stopped) return
      timer = setTimeout(connect, listenAgainAfter)
      timer.unref()
    })
    try {
      await own.connect()
      await own.query(`LISTEN ${channel}`)
      wake()
    } catch {
      // Meanwhile it looks every second; a look reports what is wrong.
      await own.end().catch(() => {})
    }
  }
  void connect()
  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await client?.end().catch(() => {})
    },
  }
}
