/** PostgreSQL: the conformance suite, two servers on one database, a database that restarts, connections that break. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Config } from '../../src/config/schema.ts'
import { type AppError, causeChain } from '../../src/errors.ts'
import { openConfiguredStore } from '../../src/server/state.ts'
import { openStore, type Store } from '../../src/store/index.ts'
import type { Revocation } from '../../src/store/revocations.ts'
import { peopleConformance } from '../conformance/people.ts'
import { storeConformance } from '../conformance/store.ts'
import { commit } from '../support/commit.ts'
import { ask } from '../support/gate-testbed.ts'
import { freePort, type Gatehouse, runCli, startGatehouse } from '../support/gatehouse.ts'
import { counted, guess, mostGuessesIn } from '../support/guessing.ts'
import { checkKilledChanges } from '../support/killed-changes.ts'
import { checkLostTeam, credentialsOf, type Pair, signInAs, startPair, within } from '../support/lost-team.ts'
import { races } from '../support/races.ts'
import { relyingParty, walkToCallback } from '../support/relying-party.ts'
import { type Postgres, startPostgres } from './support/postgres.ts'
import { ScriptedBrowser } from './support/scripted-browser.ts'

const now = 1_800_000_000_000
const redirectUri = 'http://localhost:1/cb'

let postgres: Postgres
before(async () => {
  postgres = await startPostgres()
})
after(() => postgres.stop())

storeConformance('PostgreSQL', async () => {
  const address = await postgres.createDatabase()
  const store = await openStore(address, '/')
  return {
    store,
    reopen: async () => {
      await store.close()
      return openStore(address, '/')
    },
  }
})

peopleConformance('PostgreSQL', async () => ({ store: await openStore(await postgres.createDatabase(), '/') }))

describe('the address of a PostgreSQL', () => {
  const opened = async (parameters: string) => {
    const address = await postgres.createDatabase(parameters)
    const store = await openStore(address, '/')
    await store.users.count()
    const [connection] = await postgres.query<{ ssl: boolean }>(
      address,
      `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
       WHERE application_name = 'gatehouse' AND datname = current_database()`,
    )
    await store.close()
    return connection?.ssl
  }
  const refused = async (address: string) => {
    const opening = openStore(address, '/')
    let said = ''
    await assert.rejects(opening, (error: AppError) => {
      assert.equal(error.code, 'store-unavailable')
      said = `${JSON.stringify(error.details)} ${causeChain(error.cause)}`
      return true
    })
    assert.doesNotMatch(said, new RegExp(`${encodeURIComponent(postgres.password)}|p@ss`))
    assert.match(said, new RegExp(`127\\.0\\.0\\.1:${postgres.port}`))
    return said
  }

  it('encrypts where the server can, and not when it is told not to', async () => {
    assert.equal(await opened(''), true)
    assert.equal(await opened('?sslmode=require'), true)
    assert.equal(await opened('?sslmode=disable'), false)
  })

  it('trusts a certificate that the named authority signed, and no other', async () => {
    assert.equal(await opened(`?sslmode=verify-full&sslrootcert=${postgres.certFile}`), true)
    assert.equal(await opened(`?sslmode=verify-ca&sslrootcert=${postgres.certFile}`), true)
    assert.match(await refused(await postgres.createDatabase('?sslmode=verify-full')), /self-signed certificate/)
  })

  it('is refused without its password being told', async () => {
    const address = await postgres.createDatabase()

    assert.match(await refused(address.replace('admin:', 'admin:not-')), /password authentication failed/)
    assert.match(await refused(`${address}_that_is_not_there`), /does not exist/)
  })
})

describe('a store on PostgreSQL', () => {
  it('is made once by five servers that start at the same time', async () => {
    const address = await postgres.createDatabase()

    const stores = await Promise.all(Array.from({ length: 5 }, () => openStore(address, '/')))

    for (const store of stores) assert.equal(await store.users.count(), 0)
    await Promise.all(stores.map((store) => store.close()))
  })

  it('is refused in a database that cannot hold every name', async () => {
    const admin = await postgres.createDatabase()
    await postgres.query(admin, `CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`)

    const opening = openStore(admin.replace(/[^/]*$/, 'latin'), '/')

    await assert.rejects(opening, ({ cause }: AppError) => /its encoding is LATIN1/.test(causeChain(cause)))
  })

  it('is looked at by who only reads, and neither made nor changed', async () => {
    const address = await postgres.createDatabase()
    await assert.rejects(openStore(address, '/', { open: 'existing' }), { code: 'store-missing' })
    await (await openStore(address, '/')).close()

    const reading = await openStore(address, '/', { open: 'existing' })

    assert.equal(await reading.users.count(), 0)
    await assert.rejects(reading.singleUse.put('handoff', 'x', {}, now), /opened for reading/)
    await reading.close()
  })

  it('is not opened when a newer version has changed it', async () => {
    const address = await postgres.createDatabase()
    await (await openStore(address, '/')).close()
    await postgres.query(address, `INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-later', '2999-01-01')`)

    await assert.rejects(openStore(address, '/'), ({ cause }: AppError) => /newer version/.test(causeChain(cause)))
  })

  it('does not keep a server that refuses to start', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-postgres-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const [address, port] = [await postgres.createDatabase(), await freePort()]
    const configured = (key: string) => `
issuer: http://localhost:${port}
listen: { port: ${port} }
store: ${JSON.stringify(address)}
encryptionKey: ${key}
`
    const key = (number: number) => Buffer.alloc(32, number).toString('base64')
    const made = await startGatehouse({ config: () => configured(key(1)), port })
    await made.stop()
    writeFileSync(join(folder, 'gatehouse.yaml'), configured(key(2)))

    const { status, stderr } = await runCli(['serve'], { cwd: folder })

    assert.match(stderr, /encryption-key-wrong/)
    assert.equal(status, 2)
  })

  it('knows its key: a server with another one is refused before it makes anything', async () => {
    const address = await postgres.createDatabase()
    const opened = (key: number) =>
      openConfiguredStore({
        config: Config.parse({ store: address, encryptionKey: Buffer.alloc(32, key).toString('base64') }),
        baseDir: '/',
        env: {},
      })

    const started = await Promise.allSettled([opened(1), opened(2), opened(1), opened(2)])

    const stores = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value.store] : []))
    const refused = started.flatMap((start) => (start.status === 'rejected' ? [start.reason as AppError] : []))
    assert.equal(stores.length, 2)
    assert.deepEqual(
      refused.map(({ code }) => code),
      ['encryption-key-wrong', 'encryption-key-wrong'],
    )
    await Promise.all(stores.map((store) => store.close()))
    assert.equal((await postgres.query(address, 'SELECT * FROM instance')).length, 1)
  })

  it('commits on disk also where the server acknowledges earlier', async () => {
    const address = await postgres.createDatabase()
    await postgres.query(address, `ALTER DATABASE ${new URL(address).pathname.slice(1)} SET synchronous_commit = off`)
    const store = await openStore(address, '/')

    const rows = await store.engine.read({
      sql: `SELECT current_setting('synchronous_commit') AS setting`,
      parameters: [],
    } as never)

    assert.deepEqual(rows, [{ setting: 'on' }])
    await store.close()
  })

  it('has no half-changed person after kill -9 in the middle of 500 changes of people', async () => {
    await checkKilledChanges(await postgres.createDatabase(), '/')
  })

  it('does not store a token while another server revokes its grant', { timeout: 60_000 }, async () => {
    const address = await postgres.createDatabase()
    const [first, second] = await Promise.all([openStore(address, '/'), openStore(address, '/')])

    for (let round = 0; round < 100; round++) {
      const grantId = `g${round}`
      await first.payloads.upsert('Grant', grantId, { payload: {}, grantId })
      await Promise.all([
        ...Array.from({ length: 4 }, (_, token) =>
          first.payloads.upsert('AccessToken', `${grantId}-${token}`, { payload: {}, grantId }),
        ),
        commit(second, [second.payloads.statements.removeGrant(grantId, now)]),
      ])
    }

    const left = await postgres.query(address, 'SELECT kind, grant_id FROM provider_payloads')
    assert.deepEqual(left, [])
    await Promise.all([first.close(), second.close()])
  })

  it('makes no session that outlives the deactivation of its user', { timeout: 60_000 }, async () => {
    const address = await postgres.createDatabase()
    const [first, second] = await Promise.all([openStore(address, '/'), openStore(address, '/')])
    const login = {
      kind: 'login',
      service: undefined,
      parentHash: undefined,
      authenticationClass: 'local',
      authenticatedAt: now,
      expiresAt: now + 1000,
      sealedIdToken: undefined,
      signedInFor: undefined,
    } as const

    for (let round = 0; round < 100; round++) {
      const id = `u_${round}`
      await first.engine.write([first.users.statements.insert(id, { username: id }, now)])
      await Promise.all([
        ...Array.from({ length: 4 }, () => first.sessions.create({ ...login, userId: id }, now)),
        commit(second, [
          second.users.statements.takeAway(
            { id, version: 1 },
            { active: 0 },
            now,
            second.sessions.statements.allOfUser(id),
          ),
        ]),
      ])
    }

    assert.deepEqual(await postgres.query(address, 'SELECT user_id FROM sessions'), [])
    await Promise.all([first.close(), second.close()])
  })

  it('reads on when every one of its connections is cut, and writes again once it has noticed', async () => {
    const address = await postgres.createDatabase()
    const store = await openStore(address, '/')
    await Promise.all(Array.from({ length: 10 }, (_, n) => store.singleUse.put('handoff', `${n}`, { n }, now + 1)))

    assert.ok((await cut(address, `application_name = 'gatehouse'`)) > 1)

    assert.deepEqual(await Promise.all(Array.from({ length: 10 }, () => store.users.count())), Array(10).fill(0))
    const taken = await Promise.all(
      Array.from({ length: 10 }, (_, n) => store.singleUse.take<{ n: number }>('handoff', `${n}`, now)),
    )
    assert.deepEqual(
      taken.map((value) => value?.n),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    )
    await store.close()
  })
})

describe('revocations on PostgreSQL', () => {
  let address: string
  let store: Store
  const heard: { revocation: Revocation; at: number }[] = []
  let following: { stop(): Promise<void> }
  const revoke = (subject: string) => store.engine.write([store.revocations.entry({ kind: 'session', subject }, now)])
  const hears = (subject: string) => heard.filter(({ revocation }) => revocation.subject === subject).length

  before(async () => {
    address = await postgres.createDatabase()
    store = await openStore(address, '/')
    const other = await openStore(address, '/')
    const follow = await other.revocations.follow({
      revoked: (revocation) => heard.push({ revocation, at: performance.now() }),
      failed: () => {},
    })
    following = {
      stop: async () => {
        await follow.stop()
        await other.close()
      },
    }
    await within(5_000, async () => (await listeners(address)) === 1)
  })
  after(async () => {
    await following.stop()
    await store.close()
  })

  it('are heard at once', async () => {
    await revoke('at once')

    await within(500, async () => hears('at once') === 1)
  })

  it('are heard when one commits after another one with a higher number', async () => {
    const client = new pg.Client({ connectionString: address })
    await client.connect()
    await client.query('BEGIN')
    await client.query(`INSERT INTO revocations (at, kind, subject) VALUES (1, 'session', 'late')`)

    await revoke('early')
    await within(500, async () => hears('early') === 1)
    assert.equal(hears('late'), 0)
    await client.query('COMMIT')
    await client.end()

    await within(2_000, async () => hears('late') === 1)
    await sleep(1_200)
    assert.equal(hears('late'), 1, 'once')
    assert.equal(hears('early'), 1, 'once')
  })

  it('are heard within two seconds when the connection that listens is cut, and at once when it is back', async () => {
    assert.equal(await cut(address, `query LIKE 'LISTEN%'`), 1)
    const start = performance.now()
    await revoke('in between')
    await within(2_000, async () => hears('in between') === 1)
    assert.ok(performance.now() - start < 2_000)

    await within(5_000, async () => (await listeners(address)) === 1)
    await revoke('afterwards')
    await within(500, async () => hears('afterwards') === 1)
  })

  it('are heard while every connection of the server waits for a lock', async () => {
    const own = await postgres.createDatabase('?pool_size=2')
    const waiting = await openStore(own, '/')
    const other = await openStore(own, '/')
    const told: string[] = []
    const follow = await waiting.revocations.follow({ revoked: ({ subject }) => told.push(subject), failed: () => {} })
    await within(5_000, async () => (await listeners(own)) === 1)
    const locked = postgres.query(own, 'BEGIN; LOCK TABLE users; SELECT pg_sleep(3); COMMIT')
    await sleep(200)
    const counts = Promise.all(Array.from({ length: 6 }, () => waiting.users.count()))
    await sleep(200)

    await other.engine.write([other.revocations.entry({ kind: 'user', subject: 'alice' }, now)])

    await within(1_000, async () => told.includes('alice'))
    await Promise.all([locked, counts])
    await follow.stop()
    await Promise.all([waiting.close(), other.close()])
  })

  it('are all heard, once, when two hundred are committed at the same time', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, n) => revoke(`many-${n}`)))

    await within(3_000, async () =>
      Array.from({ length: 200 }, (_, n) => hears(`many-${n}`)).every((times) => times === 1),
    )
  })
})

describe('two servers on one PostgreSQL', () => {
  let address: string
  let pair: Pair
  let store: Store
  let secret: string

  before(async () => {
    address = await postgres.createDatabase()
    const key = Buffer.alloc(32, 7).toString('base64')
    pair = await startPair({ settings: `store: ${JSON.stringify(address)}\nencryptionKey: ${key}` })
    store = await openStore(address, '/')
    secret = (await pair.first.cli(['clients', 'secret', 'app'])).stdout.trim()
  })
  after(async () => {
    await store.close()
    await pair.close()
  })

  it('know the sessions of each other, and end them for each other within a second', async () => {
    const browser = await signInAs(pair, 'bob', ['data-analysts'])
    const [session] = await credentialsOf(pair, browser)
    assert.ok(session)
    assert.match(await homeOf(pair.second, browser), /You are signed in as bob/)
    for (const server of [pair.first, pair.second]) assert.equal(await pair.askService(server, session), 200)

    const { status, stderr } = await pair.first.cli(['users', 'deactivate', 'bob'])
    assert.equal(status, 0, stderr)

    await within(1_000, async () => {
      const statuses = await Promise.all([pair.first, pair.second].map((server) => pair.askService(server, session)))
      return statuses.every((answer) => answer !== 200)
    })
    assert.doesNotMatch(await homeOf(pair.second, browser), /You are signed in as bob/)
  })

  it('refuse who loses a team, within a second', async () => {
    await checkLostTeam(pair, store)
  })

  for (const { title, check } of races) it(title, { timeout: 60_000 }, () => check(pair, store))

  it('count guesses at passwords together', async () => {
    const begun = performance.now()
    const guesses = Array.from({ length: 40 }, (_, n) =>
      guess({ name: 'nobody', from: '192.0.2.2', at: n % 2 === 0 ? pair.first : pair.second }),
    )

    const { 401: wrong = 0 } = counted(await Promise.all(guesses))

    assert.ok(wrong > 0 && wrong <= mostGuessesIn(performance.now() - begun), `${wrong} guesses were made`)
  })

  it('are told within two seconds when their listening connections are cut', async () => {
    const browser = await signInAs(pair, 'carl', ['data-analysts'])
    const [session] = await credentialsOf(pair, browser)
    assert.ok(session)
    for (const server of [pair.first, pair.second]) assert.equal(await pair.askService(server, session), 200)

    assert.equal(await cut(address, `query LIKE 'LISTEN%'`), 2)
    const { status } = await pair.first.cli(['users', 'deactivate', 'carl'])
    const revokedAt = performance.now()
    assert.equal(status, 0)

    await within(2_000, async () => {
      const statuses = await Promise.all([pair.first, pair.second].map((server) => pair.askService(server, session)))
      return statuses.every((answer) => answer !== 200)
    })
    assert.ok(performance.now() - revokedAt < 2_000)
  })

  it('let one of fifty parallel redemptions of a code win, and end the family', async () => {
    const { rp, browser } = await signedInProduct('dora')
    const request = await rp.request()
    const callback = await walkToCallback(browser, await browser.send(request.url), redirectUri)
    const parameters = {
      grant_type: 'authorization_code',
      code: new URL(callback).searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: request.codeVerifier,
    }

    const answers = await fiftyTimes(parameters)

    await assertOneFamily(answers)
  })

  it('end the family of a used refresh token that comes fifty times after ten seconds', async () => {
    const { rp, browser } = await signedInProduct('emil')
    const request = await rp.request()
    const tokens = await rp.redeem(await walkToCallback(browser, await browser.send(request.url), redirectUri), request)
    const parameters = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }
    const first = await tokenAt(pair.first, parameters)
    assert.equal(first.status, 200)
    await postgres.query(
      address,
      `UPDATE provider_payloads SET consumed_at = consumed_at - 11000 WHERE kind = 'RefreshToken'`,
    )

    const answers = await fiftyTimes(parameters)

    await assertOneFamily([first, ...answers])
  })

  it('lose nothing that was acknowledged when PostgreSQL crashes under load, keep known sessions and go on by themselves', {
    timeout: 120_000,
  }, async () => {
    const known = await signInAs(pair, 'frieda', ['data-analysts'])
    const [session] = await credentialsOf(pair, known)
    assert.ok(session)
    for (const server of [pair.first, pair.second]) assert.equal(await pair.askService(server, session), 200)
    pair.idp.next = undefined
    const load = signInPeople(pair, 6)
    await within(20_000, async () => load.acknowledged.length >= 20)

    await postgres.end('crash')
    const statuses = await Promise.all([pair.first, pair.second].map((server) => pair.askService(server, session)))
    assert.deepEqual(statuses, [200, 200], 'a known session while there is no database')
    await sleep(500)
    await postgres.start()
    const before = load.acknowledged.length
    await within(20_000, async () => load.acknowledged.length >= before + 20)
    await load.stop()

    for (const server of [pair.first, pair.second]) {
      for (const browser of load.acknowledged)
        assert.match(await homeOf(server, browser), /You are signed in as person-/)
      assert.equal(await pair.askService(server, session), 200)
    }
    const again = await signInAs(pair, 'greta', ['data-analysts'])
    const { status } = await pair.first.cli(['users', 'deactivate', 'greta'])
    assert.equal(status, 0)
    await within(1_000, async () => !/signed in as greta/.test(await homeOf(pair.second, again)))
  })

  it('lose nothing that was acknowledged when one of them is killed in the middle, and the other one goes on', {
    timeout: 120_000,
  }, async () => {
    pair.idp.next = undefined
    const load = signInPeople(pair, 6)
    await within(20_000, async () => load.acknowledged.length >= 30)

    await pair.first.kill()
    await load.stop()

    for (const browser of load.acknowledged) {
      assert.match(await homeOf(pair.second, browser), /You are signed in as person-/)
    }
    await pair.first.restart()
    for (const browser of load.acknowledged) {
      assert.match(await homeOf(pair.first, browser), /You are signed in as person-/)
    }
  })

  async function homeOf(server: Gatehouse, browser: ScriptedBrowser): Promise<string> {
    const cookie = browser.jar.header(pair.first.url) ?? ''
    const host = new URL(pair.first.url).host
    return (await ask({ port: server.port, host, path: '/', headers: { cookie, accept: 'text/html' } })).body
  }

  async function signedInProduct(name: string) {
    const browser = await signInAs(pair, name, ['data-analysts'])
    const rp = await relyingParty({ issuer: pair.first.url, clientId: 'app', clientSecret: secret, redirectUri })
    return { rp, browser }
  }

  async function tokenAt(server: Gatehouse, parameters: Record<string, string>) {
    const answer = await ask({
      port: server.port,
      host: new URL(pair.first.url).host,
      path: '/token',
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`app:${encodeURIComponent(secret)}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(parameters).toString(),
    })
    return { status: answer.status, body: JSON.parse(answer.body) as Record<string, string> }
  }

  async function fiftyTimes(parameters: Record<string, string>) {
    return Promise.all(
      Array.from({ length: 50 }, (_, n) => tokenAt(n % 2 === 0 ? pair.first : pair.second, parameters)),
    )
  }

  async function assertOneFamily(answers: { status: number; body: Record<string, string> }[]): Promise<void> {
    const winners = answers.filter(({ status }) => status === 200)
    assert.equal(winners.length, 1, JSON.stringify(answers.map(({ status, body }) => [status, body['error']])))
    assert.ok(answers.every(({ status, body }) => status === 200 || body['error'] === 'invalid_grant'))
    const { refresh_token = '', access_token = '' } = winners[0]?.body ?? {}
    for (const server of [pair.first, pair.second]) {
      const { status } = await tokenAt(server, { grant_type: 'refresh_token', refresh_token })
      assert.equal(status, 400, 'the family is dead')
      const { status: userinfo } = await ask({
        port: server.port,
        host: new URL(pair.first.url).host,
        path: '/userinfo',
        headers: { authorization: `Bearer ${access_token}` },
      })
      assert.equal(userinfo, 401, 'the access token is dead')
    }
  }
})

/** Ends connections to the database as its administrator would; answers with how many. */
async function cut(address: string, condition: string): Promise<number> {
  const rows = await postgres.query(
    address,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND ${condition}`,
  )
  return rows.length
}

async function listeners(address: string): Promise<number> {
  const rows = await postgres.query(
    address,
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
  )
  return rows.length
}

/** Signs people in, each in a browser of their own, until it is stopped. Those who hold the cookie were told that it worked. */
function signInPeople({ first }: Pair, atOnce: number) {
  const acknowledged: ScriptedBrowser[] = []
  let stopped = false
  const worker = async () => {
    while (!stopped) {
      const browser = new ScriptedBrowser()
      try {
        let page = await browser.send(`${first.url}/login/start?provider=crowd`)
        for (let hops = 0; hops < 10 && !browser.jar.find('gatehouse_login'); hops++) {
          page = await browser.send(new URL(page.headers.get('location') ?? '', page.url).href)
        }
        if (browser.jar.find('gatehouse_login')) acknowledged.push(browser)
      } catch {
        // The server is being killed.
        await sleep(20)
      }
    }
  }
  const workers = Array.from({ length: atOnce }, worker)
  return {
    acknowledged,
    stop: async () => {
      stopped = true
      await Promise.all(workers)
    },
  }
}
