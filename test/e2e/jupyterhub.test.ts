/** JupyterHub with exactly the rendered file: who may in, who administers it and a server of one's own, both ways. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type BothWays,
  type Installation,
  startBothWays,
  type Way,
  type WayThroughGatehouse,
} from './support/both-ways.ts'
import { type JupyterHub, startJupyterHub } from './support/jupyterhub.ts'
import { freePort } from './support/ports.ts'
import { browserOf, type ScriptedBrowser } from './support/scripted-browser.ts'

let providers: BothWays
/** Of the hubs, which run one after the other. */
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
  settings: { product: 'jupyterhub', url, roles },
})
const everybody = { 'data-admins': ['admin'], analysts: ['user'] }

function start({ rendered, secrets }: Installation): Promise<JupyterHub> {
  return startJupyterHub({ configFile: join(rendered.folder, 'jupyterhub_config.py'), port, env: secrets })
}

const startUrl = () => `${url}/hub/oauth_login?next=/hub/home`

interface User {
  name: string
  admin: boolean
  groups: string[]
}

/** What JupyterHub's own API says about the person of this browser. */
async function whoAmI(browser: ScriptedBrowser): Promise<User> {
  const page = await browser.send(`${url}/hub/api/user`)
  assert.equal(page.status, 200, `${page.body}\n${browser.trace()}`)
  const { name, admin, groups } = JSON.parse(page.body) as User
  return { name, admin, groups: groups.sort() }
}

/** What must hold for both ways. */
function signInTests(way: () => Way): void {
  test('render has nothing to warn of', () => {
    assert.deepEqual(way().rendered.warnings, [])
  })

  test('alice signs in as herself, and her group makes her an administrator', async (t) => {
    const browser = browserOf(t)

    const page = await way().signIn(browser, 'alice', startUrl())
    const admin = await browser.send(`${url}/hub/admin`)

    assert.equal(page.url, `${url}/hub/home`, browser.trace())
    assert.equal(page.status, 200)
    assert.deepEqual(await whoAmI(browser), { name: 'alice', admin: true, groups: ['analysts', 'data-admins'] })
    assert.equal(admin.status, 200)
  })

  test('bob may come in, and administers nothing', async (t) => {
    const browser = browserOf(t)

    const page = await way().signIn(browser, 'bob', startUrl())
    const admin = await browser.send(`${url}/hub/admin`)
    const others = await browser.send(`${url}/hub/api/users`)

    assert.equal(page.status, 200, browser.trace())
    assert.deepEqual(await whoAmI(browser), { name: 'bob', admin: false, groups: ['analysts'] })
    assert.equal(admin.status, 403)
    assert.equal(others.status, 403)
  })

  test('bob starts a server of his own, which lets nobody else in', async (t) => {
    const [browser, stranger] = [browserOf(t), browserOf(t)]
    await way().signIn(browser, 'bob', startUrl())

    await startServer(browser, 'bob')
    const lab = await browser.open(`${url}/user/bob/lab`)
    const refused = await stranger.open(`${url}/user/bob/lab`)
    const refusedApi = await stranger.send(`${url}/user/bob/api/status`)

    assert.equal(lab.status, 200, browser.trace())
    assert.equal(new URL(lab.url).pathname, '/user/bob/lab')
    assert.notEqual(new URL(refused.url).pathname, '/user/bob/lab')
    assert.equal(refusedApi.status, 403)
  })

  test('nobody gets in without the way through the provider', async (t) => {
    const browser = browserOf(t)

    const user = await browser.send(`${url}/hub/api/user`)
    const home = await browser.open(`${url}/hub/home`)
    const password = await browser.send(`${url}/hub/login`, {
      method: 'POST',
      body: new URLSearchParams({ username: 'alice', password: 'anything' }),
    })

    assert.equal(user.status, 403)
    assert.notEqual(new URL(home.url).pathname, '/hub/home')
    assert.ok(password.status >= 400, `a password: ${password.status}`)
  })

  test('who signs out is nobody at the hub', async (t) => {
    const browser = browserOf(t)
    await way().signIn(browser, 'alice', startUrl())

    await browser.open(`${url}/hub/logout`)
    const user = await browser.send(`${url}/hub/api/user`)

    assert.equal(user.status, 403)
  })
}

describe('straight at Keycloak', () => {
  let way: Way
  let hub: JupyterHub

  before(async () => {
    way = await providers.straight(entry('jupyterhub', everybody))
    hub = await start(way)
  })
  after(() => hub?.stop())

  signInTests(() => way)
})

describe('straight at Keycloak, for data-admins only', () => {
  let way: Way
  let hub: JupyterHub

  before(async () => {
    way = await providers.straight(entry('jupyterhub-admins', { 'data-admins': ['user'] }))
    hub = await start(way)
  })
  after(() => hub?.stop())

  test('alice comes in, and is no administrator', async (t) => {
    const browser = browserOf(t)

    await way.signIn(browser, 'alice', startUrl())

    assert.deepEqual(await whoAmI(browser), { name: 'alice', admin: false, groups: ['analysts', 'data-admins'] })
  })

  test('bob is sent away after he signed in', async (t) => {
    const browser = browserOf(t)

    const page = await way.signIn(browser, 'bob', startUrl())
    const user = await browser.send(`${url}/hub/api/user`)

    assert.equal(page.status, 403, browser.trace())
    assert.equal(new URL(page.url).pathname, '/hub/oauth_callback')
    assert.equal(user.status, 403)
  })
})

describe('through Gatehouse', () => {
  let way: WayThroughGatehouse
  let hub: JupyterHub

  before(async () => {
    way = await providers.throughGatehouse(entry('jupyterhub', everybody))
    hub = await start(way)
  })
  after(async () => {
    await Promise.all([hub?.stop(), way?.stop()])
  })

  signInTests(() => way)

  test('ada, a local account, signs in as herself, and her team makes her an administrator', async (t) => {
    const browser = browserOf(t)

    await way.signIn(browser, 'ada', startUrl())

    assert.deepEqual(await whoAmI(browser), { name: 'ada', admin: true, groups: ['data-admins'] })
  })

  test('doctor finds nothing wrong between JupyterHub, Gatehouse and Keycloak', async () => {
    const { status, stdout, stderr } = await way.gatehouse.cli(['doctor', '-p', 'jupyterhub'])

    assert.equal(status, 0, stdout + stderr)
  })
})

/** Asks for a notebook server, as the button does, and waits until it runs. */
async function startServer(browser: ScriptedBrowser, username: string): Promise<void> {
  const cookie = browser.jar.cookies.findLast(({ name, path }) => name === '_xsrf' && path === '/hub/')
  const asked = await browser.send(`${url}/hub/api/users/${username}/server`, {
    method: 'POST',
    headers: { 'x-xsrftoken': cookie?.value ?? '' },
  })
  assert.ok([201, 202].includes(asked.status), asked.body)
  for (let attempt = 0; attempt < 150; attempt++) {
    const user = await browser.send(`${url}/hub/api/users/${username}`)
    const { servers } = JSON.parse(user.body) as { servers: Record<string, { ready: boolean }> }
    if (servers['']?.ready) return
    await sleep(200)
  }
  throw new Error(`the server of ${username} does not start`)
}
