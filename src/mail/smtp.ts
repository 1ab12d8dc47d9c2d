/** Imported on demand: a server that sends no letters never loads the library. */
import { createTransport } from 'nodemailer'
import type { Config } from '../config/schema.ts'
import type { Letter } from './letter.ts'

/** Milliseconds for each step of a delivery: people wait for their letter, and servers that hang hold a place. */
const patience = 15_000

export type SenderOptions = Omit<NonNullable<Config['mail']>, 'password'> & {
  password: string | undefined
  tls: { ca?: string[]; rejectUnauthorized: boolean }
}

/** Sends one letter through a server that takes mail (RFC 6409). Rejects when the server does not take it. */
export function createSender({ from, host, port, security, user, password, tls }: SenderOptions) {
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls,
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    connectionTimeout: patience,
    greetingTimeout: patience,
    socketTimeout: patience,
    dnsTimeout: patience,
    // A letter is its text: nothing of it names a file or an address to read.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return async ({ to, subject, text }: Letter): Promise<void> => {
    // As an object the address is taken as it is, and not parsed anew.
    await transport.sendMail({
      from,
      to: { name: '', address: to },
      subject,
      text,
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
  }
}
