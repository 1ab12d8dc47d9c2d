/** Letters to people. The library is loaded when the configuration has a server for them; who they are, and what is written, others know. */
import { publicTrust, type Surroundings, tlsOptions } from '../config/network.ts'
import type { Config } from '../config/schema.ts'
import { resolveSecret } from '../config/secret-reference.ts'
import type { Logger } from '../log.ts'
import type { Letter } from './letter.ts'

export interface Mailer {
  /**
   * Takes a letter to be sent, and does not wait for the server. What cannot be sent is in the log, without the letter.
   *
   * @param about what the log says of it: the event of the letter and the user, never a link.
   */
  post(letter: Letter, about: { letter: string; user: string; requestId?: string }): void
}

/** Letters that may be under way at once; more are a flood, or a server that hangs. */
const mostUnderWay = 50

/** The sender of letters; undefined where the configuration has none. Contacts nobody. Throws `secret-not-found`. */
export async function createMailer(
  config: Pick<Config, 'mail' | 'network' | 'secrets'>,
  surroundings: Surroundings,
  log: Pick<Logger, 'info' | 'error'>,
): Promise<Mailer | undefined> {
  const { mail } = config
  if (mail === undefined) return undefined
  const { createSender } = await import('./smtp.ts')
  const { password } = mail
  const send = createSender({
    ...mail,
    password: password === undefined ? undefined : resolveSecret(password, surroundings).reveal(),
    tls: tlsOptions(publicTrust(config, surroundings)),
  })
  let underWay = 0
  const deliver = async (letter: Letter) => {
    if (underWay >= mostUnderWay) throw new Error(`${mostUnderWay} letters are under way already`)
    underWay++
    try {
      await send(letter)
    } finally {
      underWay--
    }
  }
  return {
    post: (letter, about) => {
      deliver(letter).then(
        () => log.info({ event: 'mail.sent', ...about }, 'a letter was handed to the mail server'),
        (error: unknown) => log.error({ event: 'mail.failed', ...about, err: error }, 'a letter could not be sent'),
      )
    },
  }
}
