/** Airflow 2 and 3 with exactly the rendered files: sign-in and roles, straight at Keycloak and through Gatehouse. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { parseEnv } from 'node:util'
import { type Airflow, type AirflowLine, startAirflow } from './support/airflow.ts'
import {
  ada,
  type BothWays,
  type Installation,
  type Person,
  startBothWays,
  type Way,
  type WayThroughGatehouse,
} from './support/both-ways.ts'
import { keycloakUsers } from './support/keycloak.ts'
import { freePort } from './support/ports.ts'
import { browserOf, type ScriptedBrowser, visibleText } from './support/scripted-browser.ts'

let providers: BothWays
/** Of the four Airflows, which run one after the other. */
let port: number
let url: string

before(async () => {
  port = await freePort()
  url = `http://127.0.0.1:${port}`
  providers = await startBothWays()
})
after(() => providers?.stop())

const people = {
  alice: { email: keycloakUsers.alice.email, first_name: 'Alice', last_name: 'Archer' },
  bob: { email: keycloakUsers.bob.email, first_name: 'Bob', last_name: 'Builder' },
  ada: { email: ada.email, first_name: 'Ada', last_name: 'Lovelace' },
}

/** What Airflow's own API says about a person. */
interface User {
  username: string
  email: string
  first_name: string
  last_name: string
  roles: { name: string }[]
}

/** What differs between the lines. */
interface Line {
  line: AirflowLine
  version: string
  startPath: string
  usersPath: string
  /** A list that a Viewer may see, one that only higher roles may, and what it is to somebody who is not signed in. */
  openPath: string
  closedPath: string
  anonymousStatus: number
  /** The person of this browser, according to Airflow; undefined: nobody. */
  whoAmI(browser: ScriptedBrowser): Promise<string | undefined>
  signOut(browser: ScriptedBrowser): Promise<void>
}

const airflow2: Line = {
  line: 2,
  version: '2.11.2',
  startPath: '/login',
  usersPath: '/api/v1/users',
  openPath: '/api/v1/dags',
  closedPath: '/api/v1/connections',
  anonymousStatus: 403,
  // There is no API for it: the menu of every page names the person.
  whoAmI: async (browser) => {
    const home = await browser.send(`${url}/home`)
    if (home.status !== 200) return undefined
    return Object.entries(people)
      .filter(([, { first_name, last_name }]) => home.body.includes(`${first_name} ${last_name}`))
      .map(([username]) => username)
      .join()
  },
  signOut: async (browser) => {
    const home = await browser.send(`${url}/home`)
    const [, csrf_token = ''] = /name="csrf_token"[^>]* value="([^"]+)"/.exec(home.body) ?? []
    await browser.open(`${url}/logout/`, {
      method: 'POST',
      body: new URLSearchParams({ csrf_token }),
      headers: { origin: url, referer: home.url },
    })
  },
}

const airflow3: Line = {
  line: 3,
  version: '3.3.2',
  startPath: '/auth/login',
  usersPath: '/auth/fab/v1/users',
  openPath: '/api/v2/dags',
  closedPath: '/api/v2/connections',
  anonymousStatus: 401,
  whoAmI: async (browser) => {
    const me = await browser.send(`${url}/ui/auth/me`)
    return me.status === 200 ? (JSON.parse(me.body) as { username: string }).username : undefined
  },
  signOut: async (browser) => {
    await browser.open(`${url}/auth/logout`)
  },
}

