import { password, signIn, startGatehouse, username } from '../gatehouse.ts'
import { root, startOnServerCore } from '../processes.ts'
import { measuredRow, type Row, spread } from '../report.ts'
import { interleave, repeated, type Target } from '../rounds.ts'
import { type Client, Visitor } from '../visitor.ts'
import type { MeasureOptions } from './contract.ts'

const concurrency = 16

/** Login by form, next to the hash alone: the difference is our cost. */
export async function login(options: MeasureOptions): Promise<Row[]> {
  const gatehouse = await startGatehouse()
  const hasher = await startOnServerCore([`${root}/bench/peers/password-hash.ts`])
  const { host, clients } = gatehouse
  const ours = { pid: gatehouse.child.pid, port: gatehouse.port, connections: concurrency }
  const targets: Record<'form' | 'whole' | 'hash', Target> = {
    form: { ...ours, visit: (connection) => () => signIn(new Visitor(connection, host)) },
    whole: {
      ...ours,
      visit: (connection, index) => () => {
        const visitor = new Visitor(connection, host)
        const client = clients[index % clients.length] as Client
        return visitor.logIn(client, {
          onForm: (address) => {
            const interaction = new URLSearchParams(address.split('?')[1]).get('interaction') ?? ''
            return visitor.post('/login', { username, password, interaction })
          },
        })
      },
    },
    hash: {
      pid: hasher.pid,
      port: Number(hasher.ready['port']),
      connections: concurrency,
      visit: repeated('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', 200, 'the hash alone'),
    },
  }
  const measured = await interleave('login by form', targets, { ...options, warmUp: Math.min(options.seconds, 2) })
  const hashCpu = spread(measured.hash.map(({ cpu }) => cpu)).median
  const without = (name: 'form' | 'whole') => spread(measured[name].map(({ cpu }) => cpu)).median - hashCpu
  const note = (name: 'form' | 'whole') => `${without(name).toFixed(0)} us of CPU time without the hash`
  const limitName = 'one password hash for each request'
  return [
    measuredRow('POST /login', measured.form, { limit: measured.hash, limitName, note: note('form') }),
    measuredRow('login to a product by form, to tokens', measured.whole, { limit: measured.hash, note: note('whole') }),
  ]
}
