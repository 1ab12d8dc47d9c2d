import { randomBytes } from 'node:crypto'
import { type Postgres, startPostgres } from '../../test/e2e/support/postgres.ts'
import { type Gatehouse, signIn, startGatehouse } from '../gatehouse.ts'
import { HttpConnection } from '../http-connection.ts'
import { freePort, pinToServerCore, root, startOnServerCore } from '../processes.ts'
import { measuredRow, type Row } from '../report.ts'
import { interleave, type Measured, type Target } from '../rounds.ts'
import { type Client, Cookies, Visitor } from '../visitor.ts'
import type { MeasureOptions } from './contract.ts'

const concurrency = 16
const limitName = 'oidc-provider in memory, ES256'

interface Provider {
  pid: number
  port: number
  host: string
  clients: readonly Client[]
  /** What precedes the first authorization request: our login, nothing at the bare provider. */
  prepare(visitor: Visitor): Promise<unknown>
  /** The resource of tokens for clients. */
  resource?: string
}

/**
 * Logins at 16 clients: with a session (single sign-on), by refresh token, and by a client itself. With `store: 'postgres'` the same on
 * PostgreSQL in the same rounds; database and server share the core of servers.
 */
export async function token(options: MeasureOptions): Promise<Row[]> {
  const gatehouse = await startGatehouse()
  const port = await freePort()
  const peer = await startOnServerCore([
    `${root}/bench/peers/bare-oidc-provider.ts`,
    String(port),
    JSON.stringify(gatehouse.clients),
  ])
  const { clients } = gatehouse
  const bare: Provider = { pid: peer.pid, port, host: `127.0.0.1:${port}`, clients, prepare: async () => {} }
  if (options.store === undefined) return measured(options, { ours: providerOf(gatehouse), limit: bare })

  const database = await startPostgres()
  try {
    pinToServerCore(database.pid)
    const onPostgres = await startGatehouse(await settingsFor(database))
    return await measured(options, { ours: providerOf(gatehouse), limit: bare, postgres: providerOf(onPostgres) })
  } finally {
    await database.stop()
  }
}

/** Our own provider and resource. */
function providerOf({ child, port, host, clients, serviceUrl }: Gatehouse): Provider {
  return { pid: child.pid, port, host, clients, prepare: signIn, resource: serviceUrl }
}

async function settingsFor(database: Postgres): Promise<string> {
  const address = await database.createDatabase('?sslmode=disable')
  return `store: ${JSON.stringify(address)}\nencryptionKey: ${randomBytes(32).toString('base64')}\n`
}

type Providers = { ours: Provider; limit: Provider; postgres?: Provider }

async function measured(options: MeasureOptions, providers: Providers): Promise<Row[]> {
  const rounds = { ...options, warmUp: Math.min(options.seconds, 3) }
  const entries = Object.entries(providers) as [keyof Providers, Provider][]
  const people = new Map<Provider, Cookies[]>()
  for (const [, provider] of entries) people.set(provider, await signedIn(provider))
  const inRounds = (label: string, target: (provider: Provider, people: readonly Cookies[]) => Target) =>
    interleave(
      label,
      Object.fromEntries(entries.map(([name, provider]) => [name, target(provider, people.get(provider) ?? [])])),
      rounds,
    ) as Promise<Record<'ours' | 'limit', Measured[]> & { postgres?: Measured[] }>

  const sso = await inRounds('login with a session', logins)
  const refresh = await inRounds('refresh', refreshes)
  const resource = providers.ours.resource ?? ''
  const own = await inRounds('client credentials', (provider) => clientTokens(provider, provider.resource ?? resource))
  const rows = [
    measuredRow('login with a session (2 requests)', sso.ours, {
      limit: sso.limit,
      limitName,
      goal: { kind: 'at least', of: 'ratio', value: 0.7 },
    }),
    measuredRow('refresh with rotation', refresh.ours, { limit: refresh.limit }),
    measuredRow('client_credentials, JWT', own.ours, { limit: own.limit }),
  ]
  const beside = (row: string, { ours, postgres }: { ours: Measured[]; postgres?: Measured[] }) =>
    postgres ? [measuredRow(`${row}, PostgreSQL`, postgres, { limit: ours, limitName: 'the same on SQLite' })] : []
  return [
    ...rows,
    ...beside('login with a session', sso),
    ...beside('refresh with rotation', refresh),
    ...beside('client_credentials, JWT', own),
  ]
}

/** One person for each connection, with a session at the provider. */
async function signedIn({ port, host, clients, prepare }: Provider): Promise<Cookies[]> {
  const people: Cookies[] = []
  const connection = await HttpConnection.open(port)
  for (let person = 0; person < concurrency; person++) {
    const visitor = new Visitor(connection, host, new Cookies())
    await prepare(visitor)
    await visitor.logIn(clientAt(clients, person))
    people.push(visitor.cookies)
  }
  connection.close()
  return people
}

function logins({ pid, port, host, clients }: Provider, people: readonly Cookies[]): Target {
  return {
    pid,
    port,
    connections: concurrency,
    visit: (connection, index) => {
      const visitor = new Visitor(connection, host, people[index])
      return () => visitor.logIn(clientAt(clients, index))
    },
  }
}

function refreshes({ pid, port, host, clients }: Provider, people: readonly Cookies[]): Target {
  return {
    pid,
    port,
    connections: concurrency,
    visit: (connection, index) => {
      const visitor = new Visitor(connection, host, people[index])
      const client = clientAt(clients, index)
      let refreshToken: string | undefined
      return async () => {
        // The first visit of a round gets the token to begin with.
        refreshToken ??= (await visitor.logIn(client)).refreshToken
        const next = await visitor.token(client, { grant_type: 'refresh_token', refresh_token: refreshToken ?? '' })
        if (next.refreshToken === undefined || next.refreshToken === refreshToken) throw new Error('it was not rotated')
        refreshToken = next.refreshToken
      }
    },
  }
}

function clientTokens({ pid, port, host, clients }: Provider, resource: string): Target {
  return {
    pid,
    port,
    connections: concurrency,
    visit: (connection, index) => {
      const visitor = new Visitor(connection, host)
      return () => visitor.token(clientAt(clients, index), { grant_type: 'client_credentials', resource })
    },
  }
}

function clientAt(clients: readonly Client[], index: number): Client {
  return clients[index % clients.length] as Client
}
