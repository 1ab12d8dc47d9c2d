/** NiFi with exactly the rendered files, put in place by their apply.sh: sign-in, permissions by group, sign-out, both ways. */
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import {
  type BothWays,
  type Installation,
  startBothWays,
  type Way,
  type WayThroughGatehouse,
} from './support/both-ways.ts'
import { type Nifi, startNifi } from './support/nifi.ts'
import { freePort } from './support/ports.ts'
import { browserOf, type Page, type ScriptedBrowser, visibleText } from './support/scripted-browser.ts'

let providers: BothWays
/** Of the two NiFis, which run one after the other. */
let port: number
let url: string

before(async () => {
  port = await freePort()
  url = `https://localhost:${port}`
  providers = await startBothWays()
})
after(() => providers?.stop())

const entry = () => ({
  name: 'nifi',
  settings: { product: 'nifi', version: '2.3.0', url, nifi: { initialAdmin: 'alice' } },
  groupsScope: 'in the class' as const,
})

function start({ rendered, secrets }: Installation): Promise<Nifi> {
  return startNifi({ configFolder: rendered.folder, env: secrets, port })
}

const startUrl = () => `${url}/nifi-api/oauth2/authorization/consumer`

function newBrowser(t: TestContext): ScriptedBrowser {
  return browserOf(t, { insecureOrigins: [url] })
}

function currentUser(browser: ScriptedBrowser): Promise<Page> {
  return browser.send(`${url}/nifi-api/flow/current-user`)
}

function identityOf({ body }: Page): string {
  return (JSON.parse(body) as { identity: string }).identity
}

/** Asks NiFi to change something; it wants a token of its cookie repeated. */
async function change(browser: ScriptedBrowser, method: string, path: string, body?: object): Promise<Page> {
  const token = browser.jar.find('__Secure-Request-Token')?.value ?? ''
  const page = await browser.send(`${url}/nifi-api${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'request-token': token },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  assert.ok(page.status < 300, `${method} ${path}: ${page.status} ${page.body}`)
  return page
}

/** As in the menu: Users, a group of this name; Policies, "view the user interface" for it. */
async function letGroupLook(admin: ScriptedBrowser, identity: string): Promise<void> {
  const revision = { version: 0, clientId: 'e2e' }
  const made = await change(admin, 'POST', '/tenants/user-groups', {
    revision,
    component: { identity, users: [] },
  })
  const group = JSON.parse(made.body) as { id: string }
  const asked = await admin.send(`${url}/nifi-api/policies/read/flow`)
  const policy = JSON.parse(asked.body) as {
    id: string
    revision: object
    component: { userGroups: { id: string }[] }
  }
  policy.component.userGroups.push({ id: group.id })
  await change(admin, 'PUT', `/policies/${policy.id}`, policy)
}

/** What must hold for both ways. */
function signInTests(way: () => Way, nifi: () => Nifi): void {
  test('render has nothing to warn of', () => {
    assert.deepEqual(way().rendered.warnings, [])
  })

  test('apply.sh filled in the secret and closed the files, and left the lines of others', () => {
    const conf = join(nifi().home, 'conf')
    const properties = readFileSync(join(conf, 'nifi.properties'), 'utf8')

    assert.match(properties, new RegExp(`^nifi.web.https.port=${port}$`, 'm'))
    assert.doesNotMatch(properties, /\$\{env:/)
    assert.equal(properties.match(/^nifi\.security\.user\.authorizer=/gm)?.length, 1)
    assert.equal(statSync(join(conf, 'nifi.properties')).mode & 0o077, 0)
    assert.equal(statSync(join(conf, 'authorizers.xml')).mode & 0o077, 0)
  })

  test('alice signs in as herself, and may do what the initial administrator may', async (t) => {
    const browser = newBrowser(t)

    const page = await way().signIn(browser, 'alice', startUrl())
    const user = await currentUser(browser)
    const tenants = await browser.send(`${url}/nifi-api/tenants/users`)

    assert.equal(page.url, `${url}/nifi/`, `${visibleText(page.body)}\n${browser.trace()}`)
    assert.equal(page.status, 200)
    assert.equal(user.status, 200, user.body)
    assert.equal(identityOf(user), 'alice')
    assert.equal(tenants.status, 200, tenants.body)
  })

  test('bob signs in, and may look only after his group was let in', async (t) => {
    const [browser, admin] = [newBrowser(t), newBrowser(t)]
    await way().signIn(browser, 'bob', startUrl())
    await way().signIn(admin, 'alice', startUrl())
    const before = await currentUser(browser)

    await letGroupLook(admin, 'analysts')
    const after = await currentUser(browser)
    const tenants = await browser.send(`${url}/nifi-api/tenants/users`)

    assert.equal(before.status, 403, before.body)
    assert.equal(after.status, 200, after.body)
    assert.equal(identityOf(after), 'bob')
    assert.equal(tenants.status, 403)
  })

  test('nobody gets in without the way through the provider', async (t) => {
    const browser = newBrowser(t)

    const anonymous = await currentUser(browser)
    const invented = await browser.send(`${url}/nifi-api/flow/current-user`, {
      headers: { authorization: 'Bearer invented' },
    })
    const password = await browser.send(`${url}/nifi-api/access/token`, {
      method: 'POST',
      body: new URLSearchParams({ username: 'alice', password: 'anything' }),
    })

    assert.deepEqual([anonymous.status, invented.status], [401, 401])
    assert.ok(password.status >= 400, String(password.status))
  })

  test('signing out ends the session at the provider too', async (t) => {
    const browser = newBrowser(t)
    await way().signIn(browser, 'alice', startUrl())

    await change(browser, 'DELETE', '/access/logout')
    const page = await browser.open(`${url}/nifi-api/access/oidc/logout`)
    const user = await currentUser(browser)
    // Fails if there is no prompt for the password.
    await way().signIn(browser, 'alice', startUrl())

    assert.equal(page.url, `${url}/nifi/#/logout-complete`, browser.trace())
    assert.equal(user.status, 401)
    assert.equal((await currentUser(browser)).status, 200)
  })
}

describe('straight at Keycloak', () => {
  let way: Way
  let nifi: Nifi

  before(async () => {
    way = await providers.straight(entry())
    nifi = await start(way)
  })
  after(() => nifi?.stop())

  signInTests(
    () => way,
    () => nifi,
  )
})

describe('through Gatehouse', () => {
  let way: WayThroughGatehouse
  let nifi: Nifi

  before(async () => {
    way = await providers.throughGatehouse(entry())
    nifi = await start(way)
  })
  after(async () => {
    await Promise.all([nifi?.stop(), way?.stop()])
  })

  signInTests(
    () => way,
    () => nifi,
  )

  test('ada, a local account, signs in as herself, and may look when her team was let in', async (t) => {
    const [browser, admin] = [newBrowser(t), newBrowser(t)]
    await way.signIn(browser, 'ada', startUrl())
    await way.signIn(admin, 'alice', startUrl())
    const before = await currentUser(browser)

    await letGroupLook(admin, 'data-admins')
    const after = await currentUser(browser)

    assert.equal(before.status, 403)
    assert.equal(after.status, 200, after.body)
    assert.equal(identityOf(after), 'ada')
  })

  test('doctor finds nothing wrong between NiFi, Gatehouse and Keycloak', async () => {
    const { status, stdout, stderr } = await way.gatehouse.cli(['doctor', '-p', 'nifi'])

    assert.equal(status, 0, stdout + stderr)
  })
})
