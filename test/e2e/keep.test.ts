/** What keeps a store: its key, one server at a time, backups. */
import assert from 'node:assert/strict'
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it, type TestContext } from 'node:test'
import { freePort, type Gatehouse, runCli, startGatehouse } from '../support/gatehouse.ts'

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

/** Makes a store one of before the migration that gave it the fingerprint of its key. */
const undoSince13 = `
  DROP TABLE instance; DROP TABLE totp_secrets; DROP TABLE recovery_codes; DROP TABLE passkeys;
  DELETE FROM kysely_migration WHERE name >= '0013'`

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
    older.exec(undoSince13)
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

describe('a backup', () => {
  const sizes = /: (\d+) bytes, schema 00\d\d-/

  it('is one moment of the store, made while it is written, readable by its owner only and never over another file', async (t) => {
    const folder = await folderWith(t, {})
    const file = join(folder, 'backup.db')
    let running = true
    const writing = (async () => {
      for (let n = 0; running; n++)
        await fetch(`${gatehouse.url}/login`, {
          method: 'POST',
          body: new URLSearchParams({ username: `nobody${n % 3}`, password: 'wrong' }),
        })
    })()

    const made = await gatehouse.cli(['store', 'backup', file])
    const again = await gatehouse.cli(['store', 'backup', '-o', file])
    const forced = await gatehouse.cli(['store', 'backup', '--force', '--json', file])
    running = false
    await writing

    assert.equal(made.status, 0, made.stderr)
    assert.match(made.stdout, sizes)
    assert.match(made.stdout, /fingerprint [0-9a-f]{32}/)
    assert.equal(again.status, 1)
    assert.match(again.stderr, /backup-exists/)
    assert.equal(forced.status, 0, forced.stderr)
    assert.match(String((JSON.parse(forced.stdout) as { keyFingerprint: string }).keyFingerprint), /^[0-9a-f]{32}$/)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const copy = new DatabaseSync(file, { readOnly: true })
    assert.deepEqual(copy.prepare("SELECT username FROM users WHERE username = 'alice'").all().length, 1)
    copy.close()
    assert.deepEqual(readdirSync(folder).sort(), ['backup.db', 'gatehouse.yaml'])
  })

  it('comes back with its key only, over no store by accident, under no running server; then people sign in with their passwords', async (t) => {
    const folder = await folderWith(t, {})
    const file = join(folder, 'backup.db')
    const signedIn = await signIn(gatehouse.url)
    assert.equal(signedIn.status, 303)
    assert.equal((await gatehouse.cli(['store', 'backup', file])).status, 0)
    const before = readdirSync(folder)

    const refusals = [
      { args: ['store', 'restore', file], code: /encryption-key-wrong/ },
      { args: ['store', 'restore', join(folder, 'gatehouse.yaml')], code: /backup-unusable/ },
      { args: ['store', 'restore', join(folder, 'nowhere')], code: /backup-unusable/ },
    ]
    for (const { args, code } of refusals) {
      const { status, stderr } = await cli(folder, args)
      assert.equal(status, 1)
      assert.match(stderr, code)
      assert.deepEqual(readdirSync(folder), before)
    }
    writeFileSync(join(folder, 'gatehouse.db.key'), otherKey)
    assert.match((await cli(folder, ['store', 'restore', file])).stderr, /encryption-key-wrong.*\n.*fingerprints/)
    assert.match((await gatehouse.cli(['store', 'restore', '--force', file])).stderr, /store-in-use/)
    copyFileSync(join(gatehouse.folder, 'gatehouse.db.key'), join(folder, 'gatehouse.db.key'))
    const restored = await cli(folder, ['store', 'restore', file])
    const twice = await cli(folder, ['store', 'restore', file])
    const forced = await cli(folder, ['store', 'restore', '--force', '--keep-sessions', '--json', file])

    assert.equal(restored.status, 0, restored.stderr)
    assert.match(restored.stdout, /Nobody is signed in/)
    assert.match(twice.stderr, /store-exists/)
    const { setAside } = JSON.parse(forced.stdout) as { setAside: string }
    assert.deepEqual(rowsOf(setAside, 'sessions'), 0, 'what was ended since the backup does not come back')
    assert.deepEqual(rowsOf(setAside, 'users'), rowsOf(file, 'users'))
    assert.ok(rowsOf(join(folder, 'gatehouse.db'), 'sessions') > 0, 'unless somebody says so')
    assert.equal(statSync(join(folder, 'gatehouse.db')).mode & 0o777, 0o600)
  })

  it('of a newer version is refused, and one of an older version is brought up to date by the next start', async (t) => {
    const folder = await folderWith(t, { 'gatehouse.db.key': 'gatehouse.db.key' })
    const file = join(folder, 'backup.db')
    assert.equal((await gatehouse.cli(['store', 'backup', file])).status, 0)
    const change = (sql: string) => {
      const database = new DatabaseSync(file)
      database.exec(sql)
      database.close()
    }

    change("INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-later', '2999-01-01')")
    const newer = await cli(folder, ['store', 'restore', file])
    change(undoSince13)
    const older = await cli(folder, ['store', 'restore', file])
    const checked = await cli(folder, ['store', 'check', '--json'])
    const added = await cli(folder, ['users', 'add', 'bob', '--password-stdin'])

    assert.match(newer.stderr, /backup-unusable: .*\n.*9999-later/)
    assert.equal(older.status, 0, older.stderr)
    assert.equal(checked.status, 1)
    assert.match(checked.stdout, /schema is older than this version/)
    assert.equal(added.status, 0, added.stderr)
  })
})

