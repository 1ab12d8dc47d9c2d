import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { openStore } from '../../src/store/index.ts'
import { commit } from '../support/commit.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-released-'))
after(() => rmSync(folder, { recursive: true }))

/** One file for each released schema: what that version left on disk. */
const released = globSync('released/*.sql', { cwd: import.meta.dirname }).map((file) => ({
  name: basename(file, '.sql'),
  sql: readFileSync(join(import.meta.dirname, file), 'utf8'),
}))

type Rows = Record<string, unknown>[]

function read(file: string): { tables: string[]; rows: Map<string, Rows> } {
  const database = new DatabaseSync(file, { readOnly: true })
  const tables = database.prepare(`SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'`).all()
  const rows = tables
    .filter(({ sql }) => String(sql).startsWith('CREATE TABLE'))
    .map(({ name }): [string, Rows] => [String(name), database.prepare(`SELECT * FROM "${name}"`).all() as Rows])
  database.close()
  return { tables: tables.map(({ sql }) => String(sql)), rows: new Map(rows) }
}

describe('a store of a released version', () => {
  for (const { name, sql } of released) {
    it(`${name} opens with everything that was in it`, async () => {
      const file = join(folder, `${name}.db`)
      const database = new DatabaseSync(file)
      database.exec(sql)
      database.close()
      const before = read(file)

      const store = await openStore(`sqlite:${file}`, folder)
      const alice = await store.users.findByIdentity('https://sso.example.test', '1')
      const teams = await store.users.teams('u_alice')
      await store.close()

      assert.equal(alice?.id, 'u_alice')
      assert.deepEqual(teams, ['admins', 'analysts', 'readers'])
      const now = read(file)
      for (const [table, rows] of before.rows) {
        if (table.startsWith('kysely_')) continue
        assert.ok(rows.length > 0, `the fixture has no row in ${table}`)
        // A newer version may have more columns.
        const kept = now.rows
          .get(table)
          ?.map((row, index) =>
            Object.fromEntries(Object.keys(rows[index] ?? {}).map((column) => [column, row[column]])),
          )
        assert.deepEqual(
          kept,
          rows.map((row) => ({ ...row })),
          table,
        )
      }
    })

    it(`${name} keeps accounts that share an address, and neither signs in with it`, async () => {
      const file = join(folder, `${name}-shared.db`)
      const database = new DatabaseSync(file)
      database.exec(sql)
      const insert = database.prepare(
        'INSERT INTO users (id, username, username_key, email, email_verified, password_hash, is_admin, active, created_at, updated_at) VALUES (?, ?, ?, ?, 1, ?, 0, 1, 1, 1)',
      )
      insert.run('u_1', 'one', 'one', 'Shared@Example.test', 'hash')
      insert.run('u_2', 'two', 'two', 'shared@example.test', 'hash')
      insert.run('u_3', 'own', 'own', 'Own@Example.test', 'hash')
      insert.run('u_4', 'upstream', 'upstream', 'own@example.test', null)
      database.close()

      const store = await openStore(`sqlite:${file}`, folder)
      const shared = await store.users.findLocalByEmail('shared@example.test')
      const own = await store.users.findLocalByEmail('own@example.test')
      const both = await store.users.accountsWithEmail('shared@example.test')
      await store.close()

      assert.equal(shared, undefined)
      assert.equal(own?.id, 'u_3')
      assert.deepEqual(
        both.map(({ id, email }) => [id, email]),
        [
          ['u_1', 'Shared@Example.test'],
          ['u_2', 'shared@example.test'],
        ],
      )
    })

    it(`${name} ends with the schema of a store that is made now`, async () => {
      const old = join(folder, `${name}-old.db`)
      const database = new DatabaseSync(old)
      database.exec(sql)
      database.close()
      const fresh = join(folder, `${name}-fresh.db`)

      for (const file of [old, fresh]) await (await openStore(`sqlite:${file}`, folder)).close()

      assert.deepEqual(read(old).tables.sort(), read(fresh).tables.sort())
    })
  }

  it('loses what nobody could end any more: sessions, codes and tokens whose parent is gone', async () => {
    const file = join(folder, 'orphans.db')
    const database = new DatabaseSync(file)
    database.exec(released.find(({ name }) => name === '0001-first')?.sql ?? '')
    const session = (id: string, kind: string, parent: string | null, uid: string | null) =>
      database
        .prepare(
          `INSERT INTO sessions (id_hash, kind, service, parent_hash, user_id, authentication_class, authenticated_at,
             created_at, expires_at, provider_uid) VALUES (?, ?, 'wiki', ?, 'u_alice', 'local', 1, 1, 9e15, ?)`,
        )
        .run(id, kind, parent, uid)
    const record = (
      kind: string,
      id: string,
      {
        grant = null,
        uid = null,
        account = 'u_alice',
        payload = {},
      }: {
        grant?: string | null
        uid?: string | null
        account?: string
        payload?: object
      },
    ) =>
      database
        .prepare(
          'INSERT INTO provider_payloads (kind, id_hash, payload, grant_id, uid, account_id) VALUES (?, ?, ?, ?, ?, ?)',
        )
        .run(kind, id, JSON.stringify(payload), grant, uid, account)
    session('login', 'login', null, 'uid')
    session('child', 'service', 'login', null)
    session('orphan', 'service', 'no-such-login', null)
    const authorizations = { app: { grantId: 'in-session' }, cli: { grantId: 'offline', persistsLogout: true } }
    record('Session', 'linked', { uid: 'uid', payload: { authorizations } })
    record('Session', 'unlinked', { uid: 'other' })
    record('Grant', 'in-session', { grant: 'in-session' })
    record('Grant', 'offline', { grant: 'offline' })
    record('Grant', 'of-nobody', { grant: 'of-nobody', account: 'u_nobody' })
    record('AccessToken', 'live', { grant: 'in-session' })
    record('AccessToken', 'dead', { grant: 'no-such-grant' })
    record('RefreshToken', 'kept', { grant: 'offline' })
    database.exec(`INSERT INTO single_use VALUES ('handoff', 'code', '{}', 9e15)`)
    database.close()

    const store = await openStore(`sqlite:${file}`, folder)
    const sessionsBefore = names(file, 'sessions')
    const records = names(file, 'provider_payloads')
    const values = names(file, 'single_use')
    await commit(store, [store.sessions.statements.remove('login', 1)])
    await store.close()

    assert.deepEqual(sessionsBefore, ['child', 'login'])
    assert.deepEqual(records, ['in-session', 'kept', 'linked', 'live', 'offline'])
    assert.ok(!values.includes('code'))
    assert.deepEqual(names(file, 'sessions'), [], 'what hangs on a login ends with it')
    assert.deepEqual(names(file, 'provider_payloads'), ['kept', 'offline'])
  })

  it('calls no address verified that only an administrator wrote down, and keeps what providers said', async () => {
    const file = join(folder, 'verified.db')
    const database = new DatabaseSync(file)
    database.exec(released.find(({ name }) => name === '0001-first')?.sql ?? '')
    const columns =
      'id, username, username_key, email, email_verified, password_hash, is_admin, active, created_at, updated_at'
    database.exec(`
      INSERT INTO users (${columns}) VALUES ('u_lara', 'lara', 'lara', 'lara@example.test', 1, 'hash', 0, 1, 0, 0);
      INSERT INTO users (${columns}) VALUES ('u_bob', 'bob', 'bob', 'bob@example.test', 0, NULL, 0, 1, 0, 0);
      INSERT INTO identities (issuer, subject, user_id, authentication_class, created_at, last_seen_at)
        VALUES ('https://sso.example.test', '2', 'u_bob', 'keycloak', 0, 0);`)
    database.close()

    const store = await openStore(`sqlite:${file}`, folder)
    const said = await Promise.all(['u_alice', 'u_bob', 'u_lara'].map((id) => store.users.find(id)))
    const signsIn = await store.users.findLocalByEmail('lara@example.test')
    await store.close()

    assert.deepEqual(
      said.map((user) => user?.emailVerified),
      [true, false, undefined],
    )
    assert.equal(signsIn?.id, 'u_lara', 'the address still signs in')
  })

  it('opens in seconds with the sessions of 10,000 people', async () => {
    const file = join(folder, 'crowd.db')
    const database = new DatabaseSync(file)
    database.exec(released.find(({ name }) => name === '0001-first')?.sql ?? '')
    database.exec(crowd)
    database.close()
    const start = performance.now()

    const store = await openStore(`sqlite:${file}`, folder)
    await store.close()

    assert.ok(performance.now() - start < 10_000, 'ten seconds')
    const moved = names(file, 'provider_payloads').filter((name) => name.startsWith('crowd'))
    assert.equal(moved.length, 10_000)
  })
})

