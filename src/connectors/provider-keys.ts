import {
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWK,
} from 'jose'
import { createBudget } from '../budget.ts'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { issuerOfTenant } from '../issuer-text.ts'
import type { Fetch } from '../outgoing.ts'
import { shown } from './shown-claim.ts'

export interface ProviderKeys {
  /**
   * Checks the signature of a token with the keys at `jwksUri`. Keys that are not the right ones are asked for once more: the provider may
   * have changed them (Core 1.0 section 10.1.1). Throws AppError `id-token-invalid`, and what `fetch` rejects with.
   */
  verify(token: string, jwksUri: string): Promise<void>
}

const minute = 60_000
const keptFor = 5 * minute
/** Of one key once in a minute, and of all ten times: tokens with invented keys must not make a flood of questions. */
const askAgain = { each: 1, all: 10, window: minute }

/** Signatures with keys that anybody may know. A shared secret, or none, is no signature of the provider (RFC 8725 section 3.1). */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
  ...['EdDSA', 'Ed25519', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
]

interface LoadedKeys {
  uri: string
  until: number
  set: Promise<JSONWebKeySet>
}

/** The keys with which a provider signs, kept for five minutes. */
export function createProviderKeys({ fetch: ask, clock }: { fetch: Fetch; clock: Clock }): ProviderKeys {
  const again = createBudget({ ...askAgain, clock })
  let loaded: LoadedKeys | undefined

  return {
    verify: async (token, jwksUri) => {
      const before = current(jwksUri)
      const keys = await before.set
      try {
        await verifyWith(token, keys)
      } catch (error) {
        const newer = mayHaveChanged(error) ? newerThan(before, token) : undefined
        if (newer === undefined) throw faultOf(error, token, keys)
        const newerKeys = await newer.set
        await verifyWith(token, newerKeys).catch((other: unknown) => {
          throw faultOf(other, token, newerKeys)
        })
      }
    },
  }

  function current(uri: string): LoadedKeys {
    return loaded?.uri === uri && clock.now() < loaded.until ? loaded : load(uri)
  }

  function load(uri: string): LoadedKeys {
    const made: LoadedKeys = {
      uri,
      until: clock.now() + keptFor,
      set: ask(uri, { headers: { accept: 'application/json' } }).then(
        (answer) => answer.json() as Promise<JSONWebKeySet>,
      ),
    }
    loaded = made
    made.set.catch(() => {
      // The next sign-in asks again.
      if (loaded === made) loaded = undefined
    })
    return made
  }

  /** Keys that somebody has asked for since, or are asked for now. Undefined: that has been done enough. */
  function newerThan(before: LoadedKeys, token: string): LoadedKeys | undefined {
    if (loaded && loaded !== before) return loaded
    return again.take(String(decodeProtectedHeader(token).kid)) ? load(before.uri) : undefined
  }
}

async function verifyWith(token: string, { keys }: JSONWebKeySet): Promise<void> {
  const { iss } = issuerIn(token)
  const usable = keys.filter(({ issuer }: JWK & { issuer?: unknown }) => issuer === undefined || signsFor(issuer, iss))
  await compactVerify(token, createLocalJWKSet({ keys: usable }), { algorithms })
}

/**
 * Whether a key that names an issuer, as Entra's do, may sign its tokens: a key for personal accounts signs nobody of a company in.
 */
function signsFor(ofKey: unknown, iss: unknown): boolean {
  if (typeof ofKey !== 'string' || typeof iss !== 'string') return false
  const [tenant = ''] = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(iss) ?? []
  return issuerOfTenant(ofKey, tenant) === iss
}

function issuerIn(token: string): { iss?: unknown } {
  try {
    return decodeJwt(token)
  } catch {
    return {}
  }
}

function mayHaveChanged(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSMultipleMatchingKeys
  )
}

function faultOf(error: unknown, token: string, { keys }: JSONWebKeySet): AppError {
  const { alg, kid } = headerOf(token)
  const invalid = (details: Record<string, string>) => new AppError('id-token-invalid', details, { cause: error })
  const known = keys
    .map((key) => `${key.kid ?? 'without kid'} (${key.alg ?? key.kty})`)
    .slice(0, 20)
    .join(', ')
  if (error instanceof errors.JWKSNoMatchingKey) {
    const problem = 'no key of the provider is the one that signed it'
    return invalid({ claim: 'kid', problem, expected: known.slice(0, 300), received: `${shown(kid)} (${shown(alg)})` })
  }
  if (error instanceof errors.JWKSMultipleMatchingKeys) {
    const problem = 'does not say which of the keys of the provider signed it'
    return invalid({ claim: 'kid', problem, expected: known.slice(0, 300), received: shown(kid) })
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return invalid({ claim: 'signature', problem: 'is not that of the key', kid: shown(kid), alg: shown(alg) })
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return invalid({ claim: 'alg', expected: algorithms.join(' '), received: shown(alg) })
  }
  return invalid({ claim: 'signature', problem: 'cannot be checked', kid: shown(kid), alg: shown(alg) })
}

function headerOf(token: string): { alg?: unknown; kid?: unknown } {
  try {
    return decodeProtectedHeader(token)
  } catch {
    return {}
  }
}