describe('the guide to operation', () => {
  it('has commands about the store that work in their order', async (t) => {
    const folder = await folderWith(t, { 'gatehouse.db.key': 'gatehouse.db.key', 'gatehouse.db': 'gatehouse.db' })
    const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/operations.md'), 'utf8')
    const blocks = [...guide.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) => block.trim().split('\n'))
    const words = (line: string) =>
      line
        .replaceAll('/var/backups/', `${folder}/copy-`)
        .replaceAll('/etc/gatehouse/', `${folder}/`)
        .split(' ')
        .slice(1)

    assert.equal(blocks.length, 3)
    for (const line of blocks) {
      const { status, stderr } = await cli(folder, words(line))

      assert.equal(status, 0, `${line}\n${stderr}`)
    }
  })
})

describe('store check', () => {
  it('says what there is, beside a running server', async () => {
    const { status, stdout, stderr } = await gatehouse.cli(['store', 'check'])
    const { stdout: json } = await gatehouse.cli(['store', 'check', '--json'])

    assert.equal(status, 0, stderr)
    assert.match(stdout, /server {2}one runs on it\nschema {2}00\d\d-.*\nkey {5}[0-9a-f]{32}\n/)
    assert.match(stdout, /users +\d+ +20/)
    const report = JSON.parse(json) as { ok: boolean; inUse: boolean; problems: unknown[] }
    assert.deepEqual([report.ok, report.inUse, report.problems], [true, true, []])
  })

  it('finds another key, rows without their parents and a damaged file', async (t) => {
    const folder = await folderWith(t, {})
    assert.equal((await cli(folder, ['store', 'check'])).status, 1)
    const file = join(folder, 'gatehouse.db')
    assert.equal((await gatehouse.cli(['store', 'backup', file])).status, 0)
    writeFileSync(join(folder, 'gatehouse.db.key'), otherKey)
    const database = new DatabaseSync(file)
    database.exec(
      "PRAGMA foreign_keys = OFF; INSERT INTO memberships (user_id, team, source) VALUES ('u_gone', 'x', 'local')",
    )
    database.close()

    const { status, stderr } = await cli(folder, ['store', 'check'])
    const whole = readFileSync(file)
    writeFileSync(file, Buffer.concat([whole.subarray(0, 8_192), Buffer.alloc(8_192, 7), whole.subarray(16_384)]))
    const damaged = await cli(folder, ['store', 'check'])

    assert.equal(status, 1)
    assert.match(stderr, /key does not fit/)
    assert.match(stderr, /a row of memberships names one of users that is not there/)
    assert.equal(damaged.status, 1, damaged.stdout)
  })

  it('leads to the tools of PostgreSQL, without its password', async (t) => {
    const folder = await folderWith(
      t,
      {},
      `store: postgres://gate:hunter2@db.example.com/gate?sslmode=verify-full\nencryptionKey: ${otherKey}\n`,
    )

    const backup = await cli(folder, ['store', 'backup', "it's.dump"])
    const restore = await cli(folder, ['store', 'restore', 'gate.dump'])

    const place = '--host=db.example.com --port=5432 --username=gate --dbname=gate'
    assert.equal(backup.status, 1)
    assert.match(
      backup.stderr,
      new RegExp(`PGSSLMODE=verify-full pg_dump --format=custom ${place} --file='it'\\\\''s.dump'`),
    )
    assert.match(restore.stderr, new RegExp(`pg_restore .* ${place} gate.dump`))
    assert.doesNotMatch(backup.stderr + restore.stderr, /hunter2/)
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

function rowsOf(file: string, table: string): number {
  const database = new DatabaseSync(file, { readOnly: true })
  const counted = database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()
  database.close()
  return Number(counted?.['rows'])
}

function signIn(url: string): Promise<Response> {
  return fetch(`${url}/login`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ username: 'alice', password }),
  })
}
