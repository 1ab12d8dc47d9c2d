import { forwardAuthRequest, type Gatehouse, serviceSession, signIn, startGatehouse } from '../gatehouse.ts'
import { HttpConnection } from '../http-connection.ts'
import { measuredRow, type Row, withGoal } from '../report.ts'
import { interleave, type Measured, measure, repeated, type Target } from '../rounds.ts'
import { type Client, Visitor } from '../visitor.ts'
import { answerOf, requireSameAnswer, startBareNode } from './bare-limit.ts'
import type { MeasureOptions } from './contract.ts'

const goal = { kind: 'at least', of: 'ratio', value: 0.85 } as const
/** With a line for each request. */
const tellingGoal = { kind: 'at least', of: 'ratio', value: 0.75 } as const
const stormGoal = { kind: 'at most', of: 'ratio', value: 2 } as const
const limitName = 'node:http and a Map, the same answer'
const stormClients = 4

/** Forward-auth with a session, without one, with garbage, and with a line of the log for each; the latency of one request; and its latency while many people log in. */
export async function gate(options: MeasureOptions): Promise<Row[]> {
  const { connections, seconds, signal, progress } = options
  const gatehouse = await startGatehouse()
  const { requests, pair } = await besideLimit(gatehouse, connections)
  // Standard error of our servers is a file, as under systemd or in a container.
  const telling = await besideLimit(await startGatehouse('', { access: true }), connections)
  const rounds = { ...options, warmUp: Math.min(seconds, 2) }
  const allow = await interleave('ALLOW', pair(requests.allow, 200), rounds)
  const bare = await interleave('DENY without a cookie', pair(requests.bare, 401), rounds)
  const garbage = await interleave('DENY garbage', pair(requests.garbage, 401), rounds)
  const toldAllow = await interleave('ALLOW, line of the log on', telling.pair(telling.requests.allow, 200), rounds)
  const toldBare = await interleave('DENY, line of the log on', telling.pair(telling.requests.bare, 401), rounds)
  const single = await interleave('ALLOW, one connection', pair(requests.allow, 200, 1), rounds)

  const rows = [
    measuredRow('ALLOW, session', allow.ours, { limit: allow.limit, goal, limitName }),
    measuredRow('DENY, no cookie', bare.ours, { limit: bare.limit, goal }),
    measuredRow('DENY, garbage cookie', garbage.ours, { limit: garbage.limit, goal }),
    measuredRow('ALLOW, session, access line on', toldAllow.ours, { limit: toldAllow.limit, goal: tellingGoal }),
    measuredRow('DENY, no cookie, access line on', toldBare.ours, { limit: toldBare.limit, goal: tellingGoal }),
    measuredRow('ALLOW p50, 1 connection', single.ours, { limit: single.limit, quantity: 'p50' }),
    measuredRow('ALLOW p99, 1 connection', single.ours, { limit: single.limit, quantity: 'p99' }),
  ]
  for (const width of [1, connections]) {
    progress(`ALLOW p99 in a storm, ${width} connections`)
    const { quiet, stormy, logins } = await inStorm(gatehouse, pair(requests.allow, 200, width).ours, options)
    const row = measuredRow(`ALLOW p99 in a login storm, ${width} conn.`, stormy, {
      limit: quiet,
      limitName: 'the same without the storm',
      quantity: 'p99',
      goal: stormGoal,
      note: `${logins.toFixed(0)} complete logins/s of ${stormClients} clients beside it`,
    })
    // Here the CPU time of the server is not only that of the gate.
    const { cpu: _, limitCpu: __, ...withoutCpu } = row
    rows.push(withGoal(withoutCpu))
  }
  signal.throwIfAborted()
  return rows
}

/** The requests of a server, each against a limit that answers with the same bytes. */
async function besideLimit(gatehouse: Gatehouse, connections: number) {
  const cookie = await serviceSession(gatehouse)
  const requests = {
    allow: forwardAuthRequest(gatehouse, `Cookie: ${cookie}`),
    bare: forwardAuthRequest(gatehouse, ''),
    garbage: forwardAuthRequest(gatehouse, `Cookie: gatehouse_session=${'~garbage'.repeat(5)}~~~`),
  }
  const [cookieName = '', id = ''] = cookie.split('=')
  const limit = await startBareNode({
    by: 'cookie',
    cookieName,
    known: [id],
    allow: await answerOf(gatehouse, requests.allow, 200),
    deny: await answerOf(gatehouse, requests.bare, 401),
  })
  for (const request of Object.values(requests)) await requireSameAnswer([gatehouse.port, limit.port], request)

  const pair = (request: string, status: number, width = connections): { ours: Target; limit: Target } => {
    const visit = repeated(request, status, 'GET /oauth2/auth')
    return {
      ours: { pid: gatehouse.child.pid, port: gatehouse.port, connections: width, visit },
      limit: { pid: limit.child.pid, port: limit.port, connections: width, visit },
    }
  }
  return { requests, pair }
}

/** Quiet and stormy rounds in turn, so that both see the same machine. */
async function inStorm(
  gatehouse: Gatehouse,
  target: Target,
  { rounds, seconds, signal }: MeasureOptions,
): Promise<{ quiet: Measured[]; stormy: Measured[]; logins: number }> {
  const quiet: Measured[] = []
  const stormy: Measured[] = []
  let logins = 0
  for (let round = 0; round < rounds; round++) {
    quiet.push(await measure(target, seconds, signal))
    const storm = await startStorm(gatehouse)
    stormy.push(await measure(target, seconds, signal))
    logins += await storm.end()
  }
  return { quiet, stormy, logins: logins / (rounds * seconds) }
}

/** People with a session log in to several products as fast as possible. `end` answers with their number. */
async function startStorm(gatehouse: Gatehouse): Promise<{ end(): Promise<number> }> {
  const { port, host, clients } = gatehouse
  let ended = false
  let logins = 0
  const visitors = await Promise.all(
    Array.from({ length: stormClients }, async () => {
      const connection = await HttpConnection.open(port)
      const visitor = new Visitor(connection, host)
      await signIn(visitor)
      await visitor.logIn(clients[0] as Client)
      return { connection, visitor }
    }),
  )
  const walks = visitors.map(async ({ connection, visitor }) => {
    for (let turn = 0; !ended; turn++) {
      await visitor.logIn(clients[turn % clients.length] as Client)
      logins++
    }
    connection.close()
  })
  const all = Promise.all(walks)
  all.catch(() => {})
  return {
    end: async () => {
      ended = true
      await all
      return logins
    },
  }
}
