/** Superset 4, 5 and 6 with exactly the rendered file: sign-in and roles, straight at Keycloak and through Gatehouse. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  ada,
  type BothWays,
  type Installation,
  startBothWays,
  type Way,
  type WayThroughGatehouse,
} from './support/both-ways.ts'
import { keycloakUsers } from './support/keycloak.ts'
import { freePort } from './support/ports.ts'
import { browserOf, type Page, type ScriptedBrowser } from './support/scripted-browser.ts'
import { type Superset, type SupersetVersion, startSuperset } from './support/superset.ts'

let providers: BothWays
/** Of the Supersets, which run one after the other. */
let port: number
let url: string

before(async () => {
  port = await freePort()
  url = `http://127.0.0.1:${port}`
  providers = await startBothWays()
})
after(() => providers?.stop())

/** Each is a separate client at Keycloak. */
const nameOf = (version: SupersetVersion) => `superset-${version.replaceAll('.', '-')}`

const entry = (version: SupersetVersion) => ({
  name: nameOf(version),
  settings: {
    product: 'superset',
    version,
    url,
    roles: { 'data-admins': ['Admin'], analysts: ['Gamma'] },
  },
})

function start(version: SupersetVersion, { rendered, secrets }: Installation): Promise<Superset> {
  const configFile = join(rendered.folder, 'superset_config.py')
  return startSuperset({ version, configFile, port, env: secrets })
}

interface Me {
  username: string
  email: string
  first_name: string
  last_name: string
}

/** What Superset's own API says about the person of this browser. */
async function whoAmI(browser: ScriptedBrowser): Promise<{ me: Me; roles: string[] }> {
  const me = await browser.send(`${url}/api/v1/me/`)
  const withRoles = await browser.send(`${url}/api/v1/me/roles/`)
  assert.equal(me.status, 200, `${me.body}\n${browser.trace()}`)
  assert.equal(withRoles.status, 200, withRoles.body)
  return { me: resultOf<Me>(me), roles: Object.keys(resultOf<{ roles: object }>(withRoles).roles).sort() }
}

function resultOf<Result>(page: Page): Result {
  return (JSON.parse(page.body) as { result: Result }).result
}

/** By the name of the button: that of the class, or of the parser for Keycloak. */
const startUrl = (way: Way) => `${url}/login/${'gatehouse' in way ? 'gatehouse' : 'keycloak'}`

/** What must hold for both ways. */
function signInTests(way: () => Way): void {
  test('render has nothing to warn of', () => {
    assert.deepEqual(way().rendered.warnings, [])
  })

  test('alice signs in as herself, and her group makes her Admin', async (t) => {
    const browser = browserOf(t)

    const page = await way().signIn(browser, 'alice', startUrl(way()))
    const { me, roles } = await whoAmI(browser)

    assert.equal(page.status, 200, browser.trace())
    assert.equal(me.username, 'alice')
    assert.equal(me.email, keycloakUsers.alice.email)
    assert.equal(`${me.first_name} ${me.last_name}`, 'Alice Archer')
    assert.ok(roles.includes('Admin'), roles.join())
  })

  test('bob is in the group of the analysts only, and is Gamma, not Admin', async (t) => {
    const [browser, admin] = [browserOf(t), browserOf(t)]

    await way().signIn(browser, 'bob', startUrl(way()))
    await way().signIn(admin, 'alice', startUrl(way()))
    const { me, roles } = await whoAmI(browser)
    const log = await browser.send(`${url}/api/v1/log/`)
    const logForAdmin = await admin.send(`${url}/api/v1/log/`)

    assert.equal(me.username, 'bob')
    assert.deepEqual(roles, ['Gamma', 'Public'])
    assert.equal(log.status, 403, 'what only Admin may see')
    assert.equal(logForAdmin.status, 200)
  })

  test('nobody is signed in without the way through the provider', async (t) => {
    const browser = browserOf(t)

    const me = await browser.send(`${url}/api/v1/me/`)
    const welcome = await browser.open(`${url}/superset/welcome/`)

    assert.equal(me.status, 401)
    assert.equal(new URL(welcome.url).pathname, '/login/')
  })
}

for (const version of ['6.1.0', '5.0.0', '4.1.4'] as const) {
  describe(`Superset ${version} straight at Keycloak`, () => {
    let way: Way
    let superset: Superset

    before(async () => {
      way = await providers.straight(entry(version))
      superset = await start(version, way)
    })
    after(() => superset?.stop())

    signInTests(() => way)
  })

  describe(`Superset ${version} through Gatehouse`, () => {
    let way: WayThroughGatehouse
    let superset: Superset

    before(async () => {
      way = await providers.throughGatehouse(entry(version))
      superset = await start(version, way)
    })
    after(async () => {
      await Promise.all([superset?.stop(), way?.stop()])
    })

    signInTests(() => way)

    test('ada, a local account, signs in as herself, and her team makes her Admin', async (t) => {
      const browser = browserOf(t)

      const page = await way.signIn(browser, 'ada', startUrl(way))
      const { me, roles } = await whoAmI(browser)

      assert.equal(page.status, 200, browser.trace())
      assert.equal(me.username, 'ada')
      assert.equal(me.email, ada.email)
      assert.equal(`${me.first_name} ${me.last_name}`, ada.name)
      assert.ok(roles.includes('Admin'), roles.join())
    })

    test('the sign-in page says where the way leads', async (t) => {
      const browser = browserOf(t)

      const page = await browser.open(startUrl(way))

      assert.equal(new URL(page.url).origin, way.gatehouse.url)
      assert.match(page.body, new RegExp(`Sign in to ${nameOf(version)}`))
    })

    test('doctor finds nothing wrong between Superset, Gatehouse and Keycloak', async () => {
      const { status, stdout, stderr } = await way.gatehouse.cli(['doctor', '-p', nameOf(version)])

      assert.equal(status, 0, stdout + stderr)
    })
  })
}
