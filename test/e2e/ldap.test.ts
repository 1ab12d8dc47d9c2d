/** Gatehouse's own way in, and Trino, Superset, Airflow, JupyterHub as rendered, against a real OpenLDAP: passwords, groups. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { parseEnv } from 'node:util'
import { stringify } from 'yaml'
import { type Airflow, startAirflow } from './support/airflow.ts'
import { signInTests } from './support/directory-sign-in.ts'
import { type JupyterHub, startJupyterHub } from './support/jupyterhub.ts'
import { freePort } from './support/ports.ts'
import { pythonLdap } from './support/python-ldap.ts'
import { type Rendered, renderProduct } from './support/rendered.ts'
import { browserOf, type Page, type ScriptedBrowser, visibleText } from './support/scripted-browser.ts'
import { selfSignedCertificate } from './support/self-signed.ts'
import { directoryUsers, type Slapd, startSlapd } from './support/slapd.ts'
import { type Superset, startSuperset } from './support/superset.ts'
import { tempFolder } from './support/temp.ts'
import { startTrino, type Trino } from './support/trino.ts'

type Person = keyof typeof directoryUsers

let slapd: Slapd

before(async () => {
  slapd = await startSlapd()
})
after(() => slapd?.stop())

signInTests(() => slapd)

/** With a class `directory` that takes only members of the group analysts: carol is not one. */
function render(name: string, settings: { product: string; url: string; [setting: string]: unknown }) {
  const config = {
    authenticationClasses: {
      directory: {
        ldap: {
          hostname: 'localhost',
          port: slapd.port,
          searchBase: slapd.searchBase,
          searchFilter: `(memberOf=${slapd.groupDn('analysts')})`,
          bindCredentials: { secretClass: 'directory-reader' },
          tls: { verification: { server: { caCert: { secretClass: 'company-ca' } } } },
        },
      },
    },
    products: { [name]: { ...settings, authentication: [{ authenticationClass: 'directory' }] } },
    secrets: {
      'directory-reader': { user: '${env:LDAP_BIND_DN}', password: '${env:LDAP_BIND_PASSWORD}' },
      'company-ca': { 'ca.crt': `\${file:${slapd.certificate.certFile}}` },
    },
  }
  return renderProduct(stringify(config), name)
}

/** A value for each variable of secrets.env.example. */
function secretsFor({ files }: Rendered): Record<string, string> {
  const values: Record<string, string> = {
    LDAP_BIND_DN: slapd.reader.dn,
    LDAP_BIND_PASSWORD: slapd.reader.password,
    GATEHOUSE_DIRECTORY_CA_FILE: slapd.certificate.certFile,
    SUPERSET_SECRET_KEY: 'for-tests-only-0123456789abcdef',
    AIRFLOW__API__SECRET_KEY: 'for-tests-only-0123456789abcdef',
    AIRFLOW__API_AUTH__JWT_SECRET: 'for-tests-only-0123456789abcdef0123456789abcdef',
    AIRFLOW__WEBSERVER__SECRET_KEY: 'for-tests-only-0123456789abcdef',
  }
  const names = Object.keys(parseEnv(files['secrets.env.example'] ?? ''))
  return Object.fromEntries(
    names.map((name) => {
      const value = values[name]
      if (value === undefined) throw new Error(`no value for ${name} of secrets.env.example`)
      return [name, value]
    }),
  )
}

