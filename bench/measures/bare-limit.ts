import type { Gatehouse } from '../gatehouse.ts'
import { type Answer, HttpConnection } from '../http-connection.ts'
import type { BareNode, PreparedAnswer } from '../peers/bare-node.ts'
import { type Child, root, startOnServerCore } from '../processes.ts'
import { WrongAnswer } from '../rounds.ts'

/** Headers that Node itself adds to every answer. */
const added = /^(date|connection|keep-alive):/i

/** The server that does the same look-up and no more. */
export async function startBareNode(plan: BareNode): Promise<{ child: Child; port: number }> {
  const child = await startOnServerCore([`${root}/bench/peers/bare-node.ts`, JSON.stringify(plan)])
  return { child, port: Number(child.ready['port']) }
}

/** Asks ours once: the limit sends the very same bytes. */
export async function answerOf(
  { port }: Pick<Gatehouse, 'port'>,
  request: string,
  status: number,
): Promise<PreparedAnswer> {
  const answer = await askOnce(port, request)
  if (answer.status !== status) throw new WrongAnswer('before the first round', String(status), answer)
  return { head: ownHeaders(answer), body: answer.body }
}

/** Fails when two servers answer a request differently: then their rates cannot be compared. */
export async function requireSameAnswer(ports: readonly [number, number], request: string): Promise<void> {
  const [ours, limit] = await Promise.all([askOnce(ports[0], request), askOnce(ports[1], request)])
  const words = (answer: Answer) => `${answer.status}\n${alike(ownHeaders(answer)).join('\n')}\n${answer.body}`
  if (words(ours) !== words(limit)) throw new WrongAnswer('the limit does not answer like ours', words(ours), limit)
}

/** Each answer of ours has an id of its own; the limit sends one of the same length. */
function alike(headers: readonly string[]): string[] {
  return headers.map((word, at) => (/^x-request-id$/i.test(headers[at - 1] ?? '') ? 'x'.repeat(word.length) : word))
}

async function askOnce(port: number, request: string): Promise<Answer> {
  const connection = await HttpConnection.open(port)
  try {
    return await connection.exchange(request)
  } finally {
    connection.close()
  }
}

function ownHeaders({ head }: Answer): string[] {
  const lines = head.split('\r\n').slice(1)
  return lines
    .filter((line) => !added.test(line))
    .flatMap((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })
}
