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
      const bob = await accounts.add({ username: 'bob', password: 'hunter22', teams: ['admins', 'admins'] }, 'cli')

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
            emailVerified: fc.boolean(),
            name: fc.option(fc.string(), { nil: undefined }),
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
