import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Rule } from '../../src/config/schema.ts'
import { type DevIdp, startDevIdp } from '../../src/dev-idp/index.ts'
import { ScriptedBrowser, signIn } from '../e2e/support/scripted-browser.ts'
import { type Gatehouse, startGatehouse } from '../support/gatehouse.ts'
import { type RelyingParty, relyingParty, walkToCallback } from '../support/relying-party.ts'
import type { Somebody } from './policy.ts'
import { createRandom, type Random } from './random.ts'
import { RawConnection } from './raw-connection.ts'

/** A server to attack: services behind the gate, people who are signed in, and what each service has seen. */
export interface Town {
  gatehouse: Gatehouse
  services: readonly TownService[]
  /** By name: who they are, and their secrets. */
  people: Readonly<Record<PersonName, Person>>
  /** Tokens of several kinds and states for each service. */
  tokens: ReadonlyMap<string, ServiceTokens>
  /** The secret of the product `app`. */
  clientSecret: string
  /** What the services saw of the request that was marked so; it is forgotten. */
  takeSeen(mark: string): Seen[]
  /** Requests that came to a service without a mark: nobody has sent them. */
  unmarked: Seen[]
  close(): Promise<void>
}

export interface TownService {
  name: string
  host: string
  /** Paths as bytes in Latin-1 (`ü` is two), as requests have them. */
  rules: readonly Rule[]
}

export type PersonName = 'alice' | 'bob' | 'carol' | 'dave'

export interface Person extends Somebody {
  /** Session ids by the name of the service. */
  sessions: ReadonlyMap<string, string>
  /** The cookie of the issuer's host. */
  login: string
}

export interface ServiceTokens {
  alice: string
  bob: string
  /** Alice's, whose login session has ended since. */
  ended: string
  program: string
}

export interface Seen {
  service: string
  method: string
  url: string
  raw: readonly string[]
}

/** The header that tells which request a service has seen. It means nothing to the gate. */
export const markHeader = 'X-Attack-Case'

export const password = 'correct horse battery staple'
const redirectUri = 'http://localhost:1/cb'

const teamsOf: Readonly<Record<PersonName, readonly string[]>> = {
  alice: ['admins', 'analysts'],
  bob: ['analysts'],
  carol: [],
  /** Deactivated after signing in. */
  dave: ['admins'],
}

const writtenRules: Readonly<Record<string, readonly Rule[]>> = {
  mixed: [
    { path: '/static', allow: 'everyone' },
    { path: '/admin/status', methods: ['GET'], allow: 'everyone' },
    { path: '/admin/reports', allow: ['team:analysts', 'team:admins'] },
    { path: '/admin', allow: ['team:admins'] },
    { path: '/api/items', methods: ['GET'], allow: 'authenticated' },
    { path: '/api', allow: ['team:admins'] },
    { path: '/Home', allow: ['user:bob'] },
    { path: '/', allow: 'authenticated' },
  ],
  closed: [
    { path: '/v1/open', allow: 'everyone' },
    { path: '/v1', allow: 'authenticated' },
    { path: '/v2/private', allow: ['team:admins'] },
  ],
  open: [
    { path: '/secret', allow: ['team:admins'] },
    { path: '/form', methods: ['POST'], allow: 'authenticated' },
    { path: '/', allow: 'everyone' },
  ],
  whole: [{ path: '/', allow: ['team:analysts'] }],
}

/** Rules that nobody has thought about: other ones for each seed. */
function drawnRules(random: Random): Rule[] {
  const segments = ['a', 'A', 'b', 'ab', 'admin', 'Admin', 'x.y', '~a', 'ü']
  const paths = new Set(
    Array.from(
      { length: 6 },
      () => `/${Array.from({ length: 1 + random.below(3) }, () => random.pick(segments)).join('/')}`,
    ),
  )
  return [...paths].map((path): Rule => {
    const allow = random.pick<Rule['allow']>([
      'everyone',
      'authenticated',
      ['team:admins'],
      ['team:analysts'],
      ['user:carol'],
    ])
    return random.chance(0.3) ? { path, methods: [random.pick(['GET', 'POST'] as const)], allow } : { path, allow }
  })
}

