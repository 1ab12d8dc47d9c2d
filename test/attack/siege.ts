import { readFileSync } from 'node:fs'
import { type RawAnswer, RawConnection } from './raw-connection.ts'

export interface Finding {
  /** GATEHOUSE_ATTACK_ONLY repeats it alone. */
  index: number
  problem: string
  /** What was sent, escaped. */
  sent: string
  answered: string
}

/** One case of a siege: what is sent, and what is said of the answer. */
export interface Case {
  bytes: string
  hasBody: boolean
  /** What is wrong; undefined when nothing is. */
  judge(answer: RawAnswer | undefined): string | undefined
}

const maxFindings = 25

/** Sends the cases over many connections at once and collects what is wrong, up to a limit. */
export async function siege({
  count,
  first,
  connections,
  ports,
  draw,
}: {
  count: number
  /** The index of the first case. */
  first: number
  connections: number
  /** Each connection takes one of these places. */
  ports: readonly { port: number; from: string }[]
  draw(index: number, from: string): Case
}): Promise<Finding[]> {
  const only = process.env['GATEHOUSE_ATTACK_ONLY']
  const findings: Finding[] = []
  let next = only === undefined ? first : Number(only)
  const end = only === undefined ? first + count : next + 1

  const worker = async (at: number) => {
    const { port, from } = ports[at % ports.length] ?? { port: 0, from: '' }
    const connection = new RawConnection(port, from)
    while (next < end && findings.length < maxFindings) {
      const index = next++
      const { bytes, hasBody, judge } = draw(index, from)
      const answer = await connection.ask(bytes, { hasBody })
      const problem = judge(answer)
      if (problem !== undefined)
        findings.push({ index, problem, sent: escaped(bytes), answered: escaped(answer?.head ?? '') })
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, (_, at) => worker(at)))
  return findings
}

function escaped(text: string): string {
  return JSON.stringify(text.slice(0, 3000)).replace(/[\x7f-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`)
}

/** Resident memory of a process in MiB. */
export function residentMemory(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1024
}

/** A number from the environment. */
export function size(variable: string, usual: number): number {
  return Number(process.env[variable] ?? usual)
}
