import type pg from 'pg'
import { type PostgresAddress, shownPostgres } from '../../store-address.ts'
import { latestGroups, type PeopleRows, teamsInUse } from '../people-rows.ts'
import { connectionSettings, once } from './connections.ts'
import { storeError } from './failures.ts'

/** Whether a server has ever started on the database. */
export async function hasStore(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ made: boolean }>(`SELECT to_regclass('kysely_migration') IS NOT NULL AS made`)
  return rows[0]?.made ?? false
}

/** Names of the migrations applied to a database, oldest first; undefined when it has no store. Throws `store-unavailable`. */
export async function migrationsInDatabase(address: PostgresAddress, baseDir: string): Promise<string[] | undefined> {
  try {
    return await once(await connectionSettings(address, baseDir), async (client) => {
      if (!(await hasStore(client))) return undefined
      const { rows } = await client.query<{ name: string }>('SELECT name FROM kysely_migration ORDER BY name')
      return rows.map(({ name }) => name)
    })
  } catch (error) {
    throw storeError(error, shownPostgres(address))
  }
}

/** See `inspectKeyFingerprint`. Throws `store-unavailable`. */
export async function keyFingerprintInDatabase(address: PostgresAddress, baseDir: string): Promise<string | undefined> {
  try {
    return await once(await connectionSettings(address, baseDir), async (client) => {
      const made = await client.query<{ made: boolean }>(`SELECT to_regclass('instance') IS NOT NULL AS made`)
      if (!made.rows[0]?.made) return undefined
      const { rows } = await client.query<{ key_fingerprint: string }>('SELECT key_fingerprint FROM instance')
      return rows[0]?.key_fingerprint
    })
  } catch (error) {
    throw storeError(error, shownPostgres(address))
  }
}

/** What a database says about people; see `inspectPeople`. Throws `store-unavailable`, also for a store of an older version. */
export async function peopleInDatabase(
  address: PostgresAddress,
  baseDir: string,
  limit: number,
): Promise<PeopleRows | undefined> {
  try {
    return await once(await connectionSettings(address, baseDir), async (client) => {
      if (!(await hasStore(client))) return undefined
      const identities = await client.query<{ authentication_class: string; received_groups: string }>(
        latestGroups('$1'),
        [limit],
      )
      const teams = await client.query<{ team: string }>(teamsInUse)
      return {
        identities: identities.rows.map((row) => ({
          authenticationClass: row.authentication_class,
          receivedGroups: row.received_groups,
        })),
        teams: teams.rows.map(({ team }) => team),
      }
    })
  } catch (error) {
    throw storeError(error, shownPostgres(address))
  }
}
