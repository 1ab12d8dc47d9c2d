/**
 * The log and the audit log of a real server: what an operator finds there after people, products and strangers have done things, and
 * that no secret is in any of it.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { filledIn, parseForms } from './e2e/support/html-forms.ts'
import { ScriptedBrowser } from './e2e/support/scripted-browser.ts'
import { type AnyUserIdp, startAnyUserIdp } from './support/any-user-idp.ts'
import { startEchoUpstream } from './support/echo-upstream.ts'
import { freePort, type Gatehouse, mainFile, startGatehouse } from './support/gatehouse.ts'
import { authorize, type RelyingParty, relyingParty } from './support/relying-party.ts'

type Line = Record<string, unknown>

const password = 'CANARY-right-password'
const redirectUri = 'http://localhost:1/cb'
/** Whatever is secret in this test; values of the server are added as they come. */
const canaries = [
  password,
  'CANARY-wrong-password',
  'CANARY-query',
  'CANARY-state',
  'CANARY-session',
  'CANARY-upstream-secret',
]
let idp: AnyUserIdp
let upstream: Awaited<ReturnType<typeof startEchoUpstream>>
let gatehouse: Gatehouse
let app: RelyingParty
let wiki: string

before(async () => {
  idp = await startAnyUserIdp()
  upstream = await startEchoUpstream()
  const oidc = `{ hostname: localhost, port: ${idp.port}, principalClaim: preferred_username }`
  gatehouse = await startGatehouse({
    config: (port) => `
issuer: http://localhost:${port}
listen: { port: ${port}, trustedProxies: [127.0.0.1] }
authenticationClasses: { crowd: { oidc: ${oidc} }, refusing: { oidc: ${oidc} } }
login:
  - { local: {} }
  - { authenticationClass: crowd, oidc: { clientCredentialsSecret: crowd } }
  - { authenticationClass: refusing, oidc: { clientCredentialsSecret: refusing } }
secrets:
  crowd: { clientId: gatehouse, clientSecret: test-secret }
  refusing: { clientId: gatehouse, clientSecret: "\${env:WRONG_SECRET}" }
products:
  app:
    product: oidc
    url: http://localhost:1
    redirectUris: [${redirectUri}]
    authentication: [{ authenticationClass: gatehouse }]
services:
  wiki:
    url: http://wiki.localhost:${port}
    upstream: http://127.0.0.1:${upstream.port}
    rules: [{ path: /open, allow: everyone }, { path: /ops, allow: [team:admins] }, { path: /, allow: authenticated }]
  asked: { url: "http://asked.localhost:${port}", rules: [{ path: /ops, allow: [team:admins] }, { path: /, allow: authenticated }] }
teams: { admins: {} }
`,
    env: { WRONG_SECRET: 'CANARY-upstream-secret' },
  })
  wiki = `http://wiki.localhost:${gatehouse.port}`
  canaries.push(new URL(gatehouse.setupUrl ?? '').searchParams.get('token') ?? '')
  await gatehouse.addUser('alice', password)
  const { stdout } = await gatehouse.cli(['clients', 'secret', 'app'])
  canaries.push(stdout.trim())
  app = await relyingParty({ issuer: gatehouse.url, clientId: 'app', clientSecret: stdout.trim(), redirectUri })
})
after(async () => {
  await gatehouse.stop()
  await upstream.close()
  await idp.close()
})

function lines(): Line[] {
  const whole = gatehouse.log().split('\n').slice(0, -1)
  return whole.map((line) => JSON.parse(line) as Line)
}

/** The lines with these fields; waits a moment for the first one, because lines are written in batches. */
async function linesWith(fields: Line): Promise<Line[]> {
  for (let wait = 0; ; wait++) {
    const found = lines().filter((line) => Object.entries(fields).every(([name, value]) => line[name] === value))
    if (found.length > 0 || wait > 200) return found
    await sleep(10)
  }
}

async function lineWith(fields: Line): Promise<Line> {
  const [found] = await linesWith(fields)
  return found ?? assert.fail(`no line with ${JSON.stringify(fields)}:\n${gatehouse.log().slice(-4000)}`)
}

/** Whether `explain` finds the id: what it reads is the trace. */
async function isTraced(id: string): Promise<boolean> {
  for (let wait = 0; wait < 200; wait++) {
    const database = new DatabaseSync(join(gatehouse.folder, 'gatehouse.db'), { readOnly: true })
    const found = database.prepare('select trace_id from trace_requests where request_id = ?').get(id)
    database.close()
    if (found) return true
    await sleep(10)
  }
  return false
}

const idOf = ({ headers }: { headers: Headers }): string => headers.get('x-request-id') ?? assert.fail('no id')

