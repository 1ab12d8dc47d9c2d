import type { CompiledQuery, Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/**
 * Something that caches must forget: one session (by its digest); everything of a `user`, because access has shrunk; or what is
 * known about a user (`profile`), because it has changed and nothing was taken away.
 */
export interface Revocation {
  kind: 'session' | 'user' | 'profile'
  subject: string
}

/** A log that every process follows, so that a command line or another server is heard within a second. */
export interface RevocationLog {
  /** A statement for the unit that shrinks access. */
  entry(revocation: Revocation, at: number): CompiledQuery<unknown>
  /**
   * Tells of every revocation that is committed from now on, by anybody (our own come by as well, and one may come twice): soon,
   * and within two seconds in the worst case. What was committed while the database could not be reached is told when it can be again.
   */
  follow(listener: RevocationListener): Promise<{ stop(): Promise<void> }>
}

export interface RevocationListener {
  revoked(revocation: Revocation): void
  /** The log could not be read this time. It is tried again. */
  failed(error: unknown): void
}

/** The log, and a look at what is in it for those who only want to know. */
export function createRevocationTable({
  kysely: db,
  revocations,
}: {
  kysely: Kysely<Schema>
  revocations: RevocationLog
}) {
  return {
    ...revocations,

    latestId: async (): Promise<number> => {
      const [row] = await db.selectFrom('revocations').select(db.fn.max<number | null>('id').as('id')).execute()
      return row?.id ?? 0
    },

    /** By number, and numbers may be given before their commit: to miss nothing, follow. */
    since: async (id: number): Promise<(Revocation & { id: number })[]> =>
      db.selectFrom('revocations').select(['id', 'kind', 'subject']).where('id', '>', id).orderBy('id').execute(),
  }
}
export type RevocationTable = ReturnType<typeof createRevocationTable>
