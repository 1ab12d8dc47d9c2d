/** What keeps a store: its key, one server at a time, backups. */
import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it, type TestContext } from 'node:test'
import { freePort, type Gatehouse, runCli, startGatehouse } from './support/gatehouse.ts'

const password = 'correct horse battery staple'
const otherKey = Buffer.alloc(32, 9).toString('base64')

let gatehouse: Gatehouse
before(async () => {
  gatehouse = await startGatehouse({
    config: (port) => `issuer: http://localhost:${port}\nlisten: { port: ${port} }\n`,
  })
  await gatehouse.addUser('alice', password)
})
after(() => gatehouse.stop())

const database = () => join(gatehouse.folder, 'gatehouse.db')

/** A folder of its own with a configuration, and a copy of what the running server has, under the names given. */
async function folderWith(t: TestContext, copied: Readonly<Record<string, string>>, config = ''): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-keep-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  writeFileSync(
    join(folder, 'gatehouse.yaml'),
    `issuer: http://localhost:${port}\nlisten: { port: ${port} }\n${config}`,
  )
  for (const [from, to] of Object.entries(copied)) copyFileSync(join(gatehouse.folder, from), join(folder, to))
  return folder
}

const cli = (cwd: string, args: readonly string[], env: Record<string, string> = {}) =>
  runCli(args, { cwd, env: { ...process.env, NO_COLOR: '1', ...env }, input: password })

describe('a store and its key', () => {
  const withoutKey = { 'gatehouse.db': 'gatehouse.db' }

  it('a copy of the file alone, taken while the server runs, gets no other keys: neither made nor configured', async (t) => {
    const alone = await folderWith(t, withoutKey)
    const configured = await folderWith(t, withoutKey, `encryptionKey: ${otherKey}\n`)

    for (const [folder, left] of [
      [alone, ['gatehouse.db', 'gatehouse.yaml']],
      [configured, ['gatehouse.db', 'gatehouse.yaml']],
    ] as const) {
      const before = readFileSync(join(folder, 'gatehouse.db'))

      for (const args of [['serve'], ['users', 'add', 'bob', '--password-stdin']]) {
        const { status, stderr } = await cli(folder, args)

        assert.notEqual(status, 0)
        assert.match(stderr, /encryption-key-wrong/, `${folder} ${args.join(' ')}`)
      }
      assert.deepEqual(readdirSync(folder), left)
      assert.deepEqual(readFileSync(join(folder, 'gatehouse.db')), before, 'the copy is as it was')
    }
  })

  it('with its own key a copy of the file alone has the keys that sign', async (t) => {
    const folder = await folderWith(t, { ...withoutKey, 'gatehouse.db.key': 'gatehouse.db.key' })

    const database = new DatabaseSync(join(folder, 'gatehouse.db'), { readOnly: true })
    const kids = database.prepare('SELECT kid FROM signing_keys').all()
    database.close()

    const published = (await (await fetch(`${gatehouse.url}/jwks`)).json()) as { keys: { kid: string }[] }
    assert.deepEqual(kids.map(({ kid }) => kid).toSorted(), published.keys.map(({ kid }) => kid).toSorted())
  })

  it('a file without tables, whose log was not copied, is no new store', async (t) => {
    const folder = await folderWith(t, {})
    const shell = new DatabaseSync(join(folder, 'gatehouse.db'))
    shell.exec('PRAGMA journal_mode = WAL')
    shell.close()

    const { status, stderr } = await cli(folder, ['users', 'add', 'bob', '--password-stdin'])

    assert.equal(status, 1)
    assert.match(stderr, /store-incomplete/)
    assert.deepEqual(readdirSync(folder), ['gatehouse.db', 'gatehouse.yaml'])
  })

  it('a store of an older version gets the fingerprint of the key that opens it, and of no other', async (t) => {
    const folder = await folderWith(t, { 'gatehouse.db': 'gatehouse.db', 'gatehouse.db.key': 'gatehouse.db.key' })
    const older = new DatabaseSync(join(folder, 'gatehouse.db'))
    older.exec("DROP TABLE instance; DELETE FROM kysely_migration WHERE name = '0013-instance'")
    older.close()
    const own = readFileSync(join(folder, 'gatehouse.db.key'))
    const fingerprint = () => {
      const file = new DatabaseSync(join(folder, 'gatehouse.db'), { readOnly: true })
      try {
        return file.prepare('SELECT key_fingerprint AS made FROM instance').get()?.['made']
      } catch {
        return undefined
      } finally {
        file.close()
      }
    }

    writeFileSync(join(folder, 'gatehouse.db.key'), otherKey)
    const refused = await cli(folder, ['users', 'add', 'bob', '--password-stdin'])
    const after = fingerprint()
    writeFileSync(join(folder, 'gatehouse.db.key'), own)
    const taken = await cli(folder, ['users', 'add', 'bob', '--password-stdin'])

    assert.match(refused.stderr, /encryption-key-wrong/)
    assert.equal(after, undefined)
    assert.equal(taken.status, 0, taken.stderr)
    assert.match(String(fingerprint()), /^[0-9a-f]{32}$/)
  })
})

describe('one server on a file', () => {
  it('a second one is refused by every name of the file, and says what to do; commands work beside it', async (t) => {
    const direct = await folderWith(t, {}, `store: sqlite:${database()}\n`)
    const linked = await folderWith(t, {}, 'store: sqlite:./link.db\n')
    symlinkSync(database(), join(linked, 'link.db'))
    symlinkSync(`${database()}.key`, join(linked, 'link.db.key'))

    for (const folder of [direct, linked]) {
      const { status, stderr } = await cli(folder, ['serve'])

      assert.equal(status, 2)
      assert.match(stderr, /store-in-use: .*\n.*gatehouse\.db|store-in-use: .*\n.*link\.db/)
      assert.match(stderr, /PostgreSQL/)
    }
    const added = await cli(linked, ['users', 'add', 'carol', '--password-stdin'])
    assert.equal(added.status, 0, added.stderr)
    assert.equal((await fetch(`${gatehouse.url}/readyz`)).status, 200)
  })

  it('the next one starts at once after kill -9', async () => {
    await gatehouse.kill()

    await gatehouse.restart()

    assert.equal((await fetch(`${gatehouse.url}/readyz`)).status, 200)
  })
})
