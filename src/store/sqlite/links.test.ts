import assert from 'node:assert/strict'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it, type TestContext } from 'node:test'
import { AppError } from '../../errors.ts'
import { holdAlone, isHeld } from './alone.ts'
import { backUp, restore, stateOf } from './copies.ts'

/** A link to a file that is not there yet, over a second link. */
function linked(t: TestContext): { link: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-links-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'data'))
  symlinkSync('data', join(folder, 'volume'))
  symlinkSync('volume/gatehouse.db', join(folder, 'gatehouse.db'))
  return { link: join(folder, 'gatehouse.db'), file: join(folder, 'data/gatehouse.db') }
}

function store(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  database.exec(`PRAGMA journal_mode = WAL; CREATE TABLE kysely_migration (name TEXT);
    CREATE TABLE instance (id TEXT, key_fingerprint TEXT, created_at INTEGER);
    CREATE TABLE sessions (id TEXT); CREATE TABLE provider_payloads (id TEXT); CREATE TABLE single_use (purpose TEXT);
    PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO kysely_migration VALUES ('0001')`)
  return database
}

const isInUse = (error: unknown) => error instanceof AppError && error.code === 'store-in-use'

describe('a store behind a link', () => {
  it('is held by one server under every name, also when it was not there when the first one began', (t) => {
    const { link, file } = linked(t)
    const first = holdAlone(link)
    t.after(() => first.release())
    assert.equal(isHeld(file), true)
    writeFileSync(file, '')

    for (const name of [link, file]) assert.throws(() => holdAlone(name), isInUse, name)
  })

  it('is looked at with its log, which lies beside the file and not beside the link', async (t) => {
    const { link, file } = linked(t)
    const server = store(file)
    t.after(() => server.close())

    assert.deepEqual((await stateOf(file)).applied, ['0001'])
    assert.deepEqual((await stateOf(link)).applied, ['0001'])
  })

  it('is restored to where the link leads, also when nothing is there', async (t) => {
    const { link, file } = linked(t)
    const origin = `${file}.origin`
    store(origin).close()
    await backUp(origin, `${file}.backup`, { force: false })

    await restore({ from: `${file}.backup`, to: link, force: false, keepSessions: false, check: async () => {} })

    assert.equal(lstatSync(link).isSymbolicLink(), true)
    assert.equal(existsSync(file), true)
  })
})
