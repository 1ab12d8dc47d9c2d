/** Superset with exactly the rendered file: sign-in and roles, straight at Keycloak and through Gatehouse. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import { type Keycloak, keycloakUsers, startKeycloak } from './support/keycloak.ts'
import { freePort } from './support/ports.ts'
import { keycloakClass, type Rendered, renderProduct } from './support/rendered.ts'
import { type Page, ScriptedBrowser, signIn, signInAtKeycloak } from './support/scripted-browser.ts'
import { type Superset, startSuperset } from './support/superset.ts'

const SUPERSET_AT_KEYCLOAK = 'superset-at-keycloak'
const GATEHOUSE_AT_KEYCLOAK = 'gatehouse-at-keycloak'
const roles = 'roles: { data-admins: [Admin], analysts: [Gamma] }'

let keycloak: Keycloak
let gatehousePort: number
/** Of the two Supersets, which run one after the other. */
let supersetPort: number
let supersetUrl: string

before(async () => {
  gatehousePort = await freePort()
  supersetPort = await freePort()
  supersetUrl = `http://127.0.0.1:${supersetPort}`
  const issuer = `http://localhost:${gatehousePort}`
  keycloak = await startKeycloak({
    clients: [
      {
        clientId: 'superset',
        secret: SUPERSET_AT_KEYCLOAK,
        redirectUris: [`${supersetUrl}/oauth-authorized/keycloak`],
      },
      {
        clientId: 'gatehouse',
        secret: GATEHOUSE_AT_KEYCLOAK,
        redirectUris: [`${issuer}/callback/keycloak`],
        postLogoutRedirectUris: [`${issuer}/login/signed-out`],
      },
    ],
  })
})
after(() => keycloak?.stop())

interface Me {
  username: string
  email: string
  first_name: string
  last_name: string
}

/** What Superset's own API says about the person of this browser. */
async function whoAmI(browser: ScriptedBrowser): Promise<{ me: Me; roles: string[] }> {
  const me = await browser.send(`${supersetUrl}/api/v1/me/`)
  const withRoles = await browser.send(`${supersetUrl}/api/v1/me/roles/`)
  assert.equal(me.status, 200, `${me.body}\n${browser.trace()}`)
  assert.equal(withRoles.status, 200, withRoles.body)
  return { me: resultOf<Me>(me), roles: Object.keys(resultOf<{ roles: object }>(withRoles).roles).sort() }
}

function resultOf<Result>(page: Page): Result {
  return (JSON.parse(page.body) as { result: Result }).result
}

function newBrowser(t: { after(work: () => Promise<void>): void }): ScriptedBrowser {
  const browser = new ScriptedBrowser()
  t.after(() => browser.close())
  return browser
}

async function start(rendered: Rendered, clientSecret: string): Promise<Superset> {
  const configFile = join(rendered.folder, 'superset_config.py')
  return startSuperset({ configFile, port: supersetPort, env: { SUPERSET_CLIENT_SECRET: clientSecret } })
}

const startUrl = () => `${supersetUrl}/login/keycloak`

describe('straight at Keycloak', () => {
  let superset: Superset

  before(async () => {
    const config = `${keycloakClass(keycloak.issuer)}
products:
  superset:
    product: superset
    version: "6.1.0"
    url: ${supersetUrl}
    authentication:
      - { authenticationClass: keycloak, oidc: { clientCredentialsSecret: superset-client, extraScopes: [groups] } }
    ${roles}
secrets:
  superset-client: { clientId: superset, clientSecret: "\${env:SUPERSET_CLIENT_SECRET}" }
`
    superset = await start(await renderProduct(config, 'superset'), SUPERSET_AT_KEYCLOAK)
  })
  after(() => superset?.stop())

  test('alice signs in as herself, and her group makes her Admin', async (t) => {
    const browser = newBrowser(t)

    const { password, ...alice } = keycloakUsers.alice
    const page = await signInAtKeycloak(browser, {
      issuer: keycloak.issuer,
      startUrl: startUrl(),
      username: 'alice',
      password,
    })
    const { me, roles } = await whoAmI(browser)

    assert.equal(page.status, 200, browser.trace())
    assert.equal(me.username, 'alice')
    assert.equal(me.email, alice.email)
    assert.equal(`${me.first_name} ${me.last_name}`, 'Alice Archer')
    assert.ok(roles.includes('Admin'), roles.join())
  })

  test('bob is in the group of the analysts only, and is Gamma, not Admin', async (t) => {
    const browser = newBrowser(t)

    await signInAtKeycloak(browser, {
      issuer: keycloak.issuer,
      startUrl: startUrl(),
      username: 'bob',
      password: keycloakUsers.bob.password,
    })
    const { me, roles } = await whoAmI(browser)
    const users = await browser.send(`${supersetUrl}/api/v1/security/users/`)

    assert.equal(me.username, 'bob')
    assert.deepEqual(roles, ['Gamma', 'Public'])
    assert.equal(users.status, 403, 'what only Admin may see')
  })

  test('nobody is signed in without the way through Keycloak', async (t) => {
    const browser = newBrowser(t)

    const me = await browser.send(`${supersetUrl}/api/v1/me/`)
    const welcome = await browser.open(`${supersetUrl}/superset/welcome/`)

    assert.equal(me.status, 401)
    assert.equal(new URL(welcome.url).pathname, '/login/')
  })
})