describe('Trino', () => {
  let rendered: Rendered
  let trino: Trino

  before(async () => {
    const httpsPort = await freePort()
    rendered = await render('trino', { product: 'trino', version: '476', url: `https://localhost:${httpsPort}` })
    const ownPart = `coordinator=true
http-server.https.enabled=true
http-server.https.keystore.path=\${ENV:TRINO_KEYSTORE_PATH}
`
    const { 'config.properties': config = '', 'password-authenticator.properties': passwords = '' } = rendered.files
    trino = await startTrino({
      etcFiles: {
        'config.properties': `${ownPart}\n${config}`,
        'password-authenticator.properties': passwords,
        // As REGISTER.md says.
        'directory-ca.pem': readFileSync(slapd.certificate.certFile, 'utf8'),
      },
      env: secretsFor(rendered),
      httpsPort,
    })
  })
  after(() => trino?.stop())

  /** The status of a first request, as the command line client sends it with --user and --password. */
  async function statusOf(
    t: TestContext,
    { username, password, user }: Record<'username' | 'password' | 'user', string>,
  ) {
    const browser = browserOf(t, { insecureOrigins: [trino.url] })
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    const headers = { authorization, 'x-trino-user': user }
    const page = await browser.send(`${trino.url}/v1/statement`, {
      method: 'POST',
      body: 'SELECT current_user',
      headers,
    })
    return { status: page.status, headers, browser, page }
  }

  const asThemselves = (username: Person) => ({
    username,
    password: directoryUsers[username].password,
    user: username,
  })

  test('render has nothing to warn of', () => {
    assert.deepEqual(rendered.warnings, [])
  })

  test('alice queries as herself, with the password of the directory', async (t) => {
    const { status, browser, headers, page: first } = await statusOf(t, asThemselves('alice'))

    assert.equal(status, 200, first.body)
    const rows = await rowsOf(browser, first, headers)
    assert.deepEqual(rows, [['alice']])
  })

  test('a wrong password, none, and a name that would change the filter are refused', async (t) => {
    const wrong = await statusOf(t, { username: 'alice', password: 'wrong', user: 'alice' })
    const none = await statusOf(t, { username: 'alice', password: '', user: 'alice' })
    const injected = await statusOf(t, { username: 'ali*', password: directoryUsers.alice.password, user: 'ali*' })
    const anonymous = await browserOf(t, { insecureOrigins: [trino.url] }).send(`${trino.url}/v1/statement`, {
      method: 'POST',
      body: 'SELECT 1',
      headers: { 'x-trino-user': 'alice' },
    })

    assert.deepEqual([wrong.status, none.status, injected.status, anonymous.status], [401, 401, 401, 401])
  })

  test('carol is not in the group of searchFilter, and is refused', async (t) => {
    const bob = await statusOf(t, asThemselves('bob'))
    const carol = await statusOf(t, asThemselves('carol'))

    assert.deepEqual([bob.status, carol.status], [200, 401])
  })

  test('alice cannot query as bob', async (t) => {
    const { page, browser, headers } = await statusOf(t, { ...asThemselves('alice'), user: 'bob' })

    const error = await rowsOf(browser, page, headers).catch((cause: unknown) => String(cause))

    assert.match(String(error), /cannot impersonate user bob/)
  })
})

/** Follows a query of Trino to its end. */
async function rowsOf(browser: ScriptedBrowser, first: Page, headers: Record<string, string>): Promise<unknown[][]> {
  let page = first
  const rows: unknown[][] = []
  for (let step = 0; step < 200; step++) {
    if (page.status !== 200) throw new Error(`${page.status}: ${page.body}`)
    const answer = JSON.parse(page.body) as { nextUri?: string; data?: unknown[][]; error?: { message: string } }
    if (answer.error) throw new Error(answer.error.message)
    rows.push(...(answer.data ?? []))
    if (answer.nextUri === undefined) return rows
    page = await browser.send(answer.nextUri, { headers })
  }
  throw new Error('no end of the query')
}

