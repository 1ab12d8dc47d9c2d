/** Trino with exactly the rendered settings: web UI, tokens and groups, straight at Keycloak and through Gatehouse. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ada, type BothWays, startBothWays, type Way, type WayThroughGatehouse } from './support/both-ways.ts'
import { startNginx } from './support/nginx.ts'
import { freePort } from './support/ports.ts'
import type { RunningProcess } from './support/processes.ts'
import type { Rendered } from './support/rendered.ts'
import { browserOf, type Page, type ScriptedBrowser, visibleText } from './support/scripted-browser.ts'
import { selfSignedCertificate } from './support/self-signed.ts'
import { tempFolder } from './support/temp.ts'
import { startTrino, type Trino } from './support/trino.ts'

let providers: BothWays
/** Where people reach the two Trinos, which run one after the other. */
let httpsPort: number
let trinoUrl: string

before(async () => {
  httpsPort = await freePort()
  trinoUrl = `https://localhost:${httpsPort}`
  providers = await startBothWays()
})
after(() => providers?.stop())

const entry = () => ({ name: 'trino', settings: { product: 'trino', version: '476', url: trinoUrl } })

/** Only the group data-admins may read one table of the built-in catalog; everything else of it is closed. */
const rules = {
  tables: [
    { group: 'data-admins', catalog: 'system', schema: 'runtime', table: 'nodes', privileges: ['SELECT'] },
    { catalog: 'system', schema: 'information_schema', privileges: ['SELECT'] },
  ],
}

/** Access control is the operator's: it is not rendered. */
function accessControl(): Record<string, string> {
  const file = join(tempFolder('rules'), 'rules.json')
  writeFileSync(file, JSON.stringify(rules))
  return { 'access-control.properties': `access-control.name=file\nsecurity.config-file=${file}\n` }
}

/** As REGISTER.md says: the operator's own part, then the rendered lines; the other files of Trino beside it. */
function etcFiles({ files }: Rendered, ownPart: string): Record<string, string> {
  const ofTrino = Object.entries(files).filter(([name]) => name.endsWith('.properties'))
  return {
    ...Object.fromEntries(ofTrino),
    ...accessControl(),
    'config.properties': `${ownPart}\n${files['config.properties']}`,
  }
}

function newBrowser(t: TestContext): ScriptedBrowser {
  return browserOf(t, { insecureOrigins: [trinoUrl] })
}

/** Signs one person in, from an address of Trino to where the walk ends. */
type SignIn = (browser: ScriptedBrowser, startUrl: string) => Promise<Page>

interface Answer {
  rows: unknown[][]
  error: string | undefined
}

/** Runs a query to its end, as a client does. */
async function query(browser: ScriptedBrowser, sql: string, headers: Record<string, string>): Promise<Answer> {
  let page = await browser.send(`${trinoUrl}/v1/statement`, { method: 'POST', body: sql, headers })
  const rows: unknown[][] = []
  for (let step = 0; step < 200; step++) {
    assert.equal(page.status, 200, `${sql}: ${page.body}`)
    const answer = JSON.parse(page.body) as { nextUri?: string; data?: unknown[][]; error?: { message: string } }
    rows.push(...(answer.data ?? []))
    if (answer.nextUri === undefined) return { rows, error: answer.error?.message }
    page = await browser.send(answer.nextUri, { headers })
  }
  throw new Error(`no end of ${sql}`)
}

/** Signs in as the command line client does with --external-authentication, and answers the headers of its requests. */
async function bearer(browser: ScriptedBrowser, signIn: SignIn): Promise<Record<string, string>> {
  const asked = await browser.send(`${trinoUrl}/v1/statement`, { method: 'POST', body: 'SELECT 1' })
  assert.equal(asked.status, 401, asked.body)
  const challenge = asked.headers.get('www-authenticate') ?? ''
  const [, toOpen = ''] = /x_redirect_server="([^"]+)"/.exec(challenge) ?? []
  const [, toAsk = ''] = /x_token_server="([^"]+)"/.exec(challenge) ?? []
  const done = await signIn(browser, toOpen)
  assert.equal(done.status, 200, `${visibleText(done.body)}\n${browser.trace()}`)
  let at = toAsk
  for (let attempt = 0; attempt < 50; attempt++) {
    const page = await browser.send(at)
    const { token, nextUri } = JSON.parse(page.body) as { token?: string; nextUri?: string }
    if (token !== undefined) return { authorization: `Bearer ${token}` }
    at = nextUri ?? at
    await sleep(100)
  }
  throw new Error(`Trino gave no token:\n${browser.trace()}`)
}