describe('through Gatehouse', () => {
  let gatehouse: Gatehouse
  let superset: Superset

  before(async () => {
    const config = (port: number) => `issuer: http://localhost:${port}
listen: { port: ${port} }
${keycloakClass(keycloak.issuer)}
login:
  - { authenticationClass: keycloak, oidc: { clientCredentialsSecret: keycloak-client, extraScopes: [groups] } }
  - { local: {} }
products:
  superset:
    product: superset
    version: "6.1.0"
    url: ${supersetUrl}
    authentication: [{ authenticationClass: gatehouse }]
    ${roles}
teams:
  data-admins: { from: [{ authenticationClass: keycloak, group: data-admins }] }
  analysts: { from: [{ authenticationClass: keycloak, group: analysts }] }
secrets:
  keycloak-client: { clientId: gatehouse, clientSecret: "\${env:KEYCLOAK_CLIENT_SECRET}" }
`
    const env = { KEYCLOAK_CLIENT_SECRET: GATEHOUSE_AT_KEYCLOAK }
    gatehouse = await startGatehouse({ port: gatehousePort, config, env })
    await gatehouse.addUser('ada', 'correct horse battery staple', [
      '--email=ada@example.test',
      '--name=Ada Lovelace',
      '--team=data-admins',
    ])
    const { stdout: secret } = await gatehouse.cli(['clients', 'secret', 'superset'])
    superset = await start(await renderProduct(config(gatehousePort), 'superset'), secret.trim())
  })
  after(async () => {
    await Promise.all([superset?.stop(), gatehouse?.stop()])
  })

  test('ada, a local account, signs in as herself, and her team makes her Admin', async (t) => {
    const browser = newBrowser(t)

    const page = await signIn(browser, {
      startUrl: startUrl(),
      username: 'ada',
      password: 'correct horse battery staple',
    })
    const { me, roles } = await whoAmI(browser)

    assert.equal(page.status, 200, browser.trace())
    assert.equal(me.username, 'ada')
    assert.equal(me.email, 'ada@example.test')
    assert.equal(`${me.first_name} ${me.last_name}`, 'Ada Lovelace')
    assert.ok(roles.includes('Admin'), roles.join())
  })

  test('alice comes through Keycloak, and her team makes her Admin', async (t) => {
    const browser = newBrowser(t)

    await signInThroughKeycloak(browser, { username: 'alice', password: keycloakUsers.alice.password })
    const { me, roles } = await whoAmI(browser)

    assert.equal(me.username, 'alice')
    assert.equal(me.email, keycloakUsers.alice.email)
    assert.ok(roles.includes('Admin'), roles.join())
  })

  test('bob comes through Keycloak, and his team makes him Gamma', async (t) => {
    const browser = newBrowser(t)

    await signInThroughKeycloak(browser, { username: 'bob', password: keycloakUsers.bob.password })
    const { me, roles } = await whoAmI(browser)

    assert.equal(me.username, 'bob')
    assert.deepEqual(roles, ['Gamma', 'Public'])
  })

  test('the sign-in page says where the way leads', async (t) => {
    const browser = newBrowser(t)

    const page = await browser.open(startUrl())

    assert.equal(new URL(page.url).origin, `http://localhost:${gatehousePort}`)
    assert.match(page.body, /Sign in to superset/)
  })

  test('doctor finds nothing wrong between Superset, Gatehouse and Keycloak', async () => {
    const { status, stdout, stderr } = await gatehouse.cli(['doctor', '-p', 'superset'])

    assert.equal(status, 0, stdout + stderr)
  })

  async function signInThroughKeycloak(browser: ScriptedBrowser, person: { username: string; password: string }) {
    const ways = await browser.open(startUrl())
    const form = await browser.followLink(ways, 'Continue with keycloak')
    assert.ok(form.url.startsWith(`${keycloak.issuer}/`), browser.trace())
    return browser.submitForm(form, person)
  }
})
