/**
 * Real products at a provider like authentik: the issuer has a path and ends in a slash, and the groups are inside of another claim. Each is
 * started with exactly the rendered files, and gives alice the rights of a group that bob is not in.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type DevIdp, startDevIdp } from '../../src/dev-idp/index.ts'
import { readEnv, readIni } from '../support/read-formats.ts'
import { startAirflow } from './support/airflow.ts'
import { renderedAt } from './support/both-ways.ts'
import { type EchoService, startEchoService } from './support/echo-service.ts'
import { searchAll } from './support/jmespath.ts'
import { startJupyterHub } from './support/jupyterhub.ts'
import { startNessie } from './support/nessie.ts'
import { startOAuth2Proxy } from './support/oauth2-proxy.ts'
import { freePort } from './support/ports.ts'
import { browserOf, signIn } from './support/scripted-browser.ts'
import { startSuperset } from './support/superset.ts'
import { startTrino } from './support/trino.ts'

let idp: DevIdp
/** With the groups in a claim of the token itself, for products that know no others. */
let flat: DevIdp
let service: EchoService
before(async () => {
  idp = await startDevIdp({ like: 'authentik', groupsClaim: 'data.groups' })
  flat = await startDevIdp({ like: 'authentik' })
  service = await startEchoService()
})
after(() => Promise.all([idp?.close(), flat?.close(), service?.stop()]))

const rendered = (name: string, settings: object, provider = idp) =>
  renderedAt({ className: 'authentik', provider }, name, settings)

/** A person of the provider signs in; the browser afterwards, and the page where the walk ended. */
async function enter(
  t: Parameters<typeof browserOf>[0],
  startUrl: string,
  { who, at = idp, insecureOrigins = [] }: { who: 'alice' | 'bob'; at?: DevIdp; insecureOrigins?: string[] },
) {
  const browser = browserOf(t, { insecureOrigins })
  const password = at.users.find(({ username }) => username === who)?.password ?? ''
  return { browser, page: await signIn(browser, { startUrl, username: who, password }) }
}

test('the issuer has a path, and ends in a slash', () => {
  assert.match(idp.issuer, /^http:\/\/localhost:\d+\/application\/o\/gatehouse\/$/)
  assert.deepEqual(idp.authenticationClass.oidc['groupsClaim'], ['data', 'groups'])
})

for (const alpha of [false, true]) {
  test(`oauth2-proxy lets in members of a group, ${alpha ? 'in the alpha form' : 'with oauth2-proxy.cfg'}`, async (t) => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const { rendered: files, secrets } = await rendered('oauth2-proxy', {
      product: 'oauth2-proxy',
      version: '7.15.6',
      url,
      'oauth2-proxy': {
        upstreams: [`${service.url}/`],
        httpAddress: `127.0.0.1:${port}`,
        alpha,
        allowedGroups: ['data-admins'],
        // No address of this provider is verified.
        insecureOidcAllowUnverifiedEmail: true,
      },
    })
    const proxy = await startOAuth2Proxy({
      configFile: join(files.folder, 'oauth2-proxy.cfg'),
      ...(alpha ? { alphaConfigFile: join(files.folder, 'oauth2-proxy-alpha.yaml') } : {}),
      port,
      env: secrets,
    })
    t.after(() => proxy.stop())

    const alice = await enter(t, `${url}/report`, { who: 'alice' })
    const bob = await enter(t, `${url}/report`, { who: 'bob' })

    assert.equal(alice.page.status, 200, proxy.log())
    assert.match(alice.page.body, /"x-forwarded-groups": ?"analysts,data-admins"/)
    assert.equal(bob.page.status, 403, bob.page.body)
  })
}

test('JupyterHub makes an administrator of a member of a group, and lets in the others', async (t) => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { rendered: files, secrets } = await rendered('jupyterhub', {
    product: 'jupyterhub',
    url,
    roles: { 'data-admins': ['admin'], analysts: ['user'] },
  })
  const hub = await startJupyterHub({ configFile: join(files.folder, 'jupyterhub_config.py'), port, env: secrets })
  t.after(() => hub.stop())

  const admins = []
  for (const who of ['alice', 'bob'] as const) {
    const { browser } = await enter(t, `${url}/hub/oauth_login?next=/hub/home`, { who })
    const { name, admin } = JSON.parse((await browser.send(`${url}/hub/api/user`)).body) as Record<string, unknown>
    admins.push({ name, admin })
  }

  assert.deepEqual(
    admins,
    [
      { name: 'alice', admin: true },
      { name: 'bob', admin: false },
    ],
    hub.log(),
  )
})

