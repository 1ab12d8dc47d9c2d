import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ScriptedBrowser, signIn } from './e2e/support/scripted-browser.ts'
import { type Gatehouse, startGatehouse } from './support/gatehouse.ts'
import { authorize, relyingParty } from './support/relying-party.ts'

const password = 'correct horse battery staple'
const asked = new Map<string, ServerResponse>()
const service = createServer((incoming, response) => {
  if (incoming.url?.startsWith('/slow')) {
    asked.set(incoming.url, response)
    service.emit('asked')
  } else response.end(JSON.stringify({ who: incoming.headers['x-auth-request-preferred-username'] ?? null }))
})
service.on('upgrade', (_, socket) => {
  const accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  socket.on('error', () => {})
  service.emit('asked')
})
let gatehouse: Gatehouse
let hangUpsEarly = 0

interface Written {
  wiki?: string | undefined
  vault?: string | undefined
  teams?: string
  products?: string
  login?: string
  more?: string
}

const redirectUri = 'http://localhost:1/cb'
const everyone = '{ path: /, allow: everyone }'

function configOf(
  port: number,
  { wiki = everyone, vault, teams = '{ editors: {} }', products, login, more = '' }: Written,
) {
  const upstream = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const served = ([name, rules]: [string, string]) =>
    `  ${name}: { url: "http://${name}.localhost:${port}", upstream: "${upstream}", rules: [${rules}] }\n`
  const services = Object.entries({ wiki, ...(vault === undefined ? {} : { vault }) })
  return `
issuer: http://localhost:${port}
listen: { port: ${port}, drainDeadline: 3s }
authenticationClasses:
  idp: { oidc: { hostname: localhost, port: 1, principalClaim: sub, scopes: [openid] } }
secrets: { idp: { clientId: gatehouse, clientSecret: "\${file:secrets/idp}" } }
login: ${login ?? '[{ local: {} }, { authenticationClass: idp, oidc: { clientCredentialsSecret: idp } }]'}
teams: ${teams}
products: ${products ?? '{ app: { product: oidc, url: "http://localhost:1", redirectUris: ["http://localhost:1/cb"], authentication: [{ authenticationClass: gatehouse }] } }'}
services:
${services.map(served).join('')}${more}`
}

before(async () => {
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  gatehouse = await startGatehouse({
    config: (port) => configOf(port, {}),
    files: { 'secrets/idp': 'a secret that nobody may read' },
    whenSpawned: (child) => {
      const hangUp = setInterval(() => {
        if (hangUpsEarly < 5 && hears(child.pid)) hangUpsEarly += child.kill('SIGHUP') ? 1 : 0
      }, 10)
      setTimeout(() => clearInterval(hangUp), 20_000).unref()
      child.stdout?.once('data', () => clearInterval(hangUp))
    },
  })
  await gatehouse.addUser('alice', password, ['--team', 'editors'])
})
after(async () => {
  await gatehouse.stop()
  service.closeAllConnections()
  service.close()
})

/** Whether the program runs so far that it catches SIGHUP (proc_pid_status(5)); the start of Node itself is nobody's to change. */
function hears(pid = 0): boolean {
  const caught = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? ''
  return (Number.parseInt(caught.slice(-1), 16) & 1) === 1
}

function write(written: Written): void {
  // As editors do it: a new file takes the place of the old one.
  writeFileSync(`${gatehouse.configFile}.new`, configOf(gatehouse.port, written))
  renameSync(`${gatehouse.configFile}.new`, gatehouse.configFile)
}

/** Lines of the log with that event since the last call, when there is one. */
let read = 0
async function logged(event: string): Promise<Record<string, unknown>[]> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    const text = gatehouse.log()
    const whole = text.slice(read, text.lastIndexOf('\n') + 1)
    const found = whole
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['event'] === event)
    if (found.length > 0) {
      read = text.lastIndexOf('\n') + 1
      return found
    }
    await sleep(20)
  }
  throw new Error(`no ${event} in the log:\n${gatehouse.log().slice(read)}`)
}

async function reload(written: Written, event = 'reloaded'): Promise<Record<string, unknown>> {
  write(written)
  process.kill(gatehouse.pid, 'SIGHUP')
  const [line = {}] = await logged(event)
  return line
}

