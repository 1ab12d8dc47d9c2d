import assert from 'node:assert/strict'
import fs, {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { backUp, restore } from './copies.ts'

const tables = `
  CREATE TABLE kysely_migration (name TEXT); INSERT INTO kysely_migration VALUES ('0001');
  CREATE TABLE instance (id TEXT, key_fingerprint TEXT, created_at INTEGER);
  CREATE TABLE sessions (id TEXT); CREATE TABLE provider_payloads (id TEXT); CREATE TABLE users (name TEXT);
  CREATE TABLE single_use (purpose TEXT, hash TEXT);
  INSERT INTO users VALUES ('alice'); INSERT INTO sessions VALUES ('s')`

/** A backup, and a store that was killed: its last row is in its log only. */
async function made(t: TestContext): Promise<{ store: string; backup: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-copies-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const running = join(folder, 'running.db')
  const database = new DatabaseSync(running)
  database.exec(`PRAGMA journal_mode = WAL; ${tables}`)
  database.exec(`INSERT INTO single_use VALUES ('client-proof', 'p'), ('login-state', 'l'), ('revoked-jwt', 'r'),
    ('first-signing-key', 'k'), ('handoff', 'h'), ('setup-link', 's')`)
  await backUp(running, join(folder, 'backup.db'), { force: false })
  database.exec("PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO users VALUES ('bob')")
  const store = join(folder, 'gatehouse.db')
  for (const suffix of ['', '-wal', '-shm']) copyFileSync(running + suffix, store + suffix)
  database.close()
  return { store, backup: join(folder, 'backup.db') }
}

const restored = ({ store, backup }: { store: string; backup: string }) =>
  restore({ from: backup, to: store, force: true, keepSessions: false, check: async () => {} })

function column(file: string, query: string): unknown[] {
  const database = new DatabaseSync(file)
  try {
    return database
      .prepare(query)
      .all()
      .flatMap((row) => Object.values(row))
  } finally {
    database.close()
  }
}

describe('a backup over a file that is there', () => {
  it('takes the place of an older backup and of an empty file, and of nothing else: no store, log, lock, key or text', async (t) => {
    const { store, backup } = await made(t)
    const others = ['', '-wal', '-shm', '.lock', '.key'].map((suffix) => store + suffix)
    const [notes, link, empty] = [`${store}.notes`, `${store}.link`, `${store}.empty`]
    writeFileSync(`${store}.key`, 'the key')
    writeFileSync(`${store}.lock`, '')
    writeFileSync(notes, 'my notes')
    writeFileSync(empty, '')
    symlinkSync(store, link)
    const inodes = () => [...others, notes].map((file) => statSync(file).ino)
    const before = inodes()

    for (const file of [...others, notes, link])
      await assert.rejects(backUp(store, file, { force: true }), { code: 'backup-exists' }, file)

    assert.deepEqual(inodes(), before)
    for (const file of [backup, empty]) {
      await backUp(store, file, { force: true })
      assert.deepEqual(column(file, 'SELECT name FROM users'), ['alice', 'bob'])
    }
  })
})

describe('a restore', () => {
  it('that is cut short at any step leaves the store of before whole in its place', async (t) => {
    for (const step of [1, 2, 3, 4]) {
      const files = await made(t)
      let steps = 0
      const { renameSync } = fs
      const cut = t.mock.method(fs, 'renameSync', (from: string, to: string) => {
        if (++steps === step) throw new Error('the machine has gone')
        renameSync(from, to)
      })
      syncBuiltinESMExports()
      const outcome = await restored(files).then(
        () => ['alice'],
        () => ['alice', 'bob'],
      )
      cut.mock.restore()
      syncBuiltinESMExports()

      assert.ok(existsSync(files.store), `step ${step}`)
      assert.deepEqual(column(files.store, 'SELECT name FROM users'), outcome, `step ${step}`)
    }
  })

  it('sets the store of before aside, whole in one file', async (t) => {
    const files = await made(t)

    const { setAside } = await restored(files)

    assert.deepEqual(column(String(setAside), 'SELECT name FROM users'), ['alice', 'bob'])
    assert.deepEqual(
      readdirSync(join(files.store, '..')).filter((name) => /^gatehouse\.db.*-(wal|shm)$/.test(name)),
      [],
    )
  })

  it('forgets what lets somebody in, and not what has been used up [assertion-replay]', async (t) => {
    const files = await made(t)

    await restored(files)

    const kept = column(files.store, 'SELECT purpose FROM single_use ORDER BY purpose')
    assert.deepEqual(kept, ['client-proof', 'first-signing-key', 'login-state', 'revoked-jwt'])
    assert.deepEqual(column(files.store, 'SELECT id FROM sessions'), [])
  })
})
