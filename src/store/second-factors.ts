import type { CompiledQuery } from 'kysely'
import type { Engine } from './engine.ts'
import { prepare } from './prepare.ts'

/** An authenticator app of a person: one secret, shared with the app. */
export interface StoredApp {
  sealedSecret: string
  createdAt: number
}

/** Second factors of people: an authenticator app, and codes for the day on which it is lost. */
export function createSecondFactorTable(engine: Engine) {
  const db = engine.kysely
  const appOf = prepare<{ userId: string }, { sealed_secret: string; created_at: number }>((value) =>
    db.selectFrom('totp_secrets').select(['sealed_secret', 'created_at']).where('user_id', '=', value('userId')),
  )
  const codesOf = prepare<{ userId: string }, { count: number | string }>((value) =>
    db.selectFrom('recovery_codes').select(db.fn.countAll().as('count')).where('user_id', '=', value('userId')),
  )
  // A code is good for one step of time. Only steps after the last one that was taken count, whichever process took it.
  const takeStep = prepare<{ userId: string; sealedSecret: string; step: number }, { user_id: string }>((value) =>
    db
      .updateTable('totp_secrets')
      .set({ last_step: value('step') })
      .where('user_id', '=', value('userId'))
      .where('sealed_secret', '=', value('sealedSecret'))
      .where('last_step', '<', value('step'))
      .returning('user_id'),
  )
  const takeCode = prepare<{ userId: string; hash: string }, { hash: string }>((value) =>
    db
      .deleteFrom('recovery_codes')
      .where('user_id', '=', value('userId'))
      .where('hash', '=', value('hash'))
      .returning('hash'),
  )
  const took = async (statement: CompiledQuery<unknown>) => (await engine.write([statement]))[0]?.length === 1

  return {
    appOf: async (userId: string): Promise<StoredApp | undefined> => {
      const [row] = await engine.read(appOf({ userId }))
      return row && { sealedSecret: row.sealed_secret, createdAt: Number(row.created_at) }
    },

    /** How many recovery codes are left. */
    codesLeft: async (userId: string): Promise<number> =>
      Number((await engine.read(codesOf({ userId })))[0]?.count ?? 0),

    /** Takes the code of a step of time: true for the first caller, false for that step and those before from then on. */
    takeStep: (userId: string, { sealedSecret }: StoredApp, step: number): Promise<boolean> =>
      took(takeStep({ userId, sealedSecret, step })),

    /** Takes a recovery code: true for the first caller. */
    takeCode: (userId: string, hash: string): Promise<boolean> => took(takeCode({ userId, hash })),

    /** Statements for the unit that changes the person. */
    statements: {
      /** A new app, in the place of one that was there. `step` is that of the code which has confirmed it. */
      putApp: (userId: string, sealedSecret: string, step: number, at: number): CompiledQuery<unknown>[] => [
        db.deleteFrom('totp_secrets').where('user_id', '=', userId).compile(),
        db
          .insertInto('totp_secrets')
          .values({ user_id: userId, sealed_secret: sealedSecret, last_step: step, created_at: at })
          .compile(),
      ],

      /** New recovery codes, in the place of all that there were. */
      putCodes: (userId: string, hashes: readonly string[]): CompiledQuery<unknown>[] => [
        db.deleteFrom('recovery_codes').where('user_id', '=', userId).compile(),
        db
          .insertInto('recovery_codes')
          .values(hashes.map((hash) => ({ user_id: userId, hash })))
          .compile(),
      ],

      removeApp: (userId: string): CompiledQuery<unknown>[] => [
        db.deleteFrom('totp_secrets').where('user_id', '=', userId).compile(),
        db.deleteFrom('recovery_codes').where('user_id', '=', userId).compile(),
      ],
    },
  }
}
export type SecondFactorTable = ReturnType<typeof createSecondFactorTable>
