import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors.ts'
import type { Sealer } from '../store/sealing.ts'
import type { SigningKeyTable } from '../store/signing-keys.ts'

/** ES256 signs twenty times as fast; every relying party must support RS256 (Discovery 1.0 section 3). */
const algorithms = ['ES256', 'RS256'] as const

export interface SigningKeys {
  /** With private parts; for each algorithm the newest first. */
  private: JWK[]
  /** As published. */
  public: JWK[]
}

/** The keys that sign tokens; created at the first start, sealed in the store. Throws `encryption-key-wrong`. */
export async function loadSigningKeys({
  table,
  sealer,
  clock,
}: {
  table: SigningKeyTable
  sealer: Sealer
  clock: Clock
}): Promise<SigningKeys> {
  let stored = await table.list()
  const missing = algorithms.filter((alg) => !stored.some((key) => key.alg === alg))
  if (missing.length > 0) {
    await Promise.all(
      missing.map(async (alg) => {
        const jwk = await makeKey(alg)
        const sealedJwk = await sealer.seal('signing-key', JSON.stringify(jwk))
        await table.addFirst({ kid: jwk.kid ?? '', alg, sealedJwk, createdAt: clock.now() })
      }),
    )
    stored = await table.list()
  }
  const keys = await Promise.all(
    stored.map(async ({ sealedJwk, kid }) => {
      const jwk = await sealer.open('signing-key', sealedJwk)
      if (jwk === undefined) throw new AppError('encryption-key-wrong', { signingKey: kid })
      return JSON.parse(jwk) as JWK
    }),
  )
  keys.reverse()
  return { private: keys, public: keys.map(publicPart) }
}

async function makeKey(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' }
}

function publicPart(jwk: JWK): JWK {
  const { kty, kid, alg, use, crv, x, y, n, e } = jwk
  return Object.fromEntries(
    Object.entries({ kty, kid, alg, use, crv, x, y, n, e }).filter(([, value]) => value !== undefined),
  ) as JWK
}
