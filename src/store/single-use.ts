import { digest } from './digest.ts'
import type { Engine } from './engine.ts'
import { prepare } from './prepare.ts'

/** The purpose of a single-use value. A value for one purpose is invalid for another. */
export type SingleUsePurpose = 'handoff' | 'login-state' | 'setup-link' | 'sign-out'

/** Values that work once: codes of the gate, used login states, set-up links. One SQL statement takes each. */
export function createSingleUseTable(engine: Engine) {
  const db = engine.kysely
  const insert = prepare<{ purpose: string; hash: string; data: string; expiresAt: number }, unknown>((value) =>
    db
      .insertInto('single_use')
      .values({ purpose: value('purpose'), hash: value('hash'), data: value('data'), expires_at: value('expiresAt') }),
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

  return {
    /** Keeps `data` under a value of which only the digest is stored. */
    put: async (purpose: SingleUsePurpose, value: string, data: unknown, expiresAt: number): Promise<void> => {
      await engine.write([insert({ purpose, hash: digest(value), data: JSON.stringify(data), expiresAt })])
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
  }
}
export type SingleUseTable = ReturnType<typeof createSingleUseTable>
