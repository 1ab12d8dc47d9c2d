/** MLflow with mlflow-oidc-auth and exactly the rendered variables: who gets in, who is administrator, sign-out, both ways. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { parseEnv } from 'node:util'
import {
  type BothWays,
  type Installation,
  startBothWays,
  type Way,
  type WayThroughGatehouse,
} from './support/both-ways.ts'
import { type Mlflow, startMlflow } from './support/mlflow.ts'
import { freePort } from './support/ports.ts'
import { browserOf, type ScriptedBrowser, visibleText } from './support/scripted-browser.ts'

let providers: BothWays
/** Of the MLflows, which run one after the other. */
let port: number
let url: string

before(async () => {
  port = await freePort()
  url = `http://127.0.0.1:${port}`
  providers = await startBothWays()
})
after(() => providers?.stop())

const entry = (name: string, roles: Record<string, string[]>) => ({
  name,
  settings: { product: 'mlflow', version: '3.17.2', url, roles },
})
const everybody = { 'data-admins': ['admin'], analysts: ['user'] }

function start({ rendered, secrets }: Installation): Promise<Mlflow> {
  const variables = parseEnv(rendered.files['mlflow.env'] ?? '') as Record<string, string>
  return startMlflow({ env: { ...variables, ...secrets }, port })
}

const startUrl = () => `${url}/login`

interface User {
  username: string
  display_name: string
  is_admin: boolean
  groups: string[]
}

/** What the plugin's own API says about the person of this browser. */
async function whoAmI(browser: ScriptedBrowser): Promise<User> {
  const page = await browser.send(`${url}/api/2.0/mlflow/users/current`)
  assert.equal(page.status, 200, `${page.body}\n${browser.trace()}`)
  const { username, display_name, is_admin, groups } = JSON.parse(page.body) as Omit<User, 'groups'> & {
    groups: { group_name: string }[]
  }
  return { username, display_name, is_admin, groups: groups.map(({ group_name }) => group_name).sort() }
}

/** The names of the experiments that this browser may see. */
async function experiments(browser: ScriptedBrowser): Promise<string[]> {
  const page = await browser.send(`${url}/api/2.0/mlflow/experiments/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ max_results: 10 }),
  })
  assert.equal(page.status, 200, page.body)
  const { experiments: found = [] } = JSON.parse(page.body) as { experiments?: { name: string }[] }
  return found.map(({ name }) => name)
}

/** What must hold for both ways. */
function signInTests(way: () => Way): void {
  test('render has nothing to warn of', () => {
    assert.deepEqual(way().rendered.warnings, [])
  })

  test('alice signs in as herself, and her group makes her an administrator', async (t) => {
    const browser = browserOf(t)

    const page = await way().signIn(browser, 'alice', startUrl())

    assert.equal(page.status, 200, `${visibleText(page.body)}\n${browser.trace()}`)
    assert.deepEqual(await whoAmI(browser), {
      username: 'alice',
      display_name: 'Alice Archer',
      is_admin: true,
      groups: ['analysts', 'data-admins'],
    })
    assert.deepEqual(await experiments(browser), ['Default'])
  })

  test('bob gets in, is no administrator, and sees nothing that nobody gave him', async (t) => {
    const browser = browserOf(t)

    await way().signIn(browser, 'bob', startUrl())
    const created = await browser.send(`${url}/api/2.0/mlflow/users`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'eve', display_name: 'Eve' }),
    })

    assert.deepEqual(await whoAmI(browser), {
      username: 'bob',
      display_name: 'Bob Builder',
      is_admin: false,
      groups: ['analysts'],
    })
    assert.deepEqual(await experiments(browser), [])
    assert.equal(created.status, 403, created.body)
  })

  test('nobody gets in without the way through the provider', async (t) => {
    const browser = browserOf(t)
    const path = `${url}/api/2.0/mlflow/users/current`
    const password = Buffer.from('alice:anything').toString('base64')

    const anonymous = await browser.send(path)
    const invented = await browser.send(path, { headers: { authorization: 'Bearer invented' } })
    const basic = await browser.send(path, { headers: { authorization: `Basic ${password}` } })

    assert.deepEqual([anonymous.status, invented.status, basic.status], [401, 401, 401])
  })

  test('signing out ends the session at the provider too', async (t) => {
    const browser = browserOf(t)
    await way().signIn(browser, 'bob', startUrl())

    const page = await browser.open(`${url}/logout`)
    const user = await browser.send(`${url}/api/2.0/mlflow/users/current`)
    // Fails if there is no prompt for the password.
    await way().signIn(browser, 'bob', startUrl())

    assert.equal(page.url.split('?')[0], `${url}/oidc/ui/auth`, browser.trace())
    assert.equal(user.status, 401)
    assert.equal((await whoAmI(browser)).username, 'bob')
  })
}

describe('straight at Keycloak', () => {
  let way: Way
  let mlflow: Mlflow

  before(async () => {
    way = await providers.straight(entry('mlflow', everybody))
    mlflow = await start(way)
  })
  after(() => mlflow?.stop())

  signInTests(() => way)
})

describe('straight at Keycloak, for data-admins only', () => {
  let way: Way
  let mlflow: Mlflow

  before(async () => {
    way = await providers.straight(entry('mlflow-admins', { 'data-admins': ['user'] }))
    mlflow = await start(way)
  })
  after(() => mlflow?.stop())

  test('render warns that nobody administers it', () => {
    assert.deepEqual(way.rendered.warnings, [
      'products.mlflow-admins.roles: warning: makes nobody an administrator: add a group with the role admin',
    ])
  })

  test('alice comes in, and is no administrator', async (t) => {
    const browser = browserOf(t)

    await way.signIn(browser, 'alice', startUrl())

    assert.equal((await whoAmI(browser)).is_admin, false)
  })

  test('bob is nobody after he signed in', async (t) => {
    const browser = browserOf(t)

    await way.signIn(browser, 'bob', startUrl())
    const user = await browser.send(`${url}/api/2.0/mlflow/users/current`)

    assert.equal(user.status, 401, browser.trace())
  })
})

describe('through Gatehouse', () => {
  let way: WayThroughGatehouse
  let mlflow: Mlflow

  before(async () => {
    way = await providers.throughGatehouse(entry('mlflow', everybody))
    mlflow = await start(way)
  })
  after(async () => {
    await Promise.all([mlflow?.stop(), way?.stop()])
  })

  signInTests(() => way)

  test('ada, a local account, signs in as herself, and her team makes her an administrator', async (t) => {
    const browser = browserOf(t)

    await way.signIn(browser, 'ada', startUrl())

    assert.deepEqual(await whoAmI(browser), {
      username: 'ada',
      display_name: 'Ada Lovelace',
      is_admin: true,
      groups: ['data-admins'],
    })
  })

  test('doctor finds nothing wrong between MLflow, Gatehouse and Keycloak', async () => {
    const { status, stdout, stderr } = await way.gatehouse.cli(['doctor', '-p', 'mlflow'])

    assert.equal(status, 0, stdout + stderr)
  })
})
