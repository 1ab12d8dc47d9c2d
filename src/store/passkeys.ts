import type { CompiledQuery, Selectable } from 'kysely'
import type { Engine } from './engine.ts'
import { prepare } from './prepare.ts'
import type { PasskeysTable } from './schema.ts'

/** The public half of a passkey (WebAuthn): nothing of it lets anybody in. */
export interface Passkey {
  /** The credential id, base64url. */
  id: string
  userId: string
  /** A COSE key, base64url. */
  publicKey: string
  /** How often the authenticator has signed, if it counts. */
  counter: number
  transports: readonly string[]
  /** What its owner calls it. */
  name: string
  createdAt: number
  lastUsedAt: number | undefined
}

/** Passkeys of people. */
export function createPasskeyTable(engine: Engine) {
  const db = engine.kysely
  const byId = prepare<{ id: string }, Selectable<PasskeysTable>>((value) =>
    db.selectFrom('passkeys').selectAll().where('id', '=', value('id')),
  )
  const byUser = prepare<{ userId: string }, Selectable<PasskeysTable>>((value) =>
    db.selectFrom('passkeys').selectAll().where('user_id', '=', value('userId')).orderBy('created_at').orderBy('id'),
  )
  // A counter that does not grow is that of a copy. Authenticators that do not count say 0 each time (WebAuthn section 6.1.1).
  const use = prepare<{ id: string; userId: string; counter: number; at: number }, { id: string }>((value) =>
    db
      .updateTable('passkeys')
      .set({ counter: value('counter'), last_used_at: value('at') })
      .where('id', '=', value('id'))
      .where('user_id', '=', value('userId'))
      .where(({ eb, or, and, val }) =>
        or([eb('counter', '<', value('counter')), and([eb('counter', '=', 0), eb(val(value('counter')), '=', 0)])]),
      )
      .returning('id'),
  )

  return {
    find: async (id: string): Promise<Passkey | undefined> => {
      const [row] = await engine.read(byId({ id }))
      return row && toPasskey(row)
    },

    /** Those of a person, the oldest first. */
    ofUser: async (userId: string): Promise<Passkey[]> => (await engine.read(byUser({ userId }))).map(toPasskey),

    /** Notes a use. False when the passkey is gone or its counter has not grown: then it may be a copy. */
    use: async ({ id, userId }: Pick<Passkey, 'id' | 'userId'>, counter: number, at: number): Promise<boolean> => {
      const [rows] = await engine.write([use({ id, userId, counter, at })])
      return rows?.length === 1
    },

    /** Statements for the unit that changes the person. */
    statements: {
      /** The unit is refused with ConflictError when somebody has the passkey already. */
      put: (passkey: Omit<Passkey, 'lastUsedAt'>): CompiledQuery<unknown> =>
        db
          .insertInto('passkeys')
          .values({
            id: passkey.id,
            user_id: passkey.userId,
            public_key: passkey.publicKey,
            counter: passkey.counter,
            transports: passkey.transports.join(' '),
            name: passkey.name,
            created_at: passkey.createdAt,
            last_used_at: null,
          })
          .compile(),

      remove: (userId: string, id: string): CompiledQuery<unknown> =>
        db.deleteFrom('passkeys').where('user_id', '=', userId).where('id', '=', id).compile(),

      removeAll: (userId: string): CompiledQuery<unknown> =>
        db.deleteFrom('passkeys').where('user_id', '=', userId).compile(),
    },
  }
}
export type PasskeyTable = ReturnType<typeof createPasskeyTable>

function toPasskey(row: Selectable<PasskeysTable>): Passkey {
  return {
    id: row.id,
    userId: row.user_id,
    publicKey: row.public_key,
    counter: Number(row.counter),
    transports: row.transports.split(' ').filter((word) => word !== ''),
    name: row.name,
    createdAt: Number(row.created_at),
    lastUsedAt: row.last_used_at === null ? undefined : Number(row.last_used_at),
  }
}
