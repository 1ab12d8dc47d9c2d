import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { AppError, causeChain } from '../src/errors.ts'
import { openStore } from '../src/store/index.ts'
import { runCli } from './support/gatehouse.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'))
after(() => rmSync(folder, { recursive: true }))

function configured(store: string, rest = ''): string {
  const file = join(mkdtempSync(join(folder, 'config-')), 'gatehouse.yaml')
  writeFileSync(file, `issuer: http://localhost:1\nstore: ${JSON.stringify(store)}\n${rest}`)
  return file
}

/** What the store says about an address that it cannot open. */
async function refusal(address: string): Promise<string> {
  try {
    const store = await openStore(address, folder)
    await store.close()
  } catch (error) {
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, 'store-unavailable')
    return `${String(error.details['store'])}: ${causeChain(error.cause)}`
  }
  assert.fail(`${address} was opened`)
}

describe('a store that cannot be opened', () => {
  it('ends `serve` with an error that names the file, where no folder can be made', { timeout: 30_000 }, async () => {
    const { status, stderr } = await runCli(['serve', '-c', configured('sqlite:/proc/x/g.db')])

    assert.equal(status, 2)
    assert.match(stderr, /^store-unavailable: /)
    assert.match(stderr, /\/proc\/x\/g\.db/)
  })

  it('names a folder that is a file', async () => {
    writeFileSync(join(folder, 'file'), '')

    assert.match(await refusal('sqlite:file/g.db'), /\/file\/g\.db: .*(ENOTDIR|not a directory|EEXIST)/)
    assert.match(await refusal('sqlite:file/deeper/g.db'), /\/file\/deeper\/g\.db: .*(ENOTDIR|not a directory|EEXIST)/)
  })

  it('names a path that is a folder', async () => {
    mkdirSync(join(folder, 'a-folder'))

    assert.match(await refusal('sqlite:a-folder'), /\/a-folder: it is a folder/)
    assert.match(await refusal('sqlite:./'), /: it is a folder/)
  })

  it('names a file that is no database', async () => {
    writeFileSync(
      join(folder, 'notes.txt'),
      'These are notes and no database, however long one looks at them.\n'.repeat(99),
    )

    assert.match(await refusal('sqlite:notes.txt'), /notes\.txt: .*not a database/)
  })

  it('names a store of a newer version than this one, and leaves it as it is', async () => {
    const store = await openStore('sqlite:newer.db', folder)
    await store.close()
    const database = new DatabaseSync(join(folder, 'newer.db'))
    database.exec(`INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-of-the-future', '2999-01-01')`)
    database.close()

    assert.match(await refusal('sqlite:newer.db'), /newer\.db: .*newer version of Gatehouse.*9999-of-the-future/)
  })

  it('names a folder in which nobody may write', async () => {
    assert.match(await refusal('sqlite:/proc/g.db'), /^\/proc\/g\.db: ./)
    assert.match(await refusal('sqlite:/sys/g/g.db'), /^\/sys\/g\/g\.db: ./)
  })
})

describe('a store that is opened for reading', () => {
  it('is not made when there is none', async () => {
    const opening = openStore('sqlite:none/g.db', folder, { open: 'existing' })

    await assert.rejects(opening, { code: 'store-missing', details: { store: join(folder, 'none/g.db') } })
    assert.equal(existsSync(join(folder, 'none')), false)
  })

  it('is read beside a server, takes no writes and leaves no file behind', async () => {
    const own = mkdtempSync(join(folder, 'read-'))
    const server = await openStore('sqlite:g.db', own)
    await server.engine.write([server.users.statements.insert('u_1', { username: 'alice' }, 1)])
    const before = readdirSync(own).sort()

    const reading = await openStore('sqlite:g.db', own, { open: 'existing' })

    assert.equal((await reading.users.findByName('alice'))?.username, 'alice')
    assert.equal((await reading.users.list()).length, 1)
    const writing = reading.engine.write([reading.users.statements.insert('u_2', { username: 'bob' }, 1)])
    await assert.rejects(writing, /opened for reading/)
    await reading.close()
    assert.deepEqual(readdirSync(own).sort(), before)
    await server.close()
  })

  it('is not changed when its schema is of an older version', async () => {
    const database = new DatabaseSync(join(folder, 'empty.db'))
    database.exec('CREATE TABLE something (id INTEGER)')
    database.close()

    const opening = openStore('sqlite:empty.db', folder, { open: 'existing' })

    await assert.rejects(opening, ({ cause }: AppError) => /gatehouse serve/.test(causeChain(cause)))
    const again = new DatabaseSync(join(folder, 'empty.db'))
    assert.equal(again.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.['tables'], 1)
    again.close()
  })
})

