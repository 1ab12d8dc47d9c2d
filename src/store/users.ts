import { randomBytes } from 'node:crypto'
import type { CompiledQuery, Selectable } from 'kysely'
import { otherSpelling } from '../issuer-text.ts'
import { emailKey } from '../username.ts'
import { type Ending, ending, type Taking } from './ending.ts'
import { type Engine, type ExpectingPart, expecting } from './engine.ts'
import { prepare } from './prepare.ts'
import type { IdentitiesTable, UsersTable } from './schema.ts'

export interface User {
  id: string
  username: string
  email: string | undefined
  /** Undefined: nobody has said anything about the address. */
  emailVerified: boolean | undefined
  name: string | undefined
  /** The parts of the name, where a provider sent parts. */
  givenName?: string | undefined
  familyName?: string | undefined
  passwordHash: string | undefined
  isAdmin: boolean
  active: boolean
}

export interface NewUser {
  username: string
  email?: string | undefined
  emailVerified?: boolean | undefined
  name?: string | undefined
  givenName?: string | undefined
  familyName?: string | undefined
  passwordHash?: string
  isAdmin?: boolean
  /** The account signs in with its address: no other one may. */
  ownsEmail?: boolean
}

export interface NewIdentity {
  issuer: string
  subject: string
  authenticationClass: string
  /** What the class calls the person, in its one spelling; undefined when somebody had that name before. */
  ownName?: string | undefined
  /** What the provider named at this sign-in. */
  receivedGroups: readonly string[]
}

/** A person's identity at a provider; the groups are unknown until they have been received once. */
export type StoredIdentity = Omit<NewIdentity, 'receivedGroups'> & { receivedGroups: readonly string[] | undefined }

export interface Membership {
  team: string
  /** The authentication class whose groups gave it, or `local` for one given by hand. */
  source: string
}

/** A user with everything that belongs to the person, as of a version. */
export interface Person {
  user: User
  version: number
  memberships: readonly Membership[]
  identities: readonly StoredIdentity[]
}

type Columns = Partial<Omit<Selectable<UsersTable>, 'id' | 'version' | 'created_at' | 'updated_at'>>
/** What can change about a user without a loss of access. */
export type UserColumns = Omit<Columns, 'active' | 'password_hash' | 'is_admin'> & { active?: 1; is_admin?: 1 }
/** What takes access away when it changes. */
export type TakingColumns = Pick<Columns, 'active' | 'password_hash' | 'is_admin'>

/** The id of a new user. */
export function newUserId(): string {
  return `u_${randomBytes(15).toString('base64url')}`
}

/** Two spellings of a name are one name: NFKC, then folded. */
export function usernameKey(username: string): string {
  return username.normalize('NFKC').toLowerCase()
}

