import type { CompiledQuery, Kysely } from 'kysely'
import type { Schema } from './schema.ts'

/**
 * Something that caches must forget: one session (by its digest); everything about a `user`, because access has shrunk; or what is
 * known about a user (`profile`), because it has changed without a loss of access.
 */
export interface Revocation {
  kind: 'session' | 'user' | 'profile'
  subject: string
}

/** A log that every process follows, so that it hears of a command or another server within a second. */
export interface RevocationLog {
  /** A statement for the unit that shrinks access. */
  entry(revocation: Revocation, at: number): CompiledQuery<unknown>
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