describe('the address of a store in the configuration', () => {
  const key = `encryptionKey: ${Buffer.alloc(32).toString('base64')}\n`
  const check = (store: string, rest = key, env: Record<string, string> = {}) =>
    runCli(['check', '-f', configured(store, rest)], { env: { ...process.env, ...env } })

  it('may be a PostgreSQL, with the password or the whole address elsewhere', async () => {
    for (const store of [
      'postgres://gatehouse:${env:PASSWORD}@db.example.com/gatehouse',
      'postgresql://gatehouse:${file:/dev/null}@db:6432/gatehouse?sslmode=verify-full&sslrootcert=./ca.pem&pool_size=20',
      'postgres://gatehouse@[::1]/gatehouse',
      'postgres:///gatehouse?host=/run/postgresql',
      '${env:DATABASE_URL}',
    ]) {
      const { status, stderr } = await check(store, key, { PASSWORD: 'x', DATABASE_URL: 'postgres://db/gatehouse' })

      assert.equal(stderr, '', store)
      assert.equal(status, 0, store)
    }
  })

  it('is refused with what is wrong, and without what stands in it', async () => {
    const wrong: [string, RegExp][] = [
      ['mysql://gatehouse:s3cret@db/gatehouse', /store: must be sqlite:PATH or postgres:/],
      ['sqlite:', /store: must be sqlite:PATH/],
      ['sqlite: ', /store: must be sqlite:PATH/],
      ['postgres:///gatehouse', /store: names no host/],
      ['postgres://gatehouse:s3cret@db', /store: must name one database/],
      ['postgres://gatehouse:s3cret@db/gatehouse?sslmod=require', /store: has an unknown parameter "sslmod"/],
      ['postgres://gatehouse:s3cret@db/gatehouse?sslmode=maybe', /store: has sslmode=maybe; known: disable, prefer/],
      ['postgres://gatehouse:s3cret@db/gatehouse?pool_size=0', /store: has a pool_size/],
      ['postgres://gatehouse:s3cret%zz@db/gatehouse', /store: has a % that is not followed/],
      ['postgres://gatehouse:s3cret#1@db/gatehouse', /store: is no address/],
      ['postgres://gatehouse:1?s3cret@db/gatehouse', /store: is no address/],
      ['postgres://gatehouse:s3cret@a,b/gatehouse', /store: must name one host/],
    ]
    for (const [store, message] of wrong) {
      const { status, stderr, stdout } = await check(store)

      assert.equal(status, 2, store)
      assert.match(stderr, message)
      assert.doesNotMatch(stderr + stdout, /s3cret/)
    }
  })

  it('needs the key that servers of one database share', async () => {
    const { status, stderr } = await check('postgres://gatehouse@db/gatehouse', '')

    assert.equal(status, 2)
    assert.match(stderr, /store: needs encryptionKey: servers of one database share a key/)
  })

  it('draws a warning for a password that is written in the file, and none for one from the environment', async () => {
    const written = await check('postgres://gatehouse:s3cret@db/gatehouse')
    const overridden = await check('sqlite:./x.db', key, {
      GATEHOUSE__STORE: 'postgres://gatehouse:s3cret@db/gatehouse',
    })

    assert.equal(written.status, 0)
    assert.match(written.stderr, /store: warning: the secret is written in the file/)
    assert.doesNotMatch(written.stderr, /s3cret/)
    assert.equal(overridden.stderr, '')
  })

  it('names a PostgreSQL that does not answer by its host, never by its password', async () => {
    const file = configured('postgres://gatehouse:${env:DATABASE_PASSWORD}@127.0.0.1:1/gatehouse', key)
    const env = { ...process.env, DATABASE_PASSWORD: 's3/cr@t' }

    for (const command of [['serve'], ['users', 'list']]) {
      const { status, stderr, stdout } = await runCli([...command, '-c', file], { env })

      assert.notEqual(status, 0)
      assert.match(stderr, /store-unavailable: .*postgres:\/\/127\.0\.0\.1:1\/gatehouse/s)
      assert.doesNotMatch(stderr + stdout, /s3|cr@t|%40/)
    }
  })
})
