import { bearer } from './bearer.ts'
import { configuration } from './configuration.ts'
import type { Measure } from './contract.ts'
import { documents } from './documents.ts'
import { gate } from './gate.ts'
import { guesses } from './guesses.ts'
import { login } from './login.ts'
import { render } from './render.ts'
import { start } from './start.ts'
import { token } from './token.ts'

export const measures: Readonly<Record<string, { summary: string; run: Measure }>> = {
  gate: {
    summary: 'forward-auth with a session, without, with garbage; latency, also in a storm of logins',
    run: gate,
  },
  bearer: { summary: 'forward-auth with a JWT access token that was seen before, and with a broken one', run: bearer },
  token: {
    summary: 'complete logins with a session, refresh, client credentials, beside oidc-provider in memory',
    run: token,
  },
  login: { summary: 'login by form; the password hash told apart', run: login },
  guesses: {
    summary: 'the gate, and honest sign-ins, while ninety connections post wrong passwords',
    run: guesses,
  },
  start: { summary: 'time to the first answer, and idle memory', run: start },
  render: { summary: 'a thousand products of all kinds, the whole command; time and memory', run: render },
  configuration: { summary: 'sixteen thousand teams and services, checked; time for each', run: configuration },
  documents: { summary: 'discovery and JWKS', run: documents },
}
