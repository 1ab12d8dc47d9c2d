/** Amundsen's three services with exactly the rendered files: profiles, tokens passed on and checked, both ways. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { parseEnv } from 'node:util'
import { type Amundsen, startAmundsen } from './support/amundsen.ts'
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
import { browserOf, type ScriptedBrowser } from './support/scripted-browser.ts'

let providers: BothWays
/** Of the two Amundsens, which run one after the other. */
let ports: { frontend: number; metadata: number; search: number }
let url: string

before(async () => {
  ports = { frontend: await freePort(), metadata: await freePort(), search: await freePort() }
  url = at(ports.frontend)
  providers = await startBothWays()
})
after(() => providers?.stop())

function at(port: number): string {
  return `http://127.0.0.1:${port}`
}

const entry = () => ({
  name: 'amundsen',
  settings: {
    product: 'amundsen',
    url,
    amundsen: { metadataUrl: at(ports.metadata), searchUrl: at(ports.search) },
  },
  // It looks at no groups.
  groupsScope: 'nowhere' as const,
})

/** The metadata service knows only bob, under its own name for the account. */
const knownBob = {
  user_id: 'bob',
  email: keycloakUsers.bob.email,
  first_name: 'Robert',
  last_name: 'Builder',
  full_name: 'Robert the Builder',
  display_name: 'Robert the Builder',
}

/** Forgets the sessions of earlier runs, which the rendered files keep in /tmp. */
async function start({ rendered, secrets }: Installation): Promise<Amundsen> {
  const variables = (service: string) => {
    const env = parseEnv(rendered.files[`${service}.env`] ?? '') as Record<string, string>
    const [, database] = /^sqlite:\/\/\/(\/tmp\/.+)$/.exec(env['SQLALCHEMY_DATABASE_URI'] ?? '') ?? []
    if (database === undefined) throw new Error(`${service}.env names no file in /tmp for its sessions`)
    rmSync(database, { force: true })
    return { ...env, ...secrets }
  }
  return startAmundsen({
    env: { frontend: variables('frontend'), metadata: variables('metadata'), search: variables('search') },
    pythonFolder: rendered.folder,
    users: [knownBob],
    ports,
  })
}

interface User {
  user_id: string
  email: string
  display_name: string
}

async function whoAmI(browser: ScriptedBrowser): Promise<User> {
  const page = await browser.send(`${url}/api/auth_user`)
  assert.equal(page.status, 200, `${page.body}\n${browser.trace()}`)
  const { user_id, email, display_name } = (JSON.parse(page.body) as { user: User }).user
  return { user_id, email, display_name }
}

/** As the star beside a table does. */
async function bookmark(browser: ScriptedBrowser, key: string): Promise<number> {
  const page = await browser.send(`${url}/api/metadata/v0/user/bookmark`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'table', key }),
  })
  return page.status
}

const JSON_OF_FLASKOIDC = JSON.stringify({ access_token: 'invented', expires_at: 9_999_999_999 })

