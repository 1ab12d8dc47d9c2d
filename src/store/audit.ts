import type { CompiledQuery, Selectable } from 'kysely'
import type { Engine } from './engine.ts'
import type { AuditTable as AuditColumns } from './schema.ts'

export interface AuditEntry {
  /** Who did it: a user id, `cli`, or `system`. */
  actor: string
  /** What was done, such as `user.created`. */
  action: string
  subject: string
  /** Never holds a secret. */
  details?: Record<string, unknown>
}

/** From where something was done, as audit rows have it. */
export interface Origin {
  /** The address of the client. */
  from: string
  requestId: string
}

/** A row that was kept. */
export interface AuditRow extends Required<AuditEntry> {
  /** Milliseconds since the epoch. */
  at: number
}

/** Which rows are wanted; all conditions hold at once. */
export interface AuditQuestion {
  /** Milliseconds since the epoch; rows from then on. */
  since?: number | undefined
  /** A user id: what they did, and what was done to them. */
  user?: string | undefined
  /** An action, or the beginning of some before a dot: `user` is `user.created` and others. */
  action?: string | undefined
  /** The newest so many. */
  limit: number
}

/** How long rows are kept, in milliseconds since the epoch: older ones go. */
export interface AuditCut {
  changes: number
  failures: number
}

const failedSignIn = 'sign-in.failed'

/**
 * One row per change, written in the same unit as the change. Sign-ins that failed have a table of their own: strangers make them, so they
 * are fewer, and kept for a shorter time.
 */
export function createAuditTable(engine: Engine) {
  const db = engine.kysely

  function changes({ since = 0, user, action, limit }: AuditQuestion) {
    let query = db.selectFrom('audit').selectAll().where('at', '>=', since)
    if (user !== undefined) query = query.where((is) => is.or([is('actor', '=', user), is('subject', '=', user)]))
    // By a range, not by a pattern: both engines use the index, and no character of the word has a meaning.
    if (action !== undefined)
      query = query.where((is) =>
        is.or([is('action', '=', action), is.and([is('action', '>=', `${action}.`), is('action', '<', `${action}/`)])]),
      )
    return query.orderBy('id', 'desc').limit(limit).execute()
  }

  async function failures({ since = 0, user, action, limit }: AuditQuestion): Promise<AuditRow[]> {
    if (action !== undefined && action !== failedSignIn && !failedSignIn.startsWith(`${action}.`)) return []
    let query = db.selectFrom('failed_sign_ins').selectAll().where('at', '>=', since)
    if (user !== undefined) query = query.where('subject', '=', user)
    const rows = await query.orderBy('id', 'desc').limit(limit).execute()
    return rows.map(({ at, subject, details }) =>
      toRow({ at, actor: 'anonymous', action: failedSignIn, subject, details }),
    )
  }

  return {
    entry: ({ actor, action, subject, details = {} }: AuditEntry, at: number): CompiledQuery<unknown> =>
      db
        .insertInto('audit')
        .values({ at, actor, action, subject, details: JSON.stringify(details) })
        .compile(),

    list: (limit = 100) => db.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit).execute(),

    /** A sign-in that failed; `subject` is the account, if one has the name. The caller bounds how many there are. */
    addFailure: async ({ subject, details }: Pick<AuditRow, 'subject' | 'details'>, at: number): Promise<void> => {
      await engine.write([
        db
          .insertInto('failed_sign_ins')
          .values({ at, subject, details: JSON.stringify(details) })
          .compile(),
      ])
    },

    /** Changes and failures, the newest last. */
    find: async (question: AuditQuestion): Promise<AuditRow[]> => {
      const rows = [...(await changes(question)).map(toRow), ...(await failures(question))]
      return rows.sort((one, other) => one.at - other.at).slice(-question.limit)
    },

    /** Deletes what is older. */
    removeBefore: async (cut: AuditCut): Promise<void> => {
      await engine.write([
        db.deleteFrom('audit').where('at', '<', cut.changes).compile(),
        db.deleteFrom('failed_sign_ins').where('at', '<', cut.failures).compile(),
      ])
    },
  }
}
export type AuditTable = ReturnType<typeof createAuditTable>

function toRow({ at, actor, action, subject, details }: Omit<Selectable<AuditColumns>, 'id'>): AuditRow {
  return { at, actor, action, subject, details: JSON.parse(details) as Record<string, unknown> }
}
