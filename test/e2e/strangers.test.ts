/** What strangers leave in the store, and in the memory. */
import assert from 'node:assert/strict'
import { Agent, request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { type DevIdp, startDevIdp } from '../../src/dev-idp/index.ts'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import { type RelyingParty, relyingParty, walk, walkToCallback } from '../support/relying-party.ts'
import { filledIn, parseForms } from './support/html-forms.ts'
import { ScriptedBrowser } from './support/scripted-browser.ts'

const password = 'correct horse battery staple'
const redirectUri = 'http://localhost:1/cb'
/** Many times the rows that may be left. */
const many = Number(process.env['GATEHOUSE_STRANGERS'] ?? 5_000)
let idp: DevIdp
let gatehouse: Gatehouse
let rp: RelyingParty

const config = (port: number) => `
issuer: http://localhost:${port}
listen: { port: ${port}, trustedProxies: [127.0.0.1] }
authenticationClasses:
  company: { oidc: { hostname: localhost, port: ${new URL(idp.issuer).port}, rootPath: /realms/data, principalClaim: preferred_username } }
login:
  - { authenticationClass: company, oidc: { clientCredentialsSecret: company } }
  - { local: {} }
products:
  app:
    product: oidc
    url: http://localhost:1
    redirectUris: [${redirectUri}]
    authentication: [{ authenticationClass: gatehouse }]
services:
  wiki: { url: "http://wiki.localhost:${port}", upstream: "http://127.0.0.1:9" }
secrets:
  company: { clientId: ${idp.clientId}, clientSecret: "\${env:IDP_SECRET}" }
`

before(async () => {
  idp = await startDevIdp()
  gatehouse = await startGatehouse({ config, env: { IDP_SECRET: idp.clientSecret } })
  await gatehouse.addUser('alice', password)
  const { stdout } = await gatehouse.cli(['clients', 'secret', 'app'])
  rp = await relyingParty({ issuer: gatehouse.url, clientId: 'app', clientSecret: stdout.trim(), redirectUri })
})
after(async () => {
  await gatehouse.stop()
  await idp.close()
})

const agent = new Agent({ keepAlive: true, maxSockets: 32 })
after(() => agent.destroy())

interface Request {
  path: string
  method?: string
  from?: string
  headers?: Record<string, string>
  body?: string
}

interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
}