function ask(name: string, path = '/', headers: Record<string, string> = {}) {
  const sent = request({
    host: '127.0.0.1',
    port: gatehouse.port,
    path,
    agent: false,
    headers: { host: `${name}.localhost:${gatehouse.port}`, accept: 'application/json', ...headers },
  })
  sent.end()
  return once(sent, 'response').then(async ([incoming]: IncomingMessage[]) => {
    if (!incoming) throw new Error('no answer')
    return { status: incoming.statusCode, body: await text(incoming).catch(() => undefined) }
  })
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await once(service, 'asked')
}

async function websocket(name: string, cookie = '', token = '') {
  const host = `${name}.localhost:${gatehouse.port}`
  const socket = connect(gatehouse.port, '127.0.0.1')
  const origin = cookie === '' ? '' : `Origin: http://${host}\r\nCookie: ${cookie}\r\n`
  const bearer = token === '' ? '' : `Authorization: Bearer ${token}\r\n`
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: ${host}\r\n${origin}${bearer}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  )
  const [head] = await once(socket, 'data')
  assert.match(String(head), /^HTTP\/1.1 101 /)
  const closed = once(socket, 'close')
  return { socket, closed, isOpen: () => !socket.readableEnded && !socket.destroyed }
}

test('SIGHUP ends nothing, also while the server starts', async () => {
  assert.ok(hangUpsEarly > 0)
  await logged('reloaded')
  assert.equal((await ask('wiki')).status, 200)
})

test('a new rule, a new service and a removed one take effect; sessions stay, and what is under way where it still may', async () => {
  await reload({ wiki: '{ path: /, allow: authenticated }', vault: everyone })
  const browser = new ScriptedBrowser()
  await signIn(browser, { startUrl: `http://wiki.localhost:${gatehouse.port}/`, username: 'alice', password })
  const session = browser.jar.find('gatehouse_session', 'wiki.localhost')?.value
  const cookie = `gatehouse_session=${session}`
  const slow = ask('wiki', '/slow', { cookie })
  const lost = ask('vault', '/slow-vault')
  await until(() => asked.has('/slow') && asked.has('/slow-vault'))
  const stays = await websocket('wiki', cookie)
  const goes = await websocket('vault')

  const line = await reload({ wiki: '{ path: /, allow: ["team:editors"] }' })

  assert.deepEqual(
    { added: line['added'], removed: line['removed'], changed: line['changed'] },
    { added: [], removed: ['services.vault'], changed: ['services.wiki.rules'] },
  )
  await goes.closed
  assert.ok(stays.isOpen())
  asked.get('/slow')?.end('slow')
  assert.deepEqual(await slow, { status: 200, body: 'slow' })
  assert.equal((await lost).status, 421)
  assert.equal((await ask('vault')).status, 421)
  assert.equal((await ask('wiki', '/', { cookie })).body, '{"who":"alice"}')

  // Nobody is an editor by these teams any more: whoever was one is out, and so is what he had open.
  await reload({ wiki: '{ path: /, allow: ["team:editors"] }', teams: '{ others: {}, editors: {} }' })
  assert.ok(stays.isOpen())
  await reload({ wiki: '{ path: /, allow: ["team:others"] }', teams: '{ others: {} }' })
  await stays.closed
  assert.equal((await ask('wiki', '/', { cookie })).status, 403)
})

test('sessions at a service that is removed end, and do not come back with it', async () => {
  await reload({ wiki: '{ path: /, allow: authenticated }' })
  const browser = new ScriptedBrowser()
  await signIn(browser, { startUrl: `http://wiki.localhost:${gatehouse.port}/`, username: 'alice', password })
  const cookie = `gatehouse_session=${browser.jar.find('gatehouse_session', 'wiki.localhost')?.value}`
  assert.equal((await ask('wiki', '/', { cookie })).status, 200)

  const other = configOf(gatehouse.port, {})
    .replace(/^ {2}wiki:.*\n/m, '')
    .replace(/services:\n$/, 'services: {}\n')
  writeFileSync(gatehouse.configFile, other)
  process.kill(gatehouse.pid, 'SIGHUP')
  await logged('reloaded')
  await reload({ wiki: '{ path: /, allow: authenticated }' })

  assert.equal((await ask('wiki', '/', { cookie })).status, 401)
})