/** People who are signed in here, at three services each, and at the provider. */
const crowd = `
  BEGIN;
  CREATE TEMP TABLE crowd AS
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10000) SELECT n FROM numbers;
  INSERT INTO users (id, username, username_key, email_verified, is_admin, active, created_at, updated_at)
    SELECT 'u' || n, 'p' || n, 'p' || n, 0, 0, 1, 0, 0 FROM crowd;
  INSERT INTO sessions
      (id_hash, kind, user_id, authentication_class, authenticated_at, created_at, expires_at, provider_uid)
    SELECT 'l' || n, 'login', 'u' || n, 'c', 0, 0, 9e15, 'p' || n FROM crowd;
  INSERT INTO sessions
      (id_hash, kind, service, parent_hash, user_id, authentication_class, authenticated_at, created_at, expires_at)
    SELECT 's' || n || '-' || service, 'service', service, 'l' || n, 'u' || n, 'c', 0, 0, 9e15
    FROM crowd, (SELECT 'a' AS service UNION SELECT 'b' UNION SELECT 'c');
  INSERT INTO provider_payloads (kind, id_hash, payload, uid, account_id, expires_at)
    SELECT 'Session', 'crowd' || n, '{}', 'p' || n, 'u' || n, 9e15 FROM crowd;
  COMMIT;
`

/** The keys of the rows that are not of the released fixture. */
function names(file: string, table: string): string[] {
  const database = new DatabaseSync(file, { readOnly: true })
  const rows = database.prepare(`SELECT * FROM ${table}`).all()
  database.close()
  return rows
    .map((row) => String(row['id_hash'] ?? row['hash']))
    .filter((name) => name.length < 43)
    .sort()
}
