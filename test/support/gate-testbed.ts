/** For the tests of this folder: a gate on a free port, with a fake store, a fake issuer and an upstream that echoes what it sees. */
import { hash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Service } from '../../src/config/schema.ts'
import { AppError } from '../../src/errors.ts'
import { createGate, type Gate, type GateDependencies, type GateOptions } from '../../src/gate/gate.ts'
import type { Identity, ServiceSession } from '../../src/gate/identity.ts'
import type { RedeemedCode } from '../../src/gate/sign-in.ts'
import { createLogger } from '../../src/log.ts'

export interface Answer {
  status: number
  headers: IncomingMessage['headers']
  raw: string[]
  body: string
}

export interface Testbed extends AsyncDisposable {
  port: number
  gate: Gate
  /** Requests that reached the upstream. */
  seen: Seen[]
  /** Makes a session in the store and gives the id for the cookie. */
  signIn(service: string, identity?: Partial<Identity>): { id: string; session: ServiceSession }
  /** What the store answers; and how often it was asked. */
  store: { sessions: Map<string, ServiceSession>; lookUps: number }
  tokens: Map<string, { audience: string; identity: Identity; verifications: number; grant?: string; token?: string }>
  codes: Map<string, RedeemedCode & { service: string; state: string }>
  ended: string[]
  clock: { time: number }
  ask(options: Ask): Promise<Answer>
}

export interface Seen {
  method: string
  url: string
  raw: string[]
  body: string
}

export interface Ask {
  host?: string
  path?: string
  method?: string
  headers?: Record<string, string | string[]>
  body?: string
  port?: number
}

export const alice: Identity = {
  userId: 'u-1',
  username: 'alice',
  names: ['user:alice'],
  email: 'alice@example.test',
  teams: ['analysts', 'Ünïcode, team'],
}

export const navigation = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate' }

/** A well-formed JWT that means `name` to the fake verifier. */
export function jwt(name: string): string {
  return ['eyJhbGciOiJFUzI1NiJ9', Buffer.from(name).toString('base64url'), 'c2ln'].join('.')
}