describe('Superset', () => {
  let rendered: Rendered
  let superset: Superset

  before(async () => {
    const port = await freePort()
    rendered = await render('superset', {
      product: 'superset',
      version: '6.1.0',
      url: `http://127.0.0.1:${port}`,
      roles: { [slapd.groupDn('data-admins')]: ['Admin'], [slapd.groupDn('analysts')]: ['Gamma'] },
    })
    superset = await startSuperset({
      version: '6.1.0',
      configFile: join(rendered.folder, 'superset_config.py'),
      port,
      env: { ...secretsFor(rendered), PYTHONPATH: await pythonLdap() },
    })
  })
  after(() => superset?.stop())

  /** The form is drawn by JavaScript; this is what it sends. */
  async function signIn(browser: ScriptedBrowser, username: string, password: string): Promise<Page> {
    const page = await browser.open(`${superset.url}/login/`)
    const [, csrf_token = ''] = /csrf_token[^>]*?value="([^"]+)"/.exec(page.body) ?? []
    return browser.open(`${superset.url}/login/`, {
      method: 'POST',
      body: new URLSearchParams({ username, password, csrf_token }),
      headers: { origin: superset.url, referer: page.url },
    })
  }

  const signInAs = (browser: ScriptedBrowser, person: Person) =>
    signIn(browser, person, directoryUsers[person].password)

  async function meOf(browser: ScriptedBrowser): Promise<{ name: string; email: string; roles: string[] }> {
    const me = await browser.send(`${superset.url}/api/v1/me/`)
    const withRoles = await browser.send(`${superset.url}/api/v1/me/roles/`)
    assert.equal(me.status, 200, `${me.body}\n${browser.trace()}`)
    const { first_name, last_name, email } = (JSON.parse(me.body) as { result: Record<string, string> }).result
    const { roles } = (JSON.parse(withRoles.body) as { result: { roles: object } }).result
    return { name: `${first_name} ${last_name}`, email: email ?? '', roles: Object.keys(roles).sort() }
  }

  test('render has nothing to warn of', () => {
    assert.deepEqual(rendered.warnings, [])
  })

  test('alice signs in with the password of the directory, and her group makes her Admin', async (t) => {
    const browser = browserOf(t)

    const page = await signInAs(browser, 'alice')
    const { name, email, roles } = await meOf(browser)

    assert.equal(page.status, 200, visibleText(page.body))
    assert.equal(name, 'Alice Archer')
    assert.equal(email, 'alice@example.test')
    assert.ok(roles.includes('Admin'), roles.join())
  })

  test('bob is in the group of the analysts only, and is Gamma', async (t) => {
    const browser = browserOf(t)

    await signInAs(browser, 'bob')

    assert.deepEqual((await meOf(browser)).roles, ['Gamma', 'Public'])
  })

  test('a wrong password, none, and who is not in the group of searchFilter are refused', async (t) => {
    const statuses = []
    for (const [username, password] of [
      ['alice', 'wrong'],
      ['alice', ''],
      ['ali*', directoryUsers.alice.password],
      ['carol', directoryUsers.carol.password],
    ] as const) {
      const browser = browserOf(t)
      const page = await signIn(browser, username, password)
      assert.equal(page.status, 200, visibleText(page.body))
      statuses.push((await browser.send(`${superset.url}/api/v1/me/`)).status)
    }

    assert.deepEqual(statuses, [401, 401, 401, 401])
  })
})

for (const { line, version, usersPath, startPath } of [
  { line: 3, version: '3.3.2', startPath: '/auth/login/', usersPath: '/auth/fab/v1/users' },
  { line: 2, version: '2.11.2', startPath: '/login/', usersPath: '/api/v1/users' },
] as const) {
  describe(`Airflow ${version}`, () => {
    let rendered: Rendered
    let airflow: Airflow

    before(async () => {
      const port = await freePort()
      rendered = await render('airflow', {
        product: 'airflow',
        version,
        url: `http://127.0.0.1:${port}`,
        roles: { [slapd.groupDn('data-admins')]: ['Admin'], [slapd.groupDn('analysts')]: ['Viewer'] },
      })
      const variables = parseEnv(rendered.files['airflow.env'] ?? '') as Record<string, string>
      airflow = await startAirflow({
        line,
        configFile: join(rendered.folder, 'webserver_config.py'),
        port,
        env: { ...variables, ...secretsFor(rendered), PYTHONPATH: await pythonLdap() },
      })
    })
    after(() => airflow?.stop())

    async function signIn(browser: ScriptedBrowser, username: string, password: string): Promise<Page> {
      return browser.submitForm(await browser.open(`${airflow.url}${startPath}`), { username, password })
    }

    test('render has nothing to warn of', () => {
      assert.deepEqual(rendered.warnings, [])
    })

    test('alice and bob sign in with the passwords of the directory, and their groups are roles', async (t) => {
      const [admin, browser] = [browserOf(t), browserOf(t)]

      await signIn(admin, 'alice', directoryUsers.alice.password)
      await signIn(browser, 'bob', directoryUsers.bob.password)
      const found = []
      for (const person of ['alice', 'bob']) {
        const page = await admin.send(`${airflow.url}${usersPath}/${person}`)
        assert.equal(page.status, 200, `${page.body}\n${admin.trace()}`)
        const { email, first_name, roles } = JSON.parse(page.body) as {
          email: string
          first_name: string
          roles: { name: string }[]
        }
        found.push([email, first_name, roles.map(({ name }) => name).sort()])
      }

      assert.deepEqual(found, [
        ['alice@example.test', 'Alice', ['Admin', 'Public', 'Viewer']],
        ['bob@example.test', 'Bob', ['Public', 'Viewer']],
      ])
    })

    test('a wrong password, none, and who is not in the group of searchFilter are refused', async (t) => {
      for (const [username, password] of [
        ['alice', 'wrong'],
        ['alice', ''],
        ['carol', directoryUsers.carol.password],
      ] as const) {
        const page = await signIn(browserOf(t), username, password)

        // From the sixth within 40 seconds on every attempt is a 429.
        assert.equal(page.status, 200, `${username}: ${visibleText(page.body)}`)
        assert.equal(new URL(page.url).pathname, startPath, username)
      }
    })
  })
}

