import type { Kysely } from 'kysely'
import type { RevocationLog } from '../revocations.ts'
import type { Schema } from '../schema.ts'

const lookEvery = 500

/** The log in a file: with one writer, numbers follow the order of commits, and a look costs a few microseconds. */
export function createRevocationLog(db: Kysely<Schema>): RevocationLog {
  return {
    entry: ({ kind, subject }, at) =>
      db.insertInto('revocations').values({ at, kind, subject }).returning(['kind', 'subject']).compile(),

    entries: (rows) =>
      db.insertInto('revocations').columns(['at', 'kind', 'subject']).expression(rows).returning(['kind', 'subject']),

    follow: async ({ revoked, failed }) => {
      const [latest] = await db.selectFrom('revocations').select(db.fn.max<number | null>('id').as('id')).execute()
      let lastId = latest?.id ?? 0
      const look = async () => {
        try {
          const rows = await db
            .selectFrom('revocations')
            .select(['id', 'kind', 'subject'])
            .where('id', '>', lastId)
            .orderBy('id')
            .execute()
          for (const { id, ...revocation } of rows) {
            lastId = id
            revoked(revocation)
          }
        } catch (error) {
          failed(error)
        }
      }
      const timer = setInterval(look, lookEvery)
      timer.unref()
      return { stop: async () => clearInterval(timer) }
    },
  }
}
