/**
 * What must still hold when something is made under it. The statement that makes it says so with one of these, and locks what it reads:
 * row-locks.ts. The user comes first in such a statement, as in the units that end things, so that the two do not lock each other out.
 */
import type { Engine } from './engine.ts'
import { holding } from './row-locks.ts'

type Locking = Pick<Engine, 'kysely' | 'runsUnitsInParallel'>

/** The user, while they may sign in. */
export function activeUser(engine: Locking, userId: string) {
  const user = engine.kysely.selectFrom('users').select('users.id').where('users.id', '=', userId)
  return holding(engine, user.where('users.active', '=', 1))
}

/** The user, while they may sign in and that hash is the stored one. */
export function userWithPassword(engine: Locking, userId: string, passwordHash: string) {
  const user = engine.kysely.selectFrom('users').select('users.id').where('users.id', '=', userId)
  return holding(engine, user.where('users.active', '=', 1).where('users.password_hash', '=', passwordHash))
}

/** A passkey of that user, while it is there. */
export function passkeyOf(engine: Locking, { id, userId }: { id: string; userId: string }) {
  const passkey = engine.kysely.selectFrom('passkeys').select('passkeys.id').where('passkeys.id', '=', id)
  return holding(engine, passkey.where('passkeys.user_id', '=', userId))
}

/** The login session of that user, while it lives. */
export function liveLogin(engine: Locking, { idHash, userId, at }: { idHash: string; userId: string; at: number }) {
  return holding(
    engine,
    engine.kysely
      .selectFrom('sessions as login')
      .select('login.id_hash')
      .where('login.kind', '=', 'login')
      .where('login.id_hash', '=', idHash)
      .where('login.user_id', '=', userId)
      .where('login.expires_at', '>', at),
  )
}
