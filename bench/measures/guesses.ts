import { setTimeout as sleep } from 'node:timers/promises'
import { forwardAuthRequest, password, serviceSession, startGatehouse, username } from '../gatehouse.ts'
import { HttpConnection } from '../http-connection.ts'
import { type Row, spread, withGoal } from '../report.ts'
import { measure, repeated, type Target, WrongAnswer } from '../rounds.ts'
import type { MeasureOptions } from './contract.ts'

const guessers = 90

/** The gate, and five honest sign-ins a second, while ninety connections of one network post wrong passwords. */
export async function guesses(options: MeasureOptions): Promise<Row[]> {
  const gatehouse = await startGatehouse()
  const cookie = await serviceSession(gatehouse)
  const { host, port, child } = gatehouse
  const gate: Target = {
    pid: child.pid,
    port,
    connections: options.connections,
    visit: repeated(forwardAuthRequest(gatehouse, `Cookie: ${cookie}`), 200, 'the gate'),
  }
  const post = (name: string, secret: string, from: string, cookies = '') => {
    const body = new URLSearchParams({ username: name, password: secret }).toString()
    const lines = [
      'POST /login HTTP/1.1',
      `Host: ${host}`,
      `X-Forwarded-For: ${from}`,
      ...(cookies === '' ? [] : [`Cookie: ${cookies}`]),
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
    ]
    return `${lines.join('\r\n')}\r\n\r\n${body}`
  }
  const flooder = '192.0.2.1'
  const quiet: number[] = []
  const flooded: number[] = []
  const signIns: number[] = []
  let names = 0

  const known = await HttpConnection.open(port)
  const first = await known.exchange(post(username, password, '198.51.100.1'))
  const device = /gatehouse_device=[^;\r]+/.exec(first.head)?.[0] ?? ''
  for (let round = 0; round < options.rounds; round++) {
    options.progress(`guesses: round ${round + 1} of ${options.rounds}`)
    quiet.push((await measure(gate, options.seconds, options.signal)).p99)
    let over = false
    const flood = Array.from({ length: guessers }, async () => {
      const connection = await HttpConnection.open(port)
      while (!over) await connection.exchange(post(`name${names++ % 300}`, 'wrong', flooder))
      connection.close()
    })
    const honest = (async () => {
      for (let n = 0; !over; n++) {
        const request =
          n % 2 === 0 ? post(username, password, `198.51.100.${n % 200}`) : post(username, password, flooder, device)
        const began = performance.now()
        const answer = await known.exchange(request)
        if (answer.status !== 303) throw new WrongAnswer('an honest sign-in', '303', answer)
        signIns.push(performance.now() - began)
        await sleep(200)
      }
    })()
    flooded.push((await measure(gate, options.seconds, options.signal)).p99)
    over = true
    await Promise.all([...flood, honest])
  }
  return [
    withGoal({
      row: `p99 of the gate, ${guessers} connections with wrong passwords`,
      unit: 'ms',
      ours: spread(flooded),
      limit: spread(quiet),
      limitName: 'the gate, quiet',
      ratio: spread(flooded.map((p99, index) => p99 / (quiet[index] ?? Number.NaN))),
      goal: { kind: 'at most', of: 'ratio', value: 3 },
    }),
    withGoal({
      row: `honest sign-in meanwhile, slowest of ${signIns.length}`,
      unit: 'ms',
      ours: spread([Math.max(...signIns)]),
      goal: { kind: 'at most', of: 'ours', value: 2_000 },
    }),
  ]
}
