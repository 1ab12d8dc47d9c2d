import type { Compilable, CompiledQuery, Expression, Kysely } from 'kysely'
import type { RevocationsTable, Schema } from './schema.ts'

/**
 * Something that caches must forget: one session (by its digest, or the uid of a session of the provider), one grant (by its id) or one
 * token (by the digest of its id); everything about a `user`, because access has shrunk; what is known about a user (`profile`), because
 * it has changed without a loss of access; or every token, because `keys` that sign them are believed no longer.
 */
export interface Revocation {
  kind: RevocationsTable['kind']
  subject: string
}

/** A log that every process follows, so that it hears of a command or another server within a second. */
export interface RevocationLog {
  /** A statement for the unit that shrinks access. It returns kind and subject. */
  entry(revocation: Revocation, at: number): CompiledQuery<unknown>
  /** The same for each row of a query with `at`, `kind` and `subject`: what is about to end, as the unit sees it. */
  entries(rows: Expression<unknown>): Compilable<Revocation>
  /**
   * Reports every revocation committed from now on, by anybody (including our own, and perhaps twice): soon,
   * and within two seconds in the worst case. What was committed while the database was unreachable is reported afterwards.
   */
  follow(listener: RevocationListener): Promise<{ stop(): Promise<void> }>
}

export interface RevocationListener {
  revoked(revocation: Revocation): void
  /** The log could not be read this time; it will be tried again. */
  failed(error: unknown): void
}

/** The log, and a way to read it without following it. */
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

    /** By number, and numbers may be assigned before their commit: to miss nothing, follow. */
    since: async (id: number): Promise<(Revocation & { id: number })[]> =>
      db.selectFrom('revocations').select(['id', 'kind', 'subject']).where('id', '>', id).orderBy('id').execute(),
  }
}
export type RevocationTable = ReturnType<typeof createRevocationTable>
