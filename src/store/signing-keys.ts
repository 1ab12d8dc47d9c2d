import { digest } from './digest.ts'
import { type Engine, expecting, StaleError } from './engine.ts'

export interface StoredKey {
  kid: string
  alg: string
  sealedJwk: string
  createdAt: number
}

/** The keys that tokens are signed with, sealed. */
export function createSigningKeyTable(engine: Engine) {
  const db = engine.kysely
  return {
    list: async (): Promise<StoredKey[]> => {
      const rows = await db.selectFrom('signing_keys').selectAll().orderBy('created_at').execute()
      return rows.map((row) => ({ kid: row.kid, alg: row.alg, sealedJwk: row.sealed_jwk, createdAt: row.created_at }))
    },

    /**
     * Adds the first key of its algorithm. Servers that start at the same time on a new store all find none and make one each: the
     * key of one is kept, and nothing happens for the others, who read it.
     */
    addFirst: async ({ kid, alg, sealedJwk, createdAt }: StoredKey): Promise<void> => {
      const claim = { purpose: 'first-signing-key', hash: digest(alg), data: '', expires_at: Number.MAX_SAFE_INTEGER }
      try {
        await engine.write([
          expecting(
            1,
            db
              .insertInto('single_use')
              .values(claim)
              .onConflict((conflict) => conflict.doNothing())
              .returning('hash')
              .compile(),
          ),
          db.insertInto('signing_keys').values({ kid, alg, sealed_jwk: sealedJwk, created_at: createdAt }).compile(),
        ])
      } catch (error) {
        if (!(error instanceof StaleError)) throw error
      }
    },
  }
}
export type SigningKeyTable = ReturnType<typeof createSigningKeyTable>
