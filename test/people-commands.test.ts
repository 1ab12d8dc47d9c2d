import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { addUser } from '../src/cli/users/add.ts'
import { changeUser } from '../src/cli/users/change.ts'
import { linkUser } from '../src/cli/users/link.ts'
import { listUsers } from '../src/cli/users/list.ts'
import { removeUserPassword, setUserPassword } from '../src/cli/users/password.ts'
import { removeUser } from '../src/cli/users/remove.ts'
import { renameUser } from '../src/cli/users/rename.ts'
import { userSessions } from '../src/cli/users/sessions.ts'
import { setUserActive } from '../src/cli/users/set-active.ts'
import { showUser } from '../src/cli/users/show.ts'
import { systemClock } from '../src/clock.ts'
import { createDirectory } from '../src/directory/index.ts'
import { createLogger } from '../src/log.ts'
import { createRevocations } from '../src/sessions/revocations.ts'
import { openStore, type Store } from '../src/store/index.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { within } from './support/lost-team.ts'

const password = 'correct horse battery staple'
const issuer = 'https://sso.example.test/realms/data'
const teams = {
  analysts: { from: [{ authenticationClass: 'corp', group: 'analysts' }] },
  readers: { from: [{ authenticationClass: 'corp', group: 'readers' }] },
  admins: { from: [] },
}
const config = (port: number) => `issuer: http://localhost:${port}
listen: { port: ${port} }
authenticationClasses:
  corp: { oidc: { hostname: sso.example.test, rootPath: /realms/data, principalClaim: preferred_username, tls: { verification: { server: { caCert: { webPki: {} } } } } } }
login: [{ local: {} }]
names: { from: local }
teams: ${JSON.stringify(teams)}
`

let gatehouse: Gatehouse
let store: Store
/** Somebody of the provider, as after a sign-in there. */
let comes: (subject: string, principal: string, groups: string[]) => Promise<{ id: string; username: string }>

before(async () => {
  gatehouse = await startGatehouse({ config })
  store = await openStore('sqlite:./gatehouse.db', gatehouse.folder)
  const revocations = createRevocations({ store, log: createLogger({ level: 'silent' }) })
  const naming = { owner: 'corp', classes: ['corp'], classOfDomain: new Map() }
  const { justInTime } = createDirectory({ store, teams, naming, revocations, clock: systemClock })
  comes = (subject, principal, groups) =>
    justInTime.userFor(
      { key: { issuer, subject }, principal, email: undefined, emailVerified: false, name: undefined, groups },
      'corp',
    )
  await add('root', { admin: true })
})
after(async () => {
  await store.close()
  await gatehouse.stop()
})

/** A command in this process, beside the server. */
async function run<Request>(
  command: (request: Request, surroundings: Parameters<typeof addUser>[1]) => Promise<number>,
  request: Omit<Request, 'files'>,
) {
  let stdout = ''
  let stderr = ''
  const status = await command({ files: [gatehouse.configFile], ...request } as Request, {
    env: {},
    color: false,
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
  })
  return { status, stdout, stderr }
}

const nothing = { join: [], leave: [], isAdmin: undefined, force: false, json: false }

async function add(username: string, options: { email?: string; admin?: boolean } = {}) {
  return run(addUser, { username, teams: [], admin: false, password, json: false, ...options })
}

function signIn(username: string, secret = password): Promise<Response> {
  const body = new URLSearchParams({ username, password: secret })
  return fetch(`${gatehouse.url}/login`, { method: 'POST', redirect: 'manual', body })
}

async function shown(username: string) {
  const { status, stdout, stderr } = await run(showUser, { username, json: true })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout)
}