describe('JupyterHub', () => {
  let rendered: Rendered
  let hub: JupyterHub
  let port: number

  before(async () => {
    port = await freePort()
    rendered = await render('jupyterhub', {
      product: 'jupyterhub',
      url: `http://127.0.0.1:${port}`,
      roles: { [slapd.groupDn('data-admins')]: ['user'] },
    })
    hub = await start(slapd.certificate.certFile)
  })
  after(() => hub?.stop())

  async function signIn(browser: ScriptedBrowser, username: string, password: string): Promise<Page> {
    return browser.submitForm(await browser.open(`${hub.url}/hub/login?next=/hub/home`), { username, password })
  }

  async function start(GATEHOUSE_DIRECTORY_CA_FILE: string): Promise<JupyterHub> {
    return startJupyterHub({
      configFile: join(rendered.folder, 'jupyterhub_config.py'),
      port,
      env: { ...secretsFor(rendered), GATEHOUSE_DIRECTORY_CA_FILE, PYTHONPATH: await pythonLdap() },
    })
  }

  test('render has nothing to warn of', () => {
    assert.deepEqual(rendered.warnings, [])
  })

  test('alice signs in with the password of the directory, because of her group', async (t) => {
    const browser = browserOf(t)

    const page = await signIn(browser, 'alice', directoryUsers.alice.password)
    const user = await browser.send(`${hub.url}/hub/api/user`)

    assert.equal(page.url, `${hub.url}/hub/home`, `${visibleText(page.body)}\n${browser.trace()}`)
    assert.equal((JSON.parse(user.body) as { name: string }).name, 'alice')
  })

  test('bob is not in the group that gets in; a wrong password and none are refused', async (t) => {
    const statuses = []
    for (const [username, password] of [
      ['bob', directoryUsers.bob.password],
      ['alice', 'wrong'],
      ['alice', ''],
      ['ali*', directoryUsers.alice.password],
    ] as const) {
      const browser = browserOf(t)
      await signIn(browser, username, password)
      statuses.push((await browser.send(`${hub.url}/hub/api/user`)).status)
    }

    assert.deepEqual(statuses, [403, 403, 403, 403])
  })

  test('alice gets in nowhere when another authority is named, and her password goes nowhere', async (t) => {
    const other = await selfSignedCertificate(tempFolder('other-ca'))
    const browser = browserOf(t)
    await hub.stop()
    const binds = () => slapd.log().split('BIND dn=').length
    const before = binds()
    hub = await start(other.certFile)

    const page = await signIn(browser, 'alice', directoryUsers.alice.password)

    assert.notEqual(page.url, `${hub.url}/hub/home`)
    assert.match(hub.log(), /certificate verify failed/i)
    assert.equal(binds(), before)
  })
})