/** Users, their identities at providers, and their memberships. Nothing here decides anything; directory/ does. */
export function createUserTable(engine: Engine) {
  const db = engine.kysely
  const byId = prepare<{ id: string }, Selectable<UsersTable>>((value) =>
    db.selectFrom('users').selectAll().where('id', '=', value('id')),
  )
  const byName = prepare<{ key: string }, Selectable<UsersTable>>((value) =>
    db.selectFrom('users').selectAll().where('username_key', '=', value('key')),
  )
  const byOwnEmail = prepare<{ key: string }, Selectable<UsersTable>>((value) =>
    db.selectFrom('users').selectAll().where('sign_in_email', '=', value('key')).where('password_hash', 'is not', null),
  )
  // What a provider has sent counts when it is verified; what was written here always does.
  const byAnyEmail = prepare<{ key: string }, Selectable<UsersTable>>((value) =>
    db
      .selectFrom('users')
      .selectAll()
      .where('email_key', '=', value('key'))
      .where('password_hash', 'is not', null)
      .where(({ or, eb, not, exists, selectFrom }) =>
        or([
          eb('email_verified', '=', 1),
          not(exists(selectFrom('identities').select('user_id').whereRef('identities.user_id', '=', 'users.id'))),
        ]),
      )
      .limit(2),
  )
  type Spelled = { issuer: string; otherIssuer: string; subject: string }
  const byIdentity = prepare<Spelled, Selectable<UsersTable> & { at: string }>((value) =>
    db
      .selectFrom('identities')
      .innerJoin('users', 'users.id', 'identities.user_id')
      .selectAll('users')
      .select('identities.issuer as at')
      .where((is) => is.or([is('issuer', '=', value('issuer')), is('issuer', '=', value('otherIssuer'))]))
      .where('subject', '=', value('subject')),
  )
  const teamsOf = prepare<{ userId: string }, { team: string }>((value) =>
    db.selectFrom('memberships').select('team').distinct().where('user_id', '=', value('userId')).orderBy('team'),
  )
  const membershipsOf = prepare<{ userId: string }, Membership>((value) =>
    db.selectFrom('memberships').select(['team', 'source']).where('user_id', '=', value('userId')).orderBy('team'),
  )
  const identitiesOf = prepare<{ userId: string }, Selectable<IdentitiesTable>>((value) =>
    db.selectFrom('identities').selectAll().where('user_id', '=', value('userId')),
  )
  type Namesake = Spelled & { authenticationClass: string; ownName: string; nameOfClass: string }
  const namesakesOf = prepare<Namesake, unknown>((value) => {
    const others = db
      .selectFrom('identities')
      .select('user_id')
      .where('authentication_class', '=', value('authenticationClass'))
      .where((is) => {
        const atProvider = is.or([is('issuer', '=', value('issuer')), is('issuer', '=', value('otherIssuer'))])
        return is.not(is.and([atProvider, is('subject', '=', value('subject'))]))
      })
    const called = db
      .selectFrom('users')
      .select('id')
      .where((is) => is.or([is('username_key', '=', value('ownName')), is('username_key', '=', value('nameOfClass'))]))
    const before = others.where('user_id', 'in', called).where((is) => {
      const itself = is.selectFrom('identities as itself').select('itself.user_id')
      const older = itself.whereRef('itself.created_at', '<=', 'identities.created_at')
      const atProvider = older.where((at) =>
        at.or([at('itself.issuer', '=', value('issuer')), at('itself.issuer', '=', value('otherIssuer'))]),
      )
      return is.not(is.exists(atProvider.where('itself.subject', '=', value('subject'))))
    })
    return others.where('own_name', '=', value('ownName')).unionAll(before)
  })
  const one = async (query: CompiledQuery<Selectable<UsersTable>>) => {
    const [row] = await engine.read(query)
    return row && toUser(row)
  }

  const change = ({ id, version }: { id: string; version: number }, columns: Columns, at: number): ExpectingPart =>
    expecting(
      1,
      db
        .updateTable('users')
        .set({ ...columns, version: version + 1, updated_at: at })
        .where('id', '=', id)
        .where('version', '=', version)
        .compile(),
    )
  const endingOf = (
    kind: 'user' | 'profile',
    person: { id: string; version: number },
    columns: Columns,
    at: number,
    takes: readonly Taking[],
  ): Ending =>
    ending({
      locks: [change(person, columns, at)],
      tells: [engine.revocations.entry({ kind, subject: person.id }, at)],
      takes,
    })

  return {
    find: (id: string) => one(byId({ id })),
    findByName: (username: string) => one(byName({ key: usernameKey(username) })),
    /** Whose identity it is. A slash at the end of the issuer makes nobody somebody else, but where both spellings are stored each is its own. */
    findByIdentity: async (issuer: string, subject: string): Promise<User | undefined> => {
      const rows = await engine.read(byIdentity({ issuer, otherIssuer: otherSpelling(issuer), subject }))
      const row = rows.find(({ at }) => at === issuer) ?? rows[0]
      return row && toUser(row)
    },

    /**
     * Who signs in with an address (its `emailKey`) and a password: the account kept here whose address it is, else the one with a password to
     * which a provider gave it. Undefined when there is none, or more than one.
     */
    findLocalByEmail: async (key: string): Promise<User | undefined> => {
      const owner = await one(byOwnEmail({ key }))
      if (owner) return owner
      const rows = await engine.read(byAnyEmail({ key }))
      const [row] = rows
      return row && rows.length === 1 ? toUser(row) : undefined
    },

    /** Accounts that are kept here and have that address (its `emailKey`): more than one only since before it had to be their own. */
    accountsWithEmail: async (key: string): Promise<User[]> =>
      (
        await db
          .selectFrom('users')
          .selectAll()
          .where('email_key', '=', key)
          .where('password_hash', 'is not', null)
          .where(({ not, exists, selectFrom }) =>
            not(exists(selectFrom('identities').select('user_id').whereRef('identities.user_id', '=', 'users.id'))),
          )
          .orderBy('username_key')
          .execute()
      ).map(toUser),

    /** Whether somebody else is an active administrator. */
    hasOtherAdmin: async (id: string): Promise<boolean> =>
      (
        await db
          .selectFrom('users')
          .select('id')
          .where('is_admin', '=', 1)
          .where('active', '=', 1)
          .where('id', '!=', id)
          .limit(1)
          .execute()
      ).length > 0,

    /** When the user was created and last signed in, in milliseconds. */
    times: async (id: string): Promise<{ createdAt: number; lastSignInAt: number | undefined } | undefined> => {
      const columns = db.selectFrom('users').select(['created_at', 'last_sign_in_at'])
      const row = await columns.where('id', '=', id).executeTakeFirst()
      return row && { createdAt: row.created_at, lastSignInAt: row.last_sign_in_at ?? undefined }
    },

    /** The issuers at which people of a class are known, as the connector wrote them. */
    issuersOfClass: async (authenticationClass: string): Promise<string[]> => {
      const ofClass = db.selectFrom('identities').where('authentication_class', '=', authenticationClass)
      return (await ofClass.select('issuer').distinct().execute()).map(({ issuer }) => issuer)
    },

    /** Who the person is at providers. */
    identities: async (userId: string): Promise<StoredIdentity[]> =>
      (await engine.read(identitiesOf({ userId }))).map(toIdentity),

    /**
     * Whether somebody else of a class has that name there, or had it before. Identities that an older version created do not say
     * their names until the next sign-in; what their users are called does.
     */
    hasNamesake: async (
      { issuer, subject }: Pick<NewIdentity, 'issuer' | 'subject'>,
      authenticationClass: string,
      ownName: string,
    ): Promise<boolean> => {
      const nameOfClass = `${ownName}@${authenticationClass}`
      const otherIssuer = otherSpelling(issuer)
      return (
        (await engine.read(namesakesOf({ issuer, otherIssuer, subject, authenticationClass, ownName, nameOfClass })))
          .length > 0
      )
    },

    teams: async (userId: string): Promise<string[]> =>
      (await engine.read(teamsOf({ userId }))).map(({ team }) => team),

    list: async (): Promise<User[]> =>
      (await db.selectFrom('users').selectAll().orderBy('username_key').execute()).map(toUser),

    count: async (): Promise<number> => {
      const [row] = await db.selectFrom('users').select(db.fn.countAll<number>().as('count')).execute()
      return Number(row?.count ?? 0)
    },

    /** Everything on which a change of a person is decided. The version is read first: what is read later may be newer, never older. */
    findPerson: async (id: string): Promise<Person | undefined> => {
      const [row] = await engine.read(byId({ id }))
      if (!row) return undefined
      const memberships = await engine.read(membershipsOf({ userId: id }))
      const identities = await engine.read(identitiesOf({ userId: id }))
      return { user: toUser(row), version: row.version, memberships, identities: identities.map(toIdentity) }
    },

    /** Ids of the users with an identity of one of these classes. */
    withIdentityAt: async (authenticationClasses: readonly string[]): Promise<string[]> => {
      if (authenticationClasses.length === 0) return []
      const rows = await db
        .selectFrom('identities')
        .select('user_id')
        .distinct()
        .where('authentication_class', 'in', authenticationClasses)
        .execute()
      return rows.map((row) => row.user_id)
    },

    /** Statements that change people. Only directory/ uses them: each change is one unit, with its audit row. */
    statements: {
      /** The unit is refused with ConflictError when the name is taken. */
      insert: (id: string, user: NewUser, at: number): CompiledQuery<unknown> =>
        db
          .insertInto('users')
          .values({
            id,
            username: user.username,
            username_key: usernameKey(user.username),
            email: user.email ?? null,
            email_key: emailKey(user.email ?? '') ?? null,
            sign_in_email: user.ownsEmail ? (emailKey(user.email ?? '') ?? null) : null,
            email_verified: toColumn(user.emailVerified),
            name: user.name ?? null,
            given_name: user.givenName ?? null,
            family_name: user.familyName ?? null,
            password_hash: user.passwordHash ?? null,
            is_admin: user.isAdmin ? 1 : 0,
            active: 1,
            created_at: at,
            updated_at: at,
          })
          .compile(),

      /** The first statement of every unit that changes a person: stale if another change came between. */
      change: (person: { id: string; version: number }, columns: UserColumns, at: number): ExpectingPart =>
        change(person, columns, at),

      /** The same for a change that takes access away; `takes` are what goes with it. The caches hear of the user. */
      takeAway: (
        person: { id: string; version: number },
        columns: Omit<UserColumns, 'active' | 'is_admin'> & TakingColumns,
        at: number,
        takes: readonly Taking[],
      ): Ending => endingOf('user', person, columns, at, takes),

      /** The same for memberships that go without a loss, because another source still gives the team. The caches hear of the profile. */
      rearrange: (
        person: { id: string; version: number },
        columns: UserColumns,
        at: number,
        takes: readonly Taking[],
      ): Ending => endingOf('profile', person, columns, at, takes),

      /** The unit is refused with ConflictError when the identity is taken. */
      addIdentity: (userId: string, identity: StoredIdentity, at: number): CompiledQuery<unknown> =>
        db
          .insertInto('identities')
          .values({
            issuer: identity.issuer,
            subject: identity.subject,
            user_id: userId,
            authentication_class: identity.authenticationClass,
            own_name: identity.ownName ?? null,
            created_at: at,
            last_seen_at: at,
            received_groups: identity.receivedGroups === undefined ? null : JSON.stringify(identity.receivedGroups),
          })
          .compile(),

      /** Another key for an identity that stays the same person's. Stale when it is gone; refused with ConflictError when the new key is taken. */
      rekeyIdentity: (
        userId: string,
        { issuer, subject }: Pick<NewIdentity, 'issuer' | 'subject'>,
        newKey: Pick<NewIdentity, 'issuer' | 'subject'>,
      ): ExpectingPart =>
        expecting(
          1,
          db
            .updateTable('identities')
            .set({ issuer: newKey.issuer, subject: newKey.subject })
            .where('user_id', '=', userId)
            .where('issuer', '=', issuer)
            .where('subject', '=', subject)
            .compile(),
        ),

      receive: ({ issuer, subject, ownName, receivedGroups }: NewIdentity, at: number): CompiledQuery<unknown> =>
        db
          .updateTable('identities')
          .set({
            ...(ownName === undefined ? {} : { own_name: ownName }),
            received_groups: JSON.stringify(receivedGroups),
            last_seen_at: at,
          })
          .where('issuer', '=', issuer)
          .where('subject', '=', subject)
          .compile(),

      /** Gives an identity to another user, with what is known about it but for its name at the class. For an ending of that user. */
      moveIdentity: (
        userId: string,
        { issuer, subject, authenticationClass, ownName }: Omit<NewIdentity, 'receivedGroups'>,
      ): Taking => ({
        takes: db
          .updateTable('identities')
          .set({ user_id: userId, authentication_class: authenticationClass, own_name: ownName ?? null })
          .where('issuer', '=', issuer)
          .where('subject', '=', subject)
          .compile(),
      }),

      /** For an ending of the person. */
      dropIdentity: ({ issuer, subject }: Pick<NewIdentity, 'issuer' | 'subject'>): Taking => ({
        takes: db.deleteFrom('identities').where('issuer', '=', issuer).where('subject', '=', subject).compile(),
      }),

      /** For an ending of the person: the row, and with it identities, memberships and sessions. */
      drop: (userId: string): Taking => ({ takes: db.deleteFrom('users').where('id', '=', userId).compile() }),

      /** Changes nothing. Stale unless somebody else is an active administrator, who stays one until the unit is committed. */
      anotherAdmin: (userId: string): ExpectingPart =>
        expecting(
          1,
          db
            .updateTable('users')
            .set(({ ref }) => ({ is_admin: ref('is_admin') }))
            .where('id', '=', ({ selectFrom }) =>
              selectFrom('users as other')
                .select('other.id')
                .where('other.is_admin', '=', 1)
                .where('other.active', '=', 1)
                .where('other.id', '!=', userId)
                .orderBy('other.id')
                .limit(1),
            )
            .where('is_admin', '=', 1)
            .where('active', '=', 1)
            .compile(),
        ),

      /** Stale when one of the teams does not exist. */
      join: (userId: string, source: string, teams: readonly string[]): ExpectingPart =>
        expecting(
          teams.length,
          db
            .insertInto('memberships')
            .columns(['user_id', 'team', 'source'])
            .expression(
              db
                .selectFrom('teams')
                .select(({ val, ref }) => [
                  val(userId).as('user_id'),
                  ref('teams.name').as('team'),
                  val(source).as('source'),
                ])
                .where('name', 'in', teams),
            )
            .compile(),
        ),

      /** For an ending of the person: `takeAway` or `rearrange`. */
      leave: (userId: string, source: string, teams: readonly string[]): Taking => ({
        takes: db
          .deleteFrom('memberships')
          .where('user_id', '=', userId)
          .where('source', '=', source)
          .where('team', 'in', teams)
          .compile(),
      }),
    },
  }
}
export type UserTable = ReturnType<typeof createUserTable>

/** `true`, `false`, or that nobody has said it. */
export function toColumn(flag: boolean | undefined): 0 | 1 | null {
  return flag === undefined ? null : flag ? 1 : 0
}

function toUser(row: Selectable<UsersTable>): User {
  return {
    id: row.id,
    username: row.username,
    email: row.email ?? undefined,
    emailVerified: row.email_verified === null ? undefined : row.email_verified === 1,
    name: row.name ?? undefined,
    givenName: row.given_name ?? undefined,
    familyName: row.family_name ?? undefined,
    passwordHash: row.password_hash ?? undefined,
    isAdmin: row.is_admin === 1,
    active: row.active === 1,
  }
}

function toIdentity(row: Selectable<IdentitiesTable>): StoredIdentity {
  return {
    issuer: row.issuer,
    subject: row.subject,
    authenticationClass: row.authentication_class,
    ownName: row.own_name ?? undefined,
    receivedGroups: row.received_groups === null ? undefined : (JSON.parse(row.received_groups) as string[]),
  }
}
