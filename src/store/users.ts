import { randomBytes } from 'node:crypto'
import type { CompiledQuery, Selectable } from 'kysely'
import type { Engine } from './engine.ts'
import { prepare } from './prepare.ts'
import type { UsersTable } from './schema.ts'

export interface User {
  id: string
  username: string
  email: string | undefined
  emailVerified: boolean
  name: string | undefined
  passwordHash: string | undefined
  isAdmin: boolean
  active: boolean
}

export interface NewUser {
  username: string
  email?: string | undefined
  emailVerified?: boolean
  name?: string | undefined
  passwordHash?: string
  isAdmin?: boolean
}

export interface NewIdentity {
  issuer: string
  subject: string
  authenticationClass: string
}

/** Two spellings of a name are one name: NFKC, then folded. */
export function usernameKey(username: string): string {
  return username.normalize('NFKC').toLowerCase()
}

/** Users, their identities at providers, and their teams. Nothing here decides anything; directory/ does. */
export function createUserTable(engine: Engine) {
  const db = engine.kysely
  const byId = prepare<{ id: string }, Selectable<UsersTable>>((value) =>
    db.selectFrom('users').selectAll().where('id', '=', value('id')),
  )
  const byName = prepare<{ key: string }, Selectable<UsersTable>>((value) =>
    db.selectFrom('users').selectAll().where('username_key', '=', value('key')),
  )
  const byEmail = prepare<{ email: string }, Selectable<UsersTable>>((value) =>
    db.selectFrom('users').selectAll().where('email', '=', value('email')).limit(2),
  )
  const byIdentity = prepare<{ issuer: string; subject: string }, Selectable<UsersTable>>((value) =>
    db
      .selectFrom('identities')
      .innerJoin('users', 'users.id', 'identities.user_id')
      .selectAll('users')
      .where('issuer', '=', value('issuer'))
      .where('subject', '=', value('subject')),
  )
  const teamsOf = prepare<{ userId: string }, { team: string }>((value) =>
    db.selectFrom('memberships').select('team').distinct().where('user_id', '=', value('userId')).orderBy('team'),
  )
  const one = async (query: CompiledQuery<Selectable<UsersTable>>) => {
    const [row] = await engine.read(query)
    return row && toUser(row)
  }

  return {
    find: (id: string) => one(byId({ id })),
    findByName: (username: string) => one(byName({ key: usernameKey(username) })),
    findByIdentity: (issuer: string, subject: string) => one(byIdentity({ issuer, subject })),

    /** The user with that address, or undefined when there is none or more than one. */
    findByEmail: async (email: string): Promise<User | undefined> => {
      const rows = await engine.read(byEmail({ email }))
      const [row] = rows
      return row && rows.length === 1 ? toUser(row) : undefined
    },

    teams: async (userId: string): Promise<string[]> =>
      (await engine.read(teamsOf({ userId }))).map(({ team }) => team),

    list: async (): Promise<User[]> =>
      (await db.selectFrom('users').selectAll().orderBy('username_key').execute()).map(toUser),

    count: async (): Promise<number> => {
      const [row] = await db.selectFrom('users').select(db.fn.countAll<number>().as('count')).execute()
      return Number(row?.count ?? 0)
    },

    /** Rejects with ConflictError when the name, or the identity, is taken. */
    create: async (user: NewUser, at: number, identity?: NewIdentity): Promise<User> => {
      const id = `u_${randomBytes(15).toString('base64url')}`
      const row: UsersTable = {
        id,
        username: user.username,
        username_key: usernameKey(user.username),
        email: user.email ?? null,
        email_verified: user.emailVerified ? 1 : 0,
        name: user.name ?? null,
        password_hash: user.passwordHash ?? null,
        is_admin: user.isAdmin ? 1 : 0,
        active: 1,
        created_at: at,
        updated_at: at,
      }
      const queries: CompiledQuery<unknown>[] = [db.insertInto('users').values(row).compile()]
      if (identity) queries.push(insertIdentity(identity, id, at))
      await engine.write(queries)
      return toUser(row)
    },

    addIdentity: async (userId: string, identity: NewIdentity, at: number): Promise<void> => {
      await engine.write([insertIdentity(identity, userId, at)])
    },

    /** Profile and teams as the provider told them at this sign-in: one unit, and nothing at all when nothing changed. */
    refresh: async (
      user: User,
      seen: { email: string | undefined; emailVerified: boolean; name: string | undefined },
      memberships: { source: string; teams: readonly string[] },
      at: number,
    ): Promise<void> => {
      const queries: CompiledQuery<unknown>[] = []
      if (seen.email !== user.email || seen.emailVerified !== user.emailVerified || seen.name !== user.name) {
        queries.push(
          db
            .updateTable('users')
            .set({
              email: seen.email ?? null,
              email_verified: seen.emailVerified ? 1 : 0,
              name: seen.name ?? null,
              updated_at: at,
            })
            .where('id', '=', user.id)
            .compile(),
        )
      }
      queries.push(...(await membershipChanges(user.id, memberships)))
      if (queries.length > 0) await engine.write(queries)
    },

    setMemberships: async (userId: string, source: string, teams: readonly string[]): Promise<void> => {
      const queries = await membershipChanges(userId, { source, teams })
      if (queries.length > 0) await engine.write(queries)
    },

    setPassword: (userId: string, passwordHash: string, at: number) =>
      db.updateTable('users').set({ password_hash: passwordHash, updated_at: at }).where('id', '=', userId).compile(),

    setActive: (userId: string, active: boolean, at: number) =>
      db
        .updateTable('users')
        .set({ active: active ? 1 : 0, updated_at: at })
        .where('id', '=', userId)
        .compile(),
  }

  function insertIdentity({ issuer, subject, authenticationClass }: NewIdentity, userId: string, at: number) {
    return db
      .insertInto('identities')
      .values({
        issuer,
        subject,
        user_id: userId,
        authentication_class: authenticationClass,
        created_at: at,
        last_seen_at: at,
      })
      .compile()
  }

  async function membershipChanges(userId: string, { source, teams }: { source: string; teams: readonly string[] }) {
    const current = await db
      .selectFrom('memberships')
      .select('team')
      .where('user_id', '=', userId)
      .where('source', '=', source)
      .execute()
    const before = current.map(({ team }) => team)
    const removed = before.filter((team) => !teams.includes(team))
    const added = [...new Set(teams)].filter((team) => !before.includes(team))
    const queries: CompiledQuery<unknown>[] = []
    if (removed.length > 0) {
      queries.push(
        db
          .deleteFrom('memberships')
          .where('user_id', '=', userId)
          .where('source', '=', source)
          .where('team', 'in', removed)
          .compile(),
      )
    }
    if (added.length > 0) {
      const values = added.map((team) => ({ user_id: userId, team, source }))
      queries.push(
        db
          .insertInto('memberships')
          .values(values)
          .onConflict((conflict) => conflict.doNothing())
          .compile(),
      )
    }
    return queries
  }
}
export type UserTable = ReturnType<typeof createUserTable>

function toUser(row: Selectable<UsersTable>): User {
  return {
    id: row.id,
    username: row.username,
    email: row.email ?? undefined,
    emailVerified: row.email_verified === 1,
    name: row.name ?? undefined,
    passwordHash: row.password_hash ?? undefined,
    isAdmin: row.is_admin === 1,
    active: row.active === 1,
  }
}