/** Starts the server and its services, and signs everybody in through the front door. */
export async function startTown(seed: number): Promise<Town> {
  const random = createRandom(seed)
  const rulesOf: Record<string, readonly Rule[]> = {
    ...writtenRules,
    'drawn-1': drawnRules(random),
    'drawn-2': drawnRules(random),
  }
  const upstreams = await startUpstreams(Object.keys(rulesOf))
  const company = await startDevIdp()
  const gatehouse = await startGatehouse({
    config: (port) => townYaml({ port, rulesOf, ports: upstreams.ports, company }),
    // A small heap is tidied soon: what then grows is kept, and not merely waiting to be collected.
    env: { COMPANY_SECRET: company.clientSecret, NODE_OPTIONS: '--max-old-space-size=128 --max-semi-space-size=4' },
  })
  const services = Object.entries(rulesOf).map(([name, rules]) => ({
    name,
    host: `${name}.localhost:${gatehouse.port}`,
    rules: rules.map((rule) => ({ ...rule, path: Buffer.from(rule.path).toString('latin1') })),
  }))
  for (const [name, teams] of Object.entries(teamsOf)) {
    await gatehouse.addUser(name, password, [
      '--email',
      `${name}@example.test`,
      ...teams.flatMap((team) => ['--team', team]),
    ])
  }
  const people = {
    alice: await signedIn('alice', services),
    bob: await signedIn('bob', services),
    carol: await signedIn('carol', services),
    dave: await signedIn('dave', services),
  }
  const secret = (await gatehouse.cli(['clients', 'secret', 'app'])).stdout.trim()
  const product = await relyingParty({ issuer: gatehouse.url, clientId: 'app', clientSecret: secret, redirectUri })
  const tokens = new Map<string, ServiceTokens>()
  for (const { name, host } of services) tokens.set(name, await tokensFor(product, gatehouse, `http://${host}`))
  await gatehouse.cli(['users', 'deactivate', 'dave'])
  await refused(people.dave, services, gatehouse.port)
  // The pages at which the sign-ins ended.
  upstreams.unmarked.length = 0

  return {
    gatehouse,
    services,
    people,
    tokens,
    clientSecret: secret,
    takeSeen: upstreams.takeSeen,
    unmarked: upstreams.unmarked,
    close: async () => {
      await gatehouse.stop()
      await Promise.all([upstreams.close(), company.close()])
    },
  }
}

function townYaml({
  port,
  rulesOf,
  ports,
  company,
}: {
  port: number
  rulesOf: Readonly<Record<string, readonly Rule[]>>
  ports: ReadonlyMap<string, number>
  company: DevIdp
}): string {
  const services = Object.fromEntries(
    Object.entries(rulesOf).map(([name, rules]) => [
      name,
      { url: `http://${name}.localhost:${port}`, upstream: `http://127.0.0.1:${ports.get(name)}`, rules },
    ]),
  )
  return JSON.stringify({
    issuer: `http://localhost:${port}`,
    listen: { port, trustedProxies: ['127.0.0.1'] },
    authenticationClasses: { company: company.authenticationClass },
    login: [{ authenticationClass: 'company', oidc: { clientCredentialsSecret: 'company' } }, { local: {} }],
    secrets: { company: { clientId: company.clientId, clientSecret: '${env:COMPANY_SECRET}' } },
    services,
    products: {
      app: {
        product: 'oidc',
        url: 'http://localhost:1',
        redirectUris: [redirectUri],
        services: Object.keys(rulesOf),
        grantTypes: ['client_credentials'],
        authentication: [{ authenticationClass: 'gatehouse' }],
      },
    },
    teams: { admins: {}, analysts: {} },
  })
}