function ask({ path, method = 'GET', from = '192.0.2.1', headers = {}, body = '' }: Request): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const form = body === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
    const outgoing = httpRequest(
      {
        agent,
        host: '127.0.0.1',
        port: gatehouse.port,
        path,
        method,
        headers: { host: `localhost:${gatehouse.port}`, 'x-forwarded-for': from, ...form, ...headers },
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Sends it that often, 32 at a time; answers with how often each status was answered. */
async function flood(times: number, make: (n: number) => Request): Promise<Record<number, number>> {
  const counts: Record<number, number> = {}
  let next = 0
  const worker = async () => {
    while (next < times) {
      const { status } = await ask(make(next++))
      counts[status] = (counts[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: 32 }, worker))
  return counts
}

const tables = [
  'provider_payloads',
  'single_use',
  'traces',
  'trace_requests',
  'login_attempts',
  'sessions',
  'audit',
  'jobs',
]

/** Rows of every table, and the bytes of the two that can be large. */
function stored(): { rows: number; bytes: number; of: Record<string, number> } {
  const database = new DatabaseSync(join(gatehouse.folder, 'gatehouse.db'), { readOnly: true })
  const one = (sql: string) => Number(Object.values(database.prepare(sql).get() ?? { n: 0 })[0] ?? 0)
  const of = Object.fromEntries(tables.map((table) => [table, one(`select count(*) from ${table}`)]))
  const bytes = one('select sum(length(payload)) from provider_payloads') + one('select sum(length(steps)) from traces')
  database.close()
  return { rows: Object.values(of).reduce((sum, count) => sum + count, 0), bytes, of }
}

async function growth(
  work: () => Promise<unknown>,
): Promise<{ rows: number; bytes: number; of: Record<string, number> }> {
  const before = stored()
  await work()
  const { rows, bytes, of } = stored()
  return { rows: rows - before.rows, bytes: bytes - before.bytes, of }
}

const authorize = (state: string) =>
  `/authorize?${new URLSearchParams({ client_id: 'app', response_type: 'code', scope: 'openid', redirect_uri: redirectUri, state })}`

describe('what strangers leave in the store', () => {
  const kinds: [name: string, make: (n: number) => Request][] = [
    ['requests of a known product', (n) => ({ path: authorize(`state-${n}`) })],
    ['requests of a known product with long states', (n) => ({ path: authorize(`${n}`.padEnd(7_000, 'x')) })],
    ['requests of an unknown product', (n) => ({ path: `/authorize?client_id=nobody${n}` })],
    ['sign-outs at the provider', () => ({ path: '/logout' })],
    ['sign-outs at the provider, posted', () => ({ path: '/logout', method: 'POST', body: 'client_id=app' })],
    [
      'pushed requests without a secret',
      () => ({ path: '/par', method: 'POST', body: 'client_id=app&response_type=code' }),
    ],
    [
      'codes that nobody gave',
      (n) => ({ path: '/token', method: 'POST', body: `grant_type=authorization_code&client_id=app&code=${n}` }),
    ],
    [
      'wrong passwords of names that nobody has',
      (n) => ({ path: '/login', method: 'POST', body: `username=name${n}&password=x` }),
    ],
    ['sign-ins that begin', () => ({ path: '/login/start?provider=company' })],
    [
      'sign-ins at a service',
      (n) => ({ path: `/login/handoff?service=wiki&state=s${n}&return_to=http://wiki.localhost:${gatehouse.port}/` }),
    ],
    [
      'pages of a service',
      (n) => ({ path: `/page${n}`, headers: { host: `wiki.localhost:${gatehouse.port}`, accept: 'text/html' } }),
    ],
    [
      'codes at a service',
      (n) => ({ path: `/oauth2/callback?code=${n}&state=x`, headers: { host: `wiki.localhost:${gatehouse.port}` } }),
    ],
    ['callbacks of nothing', (n) => ({ path: `/callback/company?code=x&state=s${n}` })],
    [
      'links to the first account',
      (n) => ({ path: `/login/setup?token=t${n}`, method: 'POST', body: 'username=a&password=correct-horse-battery' }),
    ],
    ['pages that are not there', (n) => ({ path: `/nowhere/${n}` })],
  ]
  for (const [index, [name, make]] of kinds.entries()) {
    it(`is bounded for ${many} ${name} [cache-growth]`, async () => {
      let counts: Record<number, number> = {}

      const grown = await growth(async () => {
        counts = await flood(many, (n) => ({ ...make(n), from: `192.0.2.${index}` }))
      })

      assert.ok(grown.rows < 400, `${JSON.stringify(counts)}: ${JSON.stringify(grown)}`)
      assert.ok(grown.bytes < 300_000, `${JSON.stringify(counts)}: ${JSON.stringify(grown)}`)
      assert.ok(
        Object.keys(counts).every((status) => Number(status) < 500),
        JSON.stringify(counts),
      )
    })
  }

  it('is nothing for callbacks that the provider does not confirm [cache-growth]', async () => {
    const begin = async () => {
      const { headers } = await ask({ path: '/login/start?provider=company', from: '192.0.2.200' })
      const state = new URL(String(headers.location)).searchParams.get('state') ?? ''
      const cookie = [headers['set-cookie']].flat().map((set) => set?.split(';')[0])
      return { path: `/callback/company?code=made-up&state=${state}`, headers: { cookie: cookie.join('; ') } }
    }

    const { single_use: before } = stored().of
    const statuses = new Set<number>()
    const { of } = await growth(async () => {
      for (let round = 0; round < 10; round++) {
        const attempts = await Promise.all(Array.from({ length: 20 }, begin))
        const answers = await Promise.all(attempts.map((attempt) => ask({ ...attempt, from: '192.0.2.200' })))
        for (const { status } of answers) statuses.add(status)
      }
    })

    assert.equal(of['single_use'], before)
    assert.ok(
      [...statuses].every((status) => status >= 400 && status < 500),
      [...statuses].join(),
    )
  })

  it('leaves people of the same network their sign-in to a product, however many requests wait', async () => {
    await flood(many, (n) => ({ path: authorize(`again-${n}`), from: '127.0.0.1' }))
    const browser = new ScriptedBrowser()
    const asked = await rp.request()

    const { page } = await walk(browser, asked.url, redirectUri)
    assert.match(page.body, /app/)
    const form = parseForms(page.body).find(({ fields }) => fields.some(({ name }) => name === 'username'))
    assert.ok(form)
    const posted = await browser.send(new URL(form.action, page.url).href, {
      method: 'POST',
      body: filledIn(form, { username: 'alice', password }),
    })
    const callback = await walkToCallback(browser, posted, redirectUri)

    assert.equal((await rp.redeem(callback, asked)).claims()?.['preferred_username'], 'alice')
    await browser.close()
  })

  it('keeps the traces of twenty honest error pages in a flood of others [cache-growth]', async () => {
    const ids: string[] = []
    const honest = async () => {
      for (let n = 0; n < 20; n++) {
        const { headers } = await ask({ path: '/authorize?client_id=mistaken', from: `198.51.100.${n}` })
        ids.push(String(headers['x-request-id']))
      }
    }

    await Promise.all([
      flood(2 * many, (n) => ({ path: `/authorize?client_id=flood${n}`, from: '192.0.2.99' })),
      honest(),
    ])

    const database = new DatabaseSync(join(gatehouse.folder, 'gatehouse.db'), { readOnly: true })
    const found = ids.filter((id) => database.prepare('select 1 from trace_requests where request_id = ?').get(id))
    database.close()
    assert.equal(found.length, 20)
  })
})