for (const line of [airflow3, airflow2]) {
  const name = `airflow${line.line}`
  const startUrl = (way: Way) => `${url}${line.startPath}/${'gatehouse' in way ? 'gatehouse' : 'keycloak'}`
  const entry = () => ({
    name,
    settings: {
      product: 'airflow',
      version: line.version,
      url,
      roles: { 'data-admins': ['Admin'], analysts: ['Viewer'] },
    },
  })
  const start = ({ rendered, secrets }: Installation) =>
    startAirflow({
      line: line.line,
      configFile: join(rendered.folder, 'webserver_config.py'),
      env: { ...environmentOf(rendered.files['airflow.env']), ...secrets },
      port,
    })

  /** Asked with the browser of somebody who is Admin. */
  async function userOf(admin: ScriptedBrowser, username: Person): Promise<User> {
    const page = await admin.send(`${url}${line.usersPath}/${username}`)
    assert.equal(page.status, 200, `${page.body}\n${admin.trace()}`)
    return JSON.parse(page.body) as User
  }

  /** What must hold for both ways. */
  function signInTests(way: () => Way): void {
    test('render has nothing to warn of', () => {
      assert.deepEqual(way().rendered.warnings, [])
    })

    test('alice signs in as herself, and her groups make her Admin and Viewer', async (t) => {
      const browser = browserOf(t)

      const page = await way().signIn(browser, 'alice', startUrl(way()))
      const { roles, ...alice } = await userOf(browser, 'alice')

      assert.equal(page.status, 200, `${visibleText(page.body)}\n${browser.trace()}`)
      assert.equal(await line.whoAmI(browser), 'alice')
      assertIs(alice, 'alice')
      assert.deepEqual(namesOf(roles), ['Admin', 'Public', 'Viewer'])
    })

    test('bob is in the group of the analysts only: Viewer, who may look at DAGs and not at connections', async (t) => {
      const [browser, admin] = [browserOf(t), browserOf(t)]

      await way().signIn(browser, 'bob', startUrl(way()))
      await way().signIn(admin, 'alice', startUrl(way()))
      const { roles, ...bob } = await userOf(admin, 'bob')
      const dags = await browser.send(`${url}${line.openPath}`)
      const connections = await browser.send(`${url}${line.closedPath}`)
      const forAdmin = await admin.send(`${url}${line.closedPath}`)

      assert.equal(await line.whoAmI(browser), 'bob')
      assertIs(bob, 'bob')
      assert.deepEqual(namesOf(roles), ['Public', 'Viewer'])
      assert.equal(dags.status, 200, dags.body)
      assert.equal(connections.status, 403)
      assert.equal(forAdmin.status, 200)
    })

    test('nobody gets in without the way through the provider', async (t) => {
      const browser = browserOf(t)

      const dags = await browser.send(`${url}${line.openPath}`)
      const invented = await browser.send(`${url}${line.openPath}`, { headers: { authorization: 'Bearer invented' } })

      assert.equal(await line.whoAmI(browser), undefined)
      assert.equal(dags.status, line.anonymousStatus, dags.body)
      assert.equal(invented.status, 403, invented.body)
    })

    test('who signs out is nobody in Airflow', async (t) => {
      const browser = browserOf(t)
      await way().signIn(browser, 'bob', startUrl(way()))
      const before = await line.whoAmI(browser)

      await line.signOut(browser)

      assert.equal(before, 'bob')
      assert.equal(await line.whoAmI(browser), undefined, browser.trace())
    })
  }

  describe(`Airflow ${line.version} straight at Keycloak`, () => {
    let way: Way
    let airflow: Airflow

    before(async () => {
      way = await providers.straight(entry())
      airflow = await start(way)
    })
    after(() => airflow?.stop())

    signInTests(() => way)
  })

  describe(`Airflow ${line.version} through Gatehouse`, () => {
    let way: WayThroughGatehouse
    let airflow: Airflow

    before(async () => {
      way = await providers.throughGatehouse(entry())
      airflow = await start(way)
    })
    after(async () => {
      await Promise.all([airflow?.stop(), way?.stop()])
    })

    signInTests(() => way)

    test('ada, a local account, signs in as herself, and her team makes her Admin', async (t) => {
      const browser = browserOf(t)

      await way.signIn(browser, 'ada', startUrl(way))
      const { roles, ...user } = await userOf(browser, 'ada')

      assert.equal(await line.whoAmI(browser), 'ada')
      assertIs(user, 'ada')
      assert.deepEqual(namesOf(roles), ['Admin', 'Public'])
    })

    test('doctor finds nothing wrong between Airflow, Gatehouse and Keycloak', async () => {
      const { status, stdout, stderr } = await way.gatehouse.cli(['doctor', '-p', name])

      assert.equal(status, 0, stdout + stderr)
    })
  })
}

function assertIs({ username, email, first_name, last_name }: Omit<User, 'roles'>, person: Person): void {
  assert.deepEqual({ username, email, first_name, last_name }, { username: person, ...people[person] })
}

function namesOf(roles: User['roles']): string[] {
  return roles.map(({ name }) => name).sort()
}

function environmentOf(file = ''): Record<string, string> {
  return parseEnv(file) as Record<string, string>
}