/** What must hold for both ways. */
function signInTests({
  way,
  amundsen,
  userinfo,
}: {
  way: () => Way
  amundsen: () => Amundsen
  userinfo: () => string
}): void {
  test('render has nothing to warn of', () => {
    assert.deepEqual(way().rendered.warnings, [])
  })

  test('alice, whom the metadata service did not know, is shown with her name', async (t) => {
    const browser = browserOf(t)

    const page = await way().signIn(browser, 'alice', `${url}/`)
    const alice = await whoAmI(browser)

    assert.equal(page.url, `${url}/`, browser.trace())
    assert.equal(page.status, 200)
    assert.deepEqual(alice, { user_id: 'alice', email: keycloakUsers.alice.email, display_name: 'Alice Archer' })
  })

  test('others find her profile then, and bob is who the metadata service says that he is', async (t) => {
    const [hers, his] = [browserOf(t), browserOf(t)]
    await way().signIn(hers, 'alice', `${url}/`)
    await whoAmI(hers)

    await way().signIn(his, 'bob', `${url}/`)
    const profile = await his.send(`${url}/api/metadata/v0/user?user_id=alice`)

    assert.deepEqual(await whoAmI(his), {
      user_id: 'bob',
      email: keycloakUsers.bob.email,
      display_name: knownBob.display_name,
    })
    assert.equal(profile.status, 200, profile.body)
    assert.match(profile.body, /Alice Archer/)
  })

  test('a bookmark is made for her, with her own token, and without the one that renews it', async (t) => {
    const browser = browserOf(t)
    await way().signIn(browser, 'alice', `${url}/`)

    const status = await bookmark(browser, 'hive://gold.sales/orders')
    const seen = amundsen()
      .seenByMetadata()
      .find(({ method, path }) => method === 'PUT' && path.startsWith('/user/alice/follow/table/'))

    assert.equal(status, 200)
    const [scheme, text = ''] = (seen?.authorization ?? '').split(/ (.*)/)
    assert.equal(scheme, 'Bearer')
    const token = JSON.parse(text) as { access_token: string }
    assert.ok(!('refresh_token' in token) && !('id_token' in token), Object.keys(token).join())
    const claims = await fetch(userinfo(), { headers: { authorization: `Bearer ${token.access_token}` } })
    assert.equal(((await claims.json()) as { preferred_username: string }).preferred_username, 'alice')
  })

  test('nobody gets in without the way through the provider, in any of the services', async (t) => {
    const browser = browserOf(t)
    const headers = { authorization: `Bearer ${JSON_OF_FLASKOIDC}` }

    const user = await browser.send(`${url}/api/auth_user`)
    const invented = await browser.send(`${url}/api/auth_user`, { headers })
    const metadata = await browser.send(`${at(ports.metadata)}/user/alice`)
    const metadataInvented = await browser.send(`${at(ports.metadata)}/user/alice`, { headers })
    const search = await browser.send(`${at(ports.search)}/v2/search`, { method: 'POST' })
    const searchInvented = await browser.send(`${at(ports.search)}/v2/search`, { method: 'POST', headers })

    assert.deepEqual([user.status, invented.status], [302, 401])
    assert.deepEqual([metadata.status, metadataInvented.status], [302, 401])
    assert.deepEqual([search.status, searchInvented.status], [302, 401])
  })

  test('after sign-out her cookie is worth nothing, not even a copy of it', async (t) => {
    const [browser, thief] = [browserOf(t), browserOf(t)]
    await way().signIn(browser, 'alice', `${url}/`)
    const cookie = browser.jar.header(`${url}/`) ?? ''

    await browser.send(`${url}/logout`)
    const user = await browser.send(`${url}/api/auth_user`)
    const stolen = await thief.send(`${url}/api/auth_user`, { headers: { cookie } })

    assert.equal(user.status, 302)
    assert.equal(stolen.status, 302)
  })
}

describe('straight at Keycloak', () => {
  let way: Way
  let amundsen: Amundsen

  before(async () => {
    way = await providers.straight(entry())
    amundsen = await start(way)
  })
  after(() => amundsen?.stop())

  signInTests({
    way: () => way,
    amundsen: () => amundsen,
    userinfo: () => `${providers.keycloak.issuer}/protocol/openid-connect/userinfo`,
  })
})

describe('through Gatehouse', () => {
  let way: WayThroughGatehouse
  let amundsen: Amundsen

  before(async () => {
    way = await providers.throughGatehouse(entry())
    amundsen = await start(way)
  })
  after(async () => {
    await Promise.all([amundsen?.stop(), way?.stop()])
  })

  signInTests({ way: () => way, amundsen: () => amundsen, userinfo: () => `${way.gatehouse.url}/userinfo` })

  test('ada, a local account, signs in as herself', async (t) => {
    const browser = browserOf(t)

    await way.signIn(browser, 'ada', `${url}/`)

    assert.deepEqual(await whoAmI(browser), { user_id: 'ada', email: ada.email, display_name: ada.name })
  })

  test('doctor finds nothing wrong between Amundsen, Gatehouse and Keycloak', async () => {
    const { status, stdout, stderr } = await way.gatehouse.cli(['doctor', '-p', 'amundsen'])

    assert.equal(status, 0, stdout + stderr)
  })
})
