import { signIn, startGatehouse } from '../gatehouse.ts'
import { HttpConnection } from '../http-connection.ts'
import { freePort, root, startOnServerCore } from '../processes.ts'
import { measuredRow, type Row } from '../report.ts'
import { interleave, type Target } from '../rounds.ts'
import { type Client, Cookies, Visitor } from '../visitor.ts'
import type { MeasureOptions } from './contract.ts'

const concurrency = 16
const limitName = 'oidc-provider in memory, ES256'

interface Provider {
  pid: number
  port: number
  host: string
  clients: readonly Client[]
  /** What stands before the first authorization request: our login, nothing at the bare provider. */
  prepare(visitor: Visitor): Promise<unknown>
}

/** Logins at 16 clients: with a session (single sign-on), by refresh token, and of a client itself. */
export async function token(options: MeasureOptions): Promise<Row[]> {
  const gatehouse = await startGatehouse()
  const port = await freePort()
  const peer = await startOnServerCore([
    `${root}/bench/peers/bare-oidc-provider.ts`,
    String(port),
    JSON.stringify(gatehouse.clients),
  ])
  const { clients, serviceUrl } = gatehouse
  const ours: Provider = {
    pid: gatehouse.child.pid,
    port: gatehouse.port,
    host: gatehouse.host,
    clients,
    prepare: signIn,
  }
  const bare: Provider = { pid: peer.pid, port, host: `127.0.0.1:${port}`, clients, prepare: async () => {} }

  const rounds = { ...options, warmUp: Math.min(options.seconds, 3) }
  const [ourPeople, barePeople] = await Promise.all([signedIn(ours), signedIn(bare)])
  const sso = await interleave(
    'login with a session',
    { ours: logins(ours, ourPeople), limit: logins(bare, barePeople) },
    rounds,
  )
  const refresh = await interleave(
    'refresh',
    { ours: refreshes(ours, ourPeople), limit: refreshes(bare, barePeople) },
    rounds,
  )
  const own = await interleave(
    'client credentials',
    { ours: clientTokens(ours, serviceUrl), limit: clientTokens(bare, serviceUrl) },
    rounds,
  )
  return [
    measuredRow('login with a session (2 requests)', sso.ours, {
      limit: sso.limit,
      limitName,
      goal: { kind: 'at least', of: 'ratio', value: 0.7 },
    }),
    measuredRow('refresh with rotation', refresh.ours, { limit: refresh.limit }),
    measuredRow('client_credentials, JWT', own.ours, { limit: own.limit }),
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