describe('a person of a provider', () => {
  it('gets a password on the command line only with --local, and signs in at the form only then', async () => {
    await comes('b1', 'bob', [])
    const set = (local: boolean) => run(setUserPassword, { username: 'bob', password, local })

    const without = await set(false)
    assert.deepEqual([without.status, without.stdout], [1, ''])
    assert.match(without.stderr, /^account-of-provider: .*\n.*authenticationClasses: corp.*\n.*--local/)
    assert.equal((await signIn('bob')).status, 401)
    assert.equal((await set(true)).status, 0)
    assert.equal((await signIn('bob')).status, 303)
  })

  it('who was made anew there is linked to who they were, with the words of the hint', async () => {
    await comes('a1', 'anna', ['analysts'])
    await comes('a2', 'anna', [])
    const link = (identity: string, username = 'anna') => run(linkUser, { username, identity, json: false })

    assert.equal((await link('corp/a2')).status, 0)
    const { status, stdout } = await link('corp/a3')
    assert.equal(status, 0)
    assert.match(stdout, /^corp\/a3 is anna from the next sign-in on/)
    assert.equal((await comes('a3', 'anna', ['analysts'])).username, 'anna')
    assert.deepEqual(
      (await shown('anna')).identities.map(({ subject }: { subject: string }) => subject),
      ['a3'],
    )

    for (const [identity, says] of [
      ['a3', /CLASS\/SUBJECT/],
      ['crop/a3', /there is no authenticationClass "crop" \(did you mean "corp"\?\)/],
    ] as const) {
      const wrong = await link(identity)
      assert.equal(wrong.status, 2)
      assert.match(wrong.stderr, says)
    }
    const nobody = await link('corp/a3', 'ana')
    assert.equal(nobody.status, 1)
    assert.match(nobody.stderr, /user-unknown: .*\n {2}username: \S+ \(did you mean "anna"\?\)\n/)
    assert.equal((await run(removeUser, { username: 'anna@corp', force: false, json: false })).status, 0)
    assert.equal((await run(renameUser, { username: 'anna', newName: 'Anna.Moe', json: false })).status, 0)
    assert.equal((await shown('anna.moe')).teams[0].team, 'analysts')
  })

  it('who had an account here before keeps its password, and it is said how to take it away', async () => {
    await add('hugo', { email: 'hugo@example.test' })

    const { stdout } = await run(linkUser, { username: 'hugo', identity: 'corp/h1', json: false })

    assert.match(stdout, /hugo still has a password here, past the provider.*gatehouse users password hugo --remove/)
    assert.equal((await comes('h1', 'hugo', ['readers'])).username, 'hugo')
    assert.equal((await signIn('hugo')).status, 303)
    assert.equal((await run(removeUserPassword, { username: 'hugo' })).status, 0)
    assert.equal((await signIn('hugo')).status, 401)
    const email = await run(changeUser, { ...nothing, username: 'hugo', email: 'h@example.test' })
    assert.match(email.stderr, /^account-of-provider/)
  })

  it('is shown with teams and why, groups that give none but nearly do, and attempts', async () => {
    await comes('d1', 'dora', ['/analysts', 'readers'])
    await run(changeUser, { ...nothing, username: 'dora', join: ['admins'] })
    for (let n = 0; n < 2; n++) await signIn('dora', 'wrong')

    const person = await shown('DORA')
    assert.deepEqual(person.teams, [
      { team: 'admins', source: 'local', groups: [] },
      { team: 'readers', source: 'corp', groups: ['readers'] },
    ])
    assert.deepEqual(person.identities[0].groups, ['/analysts', 'readers'])
    assert.deepEqual(person.identities[0].nearMisses, [
      { team: 'analysts', received: '/analysts', configured: 'analysts' },
    ])
    assert.ok(person.attempts.some(({ failures }: { failures: number }) => failures === 2))
    assert.deepEqual([person.active, person.local, person.lastSignInAt], [true, false, null])
    const { stdout } = await run(showUser, { username: 'dora', json: false })
    assert.match(stdout, /status +active\n/)
    assert.match(stdout, /admins, given here\n +readers, from corp \(readers\)/)
    assert.match(stdout, /did you mean group: "\/analysts"\?/)
  })
})

