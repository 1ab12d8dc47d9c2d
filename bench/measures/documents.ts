import { startGatehouse } from '../gatehouse.ts'
import { measuredRow, type Row } from '../report.ts'
import { interleave, repeated } from '../rounds.ts'
import { startBareNode } from './bare-limit.ts'
import type { MeasureOptions } from './contract.ts'

const goal = { kind: 'at least', of: 'ratio', value: 0.9 } as const

/** Discovery and JWKS: precomputed bytes, against an empty answer. */
export async function documents(options: MeasureOptions): Promise<Row[]> {
  const gatehouse = await startGatehouse()
  const nothing = { head: [], body: '' }
  const limit = await startBareNode({ by: 'empty', cookieName: '', known: [], allow: nothing, deny: nothing })
  const ours = { pid: gatehouse.child.pid, port: gatehouse.port, connections: options.connections }
  const bare = { pid: limit.child.pid, port: limit.port, connections: options.connections }

  const rows: Row[] = []
  for (const [row, path] of [
    ['discovery', '/.well-known/openid-configuration'],
    ['JWKS', '/jwks'],
  ] as const) {
    const visit = repeated(`GET ${path} HTTP/1.1\r\nHost: ${gatehouse.host}\r\nAccept: */*\r\n\r\n`, 200, `GET ${path}`)
    const targets = { ours: { ...ours, visit }, limit: { ...bare, visit } }
    const measured = await interleave(row, targets, { ...options, warmUp: Math.min(options.seconds, 2) })
    rows.push(measuredRow(row, measured.ours, { limit: measured.limit, limitName: 'node:http, an empty 200', goal }))
  }
  return rows
}
