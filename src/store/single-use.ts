import type { CompiledQuery } from 'kysely'
import { digest } from './digest.ts'
import { type Engine, type ExpectingPart, expecting } from './engine.ts'
import { activeUser, liveLogin } from './parents.ts'
import { prepare } from './prepare.ts'

/** The purpose of a single-use value. A value for one purpose is invalid for another. */
export type SingleUsePurpose =
  | 'client-proof'
  | 'handoff'
  | 'login-state'
  | 'passkey-question'
  | 'password-reset'
  | 'setup-link'
  | 'sign-out'

/** Values that work once: codes of the gate, used login states, set-up links. One SQL statement takes each. */
export function createSingleUseTable(engine: Engine) {
  const db = engine.kysely
  const insert = prepare<{ purpose: string; hash: string; data: string; expiresAt: number }, unknown>((value) =>
    db
      .insertInto('single_use')
      .values({ purpose: value('purpose'), hash: value('hash'), data: value('data'), expires_at: value('expiresAt') }),
  )
  const insertUnderLogin = prepare<
    { purpose: string; hash: string; data: string; expiresAt: number; idHash: string; userId: string; at: number },
    { hash: string }
  >((value) =>
    db
      .insertInto('single_use')
      .columns(['purpose', 'hash', 'data', 'login_hash', 'expires_at'])
      .expression(
        db
          .selectNoFrom(({ val }) => [
            val(value('purpose')).as('purpose'),
            val(value('hash')).as('hash'),
            val(value('data')).as('data'),
            val(value('idHash')).as('login_hash'),
            val(value('expiresAt')).as('expires_at'),
          ])
          .where(({ and, exists }) =>
            and([
              exists(activeUser(engine, value('userId'))),
              exists(liveLogin(engine, { idHash: value('idHash'), userId: value('userId'), at: value('at') })),
            ]),
          ),
      )
      .returning('hash'),
  )
  const claim = prepare<{ purpose: string; hash: string; expiresAt: number }, { hash: string }>((value) =>
    db
      .insertInto('single_use')
      .values({ purpose: value('purpose'), hash: value('hash'), data: '', expires_at: value('expiresAt') })
      .onConflict((conflict) => conflict.doNothing())
      .returning('hash'),
  )
  const take = prepare<{ purpose: string; hash: string; now: number }, { data: string }>((value) =>
    db
      .deleteFrom('single_use')
      .where('purpose', '=', value('purpose'))
      .where('hash', '=', value('hash'))
      .where('expires_at', '>', value('now'))
      .returning('data'),
  )
  const byHash = prepare<{ purpose: string; hash: string; now: number }, { data: string }>((value) =>
    db
      .selectFrom('single_use')
      .select('data')
      .where('purpose', '=', value('purpose'))
      .where('hash', '=', value('hash'))
      .where('expires_at', '>', value('now')),
  )

  return {
    /** Keeps `data` under a value of which only the digest is stored. */
    put: async (purpose: SingleUsePurpose, value: string, data: unknown, expiresAt: number): Promise<void> => {
      await engine.write([insert({ purpose, hash: digest(value), data: JSON.stringify(data), expiresAt })])
    },

    /** The same under a login session, with which the value ends. False, and nothing is kept, when the login has ended. */
    putUnderLogin: async (
      purpose: SingleUsePurpose,
      value: string,
      data: unknown,
      { login, at, expiresAt }: { login: { idHash: string; userId: string }; at: number; expiresAt: number },
    ): Promise<boolean> => {
      const row = { purpose, hash: digest(value), data: JSON.stringify(data), expiresAt }
      const [rows] = await engine.write([insertUnderLogin({ ...row, ...login, at })])
      return rows?.length === 1
    },

    /** The data, without taking it. */
    find: async <Data>(purpose: SingleUsePurpose, value: string, now: number): Promise<Data | undefined> => {
      const [row] = await engine.read(byHash({ purpose, hash: digest(value), now }))
      return row && (JSON.parse(row.data || 'null') as Data)
    },

    /** The data, for the first caller; undefined for all others and after the expiry. */
    take: async <Data>(purpose: SingleUsePurpose, value: string, now: number): Promise<Data | undefined> => {
      const [rows] = await engine.write([take({ purpose, hash: digest(value), now })])
      const row = rows?.[0] as { data: string } | undefined
      return row && (JSON.parse(row.data) as Data)
    },

    /** For values that carry their own data: true for the first caller, false for every later one. */
    claim: async (purpose: SingleUsePurpose, value: string, expiresAt: number): Promise<boolean> => {
      const [rows] = await engine.write([claim({ purpose, hash: digest(value), expiresAt })])
      return rows?.length === 1
    },

    /** Takes a claim back: nothing came of it. */
    release: async (purpose: SingleUsePurpose, value: string): Promise<void> => {
      await engine.write([take({ purpose, hash: digest(value), now: 0 })])
    },

    /** Keeps `data` under a value, in the unit of what says why. */
    toPut: (purpose: SingleUsePurpose, value: string, data: unknown, expiresAt: number): CompiledQuery<unknown> =>
      insert({ purpose, hash: digest(value), data: JSON.stringify(data), expiresAt }),

    /** Takes a value in the unit of what is made with it. Stale for all units but the first, and after the expiry. */
    toTake: (purpose: SingleUsePurpose, value: string, now: number): ExpectingPart =>
      expecting(1, take({ purpose, hash: digest(value), now })),

    /** Takes every value of a purpose. */
    toTakeAll: (purpose: SingleUsePurpose): CompiledQuery<unknown> =>
      db.deleteFrom('single_use').where('purpose', '=', purpose).compile(),
  }
}
export type SingleUseTable = ReturnType<typeof createSingleUseTable>