/** What must hold for both ways. */
function signInTests(way: () => Way): void {
  const alice: SignIn = (browser, startUrl) => way().signIn(browser, 'alice', startUrl)
  const bob: SignIn = (browser, startUrl) => way().signIn(browser, 'bob', startUrl)

  test('render has nothing to warn of', () => {
    assert.deepEqual(way().rendered.warnings, [])
  })

  test('alice signs in to the web UI as herself', async (t) => {
    const browser = newBrowser(t)

    const page = await alice(browser, `${trinoUrl}/ui/`)
    const stranger = await newBrowser(t).send(`${trinoUrl}/ui/api/cluster`)
    const cluster = await browser.send(`${trinoUrl}/ui/api/cluster`)

    assert.equal(page.url, `${trinoUrl}/ui/`, browser.trace())
    assert.equal(page.status, 200)
    assert.match(page.body, /Cluster Overview - Trino/)
    assert.equal(cluster.status, 200)
    assert.equal(stranger.status, 401)
  })

  test('a query with the token of her sign-in runs as alice', async (t) => {
    const browser = newBrowser(t)

    const headers = await bearer(browser, alice)
    const user = await query(browser, 'SELECT current_user', headers)
    const asBob = await query(browser, 'SELECT 1', { ...headers, 'x-trino-user': 'bob' })
    const listed = await browser.open(`${trinoUrl}/ui/`)
    const queries = await browser.send(`${trinoUrl}/ui/api/query`)

    assert.deepEqual(user, { rows: [['alice']], error: undefined })
    assert.match(asBob.error ?? '', /cannot impersonate user bob/)
    assert.equal(listed.status, 200)
    assert.match(queries.body, /"sessionUser":"alice"/)
  })

  test('the groups of her sign-in are those that Trino knows her by', async (t) => {
    const browser = newBrowser(t)

    const { rows, error } = await query(browser, 'SELECT current_groups()', await bearer(browser, alice))

    assert.equal(error, undefined)
    assert.deepEqual([rows[0]?.[0]].flat().sort(), ['analysts', 'data-admins'])
  })

  test('a rule for a group lets alice read, and not bob', async (t) => {
    const sql = 'SELECT count(*) FROM system.runtime.nodes'
    const [hers, his] = [newBrowser(t), newBrowser(t)]

    const allowed = await query(hers, sql, await bearer(hers, alice))
    const denied = await query(his, sql, await bearer(his, bob))

    assert.deepEqual(allowed, { rows: [[1]], error: undefined })
    assert.match(denied.error ?? '', /Access Denied: Cannot select from .*nodes/)
  })

  test('nobody gets in without a sign-in, whatever name they write', async (t) => {
    const browser = newBrowser(t)
    const claims = { 'x-trino-user': 'alice' }

    const named = await browser.send(`${trinoUrl}/v1/statement`, { method: 'POST', body: 'SELECT 1', headers: claims })
    const invented = await browser.send(`${trinoUrl}/v1/statement`, {
      method: 'POST',
      body: 'SELECT 1',
      headers: { authorization: 'Bearer invented' },
    })

    assert.equal(named.status, 401)
    assert.equal(invented.status, 401)
  })

  test('signing out in the web UI ends the session at the provider too', async (t) => {
    const browser = newBrowser(t)
    await alice(browser, `${trinoUrl}/ui/`)

    const page = await browser.open(`${trinoUrl}/ui/logout`)
    const cluster = await browser.send(`${trinoUrl}/ui/api/cluster`)
    // Fails if there is no prompt for the password.
    const again = await alice(browser, `${trinoUrl}/ui/`)

    assert.equal(page.url.split('?')[0], `${trinoUrl}/ui/logout/logout.html`, browser.trace())
    assert.equal(cluster.status, 401)
    assert.equal(again.url, `${trinoUrl}/ui/`)
  })
}

