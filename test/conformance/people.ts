import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createDirectory } from '../../src/directory/index.ts'
import { createPeople, type Decision } from '../../src/directory/people.ts'
import type { AppError } from '../../src/errors.ts'
import { createLogger } from '../../src/log.ts'
import { createRevocations } from '../../src/sessions/revocations.ts'
import { ConflictError } from '../../src/store/engine.ts'
import type { Store } from '../../src/store/index.ts'
import type { Revocation } from '../../src/store/revocations.ts'
import { checkAuditedPeople } from '../support/audited-people.ts'
import { fc, runs } from '../support/properties.ts'

const naming = { owner: 'keycloak', classes: ['keycloak'], classOfDomain: new Map() }

/** Fails unless it is refused with that code. */
const refused = (work: Promise<unknown>, wanted: string) =>
  assert.rejects(work, ({ code }: AppError) => code === wanted, wanted)

type Teams = Parameters<typeof createDirectory>[0]['teams']

const now = 1_800_000_000_000
const clock = { now: () => now }
const issuer = 'https://sso.example.test'
const from = (...groups: string[]) => ({ from: groups.map((group) => ({ authenticationClass: 'keycloak', group })) })
const configured: Teams = { admins: from(), analysts: from('data-analysts'), readers: from('data-readers') }

