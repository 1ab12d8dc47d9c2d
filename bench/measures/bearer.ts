import { hash } from 'node:crypto'
import { forwardAuthRequest, signIn, startGatehouse } from '../gatehouse.ts'
import { HttpConnection } from '../http-connection.ts'
import { measuredRow, type Row } from '../report.ts'
import { interleave, repeated, type Target } from '../rounds.ts'
import { type Client, Visitor } from '../visitor.ts'
import { answerOf, requireSameAnswer, startBareNode } from './bare-limit.ts'
import type { MeasureOptions } from './contract.ts'

/** Forward-auth with a JWT access token: one that was verified before, and one whose signature is broken. */
export async function bearer(options: MeasureOptions): Promise<Row[]> {
  const { connections, seconds } = options
  const gatehouse = await startGatehouse()
  const connection = await HttpConnection.open(gatehouse.port)
  const visitor = new Visitor(connection, gatehouse.host)
  await signIn(visitor)
  const { accessToken } = await visitor.logIn(gatehouse.clients[0] as Client, { resource: gatehouse.serviceUrl })
  connection.close()

  const good = forwardAuthRequest(gatehouse, `Authorization: Bearer ${accessToken}`)
  const limit = await startBareNode({
    by: 'token',
    cookieName: '',
    known: [hash('sha256', accessToken, 'base64url')],
    allow: await answerOf(gatehouse, good, 200),
    deny: { head: ['Content-Length', '0'], body: '' },
  })
  await requireSameAnswer([gatehouse.port, limit.port], good)

  const ours = { pid: gatehouse.child.pid, port: gatehouse.port, connections }
  const bare = { pid: limit.child.pid, port: limit.port, connections }
  const rounds = { ...options, warmUp: Math.min(seconds, 2) }
  const allowed = repeated(good, 200, 'GET /oauth2/auth with a token')
  // A different one for each connection: simultaneous equal tokens are verified once, which would hide the cost of one.
  const refused: Target['visit'] = (connection, index) => {
    const bad = forwardAuthRequest(gatehouse, `Authorization: Bearer ${withBrokenSignature(accessToken, index)}`)
    return repeated(bad, 401, 'GET /oauth2/auth with a broken token')(connection, index)
  }
  const known = await interleave(
    'token seen before',
    { ours: { ...ours, visit: allowed }, limit: { ...bare, visit: allowed } },
    rounds,
  )
  const broken = await interleave('broken token', { ours: { ...ours, visit: refused } }, rounds)
  return [
    measuredRow('ALLOW, token seen before', known.ours, {
      limit: known.limit,
      limitName: 'node:http, crypto.hash and a Map, the same answer',
      goal: { kind: 'at least', of: 'ratio', value: 0.85 },
    }),
    measuredRow('DENY, broken signature', broken.ours, {
      note: 'one ES256 verification each: nothing bad is remembered',
    }),
  ]
}

/** Well-formed, so that it is verified and not refused for its form; a different one for each index. */
function withBrokenSignature(token: string, index: number): string {
  const signature = Buffer.from(token.slice(token.lastIndexOf('.') + 1), 'base64url')
  signature[8 + (index % 48)] = (signature[8 + (index % 48)] ?? 0) ^ (1 + (index >> 4))
  return token.slice(0, token.lastIndexOf('.') + 1) + signature.toString('base64url')
}