async function signIn(browser: ScriptedBrowser, with_ = password, username = 'alice') {
  const page = await browser.open(`${gatehouse.url}/login`)
  const [form] = parseForms(page.body)
  assert.ok(form)
  return browser.send(new URL(form.action, page.url).href, {
    method: 'POST',
    body: filledIn(form, { username, password: with_ }),
  })
}

describe('the list of events', () => {
  it('has every event that the sources give to a line of the log', () => {
    const listed = readFileSync(join(import.meta.dirname, '../docs/reference/events.md'), 'utf8')
    const sources = globSync('src/**/*.ts', { cwd: join(import.meta.dirname, '..') }).filter(
      (file) => !file.endsWith('.test.ts'),
    )
    const given = sources.flatMap((file) =>
      [
        ...readFileSync(join(import.meta.dirname, '..', file), 'utf8').matchAll(
          /(?:log|logger)\.(?:debug|info|warn|error)\(\s*\{[^}]*?\bevent: '([\w.-]+)'/g,
        ),
      ].map(([, event = '']) => event),
    )
    const inList = (event: string) =>
      listed.includes(`\`${event}\``) ||
      (listed.includes('`sign-in.started`') && listed.includes(`\`.${event.split('.')[1]}\``))

    assert.deepEqual([...new Set(given)].filter((event) => !inList(event)).sort(), [])
    assert.ok(given.includes('session.started') && given.length > 10, String(given))
  })
})

describe('a request', () => {
  it('has one line, with who, where, how it ended and how long it took, and without its query', async () => {
    const open = await fetch(`${gatehouse.url}/open/page?code=CANARY-query`, {
      headers: { host: `wiki.localhost:${gatehouse.port}`, 'x-forwarded-for': '203.0.113.9' },
    })
    assert.equal(open.status, 404)
    const browser = new ScriptedBrowser()
    await signIn(browser)
    await browser.open(`${wiki}/reports?token=CANARY-query`)
    await browser.send(`${wiki}/reports;jsessionid=CANARY-session?token=CANARY-query`)
    const cookies = browser.jar.header(wiki) ?? ''
    canaries.push(...cookies.split('; ').map((cookie) => cookie.split('=')[1] ?? ''))

    const seen = await lineWith({ event: 'request', part: 'gate', path: '/reports', status: 200 })

    assert.equal(seen['method'], 'GET')
    assert.equal(seen['host'], `wiki.localhost:${gatehouse.port}`)
    assert.deepEqual([seen['service'], seen['user'], seen['address']], ['wiki', 'alice', '127.0.0.1'])
    assert.ok(typeof seen['durationMs'] === 'number' && seen['durationMs'] > 0)
    assert.match(String(seen['requestId']), /^[0-9a-f]{16}$/)
    assert.equal((await linesWith({ event: 'request', path: '/reports', status: 200 })).length, 1)
    assert.ok(await lineWith({ event: 'request', path: '/reports;...' }))
    assert.ok(await lineWith({ event: 'request', part: 'login', path: '/login', method: 'POST', user: 'alice' }))
    assert.ok(await lineWith({ event: 'request', part: 'provider', path: '/.well-known/openid-configuration' }))
    assert.ok(await lineWith({ event: 'request', part: 'page', path: '/open/page', address: '203.0.113.9' }))
  })

  it('has the path that a proxy asks about, and none of health', async () => {
    const asked = await fetch(`${gatehouse.url}/oauth2/auth`, {
      headers: { 'x-original-url': `http://asked.localhost:${gatehouse.port}/deep/link?x=CANARY-query` },
    })
    await (await fetch(`${gatehouse.url}/readyz`)).text()

    const line = await lineWith({ event: 'request', requestId: idOf(asked) })

    assert.deepEqual(
      [line['status'], line['service'], line['path'], line['host']],
      [401, 'asked', '/deep/link', `asked.localhost:${gatehouse.port}`],
    )
    assert.equal(lines().filter(({ path }) => path === '/readyz').length, 0)
  })

  it('has the id that a trusted proxy gave it, if that is well-formed, else one of ours', async () => {
    const given = 'f3b1c2d4e5f60718293a4b5c6d7e8f90'
    const good = await fetch(`${gatehouse.url}/nowhere`, { headers: { 'x-request-id': given } })
    const bad = await fetch(`${gatehouse.url}/nowhere`, { headers: { 'x-request-id': '--not "well formed' } })

    assert.equal(idOf(good), given)
    assert.match(idOf(bad), /^[0-9a-f]{16}$/)
    assert.ok(await lineWith({ event: 'request', requestId: given, status: 404 }))
    assert.ok(await isTraced(given))
  })

  it('for a websocket has a line too, and bytes that are no request have one', async () => {
    const socket = request({
      port: gatehouse.port,
      path: '/live?token=CANARY-query',
      headers: {
        host: `wiki.localhost:${gatehouse.port}`,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'sec-websocket-version': '13',
      },
    }).end()
    const [answer] = (await once(socket, 'response')) as [IncomingMessage]
    answer.resume()
    const garbage = connect(gatehouse.port, '127.0.0.1').end('\x16\x03\x01CANARY-query')
    garbage.resume()

    const line = await lineWith({ event: 'request', path: '/live' })

    assert.deepEqual([line['status'], line['code'], line['service']], [401, 'sign-in-required', 'wiki'])
    assert.equal(answer.headers['x-request-id'], line['requestId'])
    assert.equal((await lineWith({ event: 'request.unreadable' }))['address'], '127.0.0.1')
  })
})

describe('a sign-in', () => {
  it('by a provider has a line for each step, with one trace', async () => {
    idp.next = { name: 'carol', groups: ['analysts'] }
    await new ScriptedBrowser().open(`${gatehouse.url}/login/start?provider=crowd`)

    const done = await lineWith({ event: 'sign-in.succeeded', user: 'carol' })

    assert.deepEqual([done['way'], done['address']], ['crowd', '127.0.0.1'])
    const events = (await linesWith({ traceId: done['traceId'] })).map(({ event }) => event)
    assert.deepEqual(events, [
      'sign-in.started',
      'sign-in.sent',
      'sign-in.returned',
      'sign-in.answered',
      'sign-in.groups',
      'sign-in.succeeded',
    ])
  })

  it('that the provider refuses is one line with code and cause, and no stack', async () => {
    const page = await new ScriptedBrowser().open(`${gatehouse.url}/login/start?provider=refusing`)

    assert.equal(page.status, 502)
    const failed = await lineWith({ event: 'sign-in.failed', requestId: idOf(page) })
    assert.deepEqual(
      [failed['level'], failed['code'], failed['way']],
      ['error', 'client-credentials-rejected', 'refusing'],
    )
    assert.ok(failed['cause'])
    assert.equal((await linesWith({ level: 'error', requestId: idOf(page) })).length, 1)
    assert.doesNotMatch(gatehouse.log(), /\\n {4}at /)
  })

  it('with a wrong password is a warning with the address, that a program can count', async () => {
    const browser = new ScriptedBrowser()
    const refused = await signIn(browser, 'CANARY-wrong-password')

    const line = await lineWith({ event: 'password.refused', requestId: idOf(refused) })

    assert.deepEqual([line['level'], line['address'], line['user']], ['warn', '127.0.0.1', 'alice'])
    const guide = readFileSync(join(import.meta.dirname, '../docs/guides/logs.md'), 'utf8')
    const filter = new RegExp(String(/^failregex = (.+)$/m.exec(guide)?.[1]).replace('<HOST>', '(127\\.0\\.0\\.1)'))
    const counted = gatehouse
      .log()
      .split('\n')
      .filter((written) => filter.test(written))
    assert.deepEqual(counted.length, (await linesWith({ event: 'password.refused' })).length)
    assert.equal((await linesWith({ event: 'sign-in.succeeded', user: 'alice' })).length > 0, true)
  })

  it('and the sign-out after it are told', async () => {
    const browser = new ScriptedBrowser()
    await signIn(browser)
    await browser.send(`${gatehouse.url}/login/sign-out`, { method: 'POST', headers: { origin: gatehouse.url } })

    const out = await lineWith({ event: 'sign-out' })

    assert.deepEqual([out['user'], out['way'], out['address']], ['alice', 'local', '127.0.0.1'])
    const late = await browser.send(`${gatehouse.url}/login`, {
      headers: { cookie: `gatehouse_login=${'x'.repeat(43)}` },
    })
    assert.ok(await lineWith({ event: 'session.expired', requestId: idOf(late) }))
  })
})

describe('a refusal', () => {
  const known = async (answer: { headers: Headers }, fields: Line = {}) => {
    const id = idOf(answer)
    const line = await lineWith({ requestId: id, ...fields })
    assert.ok(await isTraced(id), `explain does not know ${id}`)
    return line
  }

  it('by a rule says who, which path, which rule and why, to people and to programs alike', async () => {
    const browser = new ScriptedBrowser()
    await signIn(browser)
    await browser.open(wiki)
    const page = await browser.send(`${wiki}/ops/deep`)
    const program = await browser.send(`${wiki}/ops/deep`, {
      headers: { accept: 'application/json', 'sec-fetch-mode': 'cors' },
    })

    for (const answer of [page, program]) {
      assert.equal(answer.status, 403)
      const line = await known(answer, { event: 'request.refused', code: 'access-denied' })
      assert.deepEqual(
        [line['user'], line['service'], line['path'], line['rule'], line['allow']],
        ['alice', 'wiki', '/ops/deep', 'rules.1 (/ops)', 'team:admins'],
      )
      assert.ok(line['reason'])
    }
  })

  it('of a program without a session or with a bad token has an id that leads to a line and a trace', async () => {
    const api = { accept: 'application/json' }
    const nobody = await new ScriptedBrowser().send(`${wiki}/`, { headers: { ...api, 'sec-fetch-mode': 'cors' } })
    const token = await new ScriptedBrowser().send(`${wiki}/`, {
      headers: { ...api, authorization: 'Bearer CANARY-query.e30.e30' },
    })

    assert.deepEqual([nobody.status, token.status], [401, 401])
    const refused = await known(nobody, { event: 'request.refused', code: 'sign-in-required' })
    assert.deepEqual([refused['rule'], refused['allow']], ['rules.2 (/)', 'authenticated'])
    await known(token, { event: 'request.refused', code: 'token-invalid' })
  })

  it('of an address that nobody serves, under any host, has an id that leads to both', async () => {
    const missing = await fetch(`${gatehouse.url}/nothing/here?x=CANARY-query`)
    const host = await new ScriptedBrowser().send(`http://127.0.0.1:${gatehouse.port}/login`)
    const method = await fetch(`${gatehouse.url}/token`, { method: 'DELETE' })

    assert.deepEqual([missing.status, host.status, method.status], [404, 421, 405])
    await known(missing, { event: 'request.refused', code: 'not-found' })
    assert.equal((await known(host, { event: 'request.refused' }))['host'], `127.0.0.1:${gatehouse.port}`)
    await known(method, { event: 'request.refused', code: 'method-not-allowed' })
    const { stdout } = await gatehouse.cli(['explain', idOf(host)])
    assert.match(stdout, /host-unknown/)
    assert.match(stdout, /127\.0\.0\.1/)
  })

  it('of a proxy that is set up wrongly says what is missing, with the id that the proxy got', async () => {
    const answer = await fetch(`${gatehouse.url}/oauth2/auth`, {
      headers: { 'x-forwarded-host': `asked.localhost:${gatehouse.port}`, 'x-forwarded-proto': 'http' },
    })

    assert.ok(answer.status >= 400)
    const line = await known(answer, { level: 'warn' })
    assert.match(String(line['untold'] ?? line['problem'] ?? line['msg']), /./)
  })
})

describe('a failure of the provider', () => {
  const post = (path: string, body: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${gatehouse.url}${path}`, { method: 'POST', body: new URLSearchParams(body), headers })

  async function told(answer: Response, fields: Line): Promise<Line> {
    const id = idOf(answer)
    assert.ok(await isTraced(id), `explain does not know ${id}`)
    return lineWith({ requestId: id, ...fields })
  }

  it('at /token names the client, the error and the check that failed', async () => {
    const basic = (secret: string) => ({ authorization: `Basic ${Buffer.from(`app:${secret}`).toString('base64')}` })
    const wrong = await post(
      '/token',
      { grant_type: 'authorization_code', code: 'CANARY-query' },
      basic('CANARY-query'),
    )
    const client = await told(wrong, { event: 'grant.error', error: 'invalid_client' })
    assert.deepEqual([client['client'], client['level']], ['app', 'warn'])

    const browser = new ScriptedBrowser()
    const { callback, request } = await authorize(browser, app, { username: 'alice', password })
    const code = new URL(callback).searchParams.get('code') ?? ''
    canaries.push(code, request.state, request.codeVerifier)
    const tokens = await app.redeem(callback, request)
    canaries.push(tokens.access_token, tokens.id_token ?? '')
    assert.ok(await lineWith({ event: 'grant.success', client: 'app' }))
    const again = await app.token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: request.codeVerifier,
    })
    assert.equal(again.body['error'], 'invalid_grant')
    const used = await lineWith({ event: 'grant.error', error: 'invalid_grant', client: 'app' })
    assert.match(String(used['error_detail']), /consumed|used|already/)
  })

  it('at /userinfo, /introspect, /revoke and /authorize has a line too, and an id in the answer', async () => {
    const userinfo = await fetch(`${gatehouse.url}/userinfo`, { headers: { authorization: 'Bearer CANARY-query' } })
    const introspect = await post('/introspect', { token: 'CANARY-query' })
    const revoke = await post('/revoke', { token: 'CANARY-query' })
    const query = new URLSearchParams({
      client_id: 'app',
      response_type: 'token',
      redirect_uri: redirectUri,
      state: 'CANARY-state',
    })
    const sentBack = await fetch(`${gatehouse.url}/authorize?${query}`, { redirect: 'manual' })
    const unknown = await fetch(`${gatehouse.url}/authorize?client_id=nobody`)

    await told(userinfo, { event: 'userinfo.error', error: 'invalid_token' })
    await told(introspect, { event: 'introspection.error' })
    await told(revoke, { event: 'revocation.error' })
    assert.equal((await told(sentBack, { event: 'authorization.error' }))['client'], 'app')
    assert.equal((await told(unknown, { event: 'authorization.error' }))['client'], 'nobody')
  })
})

describe('the audit log', () => {
  it('lists sign-ins, failures and changes, the newest last, for people and for programs', async () => {
    const { stdout: table } = await gatehouse.cli(['audit'])
    const { stdout: json } = await gatehouse.cli(['audit', '--json', '--since', '1h', '--user', 'alice'])
    const { stdout: failed } = await gatehouse.cli(['audit', '--event', 'sign-in.failed', '-n', '1', '--json'])

    assert.match(table, /^TIME +EVENT +BY +WHOM +FROM +WHAT\n/)
    assert.match(table, /user\.created +cli +alice/)
    const rows = json
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const events = rows.map(({ event }) => event)
    assert.equal(events[0], 'user.created')
    for (const event of ['session.started', 'session.ended', 'sign-in.failed']) assert.ok(events.includes(event), event)
    const started = rows.find(({ event }) => event === 'session.started')
    assert.deepEqual([started?.['actor'], started?.['from']], ['alice', '127.0.0.1'])
    assert.match(String(started?.['requestId']), /^[0-9a-f]{16}$/)
    const last = JSON.parse(failed) as { event: string; details: { code: string } }
    assert.equal(last.event, 'sign-in.failed')
    assert.ok(last.details.code)
  })
})

describe('a person at a terminal', () => {
  it('reads where the server is and what it does, and whoever stops reading stops nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-terminal-'))
    const port = await freePort()
    const url = `http://localhost:${port}`
    writeFileSync(
      join(folder, 'gatehouse.yaml'),
      `issuer: ${url}\nlisten: { host: 127.0.0.1 }\nlogin: [{ local: {} }]\n`,
    )
    const env = { ...process.env, GATEHOUSE__LISTEN__PORT: String(port), GATEHOUSE__LOG__ACCESS__HEALTH: 'true' }
    const server = spawn(process.execPath, [mainFile, 'serve'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = once(server, 'exit')
    try {
      const shown: string[] = []
      for await (const line of createInterface({ input: server.stdout })) {
        shown.push(line)
        if (line.startsWith('Create')) break
      }
      await (await fetch(`${url}/healthz`)).text()
      const [written] = (await once(server.stderr, 'data')) as [Buffer]
      server.stderr.pause()
      const path = 'p'.repeat(900)
      for (let batch = 0; batch < 20; batch++) {
        const answers = Array.from({ length: 40 }, async () => (await fetch(`${url}/${path}`)).text())
        await Promise.all(answers)
      }

      assert.equal(shown[0], `Gatehouse is ready at ${url}`)
      assert.match(
        shown.join('\n'),
        new RegExp(`listening on +http://127\\.0\\.0\\.1:${port}\n.*gatehouse\\.yaml\n.*store +sqlite:/`),
      )
      assert.match(written.toString(), /^\S+Z INFO {2}GET {2}200 localhost:\d+\/healthz .* id=[0-9a-f]{16}\n$/)
      assert.equal((await fetch(`${url}/healthz`)).status, 200)
    } finally {
      server.kill('SIGTERM')
    }
    assert.deepEqual((await ended)[0], 0)
    rmSync(folder, { recursive: true })
  })
})

it('no line of all that has a password, a code, a token, a secret, a cookie or a state in it [canary-everywhere]', () => {
  const database = new DatabaseSync(join(gatehouse.folder, 'gatehouse.db'), { readOnly: true })
  const kept = ['traces', 'audit', 'failed_sign_ins'].map((table) => database.prepare(`select * from ${table}`).all())
  database.close()
  const text = gatehouse.log() + JSON.stringify(kept)
  const known = canaries.filter((canary) => canary !== '')

  assert.ok(known.length > 10 && text.length > 10_000)
  for (const canary of known) assert.ok(!text.includes(canary), `${canary} is in the log, a trace or the audit log`)
})
