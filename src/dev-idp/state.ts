import { generateKeyPair, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import * as z from 'zod'
import { AppError } from '../errors.ts'
import { makeCertificate } from './certificate.ts'

/** What must stay the same across restarts for products that were configured once. */
export const DevIdpState = z.object({
  clientSecret: z.string().min(1),
  passwords: z.record(z.string(), z.string().min(1)),
  signingKey: z.looseObject({ kty: z.literal('RSA'), kid: z.string(), n: z.string(), e: z.string(), d: z.string() }),
  cookieKey: z.string().min(1),
  authority: z.object({ commonName: z.string(), certificate: z.string(), privateKey: z.string() }).optional(),
})
export type DevIdpState = z.infer<typeof DevIdpState>

/** New secrets for these users. */
export async function makeState(usernames: readonly string[]): Promise<DevIdpState> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const jwk = privateKey.export({ format: 'jwk' })
  return DevIdpState.parse({
    clientSecret: randomWord(),
    passwords: Object.fromEntries(usernames.map((username) => [username, randomWord()])),
    signingKey: { ...jwk, kid: randomBytes(8).toString('hex'), alg: 'RS256', use: 'sig' },
    cookieKey: randomWord(),
  })
}

/** The authority that signs certificates of this provider; created when first needed. */
export function withAuthority(state: DevIdpState, now: number): DevIdpState & Required<Pick<DevIdpState, 'authority'>> {
  if (state.authority) return { ...state, authority: state.authority }
  const commonName = `Gatehouse development CA ${randomBytes(4).toString('hex')}`
  const made = makeCertificate({
    commonName,
    isAuthority: true,
    notBefore: new Date(now - day),
    notAfter: new Date(now + 3650 * day),
  })
  return { ...state, authority: { commonName, ...made } }
}

const day = 86_400_000

/** Reads a state file; undefined when it is not there yet. */
export function readState(file: string): DevIdpState | undefined {
  if (!existsSync(file)) return undefined
  const parsed = DevIdpState.safeParse(parseJson(file))
  if (parsed.success) return parsed.data
  throw new AppError(
    'config-invalid',
    { at: file, problem: 'is not a state file of gatehouse dev-idp' },
    { cause: parsed.error },
  )
}

/** Writes a state file that only its owner can read: it holds private keys and passwords. */
export function writeState(file: string, state: DevIdpState): void {
  writeFileSync(file, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 })
  // The mode above applies only to new files.
  chmodSync(file, 0o600)
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new AppError('config-invalid', { at: file, problem: 'is not JSON' }, { cause })
  }
}

function randomWord(): string {
  return randomBytes(18).toString('base64url')
}
