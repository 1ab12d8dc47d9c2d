import { type ColumnDefinitionBuilder, type CreateTableBuilder, type Expression, type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

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
    '0007-one-login-of-a-browser': { up: (db) => oneLoginOfABrowser(db, types) },
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
 * A browser has one login session at most. A session of the OpenID Provider belongs to a login session and ends with it. The column
 * `provider_uid`, which said the latter the other way round, is not read any more.
 */
async function oneLoginOfABrowser(db: Kysely<unknown>, { text }: ColumnTypes): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('browser_hash', text).execute()
  await db.schema.createIndex('sessions_browser').on('sessions').column('browser_hash').unique().execute()
  await db.schema
    .alterTable('provider_payloads')
    .addColumn('login_hash', text, (column) => column.references('sessions.id_hash').onDelete('cascade'))
    .execute()
  await db.schema.createIndex('provider_payloads_login').on('provider_payloads').column('login_hash').execute()
  // A session of the provider that no login remembers belongs to nobody: it is not found any more.
  await sql`
    UPDATE provider_payloads SET login_hash =
      (SELECT MIN(id_hash) FROM sessions WHERE sessions.provider_uid = provider_payloads.uid AND sessions.kind = 'login')
    WHERE kind = 'Session' AND account_id IS NOT NULL`.execute(db)
}
