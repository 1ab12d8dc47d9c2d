import { type ColumnDefinitionBuilder, type CreateTableBuilder, type Expression, type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { emailKey } from '../username.ts'

/** Where the engines write the same column differently. */
export interface ColumnTypes {
  /** Text that is compared byte by byte. */
  text: 'text' | Expression<string>
  /** The type of a number that the database assigns to new rows in the order of insertion. */
  identity: 'integer' | 'bigint'
  numbered(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder
  /** What else the engine needs to read a log in commit order. */
  inCommitOrder<Table extends string>(table: CreateTableBuilder<Table>): CreateTableBuilder<Table>
}

/** Forward only, in the order of their names; one set for every engine. A released one is never changed. */
export function createMigrations(types: ColumnTypes): Record<string, Migration> {
  return {
    '0001-first': { up: (db) => first(db, types) },
    '0002-teams': { up: (db) => teams(db, types) },
    '0003-jobs': { up: (db) => jobs(db, types) },
    '0004-parents': { up: (db) => parents(db, types) },
    '0006-names': { up: (db) => names(db, types) },
    '0007-one-login-of-a-browser': { up: (db) => oneLoginOfABrowser(db, types) },
    '0008-what-providers-say': { up: (db) => whatProvidersSay(db, types) },
    '0010-people': { up: (db) => people(db, types) },
    '0011-authentication-context': { up: (db) => authenticationContext(db, types) },
    '0012-log': { up: (db) => log(db, types) },
    '0013-instance': { up: (db) => instance(db, types) },
    '0014-second-factors': { up: (db) => secondFactors(db, types) },
    '0015-passkeys': { up: (db) => passkeys(db, types) },
  }
}

async function first(db: Kysely<unknown>, { text, identity, numbered, inCommitOrder }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('username', text, (column) => column.notNull())
    .addColumn('username_key', text, (column) => column.notNull().unique())
    .addColumn('email', text)
    .addColumn('email_verified', 'integer', (column) => column.notNull())
    .addColumn('name', text)
    .addColumn('password_hash', text)
    .addColumn('is_admin', 'integer', (column) => column.notNull())
    .addColumn('active', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('identities')
    .addColumn('issuer', text, (column) => column.notNull())
    .addColumn('subject', text, (column) => column.notNull())
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('authentication_class', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('identities_key', ['issuer', 'subject'])
    .execute()
  await db.schema.createIndex('identities_user').on('identities').column('user_id').execute()

  await db.schema
    .createTable('memberships')
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('team', text, (column) => column.notNull())
    .addColumn('source', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('memberships_key', ['user_id', 'team', 'source'])
    .execute()

  await db.schema
    .createTable('sessions')
    .addColumn('id_hash', text, (column) => column.primaryKey())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('service', text)
    .addColumn('parent_hash', text)
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('authentication_class', text, (column) => column.notNull())
    .addColumn('authenticated_at', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('sealed_id_token', text)
    .addColumn('provider_uid', text)
    .addColumn('signed_in_for', text)
    .execute()
  await db.schema.createIndex('sessions_parent').on('sessions').column('parent_hash').execute()
  await db.schema.createIndex('sessions_user').on('sessions').column('user_id').execute()
  await db.schema.createIndex('sessions_expiry').on('sessions').column('expires_at').execute()

  await db.schema
    .createTable('single_use')
    .addColumn('purpose', text, (column) => column.notNull())
    .addColumn('hash', text, (column) => column.notNull())
    .addColumn('data', text, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('single_use_key', ['purpose', 'hash'])
    .execute()
  await db.schema.createIndex('single_use_expiry').on('single_use').column('expires_at').execute()

  await db.schema
    .createTable('provider_payloads')
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('id_hash', text, (column) => column.notNull())
    .addColumn('payload', text, (column) => column.notNull())
    .addColumn('grant_id', text)
    .addColumn('uid', text)
    .addColumn('user_code', text)
    .addColumn('account_id', text)
    .addColumn('consumed_at', 'bigint')
    .addColumn('expires_at', 'bigint')
    .addPrimaryKeyConstraint('provider_payloads_key', ['kind', 'id_hash'])
    .execute()
  for (const column of ['grant_id', 'uid', 'user_code', 'account_id', 'expires_at']) {
    await db.schema.createIndex(`provider_payloads_${column}`).on('provider_payloads').column(column).execute()
  }

  await db.schema
    .createTable('signing_keys')
    .addColumn('kid', text, (column) => column.primaryKey())
    .addColumn('alg', text, (column) => column.notNull())
    .addColumn('sealed_jwk', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('login_attempts')
    .addColumn('key', text, (column) => column.primaryKey())
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('first_at', 'bigint', (column) => column.notNull())
    .addColumn('locked_until', 'bigint', (column) => column.notNull())
    .execute()

  await inCommitOrder(
    db.schema
      .createTable('revocations')
      .addColumn('id', identity, numbered)
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('kind', text, (column) => column.notNull())
      .addColumn('subject', text, (column) => column.notNull()),
  ).execute()

  await db.schema
    .createTable('audit')
    .addColumn('id', identity, numbered)
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('actor', text, (column) => column.notNull())
    .addColumn('action', text, (column) => column.notNull())
    .addColumn('subject', text, (column) => column.notNull())
    .addColumn('details', text, (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('traces')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('steps', text, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('trace_requests')
    .addColumn('request_id', text, (column) => column.primaryKey())
    .addColumn('trace_id', text, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
}

/**
 * Teams become rows that memberships refer to; users get a version that every change checks; identities keep
 * the groups that the provider named at the last sign-in.
 */
async function teams(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema
    .alterTable('users')
    .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
    .execute()
  await db.schema.alterTable('identities').addColumn('received_groups', text).execute()
  await db.schema
    .createTable('teams')
    .addColumn('name', text, (column) => column.primaryKey())
    .addColumn('source', text, (column) => column.notNull())
    .addColumn('title', text)
    .addColumn('given_by', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
  // All existing teams came from the configuration. Their groups are not known here; the next start compares.
  await sql`
    INSERT INTO teams (name, source, given_by, created_at, updated_at)
    SELECT DISTINCT team, 'configuration', '[]', 0, 0 FROM memberships`.execute(db)
  // SQLite cannot add a reference to an existing table.
  await db.schema.alterTable('memberships').renameTo('memberships_before').execute()
  await db.schema
    .createTable('memberships')
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    // Without `on delete`: a team is deleted when nobody is in it any more, after each member has been removed.
    .addColumn('team', text, (column) => column.notNull().references('teams.name').onUpdate('cascade'))
    .addColumn('source', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('memberships_primary', ['user_id', 'team', 'source'])
    .execute()
  await sql`INSERT INTO memberships (user_id, team, source) SELECT user_id, team, source FROM memberships_before`.execute(
    db,
  )
  await db.schema.dropTable('memberships_before').execute()
  await db.schema.createIndex('memberships_team').on('memberships').column('team').execute()
}

/** Work for the first server that takes it. */
async function jobs(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('jobs')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('payload', text, (column) => column.notNull())
    .addColumn('run_at', 'bigint', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('leased_until', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('jobs_due').on('jobs').columns(['kind', 'run_at']).execute()
}

/**
 * What is made under something ends with it: the tables refer to their parents. SQLite cannot add a reference to an existing table, so
 * three tables are made anew. Rows whose parent is gone stay behind: nobody could end them any more.
 */
async function parents(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  for (const table of ['sessions', 'single_use', 'provider_payloads']) {
    await db.schema.alterTable(table).renameTo(`${table}_before`).execute()
  }
  await makeSessions(db, text)
  await makeSingleUse(db, text)
  await makeProviderPayloads(db, text)

  // Each session of the provider looks for its login among all sessions.
  await db.schema.createIndex('sessions_of_provider').on('sessions').column('provider_uid').execute()
  for (const statement of moves) await statement.execute(db)
  await hangGrantsOnLogins(db)
  await db.schema.dropIndex('sessions_of_provider').execute()
  for (const table of ['provider_payloads', 'single_use', 'sessions']) {
    await db.schema.dropTable(`${table}_before`).execute()
  }

  // Names of indexes are those of the old tables until these are gone.
  for (const [table, columns] of Object.entries(indexes)) {
    for (const [name, column] of columns) {
      await db.schema.createIndex(name).on(table).column(column).execute()
    }
  }
}

const indexes: Readonly<Record<string, readonly (readonly [name: string, column: string])[]>> = {
  sessions: [
    ['sessions_parent', 'parent_hash'],
    ['sessions_user', 'user_id'],
    ['sessions_expiry', 'expires_at'],
  ],
  single_use: [
    ['single_use_expiry', 'expires_at'],
    ['single_use_login', 'login_hash'],
  ],
  provider_payloads: ['grant_id', 'uid', 'user_code', 'account_id', 'login_hash', 'expires_at'].map(
    (column) => [`provider_payloads_${column}`, column] as const,
  ),
}

async function makeSessions(db: Kysely<unknown>, text: ColumnTypes['text']): Promise<void> {
  await db.schema
    .createTable('sessions')
    .addColumn('id_hash', text, (column) => column.primaryKey())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('service', text)
    .addColumn('parent_hash', text, (column) => column.references('sessions.id_hash').onDelete('cascade'))
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('authentication_class', text, (column) => column.notNull())
    .addColumn('authenticated_at', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('sealed_id_token', text)
    .addColumn('provider_uid', text)
    .addColumn('signed_in_for', text)
    .execute()
}

async function makeSingleUse(db: Kysely<unknown>, text: ColumnTypes['text']): Promise<void> {
  await db.schema
    .createTable('single_use')
    .addColumn('purpose', text, (column) => column.notNull())
    .addColumn('hash', text, (column) => column.notNull())
    .addColumn('data', text, (column) => column.notNull())
    .addColumn('login_hash', text, (column) => column.references('sessions.id_hash').onDelete('cascade'))
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('single_use_primary', ['purpose', 'hash'])
    .execute()
}

async function makeProviderPayloads(db: Kysely<unknown>, text: ColumnTypes['text']): Promise<void> {
  await db.schema
    .createTable('provider_payloads')
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('id_hash', text, (column) => column.notNull())
    .addColumn('payload', text, (column) => column.notNull())
    .addColumn('grant_key', text, (column) => column.unique())
    .addColumn('grant_id', text, (column) => column.references('provider_payloads.grant_key').onDelete('cascade'))
    .addColumn('uid', text)
    .addColumn('user_code', text)
    .addColumn('account_id', text, (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('login_hash', text, (column) => column.references('sessions.id_hash').onDelete('cascade'))
    .addColumn('consumed_at', 'bigint')
    .addColumn('expires_at', 'bigint')
    .addPrimaryKeyConstraint('provider_payloads_primary', ['kind', 'id_hash'])
    .execute()
}

/** Parents first. Codes of the gate live for a minute and do not move: what they hang on is not in a column. */
const moves = [
  sql`
    INSERT INTO sessions
      (id_hash, kind, service, parent_hash, user_id, authentication_class, authenticated_at, created_at, expires_at,
       sealed_id_token, provider_uid, signed_in_for)
    SELECT id_hash, kind, service, parent_hash, user_id, authentication_class, authenticated_at, created_at, expires_at,
           sealed_id_token, provider_uid, signed_in_for
    FROM sessions_before WHERE parent_hash IS NULL`,
  sql`
    INSERT INTO sessions
      (id_hash, kind, service, parent_hash, user_id, authentication_class, authenticated_at, created_at, expires_at,
       sealed_id_token, provider_uid, signed_in_for)
    SELECT id_hash, kind, service, parent_hash, user_id, authentication_class, authenticated_at, created_at, expires_at,
           sealed_id_token, provider_uid, signed_in_for
    FROM sessions_before WHERE parent_hash IN (SELECT id_hash FROM sessions)`,
  sql`
    INSERT INTO single_use (purpose, hash, data, expires_at)
    SELECT purpose, hash, data, expires_at FROM single_use_before WHERE purpose <> 'handoff'`,
  sql`
    INSERT INTO provider_payloads
      (kind, id_hash, payload, grant_key, grant_id, uid, user_code, account_id, consumed_at, expires_at)
    SELECT kind, id_hash, payload, grant_id, grant_id, uid, user_code, account_id, consumed_at, expires_at
    FROM provider_payloads_before
    WHERE kind = 'Grant' AND (account_id IS NULL OR account_id IN (SELECT id FROM users))`,
  // A session of the provider that no login ends would live on after every sign-out.
  sql`
    INSERT INTO provider_payloads
      (kind, id_hash, payload, uid, user_code, account_id, login_hash, consumed_at, expires_at)
    SELECT was.kind, was.id_hash, was.payload, was.uid, was.user_code, was.account_id,
           (SELECT max(login.id_hash) FROM sessions AS login
            WHERE login.provider_uid = was.uid AND login.user_id = was.account_id),
           was.consumed_at, was.expires_at
    FROM provider_payloads_before AS was
    WHERE was.kind = 'Session' AND (was.account_id IS NULL OR EXISTS
      (SELECT 1 FROM sessions AS login WHERE login.provider_uid = was.uid AND login.user_id = was.account_id))`,
  sql`
    INSERT INTO provider_payloads
      (kind, id_hash, payload, grant_id, uid, user_code, account_id, consumed_at, expires_at)
    SELECT kind, id_hash, payload, grant_id, uid, user_code, account_id, consumed_at, expires_at
    FROM provider_payloads_before
    WHERE kind NOT IN ('Grant', 'Session')
      AND (grant_id IS NULL OR grant_id IN (SELECT grant_key FROM provider_payloads))
      AND (account_id IS NULL OR account_id IN (SELECT id FROM users))`,
]

/** Grants that end with a session of the provider are named in its record only. */
async function hangGrantsOnLogins(db: Kysely<unknown>): Promise<void> {
  const { rows } = await sql<{ payload: string; login: string }>`
    SELECT payload, login_hash AS login FROM provider_payloads WHERE kind = 'Session' AND login_hash IS NOT NULL`.execute(
    db,
  )
  for (const { payload, login } of rows) {
    for (const grantId of grantsNamedIn(payload)) {
      await sql`UPDATE provider_payloads SET login_hash = ${login} WHERE grant_key = ${grantId}`.execute(db)
    }
  }
}

function grantsNamedIn(payload: string): string[] {
  const { authorizations = {} } = JSON.parse(payload) as {
    authorizations?: Record<string, { grantId?: string; persistsLogout?: boolean }>
  }
  return Object.values(authorizations).flatMap(({ grantId, persistsLogout }) =>
    grantId === undefined || persistsLogout ? [] : [grantId],
  )
}

/** A browser has one login session at most. The column `provider_uid`, by which sessions of the provider were found, is not read any more. */
async function oneLoginOfABrowser(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('browser_hash', text).execute()
  await db.schema.createIndex('sessions_browser').on('sessions').column('browser_hash').unique().execute()
}

/** What a class calls its people: `user:CLASS/NAME` in rules means one person, the first who had the name there. */
async function names(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema.alterTable('identities').addColumn('own_name', text).execute()
  await db.schema
    .createIndex('identities_own_name')
    .unique()
    .on('identities')
    .columns(['authentication_class', 'own_name'])
    .execute()
}

/** How the person of a login session proved who they are. Of sessions that exist nobody knows it any more. */
async function authenticationContext(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('acr', text).execute()
  await db.schema.alterTable('sessions').addColumn('amr', text).execute()
}

/**
 * Addresses are found in any spelling, and an account that is kept here has its own. Where two older ones have the same, neither gets it: nobody
 * signs in as somebody else because they were created in that order.
 */
async function people(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema.alterTable('users').addColumn('email_key', text).execute()
  await db.schema.alterTable('users').addColumn('sign_in_email', text).execute()
  await db.schema.alterTable('users').addColumn('last_sign_in_at', 'bigint').execute()
  const { rows } = await sql<{ id: string; email: string; here: number }>`
    SELECT id, email, CASE WHEN password_hash IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM identities WHERE user_id = users.id) THEN 1 ELSE 0 END AS here
    FROM users WHERE email IS NOT NULL`.execute(db)
  const keyed = rows.flatMap(({ id, email, here }) => {
    const key = emailKey(email)
    return key === undefined ? [] : [{ id, key, isHere: Number(here) === 1 }]
  })
  const owners = Map.groupBy(
    keyed.filter(({ isHere }) => isHere),
    ({ key }) => key,
  )
  for (const { id, key, isHere } of keyed) {
    const own = isHere && owners.get(key)?.length === 1 ? key : null
    await keepKeys(db, { id, key, own })
  }
  await db.schema.createIndex('users_email_key').on('users').column('email_key').execute()
  await db.schema.createIndex('users_sign_in_email').unique().on('users').column('sign_in_email').execute()
}

async function keepKeys(
  db: Kysely<unknown>,
  { id, key, own }: { id: string; key: string; own: string | null },
): Promise<void> {
  await sql`UPDATE users SET email_key = ${key}, sign_in_email = ${own} WHERE id = ${id}`.execute(db)
}

/**
 * `email_verified` may be absent, and the parts of a name are kept. Nobody has verified the addresses of accounts that are kept here, whatever
 * older versions wrote. SQLite cannot take NOT NULL from a column: it is made anew, under its name.
 */
async function whatProvidersSay(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema.alterTable('users').addColumn('verified', 'integer').execute()
  await sql`
    UPDATE users SET verified = email_verified
    WHERE EXISTS (SELECT 1 FROM identities WHERE identities.user_id = users.id)`.execute(db)
  await db.schema.alterTable('users').dropColumn('email_verified').execute()
  await db.schema.alterTable('users').renameColumn('verified', 'email_verified').execute()
  for (const column of ['given_name', 'family_name']) {
    await db.schema.alterTable('users').addColumn(column, text).execute()
  }
}

/** Sign-ins that failed have rows, and the audit log is read by time and by person. */
async function log(db: Kysely<unknown>, { text, identity, numbered }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('failed_sign_ins')
    .addColumn('id', identity, numbered)
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('subject', text, (column) => column.notNull())
    .addColumn('details', text, (column) => column.notNull())
    .execute()
  await db.schema.createIndex('failed_sign_ins_at').on('failed_sign_ins').column('at').execute()
  await db.schema.createIndex('audit_at').on('audit').column('at').execute()
  await db.schema.createIndex('audit_subject').on('audit').column('subject').execute()
  await db.schema.createIndex('audit_actor').on('audit').column('actor').execute()
}

/** What a store says of itself. The row is made by who has the key: server/state.ts. */
async function instance(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('instance')
    .addColumn('only_row', 'integer', (column) => column.primaryKey().check(sql`only_row = 1`))
    .addColumn('instance_id', text, (column) => column.notNull())
    .addColumn('key_fingerprint', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
}

/** Authenticator apps and recovery codes. They go with their person. */
async function secondFactors(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('totp_secrets')
    .addColumn('user_id', text, (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('sealed_secret', text, (column) => column.notNull())
    .addColumn('last_step', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('recovery_codes')
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('hash', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('recovery_codes_key', ['user_id', 'hash'])
    .execute()
}

/** Passkeys. They go with their person. */
async function passkeys(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable('passkeys')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('public_key', text, (column) => column.notNull())
    .addColumn('counter', 'bigint', (column) => column.notNull())
    .addColumn('transports', text, (column) => column.notNull())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .execute()
  await db.schema.createIndex('passkeys_user').on('passkeys').column('user_id').execute()
}
