import * as z from 'zod'
import { isLoopbackHost } from '../loopback.ts'
import { readOwnEmail } from '../username.ts'
import { hostname, line, port, secretText } from './primitives.ts'

/** `Name <address>`, or an address. */
const sender = line.refine(
  (text) => readOwnEmail(/^[^<>"\\,;:()]{0,100}<([^<>]+)>$/.exec(text)?.[1] ?? text) !== undefined,
  { error: 'must be an address, or a name and an address: Gatehouse <no-reply@example.com>' },
)

/** The server that takes the letters of Gatehouse. */
export const MailSettings = z
  .strictObject({
    from: sender.describe('Who the letters are from: `Gatehouse <no-reply@example.com>`.'),
    host: hostname.describe('Host name of the mail server.'),
    port: port.default(587).describe('Its port: 587 with `starttls`, mostly 465 with `tls`.'),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe(
        '`starttls`: encrypted after the greeting, or not at all sent; `tls`: encrypted from the first byte; `none`: in clear, on this machine only.',
      ),
    user: line.min(1).optional().describe('The account at the server; absent: it takes letters from this machine.'),
    password: secretText.optional(),
    insecure: z
      .boolean()
      .optional()
      .describe('Lets `security: none` leave this machine, where links and passwords can be read on the way.'),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    error: 'user and password belong together',
  })
  .refine(({ security, host, insecure }) => security !== 'none' || insecure || isLoopbackHost(host), {
    error: 'sends links that let people in through the network in clear: use starttls or tls, or set insecure',
    path: ['security'],
  })
  .describe('The mail server that takes letters to people: links for those who have forgotten their password.')
