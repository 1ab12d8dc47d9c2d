import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger } from '../../src/log.ts'
import { cleanUp } from '../../src/server/cleaning.ts'
import { createRemovals } from '../../src/sessions/removals.ts'
import { createRevocations } from '../../src/sessions/revocations.ts'
import { ConflictError, expecting, StaleError } from '../../src/store/engine.ts'
import type { Store } from '../../src/store/index.ts'
import type { NewSession } from '../../src/store/sessions.ts'
import { type NewIdentity, type NewUser, newUserId, type User } from '../../src/store/users.ts'
import { commit } from '../support/commit.ts'

const now = 1_800_000_000_000

/** What every store does, on any engine. `reopen` closes the store and opens the same data again. */
export function storeConformance(
  name: string,
  open: () => Promise<{ store: Store; reopen: () => Promise<Store> }>,
): void {
  const parallel = <Result>(times: number, run: () => Promise<Result>) =>
    Promise.all(Array.from({ length: times }, run))
  const createAlice = (store: Store) =>
    createUser(
      store,
      { username: 'alice', email: 'alice@example.test', emailVerified: true, name: 'Alice' },
      identityOf('https://sso.example.test', '1'),
    )

  describe(`${name} store`, () => {
    it('finds a user by id, by any spelling of the name, and by identity, also after it was closed and opened', async () => {
      const { store, reopen } = await open()
      const alice = await createAlice(store)

      const again = await reopen()

      assert.deepEqual(await again.users.find(alice.id), alice)
      assert.deepEqual(await again.users.findByName('ＡLICE'), alice)
      assert.deepEqual(await again.users.findByIdentity('https://sso.example.test', '1'), alice)
      assert.equal(await again.users.findByIdentity('https://sso.example.test', '2'), undefined)
      await again.close()
    })

    it('finds a person whatever the slash at the end of the issuer, and where both are stored each by its own', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const slashed = 'https://sso.example.test/o/x/'
      const bob = await createUser(store, { username: 'bob' }, identityOf(slashed, '1'))
      const carol = await createUser(store, { username: 'carol' }, identityOf(slashed.slice(0, -1), '1'))
      const found = async (issuer: string) => (await store.users.findByIdentity(issuer, '1'))?.id

      assert.equal(await found('https://sso.example.test/'), alice.id)
      assert.equal(await found('https://sso.example.test'), alice.id)
      assert.equal(await found('https://sso.example.test//'), undefined)
      assert.deepEqual([await found(slashed), await found(slashed.slice(0, -1))], [bob.id, carol.id])
      await store.close()
    })

    it('takes each step of an authenticator app and each recovery code once, however many ask at once', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const bob = await createUser(store, { username: 'bob' }, identityOf('https://sso.example.test', '2'))
      const { putApp, putCodes, removeApp } = store.secondFactors.statements
      await store.engine.write([...putApp(alice.id, 'sealed', 40, now), ...putCodes(alice.id, ['x', 'y'])])
      const app = await store.secondFactors.appOf(alice.id)
      assert.deepEqual(app, { sealedSecret: 'sealed', createdAt: now })

      const steps = await parallel(8, () => store.secondFactors.takeStep(alice.id, app, 42))
      const codes = await parallel(8, () => store.secondFactors.takeCode(alice.id, 'x'))

      assert.deepEqual(
        [steps, codes].map((all) => all.filter(Boolean).length),
        [1, 1],
      )
      assert.equal(await store.secondFactors.takeStep(alice.id, app, 41), false, 'a step of before')
      assert.equal(await store.secondFactors.takeStep(alice.id, { ...app, sealedSecret: 'older' }, 43), false)
      assert.equal(await store.secondFactors.takeCode(bob.id, 'y'), false, 'the code of somebody else')
      assert.equal(await store.secondFactors.codesLeft(alice.id), 1)
      await store.engine.write([...putApp(alice.id, 'new', 50, now), ...putCodes(alice.id, ['z'])])
      assert.equal(await store.secondFactors.takeCode(alice.id, 'y'), false, 'a code of before')
      await store.engine.write(removeApp(alice.id))
      assert.deepEqual(
        [await store.secondFactors.appOf(alice.id), await store.secondFactors.codesLeft(alice.id)],
        [undefined, 0],
      )
      await store.close()
    })

    it('notes a use of a passkey once for each count, and never for somebody else', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const bob = await createUser(store, { username: 'bob' }, identityOf('https://sso.example.test', '2'))
      const passkey = { id: 'key', userId: alice.id, publicKey: 'cose', counter: 3, transports: ['usb', 'nfc'] }
      const { put, remove } = store.passkeys.statements
      await store.engine.write([put({ ...passkey, name: 'Stick', createdAt: now })])
      await store.engine.write([put({ ...passkey, id: 'silent', counter: 0, name: 'Phone', createdAt: now + 1 })])
      const use = (id: string, counter: number, userId = alice.id) => store.passkeys.use({ id, userId }, counter, now)

      const uses = await parallel(8, () => use('key', 4))

      assert.equal(uses.filter(Boolean).length, 1)
      assert.deepEqual([await use('key', 4), await use('key', 2), await use('key', 0)], [false, false, false])
      assert.deepEqual([await use('silent', 0), await use('silent', 0), await use('silent', 1)], [true, true, true])
      assert.equal(await use('key', 9, bob.id), false)
      assert.deepEqual(
        (await store.passkeys.ofUser(alice.id)).map(({ name, counter }) => [name, counter]),
        [
          ['Stick', 4],
          ['Phone', 1],
        ],
      )
      await assert.rejects(
        () => store.engine.write([put({ ...passkey, userId: bob.id, name: 'Stolen', createdAt: now })]),
        ConflictError,
      )
      await store.engine.write([remove(bob.id, 'key')])
      assert.notEqual(await store.passkeys.find('key'), undefined)
      const session = { ...loginOf(alice), verifiedPasskey: 'key' }
      assert.notEqual(await store.sessions.create(session, now), undefined)
      assert.equal(await store.sessions.create({ ...session, userId: bob.id }, now), undefined)
      await store.engine.write([remove(alice.id, 'key')])
      assert.equal(await store.passkeys.find('key'), undefined)
      assert.equal(await store.sessions.create(session, now), undefined, 'its passkey is gone')
      await store.close()
    })

    it('keeps whether an address is verified, is not, or was never said to be, and the parts of a name', async () => {
      const { store } = await open()
      const parts = { name: 'Yamada Taro', givenName: 'Taro', familyName: 'Yamada' }
      for (const [username, emailVerified] of [
        ['yes', true],
        ['no', false],
        ['unsaid', undefined],
      ] as const) {
        const { id } = await createUser(
          store,
          { username, email: 'a@example.test', emailVerified, ...parts },
          identityOf('https://sso', username),
        )
        const { emailVerified: kept, name, givenName, familyName } = (await store.users.find(id)) ?? {}

        assert.equal(kept, emailVerified, username)
        assert.deepEqual({ name, givenName, familyName }, parts)
      }
      await store.close()
    })

    it('finds nobody by a text that no store can hold, or refuses the request, and is not broken by it [empty-post-crash]', async () => {
      const { store } = await open()
      const alice = await createAlice(store)

      for (const text of ['alice\0', '\0', '\ud800', 'a'.repeat(100_000)]) {
        const found = await store.users.findByName(text).catch((error: { status?: number }) => error.status)
        assert.ok(found === undefined || found === 400, JSON.stringify(text.slice(0, 10)))
      }

      assert.deepEqual(await store.users.findByName('alice'), alice)
    })

    it('refuses a name that is taken in another spelling, and keeps nothing of the refused unit', async () => {
      const { store } = await open()
      await createAlice(store)

      await assert.rejects(createUser(store, { username: 'Alice' }, identityOf('https://other', '9')), ConflictError)

      assert.equal(await store.users.findByIdentity('https://other', '9'), undefined)
      assert.equal(await store.users.count(), 1)
      await store.close()
    })

    it('refuses an identity that belongs to somebody, and does not leave a user without identity behind', async () => {
      const { store } = await open()
      await createAlice(store)

      await assert.rejects(
        createUser(store, { username: 'mallory' }, identityOf('https://sso.example.test', '1')),
        ConflictError,
      )

      assert.equal(await store.users.findByName('mallory'), undefined)
      await store.close()
    })

    it('commits the writes of neighbours when one of them fails', async () => {
      const { store } = await open()
      await createAlice(store)

      const results = await Promise.allSettled([
        createUser(store, { username: 'bob' }),
        createUser(store, { username: 'alice' }),
        createUser(store, { username: 'carol' }),
      ])

      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      assert.equal(await store.users.count(), 3)
      await store.close()
    })

    it('keeps nothing of a unit in which a statement touches fewer or more rows than it expects', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const rename = (name: string) => store.engine.kysely.updateTable('users').set({ name })
      const audited = store.audit.entry({ actor: 'cli', action: 'user.changed', subject: alice.id }, now)

      const none = store.engine.write([audited, expecting(1, rename('Nobody').where('name', '=', 'Bob').compile())])
      const many = store.engine.write([expecting(0, rename('Everybody').compile()), audited])
      await assert.rejects(none, new StaleError({ expected: 1, touched: 0 }))
      await assert.rejects(many, new StaleError({ expected: 0, touched: 1 }))

      assert.equal((await store.users.find(alice.id))?.name, 'Alice')
      assert.deepEqual(await store.audit.list(), [])
      await store.close()
    })

    it('commits a unit whose statements touch or return as many rows as they expect, and answers with the rows', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const rename = store.engine.kysely.updateTable('users').set({ name: 'Alice A.' }).where('id', '=', alice.id)

      const rows = await store.engine.write([
        expecting(1, rename.where('name', '=', 'Alice').compile()),
        expecting(1, rename.returning('username').compile()),
        expecting(0, rename.where('name', '=', 'Alice').compile()),
      ])

      assert.deepEqual(rows, [[], [{ username: 'alice' }], []])
      assert.equal((await store.users.find(alice.id))?.name, 'Alice A.')
      await store.close()
    })

    it('lets one of fifty parallel units change what all of them have read, and commits the neighbours of the others', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const changes = Array.from({ length: 50 }, (_, index) =>
        store.engine.write([
          expecting(
            1,
            store.engine.kysely
              .updateTable('users')
              .set({ updated_at: now + 1 + index })
              .where('id', '=', alice.id)
              .where('updated_at', '=', now)
              .compile(),
          ),
        ]),
      )

      const results = await Promise.allSettled([...changes, createUser(store, { username: 'bob' })])

      const refused = results.filter((result) => result.status === 'rejected')
      assert.equal(refused.length, 49)
      assert.ok(refused.every(({ reason }) => reason instanceof StaleError))
      assert.ok(await store.users.findByName('bob'))
      await store.close()
    })

    it('gives a single-use value to exactly one of fifty parallel takers', async () => {
      const { store } = await open()
      await store.singleUse.put('handoff', 'code', { for: 'alice' }, now + 1000)

      const taken = await parallel(50, () => store.singleUse.take('handoff', 'code', now))

      assert.deepEqual(taken.filter(Boolean), [{ for: 'alice' }])
      await store.close()
    })

    it('does not give a single-use value to another purpose, nor after its expiry', async () => {
      const { store } = await open()
      await store.singleUse.put('handoff', 'code', {}, now + 1000)

      assert.equal(await store.singleUse.take('setup-link', 'code', now), undefined)
      assert.equal(await store.singleUse.take('handoff', 'code', now + 1000), undefined)
      assert.deepEqual(await store.singleUse.take('handoff', 'code', now + 999), {})
      await store.close()
    })

    it('lets exactly one of fifty parallel callers claim a value', async () => {
      const { store } = await open()

      const claims = await parallel(50, () => store.singleUse.claim('login-state', 'state', now + 1000))

      assert.equal(claims.filter(Boolean).length, 1)
      await store.close()
    })

    it('lets exactly one of fifty parallel callers consume a record of the provider', async () => {
      const { store } = await open()
      await store.payloads.upsert('Grant', 'g', { payload: {}, grantId: 'g' })
      await store.payloads.upsert('AuthorizationCode', 'id', { payload: { accountId: 'a' }, grantId: 'g' })

      const wins = await parallel(50, () => store.payloads.consume('AuthorizationCode', 'id', now))

      assert.equal(wins.filter(Boolean).length, 1)
      assert.equal((await store.payloads.find('AuthorizationCode', 'id'))?.['consumed'], now / 1000)
      await store.close()
    })

    it('removes every record of a grant at once', async () => {
      const { store } = await open()
      await store.payloads.upsert('Grant', 'g', { payload: {}, grantId: 'g' })
      await store.payloads.upsert('Grant', 'h', { payload: {}, grantId: 'h' })
      await store.payloads.upsert('RefreshToken', 'r', { payload: {}, grantId: 'g' })
      await store.payloads.upsert('AuthorizationCode', 'c', { payload: {}, grantId: 'g' })
      await store.payloads.upsert('RefreshToken', 'other', { payload: {}, grantId: 'h' })

      await commit(store, [store.payloads.statements.removeGrant('g', now)])

      assert.equal(await store.payloads.find('RefreshToken', 'r'), undefined)
      assert.equal(await store.payloads.find('AuthorizationCode', 'c'), undefined)
      assert.deepEqual(await store.payloads.find('RefreshToken', 'other'), {})
      await store.close()
    })

    it('stores no token for a grant that has just been revoked', async () => {
      const { store } = await open()
      await store.payloads.upsert('Grant', 'g', { payload: {}, grantId: 'g' })

      await commit(store, [store.payloads.statements.removeGrant('g', now)])
      await store.payloads.upsert('AccessToken', 'late', { payload: {}, grantId: 'g' })

      assert.equal(await store.payloads.find('AccessToken', 'late'), undefined)
      await store.close()
    })

    it('knows a service session only at its service, and ends it with the login session it hangs on', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const base = {
        userId: alice.id,
        authenticationClass: 'local',
        authenticatedAt: now,
        expiresAt: now + 1000,
        sealedIdToken: undefined,
        signedInFor: undefined,
      }
      const login = await store.sessions.create(
        { ...base, kind: 'login', service: undefined, parentHash: undefined },
        now,
      )
      assert.ok(login)
      const atWiki = { ...base, kind: 'service', service: 'wiki', parentHash: login.session.idHash } as const
      const service = await store.sessions.create(atWiki, now)
      assert.ok(service)

      assert.equal((await store.sessions.findService(service.id, 'wiki', now))?.userId, alice.id)
      assert.equal(await store.sessions.findService(service.id, 'other', now), undefined)
      assert.equal(await store.sessions.findLogin(service.id, now), undefined)
      assert.equal(await store.sessions.findLogin(login.id, now + 1000), undefined)

      await commit(store, [store.sessions.statements.remove(login.session.idHash, now)])

      assert.equal(await store.sessions.findService(service.id, 'wiki', now), undefined)
      assert.equal(await store.sessions.create(atWiki, now), undefined, 'none is made under a login that has ended')
      await store.close()
    })

    it('ends every session at one service and every grant of one client, tells of each, and touches no others', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const login = await store.sessions.create(loginOf(alice), now)
      assert.ok(login)
      const at = (service: string) =>
        store.sessions.create({ ...loginOf(alice), kind: 'service', service, parentHash: login.session.idHash }, now)
      const [one, two, other] = [await at('wiki'), await at('wiki'), await at('vault')]
      for (const [id, clientId] of [
        ['g1', 'gone'],
        ['g2', 'stays'],
        ['g3', 'gone'],
      ] as const)
        await store.payloads.upsert('Grant', id, { payload: { clientId }, grantId: id })
      await store.payloads.upsert('RefreshToken', 'r', { payload: {}, grantId: 'g3' })
      const before = await store.revocations.latestId()
      const removals = createRemovals({
        store,
        revocations: createRevocations({ store, log: createLogger({ level: 'silent' }) }),
        clock: { now: () => now },
      })

      await removals.service('wiki')
      await removals.client('gone')

      assert.equal(await store.sessions.findService(one?.id ?? '', 'wiki', now), undefined)
      assert.equal((await store.sessions.findService(other?.id ?? '', 'vault', now))?.userId, alice.id)
      assert.equal((await store.sessions.findLogin(login.id, now))?.userId, alice.id)
      assert.equal(await store.payloads.find('RefreshToken', 'r'), undefined)
      assert.deepEqual(await store.payloads.find('Grant', 'g2'), { clientId: 'stays' })
      const told = (await store.revocations.since(before)).map(({ kind, subject }) => `${kind} ${subject}`)
      const sessions = [one, two].map((made) => `session ${made?.session.idHash}`)
      assert.deepEqual(told.sort(), [...sessions, 'grant g1', 'grant g3'].sort())
      await store.close()
    })

    it('keeps a session of the provider under a living login session of the same person, and ends it with that', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const login = await store.sessions.create(loginOf(alice), now)
      const idHash = login?.session.idHash ?? assert.fail()
      const ofAlice = { payload: { uid: 'u' }, uid: 'u', accountId: alice.id }

      assert.equal(
        await store.payloads.storeSession('s', { ...ofAlice, accountId: 'u_bob', login: { idHash, at: now } }),
        false,
      )
      assert.equal(
        await store.payloads.storeSession('s', { ...ofAlice, login: { idHash: 'no-such-login', at: now } }),
        false,
      )
      assert.equal(await store.payloads.storeSession('s', { ...ofAlice, login: { idHash, at: now } }), true)
      const login1 = { idHash, expiresAt: now + 1000 }
      assert.deepEqual((await store.payloads.findSession('s', now))?.login, login1)
      assert.equal((await store.payloads.findSession('s', now + 1000))?.login, undefined)
      assert.equal((await store.payloads.findLivingSession('u', now))?.accountId, alice.id)
      assert.equal(await store.payloads.findLivingSession('u', now + 1000), undefined)

      await commit(store, [store.sessions.statements.remove(idHash, now)])

      assert.equal(await store.payloads.findSession('s', now), undefined)
      assert.equal(await store.payloads.storeSession('s', { ...ofAlice, login: { idHash, at: now } }), false)
      await store.close()
    })

    it('gives a browser one login session, whoever of fifty parallel sign-ins comes first', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const start = (replaced: string[]) =>
        store.sessions.statements.start(loginOf(alice), { at: now, browser: 'browser', replaced, ended: [] })

      const results = await Promise.allSettled(Array.from({ length: 50 }, () => commit(store, start([]).parts)))

      const refused = results.filter((result) => result.status === 'rejected')
      assert.equal(refused.length, 49)
      assert.ok(refused.every(({ reason }) => reason instanceof ConflictError))
      const [first] = await store.sessions.loginsOfBrowser('', 'browser')
      const second = start([first?.idHash ?? ''])
      await commit(store, second.parts)
      assert.deepEqual(
        (await store.sessions.loginsOfBrowser('', 'browser')).map(({ idHash }) => idHash),
        [second.session.idHash],
      )
      await store.close()
    })

    it('moves what depends on a login session to the one that replaces it', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const old = (await store.sessions.create(loginOf(alice), now)) ?? assert.fail()
      const atWiki = { ...loginOf(alice), kind: 'service', service: 'wiki', parentHash: old.session.idHash } as const
      const service = (await store.sessions.create(atWiki, now)) ?? assert.fail()
      await store.payloads.storeSession('s', {
        payload: {},
        uid: 'u',
        accountId: alice.id,
        login: { idHash: old.session.idHash, at: now },
      })
      const { session, parts } = store.sessions.statements.start(loginOf(alice), {
        at: now,
        browser: 'browser',
        replaced: [old.session.idHash],
        ended: [],
      })

      await commit(store, parts)

      assert.equal(await store.sessions.findLogin(old.id, now), undefined)
      assert.equal((await store.sessions.findService(service.id, 'wiki', now))?.parentHash, session.idHash)
      assert.equal((await store.payloads.findSession('s', now))?.login?.idHash, session.idHash)
      await store.close()
    })

    it('makes no session for a user who is not active', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      await commit(store, [store.users.statements.takeAway({ id: alice.id, version: 1 }, { active: 0 }, now, [])])

      const made = await store.sessions.create(
        {
          kind: 'login',
          service: undefined,
          parentHash: undefined,
          userId: alice.id,
          authenticationClass: 'local',
          authenticatedAt: now,
          expiresAt: now + 1000,
          sealedIdToken: undefined,
          signedInFor: undefined,
        },
        now,
      )

      assert.equal(made, undefined)
      await store.close()
    })

    it('keeps the teams of each source apart, and names a team once that two of them give', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const { join, leave, takeAway } = store.users.statements
      await createTeams(store, ['admins', 'analysts', 'readers'])
      await store.engine.write([
        join(alice.id, 'keycloak', ['analysts', 'admins']),
        join(alice.id, 'local', ['admins']),
      ])
      assert.deepEqual(await store.users.teams(alice.id), ['admins', 'analysts'])

      await commit(store, [
        takeAway({ id: alice.id, version: 1 }, {}, now, [leave(alice.id, 'keycloak', ['analysts', 'admins'])]),
        join(alice.id, 'local', ['readers']),
      ])

      assert.deepEqual(await store.users.teams(alice.id), ['admins', 'readers'])
      assert.deepEqual(await store.teams.membersOf(['analysts']), [])
      assert.deepEqual(await store.teams.membersOf(['admins', 'readers']), [alice.id])
      await store.close()
    })

    it('puts nobody into a team that is not there, and removes no team that somebody is in', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      await createTeams(store, ['admins'])
      const { join, leave, takeAway } = store.users.statements

      await assert.rejects(store.engine.write([join(alice.id, 'local', ['admins', 'nobodys'])]), StaleError)
      assert.deepEqual(await store.users.teams(alice.id), [])
      await store.engine.write([join(alice.id, 'local', ['admins'])])
      const remove = store.teams.statements.remove({ name: 'admins', source: 'configuration' })

      await assert.rejects(store.engine.write([remove]), StaleError)
      await commit(store, [takeAway({ id: alice.id, version: 1 }, {}, now, [leave(alice.id, 'local', ['admins'])])])
      await store.engine.write([remove])

      assert.deepEqual(await store.teams.list(), [])
      await store.close()
    })

    it('calls a unit stale whose first part is, whatever goes wrong after it', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const { change, insert } = store.users.statements

      const unit = [change({ id: alice.id, version: 7 }, {}, now), insert('u_2', { username: 'alice' }, now)]

      await assert.rejects(store.engine.write(unit), StaleError)
      await store.close()
    })

    it('changes a person against the version that was read, and counts it on', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const version = (await store.users.findPerson(alice.id))?.version ?? 0
      const rename = (name: string) => store.users.statements.change({ id: alice.id, version }, { name }, now)

      const results = await Promise.allSettled([store.engine.write([rename('A')]), store.engine.write([rename('B')])])

      assert.deepEqual(
        results.map(({ status }) => status),
        ['fulfilled', 'rejected'],
      )
      const person = await store.users.findPerson(alice.id)
      assert.equal(person?.user.name, 'A')
      assert.equal(person?.version, version + 1)
      await store.close()
    })

    it('lets five of fifty parallel attempts through, pauses longer each time, and starts again in a new window', async () => {
      const { store } = await open()
      const limit = { key: 'alice|127.0.0.1', free: 5, window: 60_000, pause: 1_000, doublings: 2 }
      const claim = (at: number) => store.loginAttempts.claim([limit], at)

      const answers: unknown[] = []
      await parallel(50, async () => {
        answers.push(await claim(now))
      })

      assert.equal(answers.filter((answer) => answer === undefined).length, 5)
      assert.deepEqual(await claim(now + 999), { limit, lockedUntil: now + 1_000 })
      const pauses: number[] = []
      for (let at = now + 1_000; pauses.length < 4; ) {
        assert.equal(await claim(at), undefined)
        const until = (await store.loginAttempts.find(limit.key))?.locked_until ?? 0
        pauses.push(until - at)
        at = until
      }
      assert.deepEqual(pauses, [2_000, 4_000, 4_000, 4_000])
      assert.equal(await claim(now + 60_000), undefined)
      assert.equal((await store.loginAttempts.find(limit.key))?.failures, 1)
      await store.close()
    })

    it('counts an attempt under all of its limits or under none, and takes it back', async () => {
      const { store } = await open()
      const limit = (key: string, free: number) => ({ key, free, window: 60_000, pause: 1_000, doublings: 0 })
      const claim = (...limits: ReturnType<typeof limit>[]) => store.loginAttempts.claim(limits, now)
      const failures = async (key: string) => (await store.loginAttempts.find(key))?.failures

      await claim(limit('network', 2), limit('one', 9))
      await claim(limit('network', 2), limit('two', 9))
      const refused = await claim(limit('three', 9), limit('network', 2))

      assert.deepEqual([refused?.limit.key, refused?.lockedUntil], ['network', now + 1_000])
      assert.deepEqual([await failures('network'), await failures('three')], [2, undefined])
      await store.loginAttempts.giveBack({ keys: ['network'], clear: ['one'] })
      assert.deepEqual([await failures('network'), await failures('one')], [1, undefined])
      await store.close()
    })

    it('removes what has expired and nothing else', async () => {
      const { store } = await open()
      await store.payloads.upsert('AccessToken', 'old', { payload: {}, expiresAt: now })
      await store.payloads.upsert('AccessToken', 'live', { payload: {}, expiresAt: now + 1 })

      await store.removeExpired(now)

      assert.equal(await store.payloads.find('AccessToken', 'old'), undefined)
      assert.deepEqual(await store.payloads.find('AccessToken', 'live'), {})
      await store.close()
    })

    it('tells of every revocation that is committed after the following began, in another process as well', async () => {
      const { store } = await open()
      const revoke = (subject: string) =>
        store.engine.write([store.revocations.entry({ kind: 'session', subject }, now)])
      await revoke('before')
      const heard: string[] = []
      const following = await store.revocations.follow({
        revoked: ({ kind, subject }) => heard.push(`${kind} ${subject}`),
        failed: (error) => assert.fail(String(error)),
      })

      await revoke('one')
      await Promise.all(['two', 'three'].map(revoke))
      for (let waited = 0; heard.length < 3 && waited < 2_000; waited += 20) await sleep(20)

      assert.deepEqual(heard.sort(), ['session one', 'session three', 'session two'])
      await following.stop()
      await store.close()
    })

    it('keeps numbers as numbers, and texts whatever is in them', async () => {
      const { store } = await open()
      const username = 'a\0b'
      const alice = await createUser(store, { username: 'zoë ẞ 🙂 \u2028 \' " \\ %' })

      assert.equal(await store.users.findByName(username), undefined)
      const limit = { key: username, free: 5, window: 60_000, pause: 1_000, doublings: 2 }
      await store.loginAttempts.claim([limit], now)
      await store.loginAttempts.claim([limit], now)
      const attempts = await store.loginAttempts.find(username)
      assert.equal(attempts?.first_at, now)
      assert.equal(attempts?.failures, 2)
      assert.equal((await store.users.find(alice.id))?.username, 'zoë ẞ 🙂 \u2028 \' " \\ %')
      assert.equal(await store.users.count(), 1)
      await store.close()
    })

    it('gives each of twenty jobs to one of fifty parallel workers', async () => {
      const { store } = await open()
      const jobs = Array.from({ length: 20 }, (_, n) =>
        store.jobs.enqueue({ id: `job-${n}`, kind: 'mail', payload: { n } }, now - n),
      )
      await store.engine.write([...jobs, store.jobs.enqueue({ id: 'later', kind: 'mail' }, now + 1)])

      const claimed: (string | undefined)[] = []
      await parallel(50, async () => {
        claimed.push((await store.jobs.claim('mail', now, 1000))?.id)
      })

      const ids = claimed.filter((id) => id !== undefined)
      assert.equal(new Set(ids).size, ids.length)
      // A server that found the first ones taken may have got nothing.
      while (ids.length < 20) {
        const job = await store.jobs.claim('mail', now, 1000)
        assert.ok(job, `only ${ids.length} jobs`)
        ids.push(job.id)
      }
      assert.equal(await store.jobs.claim('mail', now, 1000), undefined)
      assert.equal(await store.jobs.claim('other', now + 1, 1000), undefined)
      await store.close()
    })

    it('gives a job to somebody else when its lease has ended, and takes nothing from the first one any more', async () => {
      const { store } = await open()
      await store.engine.write([store.jobs.enqueue({ id: 'job', kind: 'mail', payload: { to: 'alice' } }, now)])
      const first = await store.jobs.claim('mail', now, 1000)
      assert.ok(first)

      assert.equal(await store.jobs.claim('mail', now + 999, 1000), undefined)
      const second = await store.jobs.claim('mail', now + 1000, 1000)

      assert.deepEqual(second, { id: 'job', kind: 'mail', payload: { to: 'alice' }, attempt: 2 })
      assert.equal(await store.jobs.finish(first), false)
      assert.equal(await store.jobs.finish(second), true)
      assert.equal(await store.jobs.claim('mail', now + 9000, 1000), undefined)
      await store.close()
    })

    it('tries a job that failed again after a pause that doubles, and repeats one that is to be repeated', async () => {
      const { store } = await open()
      await store.engine.write([store.jobs.enqueue({ id: 'job', kind: 'mail' }, now)])
      const claim = (at: number) => store.jobs.claim('mail', at, 1000)

      const first = await claim(now)
      assert.ok(first && (await store.jobs.retry(first, now)))
      assert.equal(await claim(now + 999), undefined)
      const second = await claim(now + 1000)
      assert.ok(second && (await store.jobs.retry(second, now + 1000)))
      assert.equal(await claim(now + 2999), undefined)
      const third = await claim(now + 3000)
      assert.ok(third && (await store.jobs.repeat(third, now + 60_000)))
      await store.engine.write([store.jobs.enqueue({ id: 'job', kind: 'mail' }, now)])
      assert.equal(await claim(now + 59_999), undefined)

      assert.equal((await claim(now + 60_000))?.attempt, 1)
      await store.close()
    })

    it('lists changes and failed sign-ins by time, person and event, the newest last, and forgets what is old', async () => {
      const { store } = await open()
      const alice = await createAlice(store)
      const entry = (action: string, subject: string, at: number) =>
        store.audit.entry({ actor: 'cli', action, subject, details: { from: '192.0.2.1' } }, at)
      await store.engine.write([
        entry('user.created', alice.id, now),
        entry('users.counted', 'all', now + 1),
        entry('user.deactivated', alice.id, now + 3),
      ])
      await store.audit.addFailure({ subject: alice.id, details: { code: 'invalid-credentials' } }, now + 2)
      const listed = async (question: Partial<Parameters<typeof store.audit.find>[0]>) =>
        (await store.audit.find({ limit: 10, ...question })).map(({ at, action }) => `${at - now} ${action}`)

      assert.deepEqual(await listed({}), [
        '0 user.created',
        '1 users.counted',
        '2 sign-in.failed',
        '3 user.deactivated',
      ])
      assert.deepEqual(await listed({ user: alice.id, since: now + 1 }), ['2 sign-in.failed', '3 user.deactivated'])
      assert.deepEqual(await listed({ action: 'user' }), ['0 user.created', '3 user.deactivated'])
      assert.deepEqual(await listed({ action: 'sign-in.failed' }), ['2 sign-in.failed'])
      assert.deepEqual(await listed({ action: 'user%' }), [])
      assert.deepEqual(await listed({ limit: 2 }), ['2 sign-in.failed', '3 user.deactivated'])

      await store.audit.removeBefore({ changes: now + 1, failures: now + 3 })
      assert.deepEqual(await listed({}), ['1 users.counted', '3 user.deactivated'])
      await store.close()
    })

    it('is cleaned by one of ten servers at a time, and again a minute later', async () => {
      const { store } = await open()
      let cleanings = 0
      const cleanable = {
        ...store,
        removeExpired: async (at: number) => {
          cleanings++
          await store.removeExpired(at)
        },
      }
      await store.payloads.upsert('AccessToken', 'old', { payload: {}, expiresAt: now })

      await parallel(10, () => cleanUp(cleanable, { now: () => now }))
      assert.equal(cleanings, 1)
      assert.equal(await store.payloads.find('AccessToken', 'old'), undefined)
      await parallel(10, () => cleanUp(cleanable, { now: () => now + 60_000 }))

      assert.equal(cleanings, 2)
      await store.close()
    })

    it('finds a trace by its id and by the id of a request that took part', async () => {
      const { store } = await open()
      const trace = { id: 't1', startedAt: now, steps: [{ at: now, hop: 'browser' as const, event: 'login page' }] }

      await store.traces.save(trace, ['r1'], now)

      assert.deepEqual(await store.traces.find('t1'), trace)
      assert.deepEqual(await store.traces.find('r1'), trace)
      assert.equal(await store.traces.find('r2'), undefined)
      await store.close()
    })

    it('keeps one first signing key for each algorithm, however many are added at once', async () => {
      const { store } = await open()
      const keys = Array.from({ length: 20 }, (_, index) => ({
        kid: `k${index}`,
        alg: 'ES256',
        sealedJwk: 'x',
        createdAt: now,
      }))

      await Promise.all(keys.map((key) => store.signingKeys.addFirst(key)))
      await store.signingKeys.addFirst({ kid: 'r', alg: 'RS256', sealedJwk: 'x', createdAt: now })

      const kept = await store.signingKeys.list()
      assert.deepEqual(kept.map(({ alg }) => alg).sort(), ['ES256', 'RS256'])
      await store.close()
    })
  })
}

function identityOf(issuer: string, subject: string): NewIdentity {
  return { issuer, subject, authenticationClass: 'keycloak', receivedGroups: [] }
}

async function createUser(store: Store, user: NewUser, identity?: NewIdentity): Promise<User> {
  const id = newUserId()
  const { insert, addIdentity } = store.users.statements
  await store.engine.write([insert(id, user, now), ...(identity ? [addIdentity(id, identity, now)] : [])])
  const made = await store.users.find(id)
  assert.ok(made)
  return made
}

async function createTeams(store: Store, names: readonly string[]): Promise<void> {
  const team = { source: 'configuration', title: undefined, givenBy: [] } as const
  await store.engine.write(names.map((name) => store.teams.statements.insert({ ...team, name }, now)))
}

function loginOf({ id: userId }: User): NewSession {
  return {
    kind: 'login',
    service: undefined,
    parentHash: undefined,
    userId,
    authenticationClass: 'local',
    authenticatedAt: now,
    expiresAt: now + 1000,
    sealedIdToken: undefined,
    signedInFor: undefined,
  }
}