/** Sessions of somebody at every service: one sign-in, then the services take it over. */
async function signedIn(username: PersonName, services: readonly TownService[]): Promise<Person> {
  const browser = new ScriptedBrowser()
  const sessions = new Map<string, string>()
  for (const { name, host } of services) {
    const startUrl = `http://${host}/oauth2/start?rd=%2Foauth2%2Fuserinfo`
    if (sessions.size === 0) await signIn(browser, { startUrl, username, password })
    else await browser.open(startUrl)
    const id = browser.jar.find('gatehouse_session', `${name}.localhost`)?.value
    if (id === undefined) throw new Error(`${username} has no session at ${name}:\n${browser.trace()}`)
    sessions.set(name, id)
  }
  const login = browser.jar.find('gatehouse_login', 'localhost')?.value ?? ''
  await browser.close()
  return { username, teams: teamsOf[username], sessions, login }
}

/** Waits until the server has heard that somebody's sessions have ended: the command line runs in another process. */
async function refused({ username, sessions }: Person, services: readonly TownService[], port: number): Promise<void> {
  const connection = new RawConnection(port, '127.0.0.1')
  const deadline = Date.now() + 10_000
  for (const { name, host } of services) {
    const bytes = `GET /oauth2/userinfo HTTP/1.1\r\nHost: ${host}\r\nCookie: gatehouse_session=${sessions.get(name)}\r\n\r\n`
    while ((await connection.ask(bytes, { hasBody: true }))?.status !== 401) {
      if (Date.now() > deadline) throw new Error(`${username} is still signed in at ${name}`)
      await delay(50)
    }
  }
  connection.close()
}

async function tokensFor(product: RelyingParty, gatehouse: Gatehouse, resource: string): Promise<ServiceTokens> {
  const { body } = await product.token({ grant_type: 'client_credentials', resource })
  const ended = await personsToken(product, { gatehouse, resource, username: 'alice' })
  await ended.browser.send(`${gatehouse.url}/login/sign-out`, { method: 'POST', body: new URLSearchParams() })
  return {
    alice: (await personsToken(product, { gatehouse, resource, username: 'alice' })).token,
    bob: (await personsToken(product, { gatehouse, resource, username: 'bob' })).token,
    ended: ended.token,
    program: String(body['access_token']),
  }
}

async function personsToken(
  product: RelyingParty,
  { gatehouse, resource, username }: { gatehouse: Gatehouse; resource: string; username: PersonName },
): Promise<{ browser: ScriptedBrowser; token: string }> {
  const browser = new ScriptedBrowser()
  const request = await product.request({ resource, scope: 'openid profile' })
  const { url } = await browser.open(request.url)
  const interaction = new URL(url).searchParams.get('interaction') ?? ''
  const posted = await browser.send(`${gatehouse.url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ username, password, interaction }),
  })
  const callback = await walkToCallback(browser, posted, redirectUri)
  const code = new URL(callback).searchParams.get('code') ?? ''
  const { body } = await product.token({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: request.codeVerifier,
  })
  return { browser, token: String(body['access_token']) }
}

/** A service for each name, each on a port of its own: it answers with a word and remembers what came. */
async function startUpstreams(names: readonly string[]) {
  const seen = new Map<string, Seen[]>()
  const unmarked: Seen[] = []
  const ports = new Map<string, number>()
  const servers: Server[] = []
  const mark = markHeader.toLowerCase()
  for (const service of names) {
    const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      const { method = '', url = '', rawHeaders: raw } = request
      const at = raw.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === mark)
      const one = { service, method, url, raw }
      const key = at < 0 ? undefined : raw[at + 1]
      if (key === undefined) unmarked.push(one)
      else seen.set(key, [...(seen.get(key) ?? []), one])
      request.resume()
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 5 }).end('seen\n')
    })
    server.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    ports.set(service, (server.address() as AddressInfo).port)
    servers.push(server)
  }
  return {
    ports,
    unmarked,
    takeSeen: (key: string): Seen[] => {
      const found = seen.get(key) ?? []
      seen.delete(key)
      return found
    },
    close: async () => {
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}
