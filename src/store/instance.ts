/** What a store says of itself: its id, and which key seals what is in it. One row, made with the store. */
import type { Kysely } from 'kysely'
import { saysThereIsNoTable } from './migrate.ts'
import type { Schema } from './schema.ts'

export interface Instance {
  /** Random; a backup has that of its store. */
  id: string
  /** Of the key that seals what is in the store (`keyFingerprint`). It tells whether a key fits, and nothing about the key. */
  keyFingerprint: string
  createdAt: number
}

const onlyRow = 1 as const

/** Undefined for a store that an older version made, until a server of this one starts on it. */
export async function keptInstance(db: Kysely<Schema>): Promise<Instance | undefined> {
  try {
    const row = await db.selectFrom('instance').selectAll().executeTakeFirst()
    return row && { id: row.instance_id, keyFingerprint: row.key_fingerprint, createdAt: row.created_at }
  } catch (error) {
    if (saysThereIsNoTable(error)) return undefined
    throw error
  }
}

/** Keeps it unless another server was first. */
export async function keepInstance(db: Kysely<Schema>, { id, keyFingerprint, createdAt }: Instance): Promise<void> {
  await db
    .insertInto('instance')
    .values({ only_row: onlyRow, instance_id: id, key_fingerprint: keyFingerprint, created_at: createdAt })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}
