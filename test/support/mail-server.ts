import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'

/** A letter as it came. */
export interface ReceivedLetter {
  to: readonly string[]
  /** Headers and text. */
  raw: string
}

export interface MailServer {
  port: number
  letters: ReceivedLetter[]
  /** Waits for the letter of that number, at most five seconds. */
  letter(number: number): Promise<ReceivedLetter>
  close(): Promise<void>
}

/** A mail server on loopback that keeps what it gets. */
export async function startMailServer(): Promise<MailServer> {
  const letters: ReceivedLetter[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address)
        letters.push({ to, raw: Buffer.concat(chunks).toString('utf8') })
        callback()
      })
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const address = server.server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    letters,
    letter: async (number) => {
      for (let waited = 0; waited < 5_000 && letters.length < number; waited += 20) await sleep(20)
      const letter = letters[number - 1]
      if (!letter) throw new Error(`only ${letters.length} letters came`)
      return letter
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** The address in a letter, whose lines may be folded for the way (quoted-printable). */
export function linkIn({ raw }: ReceivedLetter): string {
  const text = raw.replace(/=\r\n/g, '').replace(/=3D/g, '=')
  return /https?:\/\/\S+\/login\/reset\?token=[\w-]+/.exec(text)?.[0] ?? ''
}
