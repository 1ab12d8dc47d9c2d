import type { Engine } from './engine.ts'
import { prepare } from './prepare.ts'
import type { LoginAttemptsTable } from './schema.ts'

/** Failed passwords, counted per account and network in the store, so that restarts and other processes count too. */
export function createLoginAttemptTable(engine: Engine) {
  const db = engine.kysely
  const byKey = prepare<{ key: string }, LoginAttemptsTable>((value) =>
    db.selectFrom('login_attempts').selectAll().where('key', '=', value('key')),
  )
  return {
    find: async (key: string): Promise<LoginAttemptsTable | undefined> => (await engine.read(byKey({ key })))[0],

    /** Counts one failure and answers with the number in the current window. One statement, so that parallel guesses all count. */
    fail: async (key: string, now: number, windowStart: number): Promise<number> => {
      const [rows] = await engine.write([
        db
          .insertInto('login_attempts')
          .values({ key, failures: 1, first_at: now, locked_until: 0 })
          .onConflict((conflict) =>
            conflict.column('key').doUpdateSet((row) => ({
              failures: row
                .case()
                .when('login_attempts.first_at', '<', windowStart)
                .then(1)
                .else(row('login_attempts.failures', '+', 1))
                .end(),
              first_at: row
                .case()
                .when('login_attempts.first_at', '<', windowStart)
                .then(now)
                .else(row.ref('login_attempts.first_at'))
                .end(),
            })),
          )
          .returning('failures')
          .compile(),
      ])
      return (rows?.[0] as { failures: number } | undefined)?.failures ?? 1
    },

    lock: async (key: string, until: number): Promise<void> => {
      await engine.write([
        db.updateTable('login_attempts').set({ locked_until: until }).where('key', '=', key).compile(),
      ])
    },

    clear: async (key: string): Promise<void> => {
      await engine.write([db.deleteFrom('login_attempts').where('key', '=', key).compile()])
    },
  }
}
export type LoginAttemptTable = ReturnType<typeof createLoginAttemptTable>
