/** 200 reloads and 20 restarts under a load of requests, uploads, websockets and sign-ins: nothing fails, and no session is lost. */
import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { residentMemory, size } from '../attack/siege.ts'
import { freePort, type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import { authorize, type RelyingParty, relyingParty } from '../support/relying-party.ts'
import { type Balancer, startBalancer } from './support/balancer.ts'
import { type At, askOnce, startBusyService, startLoad, type Tally, talk, uploadOnce } from './support/load.ts'
import { ScriptedBrowser, signIn } from './support/scripted-browser.ts'

const reloads = size('GATEHOUSE_RELOADS', 200)
const restarts = size('GATEHOUSE_RESTARTS', 20)
/** MiB of the heap: a generation that is kept has a megabyte. */
const mostHeap = 96
/** MiB by which the server may grow over all reloads once it is warm. */
const mayGrow = 64
const password = 'correct horse battery staple'
const redirectUri = 'http://localhost:1/cb'

let service: Awaited<ReturnType<typeof startBusyService>>
let balancer: Balancer
let gatehouse: Gatehouse
let rp: RelyingParty
let listens: number
/** Cookies of everybody who has signed in at the service. */
const sessions: string[] = []
/** Refresh tokens that were given and not used yet. */
const refreshTokens: string[] = []

function configOf({ rules = '', more = '', drain = 700 }: { rules?: string; more?: string; drain?: number }): string {
  return `
issuer: http://localhost:${balancer.port}
listen: { port: ${listens}, drain: ${drain}ms, drainDeadline: 3s }
authenticationClasses:
  idp: { oidc: { hostname: localhost, port: 1, principalClaim: sub, scopes: [openid] } }
secrets: { idp: { clientId: gatehouse, clientSecret: "\${file:idp-secret}" } }
login: [{ local: {} }, { authenticationClass: idp, oidc: { clientCredentialsSecret: idp } }]
products:
  app:
    product: oidc
    url: http://localhost:1
    redirectUris: [${redirectUri}]
    authentication: [{ authenticationClass: gatehouse }]
services:
  wiki:
    url: http://wiki.localhost:${balancer.port}
    upstream: http://127.0.0.1:${service.port}
    rules: [${rules}{ path: /, allow: ["team:editors"] }]
teams: { editors: {} }
${more}`
}

before(async () => {
  service = await startBusyService()
  listens = await freePort()
  balancer = await startBalancer(listens)
  gatehouse = await startGatehouse({
    port: listens,
    config: () => configOf({}),
    files: { 'idp-secret': 'the first secret' },
    // With room for all it wants it collects its garbage late, and nothing can be said about the rest.
    env: { NODE_OPTIONS: `--max-old-space-size=${mostHeap}` },
  })
  await gatehouse.addUser('alice', password, ['--team', 'editors'])
  const { stdout } = await gatehouse.cli(['clients', 'secret', 'app'])
  rp = await relyingParty({ issuer: gatehouse.url, clientId: 'app', clientSecret: stdout.trim(), redirectUri })
  await signInAtService()
})
after(async () => {
  await gatehouse.stop()
  balancer.close()
  service.server.closeAllConnections()
  service.server.close()
})

function at(session: number): At {
  const { port } = balancer
  return { port, host: `wiki.localhost:${port}`, cookie: sessions[session % sessions.length] ?? '' }
}

async function signInAtService(): Promise<void> {
  const browser = new ScriptedBrowser()
  try {
    const page = await signIn(browser, {
      startUrl: `http://wiki.localhost:${balancer.port}/`,
      username: 'alice',
      password,
    })
    if (page.status !== 200) throw new Error(`${page.url} ${page.status} ${page.body.slice(0, 300)}`)
    const value = browser.jar.find('gatehouse_session', 'wiki.localhost')?.value
    if (value === undefined) throw new Error(`no session at the service:\n${browser.trace()}`)
    sessions.push(`gatehouse_session=${value}`)
  } finally {
    await browser.close()
  }
}

async function signInAtProduct(): Promise<void> {
  const browser = new ScriptedBrowser()
  try {
    const { callback, request } = await authorize(browser, rp, { username: 'alice', password })
    const tokens = await rp.redeem(callback, request)
    if (tokens.claims()?.['preferred_username'] !== 'alice') throw new Error('somebody else')
    const { refresh_token: token } = tokens
    if (token === undefined) return
    if (Math.random() < 0.5) refreshTokens.push(token)
    else await refresh(token)
  } finally {
    await browser.close()
  }
}

async function refresh(token: string): Promise<void> {
  const { status, body } = await rp.token({ grant_type: 'refresh_token', refresh_token: token })
  if (status !== 200) throw new Error(`refresh: ${status} ${JSON.stringify(body)}`)
}

/** Websockets that the deadline has ended as it should. */
let wentAway = 0
const load = () => {
  let turn = 0
  return startLoad({
    requests: { workers: 3, once: () => askOnce(at(turn++), '/') },
    'slow requests': { workers: 2, once: () => askOnce(at(turn++), `/wait/${200 + (turn % 5) * 300}`) },
    uploads: { workers: 2, once: () => uploadOnce(at(turn++), 1_200) },
    websockets: { workers: 2, once: async () => void (await talk(at(turn++), 2_000)) },
    'websockets that stay': {
      workers: 1,
      once: async () => {
        if ((await talk(at(turn++), 15_000)) === 'going away') wentAway++
      },
    },
    'sign-ins at the service': { workers: 1, once: signInAtService },
    'sign-ins at a product': { workers: 1, once: signInAtProduct },
  })
}

function assertNothingFailed(tallies: Record<string, Tally>, least: Readonly<Record<string, number>>): void {
  for (const [name, { went, failures }] of Object.entries(tallies))
    console.log(`${name}: ${went} went well, ${failures.length} failed`)
  for (const [name, { went, failures }] of Object.entries(tallies)) {
    assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${name} failed`)
    assert.ok(went >= (least[name] ?? 1), `${name}: only ${went}`)
  }
}

async function assertNoSessionIsLost(): Promise<void> {
  for (let session = 0; session < sessions.length; session++) await askOnce(at(session), '/')
  for (const token of refreshTokens.splice(0)) await refresh(token)
}

/** Ways in which a configuration is wrong, and the setting that the log has to name. */
const broken: readonly [text: (good: string) => string, path: string | undefined][] = [
  [(good) => good.replace('products:', 'product:'), undefined],
  [(good) => `${good}\nservices: {}\n`, undefined],
  [(good) => good.replace('team:editors', 'team:nobody'), 'services.wiki.rules'],
  [(good) => good.replace('idp-secret', 'no-such-secret'), 'secrets.idp.clientSecret'],
  [(good) => good.replace('principalClaim: sub', 'principalClaim: [sub'), undefined],
  [(good) => good.replace('http://wiki.localhost', 'http://wiki.example.test'), 'services.wiki.url'],
]

function write(text: string): void {
  writeFileSync(`${gatehouse.configFile}.new`, text)
  renameSync(`${gatehouse.configFile}.new`, gatehouse.configFile)
}

let read = 0
/** The next lines of the log about a reload; those of before that time are about an older configuration. */
async function nextOutcome(since: number): Promise<Record<string, unknown>[]> {
  for (let waited = 0; waited < 15_000; waited += 10) {
    const log = gatehouse.log()
    const whole = log.slice(read, log.lastIndexOf('\n') + 1)
    const found = whole
      .split('\n')
      .filter((line) => line.startsWith('{') && /"event":"(?:not-)?reloaded"/.test(line))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ time }) => Date.parse(String(time)) >= since)
    if (found.length > 0) {
      read = log.lastIndexOf('\n') + 1
      return found
    }
    await sleep(10)
  }
  throw new Error(`nobody said what became of the configuration:\n${gatehouse.log().slice(-2_000)}`)
}

test(`${reloads} reloads under load, every third configuration broken`, { timeout: 200_000 }, async (t) => {
  const running = load()
  t.after(() => running.stop())
  const memory: number[] = []
  let refused = 0

  for (let count = 1; count <= reloads; count++) {
    const good = configOf({
      rules: count % 2 === 0 ? '{ path: /open, allow: everyone }, ' : '',
      more: count % 5 === 0 ? 'names: { from: local }' : '',
      drain: 300 + (count % 7) * 50,
    })
    const [breakIt, path] = broken[Math.floor(count / 3) % broken.length] ?? [(text: string) => text, undefined]
    const isBroken = count % 3 === 0
    const since = Date.now()
    write(isBroken ? breakIt(good) : good)
    if (count % 10 === 1) writeFileSync(join(gatehouse.folder, 'idp-secret'), `secret ${count}`)
    // Now and then nobody says that it has changed.
    if (count % 40 !== 7) process.kill(gatehouse.pid, 'SIGHUP')
    const outcomes = await nextOutcome(since)
    if (isBroken) {
      for (const outcome of outcomes) {
        assert.equal(outcome['event'], 'not-reloaded', JSON.stringify(outcome))
        assert.match(String(outcome['code']), /^(?:config-invalid|secret-not-found)$/)
        assert.ok(Number(outcome['line']) > 0 && Number(outcome['column']) > 0, JSON.stringify(outcome))
        assert.match(String(outcome['file']), /gatehouse\.yaml$/)
      }
      if (path !== undefined)
        assert.ok(
          outcomes.some((each) => String(each['path']).startsWith(path)),
          JSON.stringify(outcomes),
        )
      refused++
    } else
      assert.ok(
        outcomes.every(({ event }) => event === 'reloaded'),
        JSON.stringify(outcomes),
      )
    await sleep(150)
    if (count % 10 === 0) memory.push(residentMemory(gatehouse.pid))
  }

  const last = Date.now()
  write(configOf({}))
  process.kill(gatehouse.pid, 'SIGHUP')
  await nextOutcome(last)
  assertNothingFailed(await running.stop(), {
    requests: reloads,
    uploads: reloads / 20,
    'sign-ins at the service': reloads / 20,
  })
  await assertNoSessionIsLost()
  assert.equal(refused, Math.floor(reloads / 3))
  assert.equal(wentAway, 0)
  const half = memory.slice(0, memory.length / 2)
  console.log(`${sessions.length} sessions; memory ${memory.map((each) => Math.round(each)).join(' ')} MiB`)
  assert.ok(Math.min(...memory.slice(-5)) < Math.min(...half.slice(-5)) + mayGrow, `memory: ${memory.join(' ')}`)
})

test(`${restarts} restarts under load`, { timeout: 200_000 }, async (t) => {
  const running = load()
  t.after(() => running.stop())

  for (let count = 1; count <= restarts; count++) {
    await sleep(500)
    process.kill(gatehouse.pid, 'SIGTERM')
    assert.equal(await gatehouse.ended(), 0)
    await gatehouse.restart()
  }

  await sleep(500)
  const before = wentAway
  const stopped = running.stop()
  assertNothingFailed(await stopped, {
    requests: restarts,
    uploads: restarts,
    'sign-ins at the service': restarts / 2,
  })
  await assertNoSessionIsLost()
  assert.ok(before >= restarts - 1, `${before} websockets were told that the server goes away`)
  assert.doesNotMatch(gatehouse.log(), /upstream-unreachable|UND_ERR/)
})
