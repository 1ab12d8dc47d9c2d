import type { CompiledQuery } from 'kysely'
import type { Engine } from './engine.ts'

/**
 * Something that caches must forget: one session (by its digest); everything of a `user`, because access has shrunk; or what is
 * known about a user (`profile`), because it has changed and nothing was taken away.
 */
export interface Revocation {
  kind: 'session' | 'user' | 'profile'
  subject: string
}

/** A log that every process follows, so that a command line or another worker is heard within a second. */
export function createRevocationTable(engine: Engine) {
  const db = engine.kysely
  return {
    entry: ({ kind, subject }: Revocation, at: number): CompiledQuery<unknown> =>
      db.insertInto('revocations').values({ at, kind, subject }).compile(),

    latestId: async (): Promise<number> => {
      const [row] = await db.selectFrom('revocations').select(db.fn.max<number | null>('id').as('id')).execute()
      return row?.id ?? 0
    },

    since: async (id: number): Promise<(Revocation & { id: number })[]> =>
      db.selectFrom('revocations').select(['id', 'kind', 'subject']).where('id', '>', id).orderBy('id').execute(),
  }
}
export type RevocationTable = ReturnType<typeof createRevocationTable>
