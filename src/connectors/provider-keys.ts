import {
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWK,
} from 'jose'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import { issuerOfTenant } from '../issuer-text.ts'
import type { Fetch } from '../outgoing.ts'
import { createKeptDocument, type KeptDocument, maxAgeOf } from './kept-document.ts'
import { shown } from './shown-claim.ts'

export interface ProviderKeys {
  /**
   * Checks the signature of a token with the keys at `jwksUri`. Keys that are not the right ones are asked for once more: the provider may
   * have changed them (Core 1.0 section 10.1.1). Throws AppError `id-token-invalid`, and what `fetch` rejects with.
   */
  verify(token: string, jwksUri: string): Promise<void>
  /** Has the keys at hand, so that the first sign-in need not wait for them. Rejects as `fetch` does. */
  look(jwksUri: string): Promise<void>
}

const minute = 60_000
const hour = 60 * minute
/** A provider that withdraws a key is heard within an hour, whatever it says; one that cannot be asked, within two. */
const times = { usual: 5 * minute, least: minute, most: hour, stale: hour, failure: 1_000, patience: 2_000 }
/** Tokens with invented keys must not make a flood of questions. */
const unknownKeyEvery = minute

/** Signatures with keys that anybody may know. A shared secret, or none, is no signature of the provider (RFC 8725 section 3.1). */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
  ...['EdDSA', 'Ed25519', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
]

/** The keys with which a provider signs, kept for five minutes, or as long as it says. */
export function createProviderKeys({ fetch: ask, clock }: { fetch: Fetch; clock: Clock }): ProviderKeys {
  let kept: { uri: string; keys: KeptDocument<JSONWebKeySet> } | undefined
  let askedForUnknownAt = Number.NEGATIVE_INFINITY
  let asking: Promise<JSONWebKeySet> | undefined

  return {
    verify: async (token, jwksUri) => {
      const keys = keysAt(jwksUri)
      const known = await keys.get()
      try {
        await verifyWith(token, known)
      } catch (error) {
        const newer = mayHaveChanged(error) ? await newerThan(known, keys) : undefined
        if (newer === undefined) throw faultOf(error, token, known)
        await verifyWith(token, newer).catch((other: unknown) => {
          throw faultOf(other, token, newer)
        })
        // The provider has changed its keys, and may do so again: only questions in vain are counted.
        askedForUnknownAt = Number.NEGATIVE_INFINITY
      }
    },
    look: async (jwksUri) => {
      await keysAt(jwksUri).get()
    },
  }

  function keysAt(uri: string): KeptDocument<JSONWebKeySet> {
    if (kept?.uri !== uri) kept = { uri, keys: createKeptDocument({ load: () => load(uri), times, clock }) }
    return kept.keys
  }

  async function load(uri: string) {
    const answer = await ask(uri, { headers: { accept: 'application/json' } })
    return { value: (await answer.json()) as JSONWebKeySet, maxAge: maxAgeOf(answer.headers) }
  }

  /** Keys that somebody has asked for since, or are asked for now. Undefined: that was done less than a minute ago. */
  async function newerThan(
    known: JSONWebKeySet,
    keys: KeptDocument<JSONWebKeySet>,
  ): Promise<JSONWebKeySet | undefined> {
    const latest = await keys.get()
    if (latest !== known) return latest
    if (asking === undefined && clock.now() - askedForUnknownAt >= unknownKeyEvery) {
      askedForUnknownAt = clock.now()
      asking = keys.renew().finally(() => {
        asking = undefined
      })
    }
    return asking
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
