import type { Engine } from './engine.ts'
import { ConflictError } from './engine.ts'

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

    /** Adds a key; an existing one stays as it is (two processes may start at once). */
    add: async ({ kid, alg, sealedJwk, createdAt }: StoredKey): Promise<void> => {
      try {
        await engine.write([
          db.insertInto('signing_keys').values({ kid, alg, sealed_jwk: sealedJwk, created_at: createdAt }).compile(),
        ])
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error
      }
    },
  }
}
export type SigningKeyTable = ReturnType<typeof createSigningKeyTable>
