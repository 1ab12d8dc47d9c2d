import { type Compilable, sql } from 'kysely'
import { type Engine, expecting, StaleError } from './engine.ts'
import { prepare } from './prepare.ts'
import type { LoginAttemptsTable } from './schema.ts'

/** How many attempts may fail under one key. */
export interface AttemptLimit {
  key: string
  /** From the failure of this number on, every further one makes a pause. */
  free: number
  /** Milliseconds after which counting starts again. */
  window: number
  /** The first pause in milliseconds; each further one is twice as long, at most `doublings` times. */
  pause: number
  doublings: number
}

type Claim = { key: string; now: number; windowStart: number; free: number; pause: number; doublings: number }

/**
 * Attempts at passwords, counted in the store, so that restarts and other servers count too. An attempt is counted before it is made
 * and given back when it was right: of those that come at once, no more get through than of those that come one by one.
 */
export function createLoginAttemptTable(engine: Engine) {
  const db = engine.kysely
  const byKey = prepare<{ key: string }, LoginAttemptsTable>((value) =>
    db.selectFrom('login_attempts').selectAll().where('key', '=', value('key')),
  )
  // The condition refuses while there is a pause, and nothing is counted then. `excluded.first_at` is now.
  const claimed = prepare<Claim, { key: string }>(
    (value) =>
      ({
        compile: () =>
          sql<{ key: string }>`
            INSERT INTO login_attempts (key, failures, first_at, locked_until)
            VALUES (${value('key')}, 1, ${value('now')}, 0)
            ON CONFLICT (key) DO UPDATE SET
              failures = CASE WHEN login_attempts.first_at <= ${value('windowStart')} THEN 1
                ELSE login_attempts.failures + 1 END,
              first_at = CASE WHEN login_attempts.first_at <= ${value('windowStart')} THEN excluded.first_at
                ELSE login_attempts.first_at END,
              locked_until = CASE WHEN login_attempts.first_at <= ${value('windowStart')} THEN 0
                WHEN login_attempts.failures + 1 < ${value('free')} THEN 0
                WHEN login_attempts.failures + 1 - ${value('free')} > ${value('doublings')}
                  THEN excluded.first_at + ${value('pause')} * (1 << ${value('doublings')})
                ELSE excluded.first_at + ${value('pause')} * (1 << (login_attempts.failures + 1 - ${value('free')})) END
              WHERE login_attempts.locked_until <= excluded.first_at
            RETURNING key`.compile(db),
      }) as Compilable<{ key: string }>,
  )
  const given = prepare<{ key: string }, unknown>((value) =>
    db
      .updateTable('login_attempts')
      .set((row) => ({ failures: row('failures', '-', 1) }))
      .where('key', '=', value('key'))
      .where('failures', '>', 0),
  )
  const cleared = prepare<{ key: string }, unknown>((value) =>
    db.deleteFrom('login_attempts').where('key', '=', value('key')),
  )

  return {
    find: async (key: string): Promise<LoginAttemptsTable | undefined> => (await engine.read(byKey({ key })))[0],

    /** What is counted under the keys of a user: those that begin with the id and a `|`. */
    ofUser: async (userId: string): Promise<LoginAttemptsTable[]> =>
      db
        .selectFrom('login_attempts')
        .selectAll()
        .where('key', '>=', `${userId}|`)
        .where('key', '<', `${userId}}`)
        .orderBy('key')
        .execute(),

    /**
     * Counts one attempt under every limit, or, when one of them demands a pause, under none: then answers with that one and the end of
     * its pause. One unit, which also holds between servers.
     */
    claim: async (
      limits: readonly AttemptLimit[],
      now: number,
    ): Promise<{ limit: AttemptLimit; lockedUntil: number } | undefined> => {
      try {
        await engine.write(
          limits.map(({ key, free, window, pause, doublings }) =>
            expecting(1, claimed({ key, now, windowStart: now - window, free, pause, doublings })),
          ),
        )
        return undefined
      } catch (error) {
        if (!(error instanceof StaleError)) throw error
        return longestPause(limits, now)
      }
    },

    /** The attempt was right, or was not made: it counts no longer. Under the keys of `clear` no earlier one does either. */
    giveBack: async ({
      keys = [],
      clear = [],
    }: {
      keys?: readonly string[]
      clear?: readonly string[]
    }): Promise<void> => {
      await engine.write([...keys.map((key) => given({ key })), ...clear.map((key) => cleared({ key }))])
    },
  }

  async function longestPause(limits: readonly AttemptLimit[], now: number) {
    const rows = await Promise.all(limits.map(async ({ key }) => (await engine.read(byKey({ key })))[0]))
    const pauses = limits.map((limit, index) => ({ limit, lockedUntil: rows[index]?.locked_until ?? 0 }))
    const [longest] = pauses.toSorted((one, other) => other.lockedUntil - one.lockedUntil)
    // The pause may have ended since the unit was refused.
    return longest && { ...longest, lockedUntil: Math.max(longest.lockedUntil, now + 1) }
  }
}
export type LoginAttemptTable = ReturnType<typeof createLoginAttemptTable>
