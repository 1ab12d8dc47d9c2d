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