test('tokens of a product that is removed end, and do not come back with it', async () => {
  await reload({ more: ' ' })
  const { stdout } = await gatehouse.cli(['clients', 'secret', 'app'])
  const rp = await relyingParty({ issuer: gatehouse.url, clientId: 'app', clientSecret: stdout.trim(), redirectUri })
  const { callback, request } = await authorize(new ScriptedBrowser(), rp, { username: 'alice', password })
  const { access_token: token, refresh_token: refreshToken = '' } = await rp.redeem(callback, request)
  const userinfo = async () =>
    (await fetch(`${gatehouse.url}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status
  assert.equal(await userinfo(), 200)

  const line = await reload({ products: '{}' })
  assert.deepEqual(line['removed'], ['products.app'])
  assert.equal(await userinfo(), 401)
  await reload({})

  assert.equal(await userinfo(), 401)
  const refreshed = await rp.token({ grant_type: 'refresh_token', refresh_token: refreshToken })
  assert.deepEqual([refreshed.status, refreshed.body['error']], [400, 'invalid_grant'])
})

test('what a token has opened at a service ends when its product may have tokens for that service no more', async () => {
  const products = (services: string) =>
    `{ app: { product: oidc, url: "http://localhost:1", redirectUris: ["http://localhost:1/cb"], services: ${services}, authentication: [{ authenticationClass: gatehouse }] } }`
  const both = { wiki: '{ path: /, allow: ["user:alice"] }', vault: everyone }
  await reload({ ...both, products: products('[wiki]') })
  const { stdout } = await gatehouse.cli(['clients', 'secret', 'app'])
  const rp = await relyingParty({ issuer: gatehouse.url, clientId: 'app', clientSecret: stdout.trim(), redirectUri })
  const resource = `http://wiki.localhost:${gatehouse.port}`
  const person = { username: 'alice', password, parameters: { resource } }
  const { callback, request } = await authorize(new ScriptedBrowser(), rp, person)
  const { access_token: alices } = await rp.redeem(callback, request)
  const ofAlice = await websocket('wiki', '', alices)

  await reload({ ...both, products: products('[wiki, vault]') })
  assert.ok(ofAlice.isOpen())
  await reload({ ...both, products: products('[vault]') })
  await ofAlice.closed
})

test('a configuration that is wrong changes nothing, and the log says where it is wrong', async () => {
  await reload({ wiki: '{ path: /, allow: authenticated }' })
  const wrong = await reload({ wiki: '{ path: /, allow: nobody }' }, 'not-reloaded')
  assert.match(String(wrong['file']), /gatehouse\.yaml$/)
  assert.equal(wrong['path'], 'services.wiki.rules.0.allow')
  assert.equal(wrong['code'], 'config-invalid')
  assert.ok(Number(wrong['line']) > 10 && Number(wrong['column']) > 60, JSON.stringify(wrong))

  const yaml = await reload({ more: '  }' }, 'not-reloaded')
  assert.equal(yaml['code'], 'config-invalid')

  rmSync(join(gatehouse.folder, 'secrets/idp'))
  const secret = await reload({ wiki: everyone }, 'not-reloaded')
  assert.equal(secret['code'], 'secret-not-found')
  assert.equal(secret['path'], 'secrets.idp.clientSecret')
  assert.equal(secret['line'], 6)

  const clear = await reload({ vault: everyone, more: '  open: { url: "http://open.example.test" }' }, 'not-reloaded')
  assert.equal(clear['path'], 'services.open.url')

  assert.equal((await ask('wiki')).status, 401)
  writeFileSync(join(gatehouse.folder, 'secrets/idp'), 'another secret that nobody may read')
  const good = await reload({ wiki: everyone })
  assert.deepEqual(good['changed'], ['services.wiki.rules', 'secrets.idp'])
  assert.equal((await ask('wiki')).status, 200)
  assert.doesNotMatch(gatehouse.log(), /that nobody may read/)
})

test('a file that is written back to what runs after it was wrong is said to be in effect, without a signal', async () => {
  await reload({})
  await reload({ wiki: '{ path: /, allow: nobody }' }, 'not-reloaded')

  write({})

  const [line] = await logged('reloaded')
  assert.deepEqual([line?.['added'], line?.['removed'], line?.['changed']], [[], [], []])
})

test('a file that was emptied, or without its issuer, is as wrong as at a start, and takes nothing away', async () => {
  for (const [what, text, path] of [
    ['empty', '', ''],
    ['only a comment', '# services follow\n', ''],
    ['null', '---\n', ''],
    ['cut off before the issuer', '# ours\nteams: { editors: {} }\n', 'issuer'],
  ] as const) {
    writeFileSync(gatehouse.configFile, text)
    process.kill(gatehouse.pid, 'SIGHUP')
    const [line = {}] = await logged('not-reloaded')
    assert.equal(line['code'], 'config-invalid', what)
    assert.equal(line['path'], path, what)
    assert.equal((await ask('wiki')).status, 200, what)
  }
  const good = await reload({ wiki: everyone })
  assert.deepEqual([good['added'], good['removed'], good['changed']], [[], [], []])
})

test('what needs a new start is said, and everything else takes effect', async () => {
  const changed = configOf(gatehouse.port, { wiki: '{ path: /, allow: authenticated }' })
    .replace(/^issuer: .*$/m, 'issuer: http://localhost:1\nstore: sqlite:./other.db')
    .replace(/port: \d+, /, 'port: 1, drain: 1s, ')
  writeFileSync(gatehouse.configFile, changed)
  process.kill(gatehouse.pid, 'SIGHUP')

  const [line] = await logged('restart-needed')

  assert.deepEqual(line?.['settings'], ['issuer', 'listen.port', 'store'])
  assert.equal((await ask('wiki')).status, 401)
  assert.match(gatehouse.log(), /"listen\.drain"/)
})

test('a way in that was removed while somebody was at it gets a page that says so', async () => {
  await reload({})
  const browser = new ScriptedBrowser()
  assert.equal((await browser.send(`${gatehouse.url}/callback/idp?state=x&code=y`)).status, 400)

  await reload({ login: '[{ local: {} }]' })

  const page = await browser.send(`${gatehouse.url}/callback/idp?state=x&code=y`, { headers: { accept: 'text/html' } })
  assert.equal(page.status, 404)
  assert.match(page.body, /way-in-unknown/)
})

test('a file that has become a pipe or a folder stops nothing: nobody waits for its writer', async () => {
  await reload({ wiki: everyone })
  for (const file of ['gatehouse.yaml', 'secrets/idp']) {
    const path = join(gatehouse.folder, file)
    for (const make of [() => execFileSync('mkfifo', [path]), () => mkdirSync(path)]) {
      renameSync(path, `${path}.good`)
      make()
      try {
        process.kill(gatehouse.pid, 'SIGHUP')
        const [line] = await logged('not-reloaded')
        assert.match(JSON.stringify(line), /is a pipe|is a folder|there is no such file/, file)
        assert.equal((await ask('wiki')).status, 200)
      } finally {
        rmSync(path, { recursive: true })
        renameSync(`${path}.good`, path)
      }
    }
  }
  await reload({ wiki: everyone })
})

test('a changed file takes effect by itself: one that an editor has replaced, one behind a link of Kubernetes, a secret', async () => {
  await reload({})
  write({ wiki: '{ path: /, allow: authenticated }' })
  const [line] = await logged('reloaded')
  assert.deepEqual(line?.['changed'], ['services.wiki.rules'])

  // A mounted ConfigMap: the file is a link into `..data`, which is a link that is replaced.
  const volume = (name: string, secret: string) => {
    mkdirSync(join(gatehouse.folder, name))
    writeFileSync(join(gatehouse.folder, name, 'idp'), secret)
    symlinkSync(name, join(gatehouse.folder, '..data_new'))
    renameSync(join(gatehouse.folder, '..data_new'), join(gatehouse.folder, '..data'))
  }
  volume('..1', 'one')
  rmSync(join(gatehouse.folder, 'secrets/idp'))
  symlinkSync('../..data/idp', join(gatehouse.folder, 'secrets/idp'))
  assert.deepEqual((await logged('reloaded'))[0]?.['changed'], ['secrets.idp'])
  volume('..2', 'two')
  assert.deepEqual((await logged('reloaded'))[0]?.['changed'], ['secrets.idp'])
})