test('Superset gives the roles of the groups', async (t) => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { rendered: files, secrets } = await rendered('superset', {
    product: 'superset',
    version: '6.1.0',
    url,
    roles: { 'data-admins': ['Admin'], analysts: ['Gamma'] },
  })
  const configFile = join(files.folder, 'superset_config.py')
  const superset = await startSuperset({ version: '6.1.0', configFile, port, env: secrets })
  t.after(() => superset.stop())

  const found: Record<string, string[]> = {}
  for (const who of ['alice', 'bob'] as const) {
    const { browser } = await enter(t, `${url}/login/authentik`, { who })
    const { body } = await browser.send(`${url}/api/v1/me/roles/`)
    found[who] = Object.keys((JSON.parse(body) as { result: { roles: object } }).result.roles).sort()
  }

  // Everybody has Public there.
  assert.deepEqual(found, { alice: ['Admin', 'Gamma', 'Public'], bob: ['Gamma', 'Public'] }, superset.log())
})

test('Airflow gives the rights of the groups', async (t) => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { rendered: files, secrets } = await rendered('airflow', {
    product: 'airflow',
    version: '3.3.2',
    url,
    roles: { 'data-admins': ['Admin'], analysts: ['Viewer'] },
  })
  const own = Object.fromEntries(readEnv(files.files['airflow.env'] ?? ''))
  const configFile = join(files.folder, 'webserver_config.py')
  const airflow = await startAirflow({ line: 3, configFile, env: { ...own, ...secrets }, port })
  t.after(() => airflow.stop())

  const seen: Record<string, number> = {}
  for (const who of ['alice', 'bob'] as const) {
    const { browser } = await enter(t, `${url}/auth/login/authentik`, { who })
    // Variables are for administrators, not for viewers.
    for (const path of ['/ui/auth/me', '/api/v2/dags', '/api/v2/variables']) {
      seen[`${who} ${path}`] = (await browser.send(`${url}${path}`)).status
    }
  }

  assert.deepEqual(
    seen,
    {
      'alice /ui/auth/me': 200,
      'alice /api/v2/dags': 200,
      'alice /api/v2/variables': 200,
      'bob /ui/auth/me': 200,
      'bob /api/v2/dags': 200,
      'bob /api/v2/variables': 403,
    },
    airflow.log(),
  )
})

test('Nessie reads the groups at the path, and compares the issuer to the letter', async (t) => {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const { rendered: files, secrets } = await rendered('nessie', {
    product: 'nessie',
    version: '0.99.0',
    url,
    roles: { 'data-admins': ['reader'] },
  })
  const nessie = await startNessie({ configFolder: files.folder, env: secrets, port })
  t.after(() => nessie.stop())

  const found: Record<string, number> = {}
  for (const who of ['alice', 'bob'] as const) {
    const { browser } = await enter(t, `${url}/`, { who })
    const headers = { accept: 'application/json' }
    found[who] = (await browser.send(`${url}/api/v2/trees/main`, { headers })).status
  }

  assert.deepEqual(found, { alice: 200, bob: 403 }, nessie.log())
})

test('Trino, which compares every character of the issuer, signs people in', async (t) => {
  const httpsPort = await freePort()
  const url = `https://localhost:${httpsPort}`
  const { rendered: files, secrets } = await rendered('trino', { product: 'trino', version: '476', url }, flat)
  const ownPart = `coordinator=true
http-server.https.enabled=true
http-server.https.keystore.path=\${ENV:TRINO_KEYSTORE_PATH}
`
  const etcFiles = { 'config.properties': `${ownPart}${files.files['config.properties']}` }
  const trino = await startTrino({ etcFiles, env: secrets, httpsPort })
  t.after(() => trino.stop())

  const { browser, page } = await enter(t, `${url}/ui/`, { who: 'alice', at: flat, insecureOrigins: [url] })
  const cluster = await browser.send(`${url}/ui/api/cluster`)

  assert.equal(page.url, `${url}/ui/`, trino.log())
  assert.equal(cluster.status, 200)
})

test("Grafana's expressions find the groups, by the library that Grafana has for them", async () => {
  const { rendered: files } = await rendered('grafana', {
    product: 'grafana',
    url: 'https://grafana.example.com',
    roles: { 'data-admins': ['Admin'], analysts: ['Viewer'] },
  })
  const section = readIni(files.files['grafana.ini'] ?? '').get('auth.generic_oauth')
  const expression = (name: string) => section?.get(name) ?? assert.fail(name)
  const people = [
    { data: { groups: ['analysts', 'data-admins'] } },
    { data: { groups: ['analysts'] } },
    { data: { groups: 'analysts' } },
    { data: { groups: [] } },
    { data: {} },
    {},
  ]

  const roles = await searchAll(expression('role_attribute_path'), people)
  const groups = await searchAll(expression('groups_attribute_path'), people)

  assert.deepEqual(roles.slice(0, 3), ['Admin', 'Viewer', 'Viewer'])
  for (const role of roles.slice(3))
    assert.ok(role === null || role === '' || role === false || role === 'None', String(role))
  assert.deepEqual(groups.slice(0, 3), [['analysts', 'data-admins'], ['analysts'], ['analysts']])
})