export async function testbed({
  services,
  trustedProxies = [],
  upstream = echo,
  ...overrides
}: {
  /** `upstream: true` puts the echo upstream behind it; an address is that of one. */
  services: Record<string, Omit<Service, 'upstream'> & { upstream?: boolean | string }>
  trustedProxies?: string[]
  upstream?: (seen: Seen[]) => Server
} & Partial<Pick<GateOptions, 'cacheFreshness' | 'cacheLimit' | 'dialects' | 'upstreamAuthorities'>> &
  Partial<Pick<GateDependencies, 'findSession'>>): Promise<Testbed> {
  const seen: Seen[] = []
  const far = await listening(upstream(seen))
  const store = { sessions: new Map<string, ServiceSession>(), lookUps: 0 }
  const tokens: Testbed['tokens'] = new Map()
  const codes: Testbed['codes'] = new Map()
  const ended: string[] = []
  const clock = { time: Date.now() }

  const { cacheFreshness, cacheLimit, dialects, upstreamAuthorities, findSession } = overrides
  const gate = createGate(
    {
      services: Object.fromEntries(
        Object.entries(services).map(([name, { upstream: behind, ...service }]) => [
          name,
          behind ? { ...service, upstream: behind === true ? `http://127.0.0.1:${portOf(far)}` : behind } : service,
        ]),
      ),
      trustedProxies,
      returnOrigins: ['https://id.example.test'],
      ...(cacheFreshness === undefined ? {} : { cacheFreshness }),
      ...(cacheLimit === undefined ? {} : { cacheLimit }),
      ...(dialects === undefined ? {} : { dialects }),
      upstreamAuthorities,
    },
    {
      findSession:
        findSession ??
        ((id, service) => {
          store.lookUps++
          const session = store.sessions.get(hash('sha256', id))
          return session?.service === service ? session : undefined
        }),
      async verifyToken(token, audience) {
        const known = tokens.get(token)
        if (known) known.verifications++
        await new Promise(setImmediate)
        if (known === undefined) throw new AppError('token-invalid')
        if (known.audience !== audience) throw new AppError('token-audience-wrong')
        const { identity, grant, token: name } = known
        return {
          identity,
          expiresAt: clock.time + 60_000,
          ...(grant === undefined ? {} : { grant }),
          ...(name === undefined ? {} : { token: name }),
        }
      },
      async redeemCode({ code, service, state }) {
        const kept = codes.get(code)
        codes.delete(code)
        return kept?.service === service && kept.state === state ? kept : undefined
      },
      async signOut({ session, returnTo }) {
        if (session) ended.push(session.key)
        if (session) store.sessions.delete(session.key)
        return `https://id.example.test/logout?${new URLSearchParams(returnTo === undefined ? {} : { returnTo })}`
      },
      signInUrl: ({ service, returnTo, state, shortened, someoneElse }) => {
        const flags = { shortened: String(shortened), someoneElse: String(someoneElse) }
        return `https://id.example.test/login?${new URLSearchParams({ service, returnTo, state, ...flags })}`
      },
      errorPage({ error, response }) {
        response.writeHead(error.status, { 'Content-Type': 'text/html' })
        response.end(`<h1>${error.code}</h1>`)
      },
      askSignOut({ response, action }) {
        response.writeHead(200, { 'Content-Type': 'text/html' })
        response.end(`<form method="post" action="${action}"></form>`)
      },
      requestId: () => 'r-1',
      log: createLogger({ level: 'silent' }),
      clock: { now: () => clock.time },
    },
  )
  const server = createServer({ shouldUpgradeCallback: gate.wantsUpgrade }, (incoming, response) => {
    if (gate.handle(incoming, response)) return
    response.writeHead(421)
    response.end('not ours')
  })
  server.on('upgrade', (incoming, socket, head) => {
    if (!gate.upgrade(incoming, socket, head)) socket.destroy()
  })
  await listening(server)
  const port = portOf(server)

  return {
    port,
    gate,
    seen,
    store,
    tokens,
    codes,
    ended,
    clock,
    signIn(service, identity = {}) {
      const id = randomBytes(32).toString('base64url')
      const session = {
        key: hash('sha256', id),
        service,
        identity: {
          ...alice,
          ...(identity.username === undefined ? {} : { names: [`user:${identity.username}`] }),
          ...identity,
        },
        expiresAt: clock.time + 3_600_000,
      }
      store.sessions.set(session.key, session)
      return { id, session }
    },
    ask: (options) => ask({ port, ...options }),
    async [Symbol.asyncDispose]() {
      await gate.close()
      await Promise.all([stopped(server), stopped(far)])
    },
  }
}

/** One request on a separate connection, with exactly these headers. */
export async function ask({
  host = 'app.test',
  path = '/',
  method = 'GET',
  headers = {},
  body,
  port = 0,
}: Ask): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port, path, method, agent: false, headers: { host, ...headers } })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    raw: answer.rawHeaders,
    body: Buffer.concat(chunks).toString(),
  }
}

/** Writes bytes as they are and gives everything that comes back until the peer or `patience` (milliseconds) ends it. */
export async function rawExchange(port: number, bytes: string | Buffer, patience = 300): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
  })
  socket.on('error', () => {})
  socket.write(bytes)
  await Promise.race([once(socket, 'close'), new Promise((resolve) => setTimeout(resolve, patience))])
  socket.destroy()
  return received
}

/** An upstream that answers with what it saw. */
export function echo(seen: Seen[]): Server {
  return createServer(recording(seen, (_, response) => response.end(JSON.stringify(seen.at(-1)))))
}

export function recording(seen: Seen[], then: RequestListener): RequestListener {
  return async (incoming, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of incoming) chunks.push(chunk)
    } catch {
      return // The client left: nothing to record.
    }
    seen.push({
      method: incoming.method ?? '',
      url: incoming.url ?? '',
      raw: incoming.rawHeaders,
      body: Buffer.concat(chunks).toString(),
    })
    then(incoming, response)
  }
}

export async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

async function stopped(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  if (server.listening) await once(server, 'close')
}