/** What the directory promises on every store. */
export function peopleConformance(name: string, open: () => Promise<{ store: Store }>): void {
  async function start(teams: Teams = configured) {
    const { store } = await open()
    const told: Revocation[] = []
    const revocations = createRevocations({ store, log: createLogger({ level: 'silent' }) })
    revocations.onRevoked((revocation) => told.push(revocation))
    const directory = async (configuration: Teams) => {
      const made = createDirectory({ store, teams: configuration, naming, revocations, clock })
      await made.teams.follow(configuration)
      return made
    }
    const made = await directory(teams)
    const signIn = (groups: string[], subject = 'alice', at = made) =>
      at.justInTime.userFor(
        {
          key: { issuer, subject },
          principal: subject,
          email: `${subject}@example.test`,
          emailVerified: true,
          name: subject,
          groups,
        },
        'keycloak',
      )
    const audit = async () =>
      (await store.audit.list()).map(({ actor, action, subject, details }) => ({
        actor,
        action,
        subject,
        details: JSON.parse(details) as Record<string, unknown>,
      }))
    return { store, told, revocations, directory, signIn, audit, ...made }
  }

  describe(`people on ${name}`, () => {
    it('lose a team at a sign-in with a revocation and an audit row that has both lists', async () => {
      const { store, told, signIn, audit } = await start()
      const alice = await signIn(['data-analysts', 'data-readers'])

      await signIn(['data-readers'])

      assert.deepEqual(await store.users.teams(alice.id), ['readers'])
      assert.deepEqual(told, [{ kind: 'user', subject: alice.id }])
      assert.deepEqual(
        (await store.revocations.since(0)).map(({ kind, subject }) => ({ kind, subject })),
        told,
      )
      const [latest] = await audit()
      assert.deepEqual(latest, {
        actor: 'system',
        action: 'user.teams-changed',
        subject: alice.id,
        details: {
          before: { teams: { keycloak: ['analysts', 'readers'] } },
          after: { teams: { keycloak: ['readers'] } },
        },
      })
      await store.close()
    })

    it('keep a team that another source gives: nothing is taken away', async () => {
      const { store, told, signIn, people } = await start()
      const alice = await signIn(['data-analysts'])
      await people.change('cli', alice.id, { teams: { local: ['analysts'] } })

      await signIn([])

      assert.deepEqual(await store.users.teams(alice.id), ['analysts'])
      assert.equal(
        told.some(({ kind }) => kind === 'user'),
        false,
      )
      await store.close()
    })

    it('write nothing at a sign-in that changes nothing, and tell the caches of one that gives', async () => {
      const { store, told, signIn, audit } = await start()
      const alice = await signIn(['data-readers'])
      const rows = (await audit()).length

      await signIn(['data-readers'])
      assert.equal((await audit()).length, rows)
      assert.deepEqual(told, [])
      await signIn(['data-readers', 'data-analysts'])

      assert.deepEqual(told, [{ kind: 'profile', subject: alice.id }])
      await store.close()
    })

    it('have a name at their class that nobody gets after them, whatever they are called here', async () => {
      const { store, accounts, justInTime } = await start()
      await accounts.add({ username: 'alice', password: 'long enough' }, 'cli')
      const signIn = (subject: string, principal: string, authenticationClass = 'keycloak') =>
        justInTime.userFor(
          {
            key: { issuer, subject },
            principal,
            email: undefined,
            emailVerified: false,
            name: undefined,
            groups: [],
          },
          authenticationClass,
        )
      const nameAtClass = async (id: string) => (await store.users.identities(id)).map(({ ownName }) => ownName)

      const alice = await signIn('1', 'Alice')
      const partner = await signIn('2', 'alice', 'partner')
      const bob = await signIn('3', 'bob')
      const nextBob = await signIn('4', 'BOB')
      await signIn('3', 'robert')

      assert.deepEqual(
        [alice, partner, bob, nextBob].map(({ username }) => username),
        ['alice@keycloak', 'alice@partner', 'bob', 'bob@keycloak'],
      )
      assert.deepEqual(await nameAtClass(alice.id), ['alice'])
      assert.deepEqual(await nameAtClass(partner.id), ['alice'])
      assert.deepEqual(await nameAtClass(bob.id), ['bob'])
      assert.deepEqual(await nameAtClass(nextBob.id), [undefined])
      await assert.rejects(signIn('5', 'bob'), ({ code }: AppError) => code === 'account-exists')
      // The same provider under another class calls them by another claim: that is no name at the first class.
      await signIn('4', 'boss', 'nicknames')
      assert.deepEqual(await nameAtClass(nextBob.id), [undefined])
      await store.close()
    })

    it('of a provider get a password here only when it is said that it is meant, and lose it again', async () => {
      const { store, accounts, signIn } = await start()
      const alice = await signIn(['data-analysts'])
      const withPassword = () =>
        accounts.signIn({ username: 'alice', password: 'kestrel-22', network: '192.0.2.1' }).then(({ id }) => id)

      await refused(accounts.setPassword(alice, 'kestrel-22', 'cli'), 'account-of-provider')
      await refused(withPassword(), 'invalid-credentials')
      await accounts.setPassword(alice, 'kestrel-22', 'cli', { local: true })
      assert.equal(await withPassword(), alice.id)
      await accounts.removePassword(alice, 'cli')
      await refused(withPassword(), 'invalid-credentials')

      const bob = await accounts.add({ username: 'bob', password: 'kestrel-22' }, 'cli')
      await refused(accounts.removePassword(bob, 'cli'), 'no-other-way-in')
      await checkAuditedPeople(store)
      await store.close()
    })

    it('that are kept here have an address of their own, in whatever spelling, and sign in with it [prehijack-local]', async () => {
      const { store, accounts, administration, signIn } = await start()
      const add = (username: string, email: string) => accounts.add({ username, email, password: 'kestrel-22' }, 'cli')
      const whoIs = async (username: string) =>
        (await accounts.signIn({ username, password: 'kestrel-22', network: '192.0.2.1' })).username
      const bob = await add('bob', ' Bob.Moe@Example.test ')
      await signIn([], 'carl')

      for (const email of ['bob.moe@example.test', 'BOB.MOE@EXAMPLE.TEST', 'bob.moe@example.test '])
        await refused(add('robert', email), 'email-taken')
      await refused(add('bob.moe@example.test', 'else@example.test'), 'account-exists')
      const atOnce = await Promise.allSettled(['a1', 'a2', 'a3'].map((name) => add(name, 'one@example.test')))
      assert.equal(atOnce.filter(({ status }) => status === 'fulfilled').length, 1)
      // What a provider sends may be anybody's; it takes nothing from an account.
      const carol = await add('carol', 'carl@example.test')
      await refused(administration.change(carol, { email: 'bob.moe@EXAMPLE.test' }, 'cli'), 'email-taken')
      await refused(administration.change(carol, { email: 'not an email' }, 'cli'), 'email-refused')

      for (const spelling of [
        'bob',
        ' BOB ',
        'bob.moe@example.test',
        'BOB.moe@EXAMPLE.test',
        ' bob.moe@example.test\t',
      ])
        assert.equal(await whoIs(spelling), 'bob', spelling)
      assert.equal(await whoIs('carl@example.test'), 'carol')
      await administration.change(bob, { email: 'bob@münchen.example' }, 'cli')
      assert.equal(await whoIs('bob@MÜNCHEN.example'), 'bob')
      assert.equal(await whoIs('bob@xn--mnchen-3ya.example'), 'bob')
      await refused(whoIs('bob.moe@example.test'), 'invalid-credentials')
      await add('robert', 'bob.moe@example.test')
      await checkAuditedPeople(store)
      await store.close()
    })

    it('who were made anew at the provider are the same person when an administrator says so [recycled-identifier]', async () => {
      const { store, told, justInTime, administration } = await start()
      const at = (subject: string, groups: string[] = []) =>
        justInTime.userFor(
          { key: { issuer, subject }, principal: 'anna', email: undefined, emailVerified: false, name: 'Anna', groups },
          'keycloak',
        )
      const anna = await at('r1', ['data-analysts'])
      const second = await at('r2', ['data-readers'])
      assert.deepEqual([anna.username, second.username], ['anna', 'anna@keycloak'])
      await assert.rejects(at('r3'), ({ code, details, hint }: AppError) => {
        assert.deepEqual([code, details['subject'], details['issuer']], ['account-exists', 'r3', issuer])
        return /users link NAME CLASS\/SUBJECT/.test(hint)
      })
      told.length = 0

      const key = { issuer, authenticationClass: 'keycloak' }
      const { before } = await administration.link(anna, { ...key, subject: 'r2' }, 'cli')
      assert.equal(before?.username, 'anna@keycloak')
      assert.deepEqual(told.map(({ subject }) => subject).sort(), [anna.id, second.id].sort())
      assert.equal((await at('r2', ['data-readers'])).id, anna.id)
      assert.deepEqual(await store.users.teams(anna.id), ['readers'])
      assert.deepEqual(await store.users.teams(second.id), [])
      // The identity of before is gone there. Whoever comes with it is somebody else, and not `user:keycloak/anna`.
      const [identity, ...others] = await store.users.identities(anna.id)
      assert.deepEqual([identity?.subject, identity?.ownName, others.length], ['r2', 'anna', 0])

      await administration.link(anna, { ...key, subject: 'r3' }, 'cli')
      assert.equal((await at('r3')).id, anna.id)
      await administration.link(anna, { ...key, subject: 'r3' }, 'cli')
      await administration.remove(second, 'cli')
      await administration.rename(anna, 'anna.moe', 'cli')
      assert.equal((await at('r3')).username, 'anna.moe')
      await refused(administration.rename(anna, 'an na', 'cli'), 'username-refused')
      assert.equal(await store.users.find(second.id), undefined)
      await store.close()
    })

    it('who were known by another key keep their account, whatever it is, and nobody else gets it', async () => {
      const { store, people, justInTime } = await start()
      const at = (subject: string, formerSubject?: string, principal = 'anna') =>
        justInTime.userFor(
          {
            key: { issuer, subject },
            ...(formerSubject === undefined ? {} : { formerKey: { issuer: `${issuer}/`, subject: formerSubject } }),
            principal,
            email: undefined,
            emailVerified: undefined,
            name: 'Anna',
            groups: ['data-analysts'],
          },
          'keycloak',
        )
      const anna = await at('pairwise-1')
      await people.change('cli', anna.id, { isAdmin: true })

      const [one, other] = await Promise.all([at('oid-1', 'pairwise-1'), at('oid-1', 'pairwise-1')])
      const again = await at('oid-1', 'pairwise-of-a-new-application')
      const stranger = await at('oid-2', 'pairwise-2')

      assert.deepEqual([one.id, other.id, again.id, again.isAdmin], [anna.id, anna.id, anna.id, true])
      const [identity, ...more] = await store.users.identities(anna.id)
      assert.deepEqual([identity?.subject, identity?.ownName, more.length], ['oid-1', 'anna', 0])
      assert.deepEqual(await store.users.teams(anna.id), ['analysts'])
      assert.notEqual(stranger.id, anna.id)
      assert.equal(await store.users.findByIdentity(issuer, 'pairwise-1'), undefined)
      const renewals = (await store.audit.list()).filter(({ action }) => action === 'user.identity-renewed')
      assert.equal(renewals.length, 1)

      // Whoever has the lasting key keeps it, although somebody is known by the former one.
      const before = await at('pairwise-2b', undefined, 'ben')
      assert.equal((await at('oid-2', 'pairwise-2b')).id, stranger.id)
      await people.change('cli', before.id, { active: false })
      await refused(at('oid-3', 'pairwise-2b'), 'account-deactivated')
      await refused(at('oid-3', 'pairwise-2b'), 'account-deactivated')
      await checkAuditedPeople(store)
      await store.close()
    })

    it('who lose an identity lose it in whichever spelling of the issuer it was stored', async () => {
      const { store, told, justInTime, administration } = await start()
      const at = (spelling: string, subject: string, groups: string[] = []) =>
        justInTime.userFor(
          {
            key: { issuer: spelling, subject },
            principal: subject,
            email: undefined,
            emailVerified: undefined,
            name: undefined,
            groups,
          },
          'keycloak',
        )
      const slashed = `${issuer}/`
      const before = await at(slashed, 'r1', ['data-analysts'])
      const after = await at(issuer, 'r2')
      told.length = 0

      await administration.link(after, { issuer, authenticationClass: 'keycloak', subject: 'r1' }, 'cli')

      assert.deepEqual(told.map(({ subject }) => subject).sort(), [before.id, after.id].sort())
      assert.deepEqual(await store.users.teams(before.id), [])
      assert.deepEqual(await store.users.identities(before.id), [])
      assert.equal((await at(issuer, 'r1')).id, after.id)
      assert.equal((await at(slashed, 'r1')).id, after.id, 'in the other spelling, too')
      assert.deepEqual(
        (await store.users.identities(after.id)).map(({ subject }) => subject),
        ['r1'],
      )
      await checkAuditedPeople(store)
      await store.close()
    })

    it('go with everything that was theirs, but never the last administrator by accident', async () => {
      const { store, told, accounts, administration, people } = await start()
      const add = (username: string) =>
        accounts.add({ username, password: 'kestrel-22', isAdmin: true, teams: ['admins'] }, 'cli')
      const [root, boss] = [await add('root'), await add('boss')]

      // Two administrators who take each other away at once: one of them stays.
      const both = await Promise.allSettled([
        administration.remove(root, 'root'),
        people.change('boss', boss.id, { isAdmin: false }),
      ])
      assert.ok(both.some(({ status }) => status === 'rejected'))
      const [last] = (await store.users.list()).filter(({ isAdmin }) => isAdmin)
      assert.ok(last)
      for (const attempt of [
        () => administration.remove(last, 'cli'),
        () => administration.change(last, { isAdmin: false }, 'cli'),
        () => accounts.setActive(last, false, 'cli'),
      ])
        await refused(attempt(), 'last-administrator')

      await administration.remove(last, 'cli', { evenLastAdmin: true })
      assert.equal(await store.users.findPerson(last.id), undefined)
      assert.ok(told.some(({ kind, subject }) => kind === 'user' && subject === last.id))
      const [row] = await store.audit.list(1)
      assert.deepEqual([row?.action, row?.subject, row?.actor], ['user.removed', last.id, 'cli'])
      await add(last.username)
      await store.close()
    })

    it('are changed as administrators wish, but for what a provider says anew at each sign-in', async () => {
      const { store, told, signIn, administration } = await start()
      const alice = await signIn(['data-analysts'])

      const changed = await administration.change(alice, { join: ['readers', 'admins'], isAdmin: true }, 'cli')
      assert.equal(changed.isAdmin, true)
      assert.deepEqual(await store.users.teams(alice.id), ['admins', 'analysts', 'readers'])
      told.length = 0
      await administration.change(alice, { leave: ['admins'], join: [] }, 'cli')
      assert.deepEqual(told, [{ kind: 'user', subject: alice.id }])
      await refused(administration.change(alice, { leave: ['analysts'] }, 'cli'), 'team-of-provider')
      await refused(administration.change(alice, { name: 'Somebody' }, 'cli'), 'account-of-provider')
      await refused(administration.change(alice, { email: 'new@example.test' }, 'cli'), 'account-of-provider')
      assert.deepEqual(await store.users.teams(alice.id), ['analysts', 'readers'])
      await store.close()
    })

    it('are made whole or not at all', async () => {
      const { store, people, audit } = await start()
      await people.create('cli', { username: 'alice', passwordHash: 'x', isAdmin: true, teams: { local: ['admins'] } })
      const rows = (await audit()).length

      await assert.rejects(people.create('cli', { username: 'ALICE', teams: { local: ['readers'] } }), ConflictError)
      await assert.rejects(
        people.create('cli', { username: 'bob', teams: { local: ['nobodys'] } }),
        ({ code }: AppError) => code === 'team-unknown',
      )

      assert.equal(await store.users.count(), 1)
      assert.deepEqual(await store.teams.membersOf(['readers']), [])
      assert.equal((await audit()).length, rows)
      await store.close()
    })

    it('are in a team once, however often it is named', async () => {
      const { store, people, accounts } = await start()

      const alice = await people.create('cli', {
        username: 'alice',
        teams: { local: ['readers', 'admins', 'readers'] },
      })
      const bob = await accounts.add({ username: 'bob', password: 'kestrel-22', teams: ['admins', 'admins'] }, 'cli')

      assert.deepEqual(await store.users.teams(alice.id), ['admins', 'readers'])
      assert.deepEqual(await store.users.teams(bob.id), ['admins'])
      await store.close()
    })

    it('are not made with a team that goes while they are made', async () => {
      const { store, revocations } = await start()
      let looks = 0
      // At the first look the team was there; by the time of the unit it is gone.
      const existing = async (names: readonly string[]) => (++looks === 1 ? [...names] : store.teams.existing(names))
      const people = createPeople({ store: { ...store, teams: { existing } }, revocations, clock })

      await assert.rejects(
        people.create('cli', { username: 'alice', teams: { local: ['gone'] } }),
        ({ code }: AppError) => code === 'team-unknown',
      )

      assert.equal(await store.users.count(), 0)
      await store.close()
    })

    it('are one user when two tabs sign in for the first time', async () => {
      const { store, signIn } = await start()

      const users = await Promise.all(Array.from({ length: 10 }, () => signIn(['data-readers'])))

      assert.equal(new Set(users.map(({ id }) => id)).size, 1)
      await checkAuditedPeople(store)
      await store.close()
    })

    it('who are deactivated while they sign in stay out', async () => {
      const { store, signIn, people } = await start()
      const alice = await signIn(['data-readers'])

      const signingIn = Array.from({ length: 5 }, (_, index) => signIn([`group-${index}`]).catch(() => undefined))
      await Promise.all([people.change('cli', alice.id, { active: false }), ...signingIn])

      await assert.rejects(signIn(['data-analysts']), ({ code }: AppError) => code === 'account-deactivated')
      assert.equal((await store.users.find(alice.id))?.active, false)
      await checkAuditedPeople(store)
      await store.close()
    })

    it('are changed by all of ten who each add something to what they read', async () => {
      const names = Array.from({ length: 10 }, (_, index) => `team-${index}`)
      const { store, people } = await start(Object.fromEntries(names.map((team) => [team, from()])))
      const { id } = await people.create('cli', { username: 'alice' })

      await Promise.all(
        names.map((team) =>
          people.change('cli', id, ({ memberships }) => ({
            teams: { local: [...memberships.map((membership) => membership.team), team] },
          })),
        ),
      )

      assert.deepEqual(await store.users.teams(id), names)
      await store.close()
    })

    it('never lose a change to another one: what a row says was before is what the row in front of it left', async () => {
      const { store, people } = await start()
      const teams = fc.subarray(Object.keys(configured))
      const change = fc.oneof(
        fc.record({ teams: fc.dictionary(fc.constantFrom('keycloak', 'ldap', 'local'), teams) }),
        fc.record({ active: fc.boolean() }),
        fc.record({ passwordHash: fc.string() }),
        fc.record({
          profile: fc.record({
            email: fc.option(fc.emailAddress(), { nil: undefined }),
            emailVerified: fc.option(fc.boolean(), { nil: undefined }),
            name: fc.option(fc.string(), { nil: undefined }),
            familyName: fc.option(fc.string(), { nil: undefined }),
          }),
          teams: fc.record({ keycloak: teams }),
        }),
      ) satisfies fc.Arbitrary<Decision>
      let count = 0

      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 2, maxLength: 8 }), async (changes) => {
          const { id } = await people.create('test', { username: `person-${count++}` })
          const results = await Promise.allSettled(changes.map((one) => people.change('test', id, one)))
          const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))
          assert.deepEqual(
            refused.filter((code) => code !== 'changed-meanwhile'),
            [],
          )
        }),
        { numRuns: runs(40) },
      )

      await checkAuditedPeople(store)
      await store.close()
    })
  })

  describe(`teams of the configuration on ${name}`, () => {
    it('are written once, and audited', async () => {
      const { store, directory, audit } = await start()
      const rows = await audit()

      await directory(configured)

      assert.deepEqual(
        (await store.teams.list()).map((team) => team.name),
        ['admins', 'analysts', 'readers'],
      )
      assert.deepEqual(rows.map(({ subject, action }) => `${action} ${subject}`).sort(), [
        'team.created team:admins',
        'team.created team:analysts',
        'team.created team:readers',
      ])
      assert.equal((await audit()).length, rows.length)
      await store.close()
    })

    it('that are configured no more are left by everybody, with a revocation for each', async () => {
      const { store, told, directory, signIn, people, audit } = await start()
      const alice = await signIn(['data-analysts', 'data-readers'])
      const bob = await people.create('cli', { username: 'bob', teams: { local: ['analysts'] } })
      const { analysts: _, ...left } = configured

      await directory(left)

      assert.deepEqual(await store.users.teams(alice.id), ['readers'])
      assert.deepEqual(await store.users.teams(bob.id), [])
      assert.deepEqual(
        told.map(({ kind, subject }) => `${kind} ${subject}`).sort(),
        [`user ${alice.id}`, `user ${bob.id}`].sort(),
      )
      assert.ok((await audit()).some(({ action, subject }) => action === 'team.removed' && subject === 'team:analysts'))
      await checkAuditedPeople(store)
      await store.close()
    })

    it('follow the groups of the last sign-in when other groups give them', async () => {
      const { store, directory, signIn } = await start()
      const alice = await signIn(['data-analysts', 'staff'])
      const bob = await signIn(['data-readers'], 'bob')

      await directory({ ...configured, analysts: from('data-readers'), staff: from('staff') })

      assert.deepEqual(await store.users.teams(alice.id), ['staff'])
      assert.deepEqual(await store.users.teams(bob.id), ['analysts', 'readers'])
      await checkAuditedPeople(store)
      await store.close()
    })

    it('follow them also for people whose class has another name since they first came', async () => {
      const { store, directory, signIn } = await start()
      const alice = await signIn(['data-analysts', 'data-readers'])
      const ofSso = (group: string) => ({ from: [{ authenticationClass: 'sso', group }] })
      const renamed = { admins: from(), analysts: ofSso('data-analysts'), readers: ofSso('data-readers') }
      const { justInTime } = await directory(renamed)
      const identity = { principal: 'alice', email: undefined, emailVerified: false, name: undefined }
      const key = { issuer, subject: 'alice' }
      await justInTime.userFor({ ...identity, key, groups: ['data-analysts', 'data-readers'] }, 'sso')
      assert.deepEqual(await store.users.teams(alice.id), ['analysts', 'readers'])

      await directory({ ...renamed, analysts: ofSso('others') })

      assert.deepEqual(await store.users.teams(alice.id), ['readers'])
      await store.close()
    })

    it('follow the groups of a person who was stored with another slash at the end of the issuer', async () => {
      const { store, directory, signIn } = await start()
      const alice = await signIn(['data-analysts'])
      const { justInTime } = await directory(configured)
      const identity = { principal: 'alice', email: undefined, emailVerified: undefined, name: undefined }

      const again = await justInTime.userFor(
        { ...identity, key: { issuer: `${issuer}/`, subject: 'alice' }, groups: ['data-readers'] },
        'keycloak',
      )

      assert.equal(again.id, alice.id)
      assert.deepEqual(await store.users.teams(alice.id), ['readers'])
      const [kept, ...more] = await store.users.identities(alice.id)
      assert.deepEqual([kept?.issuer, kept?.receivedGroups, more], [issuer, ['data-readers'], []])
      await store.close()
    })

    it('stay where the groups of a sign-in were never kept, as long as the provider may still give them', async () => {
      const { store, directory, signIn } = await start()
      const alice = await signIn(['data-analysts', 'data-readers'])
      const forgotten = store.engine.kysely.updateTable('identities').set({ received_groups: null }).compile()
      await store.engine.write([forgotten])

      await directory({ ...configured, analysts: from('others'), readers: from() })

      assert.deepEqual(await store.users.teams(alice.id), ['analysts'])
      await store.close()
    })

    it('are the same after two servers with them have started at once, and after a crash in between', async () => {
      const { store, directory, signIn } = await start()
      const alice = await signIn(['data-analysts', 'staff'])
      const changed = { ...configured, analysts: from('nobody'), staff: from('staff') }
      // What a crash leaves: the place of a new team, and nobody moved.
      const team = { name: 'staff', source: 'configuration', title: undefined, givenBy: [] } as const
      await store.engine.write([store.teams.statements.insert(team, now)])

      await Promise.all([directory(changed), directory(changed)])

      assert.deepEqual(await store.users.teams(alice.id), ['staff'])
      await checkAuditedPeople(store)
      await store.close()
    })

    it('that a later configuration has dropped are not given by a server with an earlier one', async () => {
      const { store, directory, signIn, justInTime } = await start()
      const alice = await signIn([])
      await directory({ admins: from() })

      await signIn(['data-analysts'], 'alice', { justInTime } as Awaited<ReturnType<typeof directory>>)

      assert.deepEqual(await store.users.teams(alice.id), [])
      await store.close()
    })
  })
}
