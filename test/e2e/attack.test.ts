/** A fuzzer against a whole server: requests to the gate, judged by a model of the policy, and to every other route. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { drawGateRequest } from '../attack/gate-requests.ts'
import { verdictOn } from '../attack/judge.ts'
import { createRandom } from '../attack/random.ts'
import type { RawAnswer } from '../attack/raw-connection.ts'
import { drawRouteRequest, type Ground, issuerRoutes, serviceRoutes } from '../attack/route-requests.ts'
import { type Finding, residentMemory, siege, size } from '../attack/siege.ts'
import { storedRows } from '../attack/stored-rows.ts'
import { startTown, type Town } from '../attack/town.ts'
import { ScriptedBrowser } from './support/scripted-browser.ts'

/** `npm run e2e` has chosen and printed one already. */
const seed = Number(process.env['GATEHOUSE_SEED'] ?? Math.trunc(Math.random() * 2 ** 31))
const gateRequests = size('GATEHOUSE_ATTACK_GATE', 60_000)
const routeRequests = size('GATEHOUSE_ATTACK_ROUTES', 8_000)
/** MiB by which the server may grow after it is warm. */
const mayGrow = 64
const trusted = '127.0.0.1'

let town: Town
before(async () => {
  town = await startTown(seed)
})
after(() => town.close())

test('the fuzzer knows every route', () => {
  const declared = globSync('src/login/routes/*.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\bapp\.(?:get|post|put|delete|all)\('([^']+)'/g)].map(
      ([, path]) => path ?? '',
    ),
  )
  const router = [...readFileSync('src/server/router.ts', 'utf8').matchAll(/'(\/[\w./-]+)'/g)].map(
    ([, path]) => path ?? '',
  )
  const gate = [...readFileSync('src/gate/gate.ts', 'utf8').matchAll(/'(\/oauth2\/\w+)'/g)].map(
    ([, path]) => path ?? '',
  )

  const known = [...issuerRoutes, ...serviceRoutes, '/authorize/']
  assert.ok(declared.length > 8 && router.length > 12 && gate.length > 4)
  assert.deepEqual(
    [...declared, ...router, ...gate].filter((path) => !known.includes(path)),
    [],
  )
})

test(`${gateRequests} requests to the gate with seed ${seed}: no wrong allow, no wrong identity, no 5xx, no growth`, async () => {
  const { gatehouse } = town
  // One connection in eight comes from an address that no proxy has.
  const ports = Array.from({ length: 8 }, (_, at) => ({ port: gatehouse.port, from: at === 7 ? '127.0.0.2' : trusted }))

  const findings = await withoutGrowth(gateRequests, (count, first) =>
    siege({
      count,
      first,
      connections: 32,
      ports,
      draw: (index, peer) => {
        const request = drawGateRequest({ random: createRandom(seed + index * 7919), town, mark: String(index) })
        return {
          bytes: request.bytes,
          hasBody: request.channel !== 'proxy' || request.method !== 'HEAD',
          judge: (answer) =>
            verdictOn(request, { answer, seen: town.takeSeen(request.mark), isTrusted: peer === trusted }),
        }
      },
    }),
  )

  assert.deepEqual(findings, [])
  assert.deepEqual(town.unmarked, [], 'no service sees a request that nobody has sent')
})

for (const who of ['strangers', 'members'] as const) {
  const count = who === 'strangers' ? Math.ceil(routeRequests * 0.7) : Math.floor(routeRequests * 0.3)
  test(`${count} requests of ${who} to the other routes with seed ${seed}: no 5xx, nothing given, no growth`, async () => {
    const ground: Ground = {
      town,
      transactions: await begunSignIns(200),
      member: who === 'members' ? membership() : undefined,
    }
    const before = storedRows(town.gatehouse.folder)

    const findings = await withoutGrowth(count, (cases, first) =>
      siege({
        count: cases,
        first,
        connections: 16,
        ports: [{ port: town.gatehouse.port, from: trusted }],
        draw: (index) => {
          const { method, bytes } = drawRouteRequest(createRandom(seed + index * 104_729), ground)
          return { bytes, hasBody: method !== 'HEAD', judge: (answer) => verdictOnRoute(answer, who) }
        },
      }),
    )

    assert.deepEqual(findings, [])
    if (who === 'strangers') assert.deepEqual(storedRows(town.gatehouse.folder), before)
    assert.equal((await new ScriptedBrowser().send(`${town.gatehouse.url}/login`)).status, 200)
  })
}

function verdictOnRoute(answer: RawAnswer | undefined, who: 'strangers' | 'members'): string | undefined {
  if (answer === undefined) return undefined
  if (answer.status >= 500) return `the answer is ${answer.status}`
  if (who === 'members') return undefined
  if (/\r\nset-cookie: (__Host-)?gatehouse_(login|session)=[^;]/i.test(answer.head)) return 'a stranger gets a session'
  if (/\r\nlocation: http:\/\/localhost:1\/[^\r]*[?&]code=/i.test(answer.head)) return 'a stranger gets a code'
  return undefined
}

/** The first tenth warms the server; from then on it must not grow. */
async function withoutGrowth(
  count: number,
  run: (count: number, first: number) => Promise<Finding[]>,
): Promise<Finding[]> {
  const warm = Math.ceil(count / 10)
  const early = await run(warm, 0)
  const before = residentMemory(town.gatehouse.pid)
  const findings = [...early, ...(await run(count - warm, warm))]
  const grown = residentMemory(town.gatehouse.pid) - before
  assert.ok(grown < mayGrow, `the server grew by ${grown.toFixed(0)} MiB`)
  return findings
}

/** Sign-ins at the provider that wait for their answer. */
async function begunSignIns(count: number): Promise<Ground['transactions']> {
  const begun: Ground['transactions'] = []
  for (let at = 0; at < count; at++) {
    const { headers } = await new ScriptedBrowser().send(`${town.gatehouse.url}/login/start?provider=company`)
    const state = new URL(headers.get('location') ?? '').searchParams.get('state') ?? ''
    const cookie = headers.getSetCookie().find((line) => line.includes('gatehouse_tx_'))
    begun.push({ state, cookie: cookie?.split(';')[0] ?? '' })
  }
  return begun
}

function membership(): Ground['member'] {
  const secret = [`app`, town.clientSecret].map(encodeURIComponent).join(':')
  return {
    cookie: `gatehouse_login=${town.people.alice.login}`,
    authorization: `Basic ${Buffer.from(secret).toString('base64')}`,
  }
}