describe('straight at Keycloak, with TLS in Trino', () => {
  let way: Way
  let trino: Trino

  before(async () => {
    way = await providers.straight(entry())
    const ownPart = `coordinator=true
http-server.https.enabled=true
http-server.https.port=${httpsPort}
http-server.https.keystore.path=\${ENV:TRINO_KEYSTORE_PATH}
`
    trino = await startTrino({ etcFiles: etcFiles(way.rendered, ownPart), env: way.secrets, httpsPort })
  })
  after(() => trino?.stop())

  signInTests(() => way)
})

describe('through Gatehouse, with TLS at nginx', () => {
  let way: WayThroughGatehouse
  let trino: Trino
  let nginx: RunningProcess

  before(async () => {
    way = await providers.throughGatehouse(entry())
    const httpPort = await freePort()
    nginx = await startTlsProxy(httpPort)
    trino = await startTrino({
      etcFiles: etcFiles(way.rendered, 'coordinator=true\n'),
      env: way.secrets,
      httpPort,
    })
  })
  after(async () => {
    await Promise.all([trino?.stop(), nginx?.stop(), way?.stop()])
  })

  signInTests(() => way)

  test('Trino takes an ID token with the default signature, ES256', async (t) => {
    const browser = newBrowser(t)

    await way.signIn(browser, 'alice', `${trinoUrl}/ui/`)

    const [header = ''] = browser.jar.find('__Secure-Trino-ID-Token')?.value.split('.') ?? []
    const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { alg: string }
    assert.equal(alg, 'ES256')
  })

  test('ada, a local account, queries as herself', async (t) => {
    const browser = newBrowser(t)

    const headers = await bearer(browser, (_, startUrl) => way.signIn(browser, 'ada', startUrl))
    const { rows } = await query(browser, 'SELECT current_user', headers)

    assert.deepEqual(rows, [['ada']])
  })

  test('a deactivated account is refused by Trino at its next query', async (t) => {
    const browser = newBrowser(t)
    await way.gatehouse.addUser('eve', ada.password, ['--email=eve@example.test'])
    const headers = await bearer(browser, async (_, startUrl) =>
      browser.submitForm(await browser.open(startUrl), { username: 'eve', password: ada.password }),
    )
    const before = await query(browser, 'SELECT current_user', headers)

    const { status, stderr } = await way.gatehouse.cli(['users', 'deactivate', 'eve'])
    const page = await browser.send(`${trinoUrl}/v1/statement`, { method: 'POST', body: 'SELECT 1', headers })

    assert.equal(status, 0, stderr)
    assert.deepEqual(before.rows, [['eve']])
    assert.equal(page.status, 401)
  })

  test('past the proxy, over plain http, nobody gets in', async (t) => {
    const browser = newBrowser(t)

    const page = await browser.send(`${trino.httpUrl}/v1/statement`, {
      method: 'POST',
      body: 'SELECT 1',
      headers: { 'x-trino-user': 'alice' },
    })

    assert.equal(page.status, 403)
    assert.match(page.body, /Authentication over HTTP is not enabled/)
  })
})

/** The nginx of docs/guides/products/trino.md. */
async function startTlsProxy(httpPort: number): Promise<RunningProcess> {
  const { certFile, keyFile } = await selfSignedCertificate(tempFolder('proxy'))
  return startNginx(`
    server {
      listen 127.0.0.1:${httpsPort} ssl;
      ssl_certificate ${certFile};
      ssl_certificate_key ${keyFile};
      location / {
        proxy_pass http://127.0.0.1:${httpPort};
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-Proto https;
        proxy_set_header X-Forwarded-For $remote_addr;
      }
    }`)
}
