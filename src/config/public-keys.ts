/** The public keys of a client in the configuration: a JSON Web Key Set (RFC 7517 section 5). */
import { createPublicKey, type JsonWebKey } from 'node:crypto'
import * as z from 'zod'
import { secret } from './primitives.ts'

const mostKeys = 20
/** RFC 7518 section 3.3. */
const shortestRsaKey = 2048
/** Members with a private part, or the whole of a symmetric key (RFC 7518 section 6). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const

const publicKey = z.looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']) }).superRefine((key, context) => {
  const problem = problemOf(key)
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
})

/** Nothing of it is ever shown: somebody may write a private key there. */
export const publicKeys = secret(z.strictObject({ keys: z.array(publicKey).min(1).max(mostKeys) }))

function problemOf(key: Readonly<Record<string, unknown>>): string | undefined {
  if (privateMembers.some((member) => Object.hasOwn(key, member))) {
    return 'must be a public key: take its private part out, and make a new key if anybody else has seen it'
  }
  try {
    const { asymmetricKeyDetails: details } = createPublicKey({ key: key as JsonWebKey, format: 'jwk' })
    const { modulusLength } = details ?? {}
    if (modulusLength !== undefined && modulusLength < shortestRsaKey)
      return `must have at least ${shortestRsaKey} bits`
    return undefined
  } catch {
    return 'is no public key in the form of RFC 7517'
  }
}