describe('an account of Gatehouse', () => {
  it('has an address of its own, and signs in with it in any spelling [lockout-alias-split]', async () => {
    assert.equal((await add('carol', { email: 'Carol@Example.test' })).status, 0)

    for (const [name, email, code] of [
      ['carla', 'carol@EXAMPLE.test', 'email-taken'],
      ['carla', 'not an email', 'email-refused'],
      ['carla', 'a@b@example.test', 'email-refused'],
    ] as const) {
      const { status, stderr } = await add(name, { email })
      assert.equal(status, 1, email)
      assert.match(stderr, new RegExp(`^${code}: `))
      assert.doesNotMatch(stderr, /Start again/)
    }
    for (const spelling of ['carol@example.test', 'CAROL@EXAMPLE.TEST', ' carol@example.test ', ' Carol '])
      assert.equal((await signIn(spelling)).status, 303, spelling)
    assert.equal((await signIn('carol@example.tes')).status, 401)
    const { lastSignInAt } = await shown('carol')
    assert.ok(Date.now() - Date.parse(lastSignInAt) < 60_000)
  })

  it('is changed in all that it has, and what it loses is gone at the running server within a second', async () => {
    await add('erin', { email: 'erin@example.test' })
    const cookie = (await signIn('erin')).headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ')
    const home = async () =>
      (await fetch(gatehouse.url, { headers: { cookie, accept: 'text/html' }, redirect: 'manual' })).status
    assert.equal(await home(), 200)

    const changed = await run(changeUser, {
      ...nothing,
      username: 'erin',
      email: 'e.moe@example.test',
      name: 'Erin Moe',
      join: ['readers'],
      isAdmin: true,
    })
    assert.equal(changed.status, 0, changed.stderr)
    const { email, name, admin, teams: given, sessions } = await shown('erin')
    assert.deepEqual(
      [email, name, admin, given[0].team, sessions.length],
      ['e.moe@example.test', 'Erin Moe', true, 'readers', 1],
    )
    assert.equal((await run(changeUser, { ...nothing, username: 'erin' })).status, 2)
    const unknown = await run(changeUser, { ...nothing, username: 'erin', join: ['reders'] })
    assert.equal(unknown.status, 2)
    assert.match(unknown.stderr, /did you mean "readers"/)

    const none = await run(userSessions, { username: 'erin', end: 'nosuchid', endAll: false, json: false })
    assert.match(none.stderr, /^session-unknown/)
    const list = await run(userSessions, { username: 'erin', endAll: false, json: true })
    const [{ id }] = JSON.parse(list.stdout)
    assert.equal((await run(userSessions, { username: 'erin', end: id, endAll: false, json: false })).status, 0)
    await within(1000, async () => (await home()) !== 200)
    assert.deepEqual((await shown('erin')).sessions, [])
  })

  it('is removed, with its sessions and its name, unless it is the last administrator', async () => {
    await add('frank')
    await signIn('frank')

    assert.equal((await run(removeUser, { username: 'frank', force: false, json: false })).status, 0)
    assert.equal((await signIn('frank')).status, 401)
    assert.equal((await add('frank')).status, 0)
    for (const other of ['erin']) await run(changeUser, { ...nothing, username: other, isAdmin: false })
    const attempts = [
      await run(removeUser, { username: 'root', force: false, json: false }),
      await run(setUserActive, { username: 'root', active: false, force: false }),
      await run(changeUser, { ...nothing, username: 'root', isAdmin: false }),
    ]
    for (const { status, stderr } of attempts) {
      assert.equal(status, 1)
      assert.match(stderr, /^last-administrator: .*\n.*\n.*--force/)
    }
    assert.equal((await run(setUserActive, { username: 'root', active: false, force: true })).status, 0)
    assert.equal((await run(setUserActive, { username: 'root', active: true, force: false })).status, 0)
  })

  it('of before addresses had to be its own shares one: neither signs in with it, and the list says so', async () => {
    await add('gina', { email: 'gina@example.test' })
    await add('gino', { email: 'gino@example.test' })
    const shared = store.engine.kysely
      .updateTable('users')
      .set({ email: 'g@example.test', email_key: 'g@example.test', sign_in_email: null })
    await store.engine.write([shared.where('username', 'in', ['gina', 'gino']).compile()])

    assert.equal((await signIn('g@example.test')).status, 401)
    const { stdout, stderr } = await run(listUsers, { json: false })
    assert.match(stdout, /^gina +g@example\.test +- +active local$/m)
    assert.match(stderr, /g@example\.test is the address of several accounts with a password \(gina, gino\)/)
    await run(changeUser, { ...nothing, username: 'gino', email: 'gino@example.test' })
    assert.equal((await signIn('G@example.test')).status, 303)
  })
})
